"""A chat page that follows an agent's work live, and loses nothing when the connection or the server goes."""

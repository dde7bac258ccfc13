"""Models of the application."""

"""Base contracts of the agents."""

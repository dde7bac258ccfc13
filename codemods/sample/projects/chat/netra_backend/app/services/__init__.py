"""Services behind the routes."""

"""Cross-cutting pieces of the application."""

"""Code shared between services."""

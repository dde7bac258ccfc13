"""One question about the indexed code base per module."""

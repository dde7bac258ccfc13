"""Applications that use the unified implementations, each to be read, run and copied."""

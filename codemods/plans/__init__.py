"""Consolidation plans that are shipped, as TOML."""

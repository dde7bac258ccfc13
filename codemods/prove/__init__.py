"""Proof before writing: planned changes -> those that are shown to break nothing, and why the others are left out."""

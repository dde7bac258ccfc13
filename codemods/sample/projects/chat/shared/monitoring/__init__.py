"""Monitoring contracts."""

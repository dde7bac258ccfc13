"""Endpoints, as plain coroutines."""

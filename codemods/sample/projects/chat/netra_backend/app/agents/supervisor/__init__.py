"""Supervision of agent runs."""

"""Agents and what runs them."""

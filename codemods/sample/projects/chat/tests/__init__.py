"""Tests of the chat backend."""

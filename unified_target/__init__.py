"""The unified implementations that `migrate` copies into a code base; standard library and relative imports only."""

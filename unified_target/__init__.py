"""The unified implementations that `migrate` copies into a code base; empty until they are built and proven."""

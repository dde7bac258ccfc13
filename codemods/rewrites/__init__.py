"""What is written into a code base: one module per kind of edit."""

"""One command per module: each joins stages and returns what to print and the exit code."""

"""The disk: which files there are, and their bytes. Nothing above this package opens a file of the target."""

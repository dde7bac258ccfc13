"""What stands in each file, read and never imported, and what each name refers to."""

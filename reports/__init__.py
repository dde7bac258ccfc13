"""What is said and how it looks: neutral blocks, and one module per output format."""

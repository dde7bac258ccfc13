"""What is said, as frozen data: strings, numbers and tuples. The JSON of a report is its document, nothing else."""

SCHEMA = 1  # raised when a field changes its meaning or goes; adding a field does not raise it

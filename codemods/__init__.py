"""wsconsolidate: find several classes that do one job, and merge them without losing a call."""

__version__ = "0.1.0"

"""The gate: what must not be in a consolidated code base, one rule per file; what is known already; the criteria."""

"""What other tools can use of a consolidation: a linter's ban, stubs for type checkers, a codemod for LibCST."""

"""From a document to blocks: which headings, tables and diagrams tell it, and in which order."""

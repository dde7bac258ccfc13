"""The reports as a site: documents -> pages of blocks and drawings -> HTML that needs nothing but its own folder."""

"""One module per output: blocks or documents in, text out; imported one by one, so that none costs another anything."""

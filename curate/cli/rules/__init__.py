"""`curate rules`: one module per command."""

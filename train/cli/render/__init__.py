"""Tables of `train` for the terminal, a module per command."""

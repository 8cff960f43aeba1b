"""What to do about an input that names its fields otherwise: one whole command, to be copied."""

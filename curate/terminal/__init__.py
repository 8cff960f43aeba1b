"""What both command lines share: how a command ends, its usage errors, its output."""

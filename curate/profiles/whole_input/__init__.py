"""What only the whole input shows: duplicates, groups, conventions."""

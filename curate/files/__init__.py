"""Files that several rooms read in one way: line-aware YAML, locks, the state of a file."""

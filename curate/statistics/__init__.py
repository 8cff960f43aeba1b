"""Statistics that several rooms need."""

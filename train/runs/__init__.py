"""A run as it stands on disk and in its process: lock, signals, resume, outcome."""

"""A run on disk and in its process: directory, job, signals, environment."""

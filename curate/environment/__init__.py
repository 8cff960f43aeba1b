"""What is installed: optional dependencies, imported late."""

"""What NeMo makes of manifest fields and prompt values; NeMo itself is not imported."""

"""The only room that imports NeMo."""

"""Quantities as people read them, on the terminal and on pages."""

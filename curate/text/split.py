"""The words of a text, compiled: what Python's str.split() cuts, as hashes and sizes."""

from __future__ import annotations

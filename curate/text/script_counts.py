"""Which script a text is written in, from how many letters of each it has."""

from __future__ import annotations

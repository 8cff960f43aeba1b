"""The fields of a record whose audio is in a tar or in a table. Light: workers import it."""

from __future__ import annotations

ARCHIVE = "audio_archive"
"""The field of a record that names the table or tar in which its audio stands."""
ROW = "audio_row"
"""The field of a record that gives the row of the table, the first being 1."""

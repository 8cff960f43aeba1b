"""Why a row is read by no rule, as the column MALFORMED begins. Light: workers import it."""

from __future__ import annotations

from collections.abc import Mapping

SKIPPED_BY = "_skipme"
"""How MALFORMED begins for a line that says itself that it is to be skipped, as NeMo does it."""
UNTRANSCRIBED_BY = "untranscribed"
"""How MALFORMED begins for a record whose text is null: audio that nobody has transcribed."""
UNREAD_BY: Mapping[str, str] = {SKIPPED_BY: "skipped", UNTRANSCRIBED_BY: "untranscribed"}
"""How MALFORMED begins for each verdict that no rule gives, but that of a malformed line."""

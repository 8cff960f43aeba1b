"""Write the tables of characters that curate.text.stored reads, for the running Python's Unicode.

    PYTHONPATH=. python3.12 docs/unicode_tables.py

Once with each Python that is supported, where `unicodedata.unidata_version` is another one; NumPy
is all that it needs.
"""

from __future__ import annotations

from curate.text import forms, scripts, unicode

for module in (unicode, forms, scripts):
    module.store()

"""What the project means by characters, words, repeats and normalised text.

`define` holds the plain-Python definitions, `kernel` the compiled pass that must equal them.
"""

from curate.text.normal import normalise

__all__ = ["normalise"]

"""What a change of the rules would cost, from the stored profile alone."""

from curate.whatif.limits import OURS, what_if

__all__ = ["OURS", "what_if"]

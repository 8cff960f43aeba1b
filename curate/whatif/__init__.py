"""What a change of the rules would cost, from the stored profile alone. See docs/adr/0009."""

from curate.whatif.compare import Moved, compare_rules
from curate.whatif.limits import OURS, what_if

__all__ = ["OURS", "Moved", "compare_rules", "what_if"]

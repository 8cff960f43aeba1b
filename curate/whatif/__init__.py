"""What a change of the rules would cost, from only the stored profile. See docs/adr/0009."""

from curate.whatif.compare import Moved, compare_rules
from curate.whatif.limits import OUTPUT_FILES, what_if

__all__ = ["OUTPUT_FILES", "Moved", "compare_rules", "what_if"]

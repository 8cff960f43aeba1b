"""References against hypotheses: edits, rates with intervals, comparisons.

Nothing in here knows NeMo; hypotheses are text.
"""

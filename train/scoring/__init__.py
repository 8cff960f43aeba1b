"""What was said against what the model heard: edits, rates with intervals, comparisons.

Nothing in here knows NeMo; hypotheses are text.
"""

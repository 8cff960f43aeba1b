"""Charts as inline SVG: histograms, curves over steps, hours over thresholds, marks in tables.

Colour means a verdict and nothing else; everything else is ink.
"""

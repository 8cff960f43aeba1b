"""Counts, quantiles, histograms and correlations of metrics."""

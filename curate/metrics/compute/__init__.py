"""What the metrics of METRICS are computed from; imported when something is measured."""

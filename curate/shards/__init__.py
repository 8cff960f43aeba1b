"""A split becomes shards for training. Empty, so that a worker imports only what it uses."""

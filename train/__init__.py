"""Fine-tune and evaluate NeMo speech models on curated shards."""

"""Voices of records: embeddings, and how they compare with the speakers that are named."""

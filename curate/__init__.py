"""Data quality and manifest curation for speech recognition."""

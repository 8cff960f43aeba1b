"""The pass over the manifests, and what an earlier one saves."""

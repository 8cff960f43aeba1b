"""Manifests and corpora in and out. Empty, so that workers import only what they use."""

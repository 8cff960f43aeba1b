"""Records that artefacts show: excerpts of texts, clips of audio."""

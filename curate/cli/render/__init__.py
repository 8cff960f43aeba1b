"""Tables and lines for people: what artefacts hold, drawn with Rich."""

"""Audio that manifests name: found safely, opened, measured. Knows no manifest and no rule."""

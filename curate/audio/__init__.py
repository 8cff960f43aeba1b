"""Audio that manifests name: resolved safely, opened, measured. Knows no manifest and no rule."""

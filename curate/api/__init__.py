"""The library: a module per verb. `import curate` offers what they hold; docs/api.md shows it."""

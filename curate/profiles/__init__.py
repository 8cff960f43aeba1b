"""Profiles: manifests measured, rules applied, statistics; `run` makes one."""

"""What NeMo makes of manifest fields, prompt values and archives; NeMo is not imported."""

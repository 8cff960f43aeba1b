"""run.json, wer.json, plan.json and sweep.json: one frozen, strict model per file."""

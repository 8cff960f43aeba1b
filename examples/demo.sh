#!/usr/bin/env bash
# The whole job on the small corpus in examples/speech: profile, split, shard, fine-tune, evaluate.
# Writes demo/ in the project's root; a second run replaces the first. `make demo` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"

command -v curate >/dev/null || { echo "curate is not on the PATH; run: make demo" >&2; exit 2; }

stages=(profile rules split shard encoder warm-up tiny run eval)
seconds=()
count=0
started=$SECONDS

stage() { # TITLE COMMAND...: say what runs, run it, keep how long it took
  local title=$1 start=$SECONDS
  shift
  count=$((count + 1))
  printf '\n[%d/%d] %s\n      $ %s\n' "$count" "${#stages[@]}" "$title" "$*"
  "$@"
  seconds+=($((SECONDS - start)))
}

rm -rf demo

stage "measure every line, and apply the rules" \
  curate profile examples/speech/manifest.jsonl --out demo/profile --clips 40
stage "check the rules against their own examples" \
  curate rules check
stage "split: no speaker, text or audio in two splits" \
  curate split demo/profile --out demo/split --eval 45s --test 60s
stage "write Lhotse Shar, and read it back" \
  curate shard demo/split --out demo/shards
stage "make a tiny CTC model, to train an encoder with" \
  train tiny demo/encoder.nemo --kind ctc --manifest demo/shards/train.jsonl
stage "train it: an encoder learns fastest by CTC" \
  train run --data demo/shards --model demo/encoder.nemo --config tiny-ctc --out demo/encoder
stage "make a tiny Canary that begins with this encoder" \
  train tiny demo/tiny.nemo --manifest demo/shards/train.jsonl \
  --encoder demo/encoder/model.nemo
stage "fine-tune it on the curated shards" \
  train run --data demo/shards --model demo/tiny.nemo --config tiny --out demo/run
stage "count its errors, by split, verdict, tag, speaker" \
  train eval demo/run/model.nemo --manifest demo/shards/train.jsonl \
  --manifest demo/shards/test.jsonl --out demo/eval

summary=""
for i in "${!stages[@]}"; do summary+=", ${stages[$i]} ${seconds[$i]} s"; done
printf '\nDone in %d s: %s\n' "$((SECONDS - started))" "${summary#, }"
printf '\nPages\n'
for page in profile split shards run eval; do printf '  demo/%s/report.html\n' "$page"; done
printf 'Model\n  demo/run/model.nemo\n'

python - demo/eval/wer.json <<'PY'
import json, sys

wer = json.load(open(sys.argv[1], encoding="utf-8"))


def line(name, figures):
    percent = [
        "-" if figures[key] is None else f"{100 * figures[key]:.1f} %" for key in ("wer", "cer")
    ]
    print(f"  {name:<28} WER {percent[0]:>8}  CER {percent[1]:>8}  {figures['rows']:>5} rows")


print("Errors (demo/eval/wer.json)")
line("all", wer["overall"])
for part in wer["by"]["manifest"]:
    line(part["value"], part)
PY

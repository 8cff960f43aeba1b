# Everything runs from .venv in this folder, which the first target makes (about three minutes).
#
#   make demo                       what you came for
#   make test PYTHON=python3.12     another interpreter (3.11 or newer)
#   make test PYTEST_ARGS='-k text' a part of the tests
#   make wheels                     into dist/, for Linux and macOS, x86-64 and ARM, from any of them
#
# On Linux, plain `torch` from a package index is usually the CUDA build, which pulls gigabytes.
# For a small CPU build, or one for your CUDA version, name it, and where it comes from:
#
#   make demo TORCH='torch==2.13.0+cpu' PIP_ARGS='--extra-index-url <index of that build>'

PYTHON ?= python3
TORCH ?= torch==2.13.0
EXTRAS ?= shards,train,lid,near,norm,ray,vad,review,xlsx,docs,dev
PIP_ARGS ?=
PYTEST_ARGS ?=
WORKERS ?= 2
BENCH_ARGS ?=

# One thread per operator: NeMo on a few cores is ten times slower without it.
export OMP_NUM_THREADS ?= 1
# Real manifests that some tests measure themselves against; those tests skip where it is absent.
export CURATE_REAL_DATA ?= $(CURDIR)/../shared/data
# Commands start a thousand times here; container images set this, and each would compile anew.
unexport PYTHONDONTWRITEBYTECODE
# The terminal's own settings decide nothing about what tests and checks print.
export PYTHONUTF8 := 1

BIN := .venv/bin
# Python compiles a module at its first import; pip would compile all 25,000, of which few are used.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile $(PIP_ARGS)
# The stamp's name is the content that it stands for: a touched file installs nothing again,
# a changed pin does.
STAMP := .venv/.installed-$(shell { cat pyproject.toml constraints.txt; echo '$(TORCH) $(EXTRAS)'; } | cksum | cut -d ' ' -f 1)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check lint format types imports fresh-docs words bench docs pictures wheels clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(STAMP)  ## profile, split, shard, fine-tune and evaluate a small corpus into demo/
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh

test: $(STAMP)  ## the whole test suite
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)

check: lint format types imports fresh-docs words  ## lint, format, types, import rules, generated docs, vocabulary (make -k: all at once)

lint: $(STAMP)
	@$(BIN)/ruff check .

format: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/clang-format --dry-run -Werror curate/native/src/*.[ch]

types: $(STAMP)
	@$(BIN)/mypy

imports: $(STAMP)
	@$(BIN)/lint-imports

fresh-docs: $(STAMP)
	@$(BIN)/python docs/generate.py --check

words: $(STAMP)
	@$(BIN)/python docs/vocabulary.py

bench: $(STAMP)  ## measure speed and memory, beside peers
	@$(BIN)/python benchmarks/run.py $(BENCH_ARGS)

docs: $(STAMP)  ## write docs/cli.md, docs/metrics.md, rules/schema.json from the code; the site in build/site
	@$(BIN)/python docs/generate.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo build/site/index.html

# docs/images of pages, from what `make demo` made.
pictures: $(STAMP)
	@$(BIN)/python docs/pictures.py

wheels: $(STAMP)
	@mkdir -p dist  # hatchling makes it too, and two at once fail
	@$(BIN)/python -c 'import ziglang' 2>/dev/null || $(PIP) -c constraints.txt ziglang
	@$(BIN)/python -c 'from curate.native.build import TARGETS; print(*TARGETS, sep="\n")' | \
	  xargs -P $(WORKERS) -I @ \
	  env CURATE_TARGET=@ $(BIN)/python -m hatchling build -t wheel -d dist

clean:  ## remove what was made, but for the environment (that one: rm -r .venv)
	@rm -rf curate/native/_kernels* demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed, and '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo absent)." >&2; \
	  echo "  hint: make $(MAKECMDGOALS) PYTHON=python3.12 (or wherever a newer one is)" >&2; exit 2; }
	@echo "[1/3] virtual environment: .venv, $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear .venv || { \
	  echo "  hint: install Python's venv module (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 2; }

$(STAMP): $(BIN)/python
	@echo "[2/3] $(TORCH)"
	@$(PIP) '$(TORCH)'
	@for each in "$${CC:-cc}" gcc clang; do command -v "$$each" >/dev/null && exit; done; \
	  echo "      no C compiler: ziglang, which has one"; $(PIP) -c constraints.txt ziglang
	@echo "[3/3] asr-curate[$(EXTRAS)] and what it needs, pinned by constraints.txt"
	@$(PIP) -c constraints.txt -e '.[$(EXTRAS)]'
	@rm -f .venv/.installed-*
	@touch $@

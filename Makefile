# Everything a contributor needs. PYTHON chooses the interpreter (3.11 or newer) that .venv is made with.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test check soak studies format bench docs clean
help:
	@echo "make demo    install into .venv and print the hedge ticket of the example desk"
	@echo "make test    the whole test suite"
	@echo "make check   everything that CI checks, which is make test: format, lint, types and floors are tests too"
	@echo "make soak    the laws on thousands of generated inputs each (minutes)"
	@echo "make studies published work reproduced at full size (minutes)"
	@echo "make bench   print start-up times, how the work grows, and every bench beside its peers (minutes)"
	@echo "make docs    rewrite the printed outputs and the pictures in README and docs"
	@echo "make format  format the code"
	@echo "make clean   remove .venv and caches"

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Hedgerow needs Python 3.11 or newer: make demo PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/installed: .venv/made pyproject.toml constraints.txt
	@echo "installing into .venv (a minute or two, once) ..." >&2
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

.venv/installed-dev: .venv/made pyproject.toml constraints.txt
	@echo "installing with test tools into .venv (a minute or two, once) ..." >&2
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@ .venv/installed

demo: .venv/installed
	@$(BIN)/hedgerow demo

test: .venv/installed-dev
	@$(BIN)/python -m pytest --quiet --numprocesses 2

check: test

soak: .venv/installed-dev
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest --quiet --numprocesses 2 tests/laws

studies: .venv/installed-dev
	@$(BIN)/python studies/run.py --full

format: .venv/installed-dev
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: .venv/installed-dev
	@$(BIN)/python benches/startup.py
	@$(BIN)/python benches/growth.py
	@$(BIN)/hedgerow bench engine --growth
	@$(BIN)/hedgerow bench pricing
	@$(BIN)/hedgerow bench models --rounds 1
	@$(BIN)/hedgerow bench optimizer --rounds 1
	@$(BIN)/hedgerow bench policies --rounds 1
	@$(BIN)/hedgerow bench pools --rounds 1
	@$(BIN)/hedgerow bench exchange --rounds 1

docs: .venv/installed-dev
	@$(BIN)/python tools/draw_pictures.py
	@$(BIN)/python tools/refresh_console_blocks.py

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build

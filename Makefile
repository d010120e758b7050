# `make run` starts Diceboard; `make test` runs its tests. Both install what they need into .venv first.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV ?= .venv
BIN := $(VENV)/bin
DEVICE ?= $(shell nvidia-smi >/dev/null 2>&1 && echo gpu || echo cpu)
JOBS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); [ $$n -gt 2 ] && echo 2 || echo $$n)

.PHONY: help run test explore test-long soak fleet check bench clean constraints

help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

run: $(VENV)/.installed-$(DEVICE) ## install and start everything on this machine
	@exec $(BIN)/diceboard up

test: $(VENV)/.installed-dev ## run all tests, the fast ones first
	@chromium="$$(scripts/find-chromium $(BIN))"; export DICEBOARD_TEST_CHROMIUM="$$chromium"; \
	$(BIN)/pytest -q -n $(JOBS) tests/architecture tests/unit; \
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile $(wildcard tests/integration tests/browser)

explore: $(VENV)/.installed-dev ## look for examples that no test has seen, EXAMPLES of them for each property
	export DICEBOARD_TEST_EXAMPLES=$(or $(EXAMPLES),1000); \
	$(BIN)/pytest -q --timeout 0 -n $(JOBS) $$(grep -rlE '@given|DICEBOARD_TEST_EXAMPLES' tests/unit)

test-long: $(VENV)/.installed-dev ## kill 20 real trainings at random moments (half an hour); writes the report
	$(BIN)/python -m tests.long kills --runs $(or $(RUNS),20)

soak: $(VENV)/.installed-dev ## 200 scripted runs, something killed every 5 s for at most 20 minutes
	$(BIN)/python -m tests.long soak --runs $(or $(RUNS),200) --minutes $(or $(MINUTES),20)

fleet: $(VENV)/.installed-dev ## 200 simulated workers and 10,000 runs, then again while workers die, then at ease (an hour)
	$(BIN)/python -m tests.long fleet
	$(BIN)/python -m tests.long fleet --kill-share 0.1
	$(BIN)/python -m tests.long fleet --runs 2000 --seconds 40

check: $(VENV)/.installed-dev ## format, lint, types, layers, templates
	$(BIN)/ruff format --check app worker tests
	$(BIN)/ruff check app worker tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet

bench: $(VENV)/.installed-dev ## measure the time that building and reading networks takes
	$(BIN)/python -m tests.benchmarks

constraints: $(VENV)/.installed-dev ## choose the newest versions that fit, for constraints.txt
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --upgrade --no-emit-index-url \
	  --no-annotate --custom-compile-command "make constraints" pyproject.toml -o constraints.txt

clean: ## remove what was installed and built; the data folder stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results

# A stamp per kind of install: the second run finds it newer than its sources and starts at once.
$(VENV)/.installed-%: pyproject.toml constraints.txt scripts/make-venv
	@scripts/make-venv $(VENV)
	@echo "Installing Diceboard ($*); the first time this takes a few minutes."
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(if $(filter dev,$*),cpu$(comma)dev,$*)]'
	@touch $@

comma := ,

# One environment, .venv, made on first use; `make PYTHON=python3.12` chooses its Python.
PYTHON ?= python3
EXTRAS ?= test

comma := ,
VENV := .venv/bin/python
PIP := $(VENV) -m pip --disable-pip-version-check --no-input install -qq -c constraints.txt
# The extras are in the stamp's name, so that other extras are another stamp.
ENVIRONMENT := .venv/.stamp-$(subst $(comma),-,$(EXTRAS))
IS_NEW_ENOUGH = $(shell { $(PYTHON) -c 'import sys; print(sys.version_info >= (3, 11))'; } 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-6s %s\n", $$1, $$2}' Makefile

demo: $(ENVIRONMENT) ## a first look: three figures of the papers with their claims, in results/demo (6 minutes at most)
	$(VENV) -m experiments.reproduce --preset=quick --only=omnigrok/fig2b,omnigrok/fig3d,lazy_to_rich/fig2 --out=results/demo --overwrite

test: $(ENVIRONMENT) ## the tests; GROK_JAX_DATA=<folder of real data> runs those on real data too
	$(VENV) -m pytest -q -n auto --maxprocesses=4 --dist=loadfile --durations=10

lint: $(ENVIRONMENT) ## style: ruff check and ruff format
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

bench: .venv/.stamp-test-torch ## speed, beside PyTorch in the same run
	$(VENV) -m benchmarks.run

clean: ## removes .venv and what the tools leave; keeps results/
	rm -rf .venv build grok_jax.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV):
	$(if $(filter True,$(IS_NEW_ENOUGH)),,$(error grok_jax needs Python 3.11 or newer; $(PYTHON) is $(or \
	  $(shell command -v $(PYTHON) >/dev/null && $(PYTHON) --version 2>&1),not there); choose another with make PYTHON=python3.12))
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# Resolver conflicts are not reported: neural-tangents asks for TensorFlow, which it does not need here.
.venv/.stamp-%: setup.py constraints.txt | $(VENV)
	@echo "grok_jax: installing into .venv (extras: $(subst -,$(comma) ,$*)); the first time takes some minutes"
	@$(PIP) --no-warn-conflicts -e '.[$(subst -,$(comma),$*)]'
	@$(PIP) --no-deps neural-tangents
	@touch $@

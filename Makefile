# One environment, .venv, made on first use; `make PYTHON=python3.12` chooses its Python, `make VENV=folder` its place.
PYTHON ?= python3
EXTRAS ?= test
VENV ?= .venv
TESTS ?=

comma := ,
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check --no-input install -qq -c constraints.txt
# The tests of a file share a process, with its fixtures and programs. (Groups do nothing in pytest 9 with xdist 3.8.)
PYTEST := $(RUN) -m pytest -q -n auto --maxprocesses=4 --dist=loadfile --durations=10
# The extras are in the stamp's name, so that other extras are another stamp.
ENVIRONMENT := $(VENV)/.stamp-$(subst $(comma),-,$(EXTRAS))
IS_NEW_ENOUGH = $(shell { $(PYTHON) -c 'import sys; print(sys.version_info >= (3, 11))'; } 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo report test test-slow test-all lint docs bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: $(ENVIRONMENT) ## a first look: three figures of the papers with their claims, in results/demo (6 minutes at most)
	$(RUN) -m experiments.reproduce --preset=quick --only=omnigrok/fig2b,omnigrok/fig3d,lazy_to_rich/fig8 --out=results/demo --overwrite

# The papers' own figures. FIGURES=lazy_to_rich,model_efficiency,omnigrok adds equations and sections;
# an empty FIGURES= also adds our own studies (the arena, the open questions).
FIGURES ?= lazy_to_rich/fig,model_efficiency/fig,omnigrok/fig
# One figure a core where only the CPU trains, at most 4 for the memory.
JOBS ?= $(shell nvidia-smi -L 2>/dev/null | grep -q '^GPU' && echo 1 || echo $$(( $$(nproc 2>/dev/null || echo 1) < 4 ? $$(nproc 2>/dev/null || echo 1) : 4 )))
report: $(ENVIRONMENT) ## the papers' figures at quick, on one page with their claims, in results/report; goes on if stopped
	$(RUN) -m experiments.reproduce --preset=quick --resume --jobs=$(JOBS) --only=$(FIGURES) --out=results/report/figures
	cp docs/evidence.json results/report/evidence.json
	$(RUN) -m experiments.evidence --results=results/report/figures --out=results/report
	$(RUN) -m experiments.report --evidence=results/report/evidence.json --results=results/report/figures --out=results/report

test: $(ENVIRONMENT) ## the tests of every day, all but the slow ones (7 minutes on 2 cores); TESTS=<files> chooses some
	$(PYTEST) -m "not slow" $(TESTS)

# Apart from the others: they compile as users do, with every annotation checked, which takes the others twice as long.
test-slow: $(ENVIRONMENT) ## the slow tests
	$(PYTEST) -m slow

test-all: $(ENVIRONMENT) ## every test; GROK_JAX_DATA=<folder of real data> runs those on real data too
	$(PYTEST) -m "not slow"; first=$$?; $(PYTEST) -m slow && exit $$first

lint: $(ENVIRONMENT) ## style and types: ruff check, ruff format and mypy
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

docs: $(VENV)/.stamp-docs ## the documentation, its notebooks executed, in build/docs/index.html (2 minutes)
	$(RUN) -m sphinx -q -E -W --keep-going -b html docs build/docs

# With CUDA for both sides where there is a GPU.
BENCH_EXTRAS := $(if $(shell nvidia-smi -L 2>/dev/null | grep '^GPU'),test-torch-gpu,test-torch)
bench: $(VENV)/.stamp-$(BENCH_EXTRAS) ## speed, beside PyTorch in the same run, on the GPU where there is one; BENCH=<flags>
	$(RUN) -m benchmarks.run $(BENCH)

clean: ## removes the environments and what the tools leave; keeps results/
	rm -rf .venv .venv-* build docs/generated grok_jax.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN):
	$(if $(filter True,$(IS_NEW_ENOUGH)),,$(error grok_jax needs Python 3.11 or newer; $(PYTHON) is $(or \
	  $(shell command -v $(PYTHON) >/dev/null && $(PYTHON) --version 2>&1),not there); choose another with make PYTHON=python3.12))
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Resolver conflicts are not reported: neural-tangents asks for TensorFlow, which it does not need here.
$(VENV)/.stamp-%: setup.py constraints.txt | $(RUN)
	@echo "grok_jax: installing into $(VENV) (extras: $(subst -,$(comma) ,$*)); the first time takes some minutes"
	@$(PIP) --no-warn-conflicts -e '.[$(subst -,$(comma),$*)]'
	@$(PIP) --no-deps neural-tangents
	@touch $@

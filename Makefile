# Everything a person needs; CI runs the same targets. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test check generate format lock build clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

$(READY): pyproject.toml requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

install: $(READY) ## make .venv with the locked development environment

demo: $(READY) ## run a workflow against the bundled local server, or the Dify of DIFY_BASE_URL and DIFY_API_KEY
	$(BIN)/python examples/demo.py

test: $(READY) ## run the tests
	$(BIN)/python -m pytest -n 2

check: $(READY) ## lint and type-check everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright

generate: $(READY) ## write generated/ from openapi/dify-workflow.yaml
	$(BIN)/python generator/generate.py

format: $(READY) ## format the hand-written code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: $(READY) ## build the wheel and the sdist into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .

lock: ## write requirements-dev.txt anew from pyproject.toml
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[fast,cli,parquet,testing]' --group dev
	$(BIN)/python -m pip freeze --exclude-editable > requirements-dev.txt

clean: ## remove what is not in version control
	rm -rf $(VENV) dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Everything a person needs; CI runs the same targets. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test test-live check generate lint diff compare record bench bench-full format lock docs build clean

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

test-live: $(READY) ## check the client against the Dify of DIFY_BASE_URL and DIFY_API_KEY
	@$(BIN)/python tests/live

check: $(READY) lint ## lint and type-check everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright

generate: $(READY) ## write generated/ from openapi/dify-workflow.yaml; GENERATOR='openapi-python-client==X' only tries
	$(BIN)/python $(if $(GENERATOR),generator/trial.py '$(GENERATOR)',generator/generate.py)

lint: $(READY) ## check the contract by our rules, and that the version follows its changes
	$(BIN)/python generator/lint.py
	$(BIN)/python generator/diff.py --check

diff: $(READY) ## what changed in the contract since BASE=git-ref, and the next version
	$(BIN)/python generator/diff.py '$(or $(BASE),$(error BASE=git-ref is missing))'

compare: $(READY) ## compare the contract with PUBLISHED=path-or-url or RECORDED=folder; JSON=1
	$(BIN)/python generator/compare.py $(if $(JSON),--json) $(if $(PUBLISHED),--published '$(PUBLISHED)') $(if $(RECORDED),--recorded '$(RECORDED)')

record: $(READY) ## record a real Dify (DIFY_BASE_URL, DIFY_API_KEY) into OUT=folder; INPUTS='{...}' runs the workflow
	$(BIN)/python -m dify_workflow.testing.record --out '$(or $(OUT),$(error OUT=folder is missing))' $(if $(INPUTS),--inputs '$(INPUTS)')

format: $(READY) ## format the hand-written code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## compare the speed with that of other clients, in three minutes
	$(BIN)/python benchmarks/run.py --quick --json benchmarks/results/quick.json

bench-full: $(READY) ## measure everything, write the figures and plots that are published
	$(BIN)/python benchmarks/run.py --publish

docs: $(READY) ## build the documentation site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

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
	rm -rf $(VENV) benchmarks/.envs dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Everything a person needs; CI runs the same targets. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
PURPOSES := demo test check docs bench slow release
# What .venv has is told by an empty file for each purpose; requirements/ holds the exact versions.
STAMPS := $(PURPOSES:%=$(VENV)/.%)
DEMO := $(VENV)/.demo
TEST := $(VENV)/.test
CHECK := $(VENV)/.test $(VENV)/.check
# Containers often forbid it, but tests start Python hundreds of times: let it keep what it compiled.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.SECONDARY:
.PHONY: help install demo test test-quick test-slow test-live check generate lint diff compare record bench bench-full format lock docs build release clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

# Debian's Python has no ensurepip without the package python3-venv; then its pip does the same.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null || { \
	    $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	    $(PYTHON) -m pip -qq --python $(BIN)/python install pip 2>/dev/null; } || { \
	    rm -rf $(VENV); echo 'Python can make no environment. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }

# Both packages are in .venv as they lie here. hatchling, which builds it, is in each lock.
$(VENV)/.demo: requirements/demo.txt pyproject.toml fake_dify/pyproject.toml | $(BIN)/pip
	@echo 'Installing the client and its stand-in server into $(VENV); once, a few seconds.'
	@$(PIP) install -r $<
	@$(PIP) install --no-deps --no-build-isolation -e . -e fake_dify
	@touch $@

$(VENV)/.%: requirements/%.txt | $(VENV)/.demo
	@echo 'Installing what "make $*" needs into $(VENV); once, a minute or two.'
	@$(PIP) install -r $<
	@touch $@

install: $(STAMPS) ## make .venv with all of the locked tools

demo: $(DEMO) ## run a workflow against the bundled local server, or the Dify of DIFY_BASE_URL and DIFY_API_KEY
	@$(BIN)/python examples/demo.py

test-quick: $(TEST) ## run every test once, on one case, but those that take long; a minute and a half
	@echo 'make test-quick: a minute and a half, half of it waiting.'
	@$(PYTEST) -n 0 -m quick

test: $(TEST) ## run the tests, whole tables and matrices as samples; about two minutes
	@echo 'make test: about 2 minutes on 2 cores that do nothing else.'
	@$(PYTEST) -n 2 -m 'not (slow or types)'

test-slow: $(TEST) $(VENV)/.check $(VENV)/.docs $(VENV)/.slow ## run what "make test" left out: all of the matrices, other people's programs
	@echo 'make test-slow: about 20 minutes on 2 cores.'
	@DIFY_FAULTS=all $(PYTEST) -n 2 -m slow -o timeout=1800

test-live: $(TEST) ## check the client against the Dify of DIFY_BASE_URL and DIFY_API_KEY
	@$(BIN)/python tests/live

check: $(CHECK) lint ## lint and type-check everything, the programs of README and docs too
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	$(BIN)/pyright
	$(PYTEST) -n 0 -m types tests/project

generate: $(TEST) ## write generated/ and the stand-in's contract from openapi/dify-workflow.yaml, and the sync client; GENERATOR='openapi-python-client==X' only tries
	$(BIN)/python -m $(if $(GENERATOR),generator.generate.trial '$(GENERATOR)',generator.generate)
	$(BIN)/python -m generator.generate.unasync

lint: $(TEST) ## check the contract by our rules, and that the version follows its changes
	$(BIN)/python -m generator.lint
	$(BIN)/python -m generator.diff --check

diff: $(TEST) ## what changed in the contract since BASE=git-ref, and the next version
	$(BIN)/python -m generator.diff '$(or $(BASE),$(error BASE=git-ref is missing))'

compare: $(TEST) ## compare the contract with PUBLISHED=path-or-url or RECORDED=folder; JSON=1
	$(BIN)/python -m generator.compare $(if $(JSON),--json) $(if $(PUBLISHED),--published '$(PUBLISHED)') $(if $(RECORDED),--recorded '$(RECORDED)')

record: $(TEST) ## record a real Dify (DIFY_BASE_URL, DIFY_API_KEY) into OUT=folder; INPUTS='{...}' runs the workflow
	$(if $(INPUTS),printf %s '$(INPUTS)' |) $(BIN)/dify-workflow record --out '$(or $(OUT),$(error OUT=folder is missing))' $(if $(INPUTS),--inputs -)

format: $(TEST) ## format the hand-written code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench ## compare the speed with that of other clients, in three minutes
	$(BIN)/python benchmarks/run.py --quick --json benchmarks/results/quick.json

bench-full: $(VENV)/.bench ## measure everything, write the figures and plots that are published
	$(BIN)/python benchmarks/run.py --publish

docs: $(VENV)/.docs ## build the documentation site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

build: $(TEST) ## build the wheels and sdists of both packages into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/python -m build --no-isolation --outdir dist fake_dify

release: $(TEST) $(VENV)/.release ## make VERSION=x.y.z ready: both packages, checked and run; nothing is uploaded; PYTHONS=...
	@$(BIN)/python -m generator.release '$(or $(VERSION),$(error VERSION=x.y.z is missing))' $(PYTHONS)

# All is resolved together first, so that each purpose gets the same versions, for every Python since
# 3.11.0. Files that are installable as they are: no compiler is asked for.
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11.0 --fork-strategy fewest \
    --only-binary :all: --no-annotate --no-header --no-emit-package fake-dify pyproject.toml
lock: | $(BIN)/pip ## write requirements/ anew from pyproject.toml
	$(PIP) install uv
	$(COMPILE) --all-extras --group slow --group bench --group release -o $(VENV)/all.txt
	$(foreach one,demo docs,$(COMPILE) -c $(VENV)/all.txt --extra testing --group $(one) -o requirements/$(one).txt &&) \
	$(COMPILE) -c $(VENV)/all.txt --extra testing --extra fast --group bench -o requirements/bench.txt
	$(foreach one,test check slow release,$(COMPILE) -c $(VENV)/all.txt --all-extras --group $(one) -o requirements/$(one).txt &&) true

clean: ## remove what is not in version control
	rm -rf $(VENV) benchmarks/.envs dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs python3 (3.11 or newer), make and git; everything else goes to .venv/.
PYTHON ?= python3

VENV := .venv/test/bin
RUN := $(VENV)/python tests/tools/run_tests.py
STAGES := lint sanity importer docs-lint docs unit conformance usage bounds reliability integration

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-matrix test-reliability mutation $(STAGES) coverage bench molecule format drawings screenshots lock release release-notes clean

help: ## show this list
	@awk -F ':.*## ' '/^[^#\t]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make the virtual environment that the rest uses (done by itself)
	@$(PYTHON) tests/tools/make_venv.py

demo: setup ## run playbooks/demo.yml against a local emulator, twice
	@PYTHONPATH=tests $(VENV)/python tests/tools/demo.py

test: setup ## run every check and test
	@$(RUN)

test-matrix: setup ## unit, sanity and some integration tests with every ansible-core and Python
	@PYTHONPATH=tests $(VENV)/python tests/tools/run_matrix.py

test-reliability: setup ## all proofs of reliability, in full; writes docs/reliability.md (see there)
	@PYTHONPATH=tests:.venv/collections $(VENV)/pytest tests/reliability --full

mutation: setup ## tests of the tests: wrong decisions have to be noticed; writes docs/reliability.md
	@PYTHONPATH=tests $(VENV)/python tests/tools/mutations.py

lint: ## ruff, mypy, yamllint, ansible-lint, the changelog, licences
sanity: ## ansible-test sanity
importer: ## build the artifact and import it as Galaxy does
docs-lint: ## the modules' documentation and its references
docs: ## the documentation as a site, in .test-results/docs
unit: ## unit tests
conformance: ## the providers' own SDKs against the emulator
usage: ## ways of use: playbooks, ad-hoc commands, examples
bounds: ## modules and their client with the oldest Python here and the oldest requests
reliability: ## a sample of the proofs of reliability: faults, crashes, strange answers, secrets
integration: ## ansible-test integration against the emulator
$(STAGES): setup
	@$(RUN) --only $@

coverage: setup ## unit and integration tests with their branch coverage
	@$(RUN) --measure --only unit --only integration --only coverage

bench: setup ## measure it beside other tools and the limits; writes docs/benchmarks.md
	@$(PYTHON) tests/tools/make_venv.py bench
	@PYTHONPATH=tests:.venv/collections $(VENV)/python -m bench

molecule: setup ## the role zenlayer_rotate, as molecule runs it
	@mkdir -p .venv/home
	@HOME="$(CURDIR)/.venv/home" PATH="$(CURDIR)/$(VENV):$$PATH" molecule test -s zenlayer_rotate

format: setup ## format the Python files
	@$(VENV)/ruff format . && $(VENV)/ruff check --fix .

drawings: setup ## draw the documentation's drawings anew, see tests/tools/draw.py
	@$(VENV)/python tests/tools/draw.py

screenshots: setup ## take the documentation's pictures of the report anew
	@PYTHONPATH=tests $(VENV)/python tests/tools/screenshots.py

lock: setup ## lock the development requirements anew, at their newest versions
	@for lock in uv:3.11 test:3.11 bench:3.11 bounds:3.9; do $(VENV)/python -m uv pip compile --quiet --upgrade --universal \
	  --python-version $${lock#*:} --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command 'make lock' tests/requirements/$${lock%:*}.in \
	  --output-file tests/requirements/$${lock%:*}.txt || exit; done

release: setup ## build the artifact, its bill of materials and their checksums, in dist/
	@PYTHONPATH=tests $(VENV)/python -m tools.release

release-notes: setup ## write CHANGELOG.md for the version in galaxy.yml
	@PATH="$(CURDIR)/$(VENV):$$PATH" antsibull-changelog release --update-existing --reload-plugins

clean: ## remove everything that make made
	rm -rf .venv .test-results .ansible dist tests/output

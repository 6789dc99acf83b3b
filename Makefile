# Every target works on a fresh machine with Python 3.11+, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# The suite starts hundreds of processes. Where the environment forbids bytecode, each of them would compile the house
# again; empty means allowed.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo screenshots test unseen soak simulate hunt hunt-policy guards kills power fuzz evidence lint audit bench lock format clean wheel

help:            ## List the targets.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)   ## Sixty virtual days on the embedded sandbox, checked by its own books.
	$(BIN)/dun demo

screenshots: $(STAMP) ## Live the demo, open the page in Chromium and keep the pictures of the README.
	$(BIN)/python -m drill.screenshots

# A file's tests stay together: what a module's fixtures bring about, a firm's first week for example, is made once.
test: $(STAMP)   ## All tests.
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

unseen: $(STAMP) ## All tests once more, with examples that nobody has seen; prints its seed (SEED=number repeats it).
	@seed=$${SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}; echo "seed $$seed"; \
		DUN_EXAMPLES=unseen $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --hypothesis-seed=$$seed

soak: $(STAMP)   ## Fifty tenants under one daemon for thirty virtual days, with faults and restarts; prints its seed.
	$(BIN)/python -m bench.soak.run

# Random runs take their seed from SEED; without one they draw it, and print it.
SEED ?=
YEARS ?= 4
PAGES ?= 4000

simulate: $(STAMP) ## Years of firms under fire, by seed: make simulate SEED=word YEARS=100. Exit code 1 if a promise was broken.
	$(BIN)/python -m drill.simulation.run --years $(YEARS) $(if $(SEED),--seed '$(SEED)')

hunt: $(STAMP)   ## Plant each bug of drill/simulation/planted.toml into a copy and let the simulation find it.
	$(BIN)/python -m drill.hunt

hunt-policy: $(STAMP) ## The same with the bugs of drill/simulation/planted_policy.toml, in firms that have every feature of the policy.
	$(BIN)/python -m drill.hunt --policy

guards: $(STAMP) ## Remove each guard in a copy and see its scenario fail.
	$(BIN)/python -m drill.guards

kills: $(STAMP)  ## A hundred processes killed with SIGKILL while they chase invoices; prints its seed.
	$(BIN)/python -m drill.kills.run

power: $(STAMP)  ## The power fails while invoices are chased; disks are rebuilt and examined; prints its seed.
	$(BIN)/python -m drill.power.run

evidence: $(STAMP) ## Run every drill and write docs/evidence.md; half an hour.
	$(BIN)/python -m drill.evidence

fuzz: $(STAMP)   ## Spoil answers of both ledgers (SEED=word PAGES=n) and count what Dun makes of them.
	$(BIN)/python -m drill.fuzz --pages $(PAGES) $(if $(SEED),--seed '$(SEED)')

lint: $(STAMP)   ## ruff, mypy --strict, import rules.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(STAMP)  ## No secret in a tracked file, no known vulnerability in a pin (where an advisory service can be reached).
	$(BIN)/python -m drill.leaks
	$(BIN)/python -m drill.audit

bench: $(STAMP)  ## Ratios against the floor; writes bench/results/latest.json.
	$(BIN)/python -m bench.run

wheel: $(STAMP)  ## Build the wheel into dist/.
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

format: $(STAMP) ## Format the code.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:            ## Resolve the dependencies again (needs uv).
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements.lock

clean:           ## Remove everything that can be made again.
	rm -rf $(VENV) dist build demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

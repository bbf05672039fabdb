# `make run` and `make test` need nothing done before them; see scripts/setup.sh.

SETUP := sh scripts/setup.sh
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run test soak check coverage bench clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile | expand -t 18

run: ## Serve the examples on 127.0.0.1:5000, or where HOST and PORT say
	@$(SETUP) run
	@NEXUS_APP=$${NEXUS_APP:-examples.everything} LOG_FORMAT=$${LOG_FORMAT:-text} \
		NEXUS_DEV=$${NEXUS_DEV:-1} exec $(BIN)/twistd -n --pidfile= nexus

test: ## Run the tests, Python's and JavaScript's
	@$(SETUP) test
	@$(BIN)/python -m tests.run

soak: ## Run the long tests
	@$(SETUP) test
	@NEXUS_PROFILE=soak $(BIN)/python -m tests.run

check: ## Lint, check the format and the types
	@$(SETUP) check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@cd clients/js && npm run --silent check
	@clients/js/node_modules/.bin/tsc -p tests/page

coverage: ## Say which lines and branches of nexus/ no test runs
	@$(SETUP) test
	@rm -f .coverage .coverage.*
	@COVERAGE_FILE=$(CURDIR)/.coverage $(BIN)/coverage run -m tests.run
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

bench: ## Measure what is measured
	@$(SETUP) test
	@$(BIN)/python -m bench

clean: ## Forget all that was installed and cached here
	@rm -rf .venv node_modules tests/node_modules clients/js/node_modules build \
		clients/js/dist clients/js/types nexus/page/client \
		examples/arena/node_modules examples/*/page/vendor \
		twisted/plugins/dropin.cache nexus/compiled/parts.*.so
	@rm -rf _trial_temp* .hypothesis .coverage* .mypy_cache .ruff_cache *.egg-info

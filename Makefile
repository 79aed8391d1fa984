# Sopris: a thin front to tools/ and to the Meson builds under build/.
# Each target's line after "##" is what "make help" prints.
.DEFAULT_GOAL := help
.PHONY: help setup host device demo check bench fuzz sweep fleet glitch faults matrix audit fresh-root clean

JOBS ?= $(shell nproc)
PYTHON := /usr/bin/python3
SECONDS ?= 60
FUZZ ?=
PHASES ?=
SUITE ?= bookworm
RUN ?= check

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the packages and fetch the sources that the rest needs (apt; root or sudo)
	@echo "== setup"
	@tools/setup/setup.sh

host: setup ## build service, tools, host board and unit tests into build/host
	@echo "== host"
	@tools/setup/configure.sh host
	@ninja -C build/host -j $(JOBS)

device: setup ## build ROM, monitor, kernel and compartments for Cortex-M33 into build/device
	@echo "== device"
	@tools/setup/configure.sh device
	@ninja -C build/device -j $(JOBS)

demo: host device ## make a maker, an owner and two boards, boot them and watch them join
	@echo "== demo"
	@$(PYTHON) tools/demo/demo.py

check: setup ## run every test and check (PHASES="unit style" runs some of them)
	@$(PYTHON) tools/check/check.py --jobs $(JOBS) $(PHASES)

bench: host device ## measure sizes, instructions and service speed; prints a table
	@tools/setup/setup.sh base bench
	@echo "== bench"
	@$(PYTHON) -m bench.bench

fuzz: setup ## fuzz every decoder for SECONDS=60 each (FUZZ=cbor_fuzz picks one)
	@echo "== fuzz"
	@tools/setup/configure.sh fuzz
	@ninja -C build/fuzz -j $(JOBS) fuzzers
	@$(PYTHON) tools/fuzz/fuzz_all.py --seconds $(SECONDS) --jobs $(JOBS) $(FUZZ)

sweep: setup ## cut the power at every flash operation of boots, record writes and updates, on the host board
	@tools/setup/configure.sh host
	@ninja -C build/host -j $(JOBS) power_cut_sweep update_sweep
	@build/host/power_cut_sweep complete
	@build/host/update_sweep complete

fleet: host device ## roll releases out over 24 boards in rings, a faulty one among them, killing the service on the way
	@echo "== fleet"
	@$(PYTHON) -m tests.fleet.story

glitch: host device ## skip every deciding instruction of the ROM, one at a time (hours)
	@echo "== glitch"
	@$(PYTHON) -m tests.boot.glitch

faults: device ## inject 1,000 faults into the compartments, in random order (COUNT=, SEED=)
	@echo "== faults"
	@$(PYTHON) -m tests.isolation.faults $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

audit: device ## compare each linked image with what declares it
	@echo "== audit"
	@$(PYTHON) tools/audit/audit.py

matrix: device ## try every pair of compartment and resource on the board; prints the table
	@echo "== matrix"
	@$(PYTHON) -m tests.isolation.matrix

fresh-root: ## try it in a new minimal Debian: SUITE=bookworm|trixie RUN=check|demo (root)
	@tools/setup/setup.sh fresh-root
	@tools/setup/fresh-root.sh $(SUITE) "$(RUN)"

clean: ## remove build/ (deps/ and packages stay)
	rm -rf build

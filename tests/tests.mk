# The tests: what `make check` runs, and how each suite is built. Included by the top Makefile.
#
#   check        every commit: some twenty minutes on two cores, half of them the real servers
#   check-long   before a release: all of it, and the long runs of the same tests
#   check-unit check-scenario check-crash check-random check-module check-fuzz check-e2e check-vectors   one suite each
#   check-goals  R1 to R10 of the goals, a line each with the counts of the suites behind them
#   lint  fuzz  demo  bench
#   check-package  as root: the Debian packages in a clean Debian, from README's first command to the purge
#
# V=1 shows the output of all tests. JOBS says how many things may run at a time.

JOBS         ?= $(shell nproc 2>/dev/null || echo 1)
FUZZ_SECONDS ?= 600
FUZZ_SHORT   ?= 5
PYTHON       ?= $(firstword $(wildcard /usr/bin/python3) python3) -B
PYTEST        = $(PYTHON) -m pytest -p no:cacheprovider
DEPS_ENV      = TWICKET_HEADERS=$(MODULE_HEADERS)

SANITIZE   = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
TEST_FLAGS = -std=c11 -D_GNU_SOURCE -DTWICKET_VERSION='"$(VERSION)"' -DTWICKET_TEST_DATA='"tests"' \
	$(WARN) -I. -Itests -MMD -MP -g -O1
TEST_PKGS := $(shell pkg-config --cflags $(PKGS) cmocka 2>/dev/null)
ASAN_ENV   = ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:abort_on_error=0 \
	UBSAN_OPTIONS=print_stacktrace=1

# All that can be tested without a process around it: the library, and the module without the core
TESTED_SRC = $(LIB_SRC) $(MODULE_PURE:%=module/%.c)
ASAN_LIB   = $(B)/asan/libtwicket.a
FUZZ_LIB   = $(B)/fuzz/libtwicket.a

# --- one command for everything --------------------------------------------------------------

# The inner make sees the pkg-config answers of what deps just installed.
# A suite that fails does not keep the others from running.
check: deps
	+@$(MAKE) --no-print-directory -j$(JOBS) all check-build
	+@$(MAKE) --no-print-directory -j$(JOBS) -Otarget -k check-run

check-build: unit-build crash-build scenario-build random-build fuzz-build e2e-build vectors-build $(MODULE_CHECK)
check-run: lint check-e2e check-crash check-fuzz check-unit check-module check-scenario check-random check-vectors
	@echo "make check: all suites passed"

check-long: deps
	+@$(MAKE) --no-print-directory -j$(JOBS) all check-build
	+@$(MAKE) --no-print-directory -j$(JOBS) -Otarget -k check-run TWICKET_LONG=1 FUZZ_SHORT=$(FUZZ_SECONDS)

# set but empty would be long for whoever only asks whether it is set
ifneq ($(TWICKET_LONG),)
export TWICKET_LONG
endif

deps:
	@$(DEPS_ENV) tests/deps.sh all
	@test -e $(MODULE_HEADERS) || \
		$(MAKE) --no-print-directory $(MODULE_HEADERS)
	@tests/cgi.sh $(B)/core/cgi

# ROOT_TAR=file keeps the bare root for the next time
check-package: deb
	@command -v debootstrap systemd-nspawn >/dev/null || { echo "check-package: wants debootstrap and systemd-container"; exit 1; }
	@$(PYTHON) tests/package/first_post.py $(B)/deb $(if $(ROOT_TAR),--base $(ROOT_TAR))

# GOALS="R5 R10": these only. Whatever ran before, it runs its suites itself: a count is of one run.
check-goals: deps
	+@$(MAKE) --no-print-directory -j$(JOBS) all check-build
	+@$(PYTHON) tests/goals.py $(B) $(GOALS)

lint:
	@$(PYTHON) tests/lint/lint.py $(LINT_FLAGS); code=$$?; $(PYTHON) tests/lint/docs.py && exit $$code

# `make` installs nothing; it says what is missing
build-deps:
	@tests/deps.sh --check build
$(LIB_OBJ) $(B)/agent/main.o $(B)/agent/cli_main.o $(B)/agent/check_main.o: | build-deps
.PHONY: build-deps

# --- sanitised objects -----------------------------------------------------------------------

$(B)/asan/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(TEST_FLAGS) $(TEST_PKGS) $(SANITIZE) -c -o $@ $<

$(ASAN_LIB): $(TESTED_SRC:%.c=$(B)/asan/%.o)
	rm -f $@ && $(AR) rcs $@ $^

# What several test programs share: the simulated disk and network, and other helpers
HELPER_SRC = $(filter-out tests/crash/crash_%.c tests/unit/test_%.c tests/scenario/run.c tests/scenario/script.c,\
	$(wildcard tests/crash/*.c tests/unit/*.c tests/scenario/*.c))
HELPER_LIB = $(B)/asan/libtest.a

$(HELPER_LIB): $(HELPER_SRC:%.c=$(B)/asan/%.o)
	rm -f $@ && $(AR) rcs $@ $^

$(B)/asan/twicketd: $(B)/asan/agent/main.o $(ASAN_LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/asan/twicket: $(B)/asan/agent/cli_main.o $(ASAN_LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/asan/check_twicket: $(B)/asan/agent/check_main.o $(ASAN_LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)

# one job of a ticket desk over the wire, for the tests of the desks
$(B)/asan/desk_job: $(B)/asan/tests/e2e/desk_job.o $(ASAN_LIB)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)

# beside the module of CORE, a second one for its core
e2e-build: $(addprefix $(B)/asan/,twicketd twicket check_twicket desk_job) $(MODULE_SO) $(MODULE_CLOCK)

# suite-rules DIR PREFIX: each DIR/PREFIX*.c is a program
define suite-rules
$(1)_TESTS = $$(patsubst tests/$(1)/%.c,$$(B)/$(1)/%,$$(wildcard tests/$(1)/$(2)*.c))
$(1)-build: $$($(1)_TESTS)
$$(B)/$(1)/$(2)%: $$(B)/asan/tests/$(1)/$(2)%.o $$(HELPER_LIB) $$(ASAN_LIB)
	@mkdir -p $$(@D)
	$$(CC) $$(SANITIZE) $$(LDFLAGS) -o $$@ $$^ $$(LIBS) -lcmocka
check-$(1): $(1)-build
	@$$(if $$($(1)_TESTS),$$(ASAN_ENV) tests/suite.sh $(1) $$($(1)_TESTS),echo "$(1): 0 cases ran, none in this tree")
.PHONY: $(1)-build check-$(1)
endef

$(eval $(call suite-rules,unit,test_))
$(eval $(call suite-rules,crash,crash_))

# --- scenarios: one runner, one text file each ------------------------------------------------

SCENARIOS       = $(filter-out %/INDEX.txt,$(wildcard tests/scenario/*.txt))
SCENARIO_RUN    = $(if $(wildcard tests/scenario/run.c),$(B)/scenario/run)
SCENARIO_OBJ    = $(B)/asan/tests/scenario/run.o $(B)/asan/tests/scenario/script.o
# simicinga.c answers instead of a server
SCENARIO_WRAP   = -Wl,--wrap=http_submit,--wrap=http_submit_stream,--wrap=http_cancel
scenario-build: $(SCENARIO_RUN)
$(B)/scenario/run: $(SCENARIO_OBJ) $(HELPER_LIB) $(ASAN_LIB)
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) $(LDFLAGS) $(SCENARIO_WRAP) -o $@ $^ $(LIBS)
check-scenario: scenario-build
	@$(if $(SCENARIO_RUN),$(ASAN_ENV) $(SCENARIO_RUN) --both $(SCENARIOS),echo "scenario: 0 cases ran, none in this tree")

# --- random events: one engine, what chance does to it, and what must hold -----------------------

# RANDOM_SEED=n repeats one run; tests/random/README.md has the others
RANDOM_EVENTS ?= $(if $(TWICKET_LONG),1000000,60000)
RANDOM_OBJ     = $(patsubst tests/random/%.c,$(B)/asan/tests/random/%.o,$(wildcard tests/random/*.c))
random-build: $(B)/random/random
$(B)/random/random: $(RANDOM_OBJ) $(ASAN_LIB)
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)
check-random: random-build
	@$(ASAN_ENV) $(if $(RANDOM_SEED),,RANDOM_EVENTS=$(RANDOM_EVENTS)) $(B)/random/random

# --- vectors: published cases of others, from a folder beside the project ----------------------

TWICKET_VECTORS ?= ../shared/vectors
vectors-build: $(B)/vectors/vectors
$(B)/vectors/vectors: $(B)/asan/tests/vectors/vectors.o $(ASAN_LIB)
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)
check-vectors: vectors-build
	@$(ASAN_ENV) $(B)/vectors/vectors "$(TWICKET_VECTORS)"

# --- fuzzing -----------------------------------------------------------------------------------

FUZZ_NAMES = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS    = $(FUZZ_NAMES:%=$(B)/fuzz/fuzz_%)
FUZZ_SAN   = -fsanitize=address,undefined -fno-sanitize-recover=undefined

$(B)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	clang $(TEST_FLAGS) $(TEST_PKGS) -Wno-unknown-warning-option $(FUZZ_SAN) -fsanitize=fuzzer-no-link -c -o $@ $<

$(FUZZ_LIB): $(TESTED_SRC:%.c=$(B)/fuzz/%.o)
	rm -f $@ && $(AR) rcs $@ $^

$(B)/fuzz/fuzz_%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(FUZZ_LIB)
	clang $(FUZZ_SAN) -fsanitize=fuzzer -o $@ $< $(FUZZ_LIB) $(LIBS)

fuzz-build: $(FUZZERS)

# each for so many seconds; what it finds new stays in the build folder
check-fuzz: fuzz-build
	@tests/fuzz.sh $(B)/fuzz $(FUZZ_SHORT) 1 $(FUZZ_NAMES)

fuzz: deps
	+@$(MAKE) --no-print-directory -j$(JOBS) fuzz-build
	@tests/fuzz.sh $(B)/fuzz $(FUZZ_SECONDS) $(JOBS) $(FUZZ_NAMES)

# --- end to end, the demo, the bench -----------------------------------------------------------

# Most of their time is waiting for polls and for snac's queues: more at a time than processors.
E2E_JOBS ?= 4
# The agent is the sanitised one, unless TWICKET_AGENT names the folder of another.
TWICKET_AGENT ?= $(abspath $(B))/asan
check-e2e: all e2e-build
	@TWICKET_BUILD=$(abspath $(B)) TWICKET_AGENT=$(TWICKET_AGENT) $(PYTEST) -q -n $(E2E_JOBS) tests/e2e $(E2E_FLAGS)

demo: deps
	@mkdir -p $(B)
	+@$(MAKE) --no-print-directory -j$(JOBS) all >$(B)/demo-build.log 2>&1 || { cat $(B)/demo-build.log; exit 1; }
	@TWICKET_BUILD=$(abspath $(B)) KEEP=$(KEEP) SOURCE=$(SOURCE) $(PYTHON) tests/e2e/demo.py

# --- the bench: the module by instructions, the whole loop against bash and curl, X by its bill -

BENCH_BIN = $(addprefix $(B)/tests/bench/,receiver p4_core curl_rate) $(MODULE_CLOCK) $(MODULE_SPAN) $(SCENARIO_RUN) \
	$(if $(wildcard $(TWICKET_BENCH)/mods/mod_thin.c),$(MODULE_THIN))

$(B)/tests/bench/receiver: tests/bench/receiver.c tests/bench/receiver_api.c tests/bench/receiver.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -I. $(CFLAGS) -o $@ $(filter %.c,$^)

$(B)/tests/bench/curl_rate: tests/bench/curl_rate.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -o $@ $< $(shell pkg-config --libs libcurl)

# the fake core's walks through its lists make way for those of p4_core.c
$(B)/tests/bench/p4_core: tests/bench/p4_core.c $(MODULE_FAKE) $(MODULE_TEST_H)
	@mkdir -p $(@D)
	$(CC) $(MODULE_TEST) -Dfind_host=list_find_host -Dfind_service=list_find_service -o $@ $(filter %.c,$^) -ldl

bench-build: $(BENCH_BIN)

# What others are measured by comes along (Alertmanager), which `make check` does not need
bench-deps:
	@$(DEPS_ENV) tests/deps.sh bench || $(DEPS_ENV) tests/deps.sh all
	@test -e $(MODULE_HEADERS) || \
		$(MAKE) --no-print-directory $(MODULE_HEADERS)

# BENCH="p5 p8" runs these only, of: module cores c p9 p9_module p3 p5 p8 p6 p7 p4 p10 p11 replay
bench: bench-deps
	+@$(MAKE) --no-print-directory -j$(JOBS) all bench-build
	+@$(PYTHON) tests/bench/bench.py $(B) $(BENCH)

.PHONY: check check-goals check-build check-run check-long deps lint scenario-build check-scenario \
	random-build check-random \
	vectors-build check-vectors fuzz-build \
	check-fuzz fuzz check-e2e e2e-build demo bench bench-build bench-deps
.PRECIOUS: $(B)/asan/%.o $(B)/fuzz/%.o $(B)/fuzz/tests/fuzz/%.o

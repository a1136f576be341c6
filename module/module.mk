# twicket.so for one core, and the tests and benchmarks of the module.
# Included by the top Makefile; B is the build folder, CORE the core:
#
#   make module                                            nagios-4.4: headers of Debian's source package
#   make module CORE=nagios-4.5 NAGIOS_SRC=dir             a source tree of Nagios, as it was unpacked
#   make module CORE=naemon [NAEMON_SRC=dir]               pkg-config naemon, or a source tree

CORES         = nagios-4.4 nagios-4.5 naemon
CORE         ?= nagios-4.4
MODULE_CORE   = $(B)/core/$(CORE)
MODULE_HEADERS = $(MODULE_CORE)/cflags
MODULE_FLAGS  = -isystem $(MODULE_CORE) @$(MODULE_HEADERS)
MODULE_DIR    = $(B)/$(CORE)
MODULE_SO     = $(MODULE_DIR)/twicket.so
MODULE_SRC    = $(wildcard module/*.c) common/event.c common/gate.c
MODULE_OBJ    = $(MODULE_SRC:%.c=$(MODULE_DIR)/%.o)
MODULE_PURE   = args family ring
MODULE_CFLAGS = -std=c11 -D_GNU_SOURCE -DTWICKET_VERSION='"$(VERSION)"' $(WARN) -I. -MMD -MP \
	$(MODULE_FLAGS) $(CFLAGS) -fPIC -fvisibility=hidden \
	-fstack-protector-strong -D_FORTIFY_SOURCE=2 -Werror=implicit-function-declaration

module: $(MODULE_SO)

$(MODULE_HEADERS): module/headers.sh
	module/headers.sh $(MODULE_CORE) $(CORE)

$(MODULE_DIR)/%.o: %.c $(MODULE_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(MODULE_CFLAGS) -c -o $@ $<

# renamed into place: a running core has the old file mapped
$(MODULE_SO): $(MODULE_OBJ)
	$(CC) $(MODULE_CFLAGS) $(LDFLAGS) -shared -Wl,-z,relro,-z,now -o $@.new $(MODULE_OBJ)
	mv $@.new $@

# ---- tests: the fake core stands in for the executable, hence -rdynamic ----

MODULE_TESTS = $(MODULE_DIR)/tests
MODULE_TEST = -std=c11 -D_GNU_SOURCE $(WARN) -I. $(MODULE_FLAGS) $(CFLAGS) -rdynamic
MODULE_FAKE = $(wildcard tests/module/fake*.c) common/event.c
MODULE_CASE = tests/module/cases.c $(wildcard tests/module/case_*.c)
MODULE_TEST_H = $(wildcard tests/module/*.h module/*.h) $(MODULE_HEADERS)
MODULE_CLOCK = $(MODULE_TESTS)/core_clock.so
MODULE_SPAN = $(MODULE_TESTS)/core_span.so
MODULE_THIN = $(MODULE_TESTS)/mod_thin.so
MODULE_CHECK = $(addprefix $(MODULE_TESTS)/,cases callback other_nagios other_naemon)
MODULE_BENCH = $(addprefix $(MODULE_TESTS)/,module_repeat module_slice) $(B)/tests/bench/module_peer

$(MODULE_TESTS)/cases: $(MODULE_CASE) $(MODULE_FAKE) $(MODULE_TEST_H)
	@mkdir -p $(@D)
	$(CC) $(MODULE_TEST) -o $@ $(filter %.c,$^) -ldl

$(MODULE_TESTS)/other_%: tests/module/othercore.c module/family.c $(MODULE_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(MODULE_TEST) $(if $(filter naemon,$*),-DOTHER_NAEMON) -o $@ $(filter %.c,$^) -ldl

$(MODULE_TESTS)/callback: tests/module/callback.c $(MODULE_FAKE) $(MODULE_TEST_H)
	@mkdir -p $(@D)
	$(CC) $(MODULE_TEST) -o $@ $(filter %.c,$^) -ldl

$(MODULE_TESTS)/module_%: tests/bench/module_%.c $(MODULE_FAKE) $(MODULE_TEST_H)
	@mkdir -p $(@D)
	$(CC) $(MODULE_TEST) -o $@ $(filter %.c,$^) -ldl

$(MODULE_CLOCK) $(MODULE_SPAN): $(MODULE_TESTS)/%.so: tests/bench/%.c $(MODULE_TEST_H)
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -I. $(MODULE_FLAGS) $(CFLAGS) -fPIC -shared -o $@ $<

# The yardstick's thin module, for any core: the headers that it names are empty, what is in them comes before.
MODULE_THIN_H = config.h common.h objects.h nagios.h nebmodules.h nebcallbacks.h nebstructs.h
TWICKET_BENCH ?= ../shared/bench
$(MODULE_THIN): $(TWICKET_BENCH)/mods/mod_thin.c $(MODULE_TEST_H)
	@mkdir -p $(@D)/thin/lib && cd $(@D)/thin && touch $(MODULE_THIN_H) lib/libnagios.h
	$(CC) -std=gnu11 $(WARN) -I. -include module/neb_compat.h $(MODULE_FLAGS) -idirafter $(@D)/thin $(CFLAGS) \
		-fPIC -shared -o $@ $<

$(B)/tests/bench/module_peer: tests/bench/module_peer.c common/event.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -I. $(CFLAGS) -o $@ $^

# what the module is linked to besides libc must be weak: another core would stop at load
check-module: $(MODULE_CHECK) $(MODULE_SO)
	@! nm -D --undefined-only $(MODULE_SO) | grep -v '^ *w\|@GLIBC' || { echo "$(MODULE_SO): not weak"; exit 1; }
	@$(MODULE_TESTS)/other_nagios $(MODULE_SO)
	@$(MODULE_TESTS)/other_naemon $(MODULE_SO)
	@valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
		$(MODULE_TESTS)/cases $(MODULE_SO)
	@tests/module/callback.sh $(MODULE_TESTS)/callback $(MODULE_SO)

bench-module: $(MODULE_SO) $(MODULE_BENCH)
	tests/bench/module_instr.sh $(B) $(CORE)

.PHONY: check-module bench-module

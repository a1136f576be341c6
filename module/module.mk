# twicket.so for Nagios 4.4, and the tests and benchmarks of the module.
# Included by the top Makefile; B is the build folder.

MODULE_CORE   = $(B)/core/nagios-4.4
MODULE_DIR    = $(B)/nagios-4.4
MODULE_SO     = $(MODULE_DIR)/twicket.so
MODULE_SRC    = $(wildcard module/*.c) common/event.c
MODULE_OBJ    = $(MODULE_SRC:%.c=$(MODULE_DIR)/%.o)
MODULE_PURE   = args gate ring
MODULE_CFLAGS = -std=c11 -D_GNU_SOURCE -DTWICKET_VERSION='"$(VERSION)"' $(WARN) -I. -MMD -MP \
	-isystem $(MODULE_CORE) $(CFLAGS) -fPIC -fvisibility=hidden \
	-fstack-protector-strong -D_FORTIFY_SOURCE=2 -Werror=implicit-function-declaration

module: $(MODULE_SO)

$(MODULE_CORE)/include/nebstructs.h: module/headers.sh
	module/headers.sh $(MODULE_CORE)
	@touch $@

$(MODULE_DIR)/%.o: %.c $(MODULE_CORE)/include/nebstructs.h
	@mkdir -p $(@D)
	$(CC) $(MODULE_CFLAGS) -c -o $@ $<

# renamed into place: a running core has the old file mapped
$(MODULE_SO): $(MODULE_OBJ)
	$(CC) $(MODULE_CFLAGS) $(LDFLAGS) -shared -Wl,-z,relro,-z,now -o $@.new $(MODULE_OBJ)
	mv $@.new $@

# ---- tests: the fake core stands in for the executable, hence -rdynamic ----

MODULE_TEST = -std=c11 -D_GNU_SOURCE $(WARN) -I. -isystem $(MODULE_CORE) $(CFLAGS) -rdynamic
MODULE_FAKE = tests/module/fakecore.c tests/module/fakeobject.c tests/module/fakeagent.c common/event.c
MODULE_CASE = tests/module/cases.c $(wildcard tests/module/case_*.c)
MODULE_TEST_H = $(wildcard tests/module/*.h) $(MODULE_CORE)/include/nebstructs.h

$(B)/tests/module/cases: $(MODULE_CASE) $(MODULE_FAKE) $(MODULE_TEST_H)
	@mkdir -p $(@D)
	$(CC) $(MODULE_TEST) -o $@ $(filter %.c,$^) -ldl

$(B)/tests/bench/module_repeat $(B)/tests/bench/module_slice: $(B)/tests/bench/%: tests/bench/%.c $(MODULE_FAKE) $(MODULE_TEST_H)
	@mkdir -p $(@D)
	$(CC) $(MODULE_TEST) -o $@ $(filter %.c,$^) -ldl

$(B)/tests/bench/module_peer: tests/bench/module_peer.c common/event.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -I. $(CFLAGS) -o $@ $^

check-module: $(B)/tests/module/cases $(MODULE_SO)
	@valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible $^

bench-module: $(MODULE_SO) $(addprefix $(B)/tests/bench/,module_peer module_repeat module_slice)
	tests/bench/module_instr.sh $(B)

.PHONY: check-module bench-module

# twicket. `make help` lists the targets; README.md tells the story.

prefix     ?= /usr/local
sysconfdir ?= /etc
bindir      = $(prefix)/bin
sbindir     = $(prefix)/sbin
libdir      = $(prefix)/lib/twicket
mandir      = $(prefix)/share/man
plugindir   = $(prefix)/lib/nagios/plugins
docdir      = $(prefix)/share/doc/twicket
unitdir     = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
bashcompdir = $(prefix)/share/bash-completion/completions
zshcompdir  = $(prefix)/share/zsh/site-functions
DOCS        = $(wildcard README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md docs/*.md)

VERSION = 0.1.0
B      ?= build
CC     ?= cc
PKGS    = libcurl jansson libconfig sqlite3 libcrypto libutf8proc libpsl
CFLAGS ?= -O2 -g
WARN    = -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes
HARDEN  = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DTWICKET_VERSION='"$(VERSION)"' $(WARN) -I. -MMD -MP \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(CFLAGS)
LIBS    = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lgumbo

LIB_SRC = $(wildcard common/*.c notifiers/*.c) $(filter-out agent/main.c agent/cli_main.c agent/check_main.c,$(wildcard agent/*.c))
LIB_OBJ = $(LIB_SRC:%.c=$(B)/%.o)
LIB     = $(B)/libtwicket.a

all: $(B)/twicketd $(B)/twicket $(B)/check_twicket module

$(B)/twicketd: $(B)/agent/main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/twicket: $(B)/agent/cli_main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# started every few minutes by the core: it loads only the libraries that it uses
$(B)/check_twicket: $(B)/agent/check_main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LIBS)

$(LIB): $(LIB_OBJ)
	rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(HARDEN) -c -o $@ $<

# the catalogues are built into the program
$(addsuffix /agent/words_catalogue.o,$(B) $(B)/asan $(B)/fuzz): $(wildcard agent/words/*.cfg)

-include module/module.mk
-include tests/tests.mk

# A running core has the module mapped, a running agent its program: new files come by rename.
# put MODE SOURCE TARGET
put = install -D -m $(1) $(2) $(DESTDIR)$(3).new && mv -f $(DESTDIR)$(3).new $(DESTDIR)$(3)

# page FILE SECTION: a manual page, which names the places of documentation and modules
page = sed 's|/usr/share/doc/twicket|$(docdir)|; s|/usr/local/lib/twicket|$(libdir)|' $(1) >$(B)/$(notdir $(1)) && \
	$(call put,644,$(B)/$(notdir $(1)),$(mandir)/man$(2)/$(notdir $(1)))

# every module that was built
put_modules = for core in $(CORES); do test ! -e $(B)/$$core/twicket.so || \
	{ $(call put,755,$(B)/$$core/twicket.so,$(libdir)/$$core/twicket.so); } || exit 1; done
say_line = echo "In the core's configuration:  broker_module=$(libdir)/$(CORE)/twicket.so"

# for a core beside the one of a package
install-module: module
	$(put_modules)
	@$(say_line)

install: all
	$(put_modules)
	$(call put,755,$(B)/twicketd,$(sbindir)/twicketd)
	$(call put,755,$(B)/twicket,$(bindir)/twicket)
	$(call put,755,$(B)/check_twicket,$(plugindir)/check_twicket)
	$(call page,agent/twicketd.8,8)
	$(call page,agent/twicket.1,1)
	$(call page,agent/check_twicket.1,1)
	$(call page,module/twicket.so.7,7)
	$(call page,agent/twicket.cfg.5,5)
	$(call put,644,contrib/completion/twicket.bash,$(bashcompdir)/twicket)
	$(call put,644,contrib/completion/_twicket,$(zshcompdir)/_twicket)
	$(call put,644,sample.cfg,$(docdir)/examples/sample.cfg)
	$(foreach doc,$(DOCS),$(call put,644,$(doc),$(docdir)/$(doc)) && ) true
	$(call put,644,contrib/nagios/twicket.cfg,$(docdir)/nagios/twicket.cfg)
	$(call put,644,contrib/icinga2/twicket.conf,$(docdir)/icinga2/twicket.conf)
	$(call put,644,contrib/systemd/twicket.sysusers,$(sysusersdir)/twicket.conf)
	sed 's|/usr/sbin/|$(sbindir)/|' contrib/systemd/twicketd.service >$(B)/twicketd.service
	$(call put,644,$(B)/twicketd.service,$(unitdir)/twicketd.service)
	install -d $(DESTDIR)$(sysconfdir)/twicket
	@$(say_line)

uninstall:
	rm -f $(addprefix $(DESTDIR),$(sbindir)/twicketd $(bindir)/twicket $(plugindir)/check_twicket \
		$(addprefix $(mandir)/,man8/twicketd.8 man1/twicket.1 man1/check_twicket.1 man5/twicket.cfg.5 man7/twicket.so.7) \
		$(sysusersdir)/twicket.conf $(unitdir)/twicketd.service $(bashcompdir)/twicket $(zshcompdir)/_twicket)
	rm -rf $(DESTDIR)$(libdir) $(DESTDIR)$(docdir)
	rmdir $(DESTDIR)$(sysconfdir)/twicket 2>/dev/null || true

# The Debian packages, in $(B)/deb: the source as it stands here, with the headers that the module needs
DEB = $(B)/deb/twicket-$(VERSION)
deb: $(MODULE_HEADERS)
	rm -rf $(B)/deb && mkdir -p $(DEB)
	tar -c --exclude-vcs --exclude=./build --exclude=__pycache__ --exclude=.pytest_cache . | tar -x -C $(DEB)
	cp -R contrib/debian $(DEB)/debian
	mkdir $(DEB)/core && cp -Rp $(MODULE_CORE) $(DEB)/core/
	test "$$(dpkg-parsechangelog -l $(DEB)/debian/changelog -S Version)" = $(VERSION)
	cd $(DEB) && dpkg-buildpackage -us -uc $(DEB_FLAGS)
	rm -rf $(DEB)

help:
	@echo 'make                the module, twicketd, twicket and check_twicket, in $(B)/'
	@echo 'make demo           the whole loop on both networks, without an account (KEEP=1: left running; SOURCE=icinga2)'
	@echo 'make install        [prefix=/usr/local] [DESTDIR=]; make uninstall takes it away'
	@echo
	@echo 'make deb            Debian packages of the source as it stands here, in $(B)/deb'
	@echo 'make deps           shows and installs the Debian packages that are missing'
	@echo 'make check          what every commit must pass: some 20 minutes on 2 cores'
	@echo 'make check-long     before a release: all of it; an hour and more'
	@echo 'make check-unit     one suite; also -scenario -crash -module -fuzz -e2e, and lint. V=1: all output'
	@echo 'make check-goals    [GOALS="R5 R10"] reliability and security, a line each with its counts'
	@echo 'make check-vectors  published cases of others, when TWICKET_VECTORS=dir has them'
	@echo 'make bench          measured against its goals, against bash and curl, and by the bill of X'
	@echo 'make fuzz           [FUZZ_SECONDS=600] each parser of outside bytes'
	@echo 'make clean'
	@echo
	@echo 'make module CORE=nagios-4.4    [NAGIOS_SRC=dir]  headers of Debian, or of an unpacked source tree (default)'
	@echo 'make module CORE=nagios-4.5 NAGIOS_SRC=dir'
	@echo 'make module CORE=naemon        [NAEMON_SRC=dir]  headers that pkg-config knows, or of a source tree'
	@echo 'make install-module CORE=...   that one, and every module that was built; make install takes them as well'

clean:
	rm -rf $(B)

.PHONY: all deb install install-module uninstall help clean module
.DEFAULT_GOAL := all
-include $(shell find $(B) -path $(B)/deb -prune -o -type f -name '*.d' -print 2>/dev/null)

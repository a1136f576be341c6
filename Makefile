# twicket. `make help` lists the targets; README.md tells the story.

prefix     ?= /usr/local
sysconfdir ?= /etc
bindir      = $(prefix)/bin
sbindir     = $(prefix)/sbin
libdir      = $(prefix)/lib/twicket
mandir      = $(prefix)/share/man
docdir      = $(prefix)/share/doc/twicket

VERSION = 0.1.0
B      ?= build
CC     ?= cc
PKGS    = libcurl jansson libconfig sqlite3 libcrypto libutf8proc
CFLAGS ?= -O2 -g
WARN    = -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes
HARDEN  = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DTWICKET_VERSION='"$(VERSION)"' $(WARN) -I. -MMD -MP \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(CFLAGS)
LIBS    = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lgumbo

LIB_SRC = $(wildcard common/*.c notifiers/*.c) $(filter-out agent/main.c agent/cli_main.c,$(wildcard agent/*.c))
LIB_OBJ = $(LIB_SRC:%.c=$(B)/%.o)
LIB     = $(B)/libtwicket.a

all: $(B)/twicketd $(B)/twicket module

$(B)/twicketd: $(B)/agent/main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/twicket: $(B)/agent/cli_main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(LIB): $(LIB_OBJ)
	rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(HARDEN) -c -o $@ $<

-include module/module.mk
-include tests/tests.mk

clean:
	rm -rf $(B)

.PHONY: all clean module
.DEFAULT_GOAL := all
-include $(shell find $(B) -name '*.d' 2>/dev/null)

/*
 * A core that is not the one the module was built for: it has nothing but a log and a version.
 * Run by `make check-module`, as a Nagios and (OTHER_NAEMON) as a Naemon, with twicket.so to load.
 * Must never export more: the module is to be loaded by a core that lacks what it is linked to.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/family.h"

#ifdef OTHER_NAEMON
#define WHO "Naemon"
#else
#define WHO "Nagios"
#endif

static const struct other {
	const char *version;
	int api; /* what this core wants to see, else it stops */
	const char *load; /* NULL: there is no module for it */
} others[] = {
#ifdef OTHER_NAEMON
    {"1.5.2", 8, "naemon"},
    {"1.4.4-1", 7, "naemon"},
    {"1.4.2", 6, "naemon"},
    {"1.4.1", 5, "naemon"},
    {"1.2.4", 5, "naemon"},
    {"1.0.10", 4, NULL},
#else
    {"4.5.12", 4, "nagios-4.5"},
    {"4.4.6", 4, "nagios-4.4"},
    {"4.3.4", 4, NULL},
#endif
};

static const struct other *core;
static char logged[2000];
static unsigned lines;

char *get_program_version(void);
void nm_log(int type, const char *format, ...);
void logit(int type, int display, const char *format, ...);

char *get_program_version(void)
{
	return (char *)core->version;
}

#ifdef OTHER_NAEMON
void nm_log(int type, const char *format, ...)
#else
void logit(int type, int display, const char *format, ...)
#endif
{
	va_list args;

	(void)type;
#ifndef OTHER_NAEMON
	(void)display;
#endif
	va_start(args, format);
	vsnprintf(logged, sizeof logged, format, args);
	va_end(args);
	lines++;
}

static void fail(const char *what)
{
	fprintf(stderr, "othercore: in %s %s: %s\nlogged: %s", WHO, core->version, what, logged);
	exit(1);
}

/* Two folders up from the module: where make install puts that for another core. */
static void look_for_words(const char *so)
{
	char words[500];
	int n = 0;

	for (int slash = (int)strlen(so); slash > 0 && n < 2; slash--)
		if (so[slash - 1] == '/' && ++n == 2)
			snprintf(words, sizeof words, "%.*s%s/twicket.so", slash, so, core->load ? core->load : "");
	if (!core->load)
		snprintf(words, sizeof words, "for which there is no twicket.so");
	else if (strstr(so, core->load)) /* the folder is right, but another version's headers */
		snprintf(words, sizeof words, "load a twicket.so built with the headers of " WHO);
	if (!strstr(logged, words))
		fail(words);
	snprintf(words, sizeof words, "the core is " WHO " %s", core->version);
	if (!strstr(logged, words) || !strstr(logged, "twicket: built for "))
		fail(words);
}

static void load(const char *so)
{
	int (*init)(int, char *, void *);
	int (*deinit)(int, int);
	void *handle = dlopen(so, RTLD_NOW | RTLD_GLOBAL);
	const int *api;
	char args[] = "node=n1";

	lines = 0;
	*logged = '\0';
	if (!handle)
		fail(dlerror());
	api = dlsym(handle, "__neb_api_version");
	*(void **)&init = dlsym(handle, "nebmodule_init");
	*(void **)&deinit = dlsym(handle, "nebmodule_deinit");
	if (!api || !init || !deinit)
		fail("symbols are missing");
	if (*api != core->api)
		fail("the core stops for the number of its interface");
	if (init(0, args, handle))
		fail("the core stops since the module is refused");
	if (lines != 1)
		fail("not one line");
	look_for_words(so);
	if (deinit(0, 0) || dlclose(handle))
		fail("it is not unloaded");
}

/* What the module was built for, which takes more than a log; the headers come from its own flags. */
static int is_own(const char *version)
{
#if defined(TWICKET_NAEMON) && defined(OTHER_NAEMON)
	return family_of(FAMILY_NAEMON, version) == family_of(FAMILY_NAEMON, TWICKET_HEADERS);
#elif !defined(TWICKET_NAEMON) && !defined(OTHER_NAEMON)
	return family_of(FAMILY_NAGIOS, version) == family_of(FAMILY_NAGIOS, TWICKET_HEADERS);
#else
	(void)version;
	return 0;
#endif
}

/* usage: othercore twicket.so */
int main(int argc, char **argv)
{
	unsigned n = 0;

	if (argc != 2)
		return 2;
	for (core = others; core < others + sizeof others / sizeof *others; core++) {
		if (is_own(core->version))
			continue;
		load(argv[1]);
		n++;
	}
	printf("module: refuses %u versions of " WHO "\n", n);
	return 0;
}

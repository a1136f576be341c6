/*
 * The families of cores, told apart by version: two share a number of the broker's interface.
 * Called by neb.c when the module is loaded.
 * Must never take one for the other: a field that is elsewhere is a crash of the core.
 */
#include "module/family.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION(major, minor, patch) ((major)*1000000L + (minor)*1000L + (patch))
#define PART_MAX 999

struct family {
	enum family_core core;
	long from, before; /* versions */
	int api;
	const char *folder; /* of make install; NULL: there is none */
	const char *versions; /* for people */
};

/* From the headers of every release, compiled: where a field that we read moved, a line begins. */
static const struct family families[] = {
    {FAMILY_NAGIOS, VERSION(4, 4, 0), VERSION(4, 5, 0), 4, "nagios-4.4", "4.4"},
    {FAMILY_NAGIOS, VERSION(4, 5, 0), VERSION(4, 6, 0), 4, "nagios-4.5", "4.5"},
    {FAMILY_NAEMON, 0, VERSION(1, 1, 0), 4, NULL, "before 1.1"},
    {FAMILY_NAEMON, VERSION(1, 1, 0), VERSION(1, 4, 0), 5, "naemon", "1.1 to 1.3"},
    {FAMILY_NAEMON, VERSION(1, 4, 0), VERSION(1, 4, 2), 5, "naemon", "1.4.0 and 1.4.1"},
    {FAMILY_NAEMON, VERSION(1, 4, 2), VERSION(1, 4, 3), 6, "naemon", "1.4.2"},
    {FAMILY_NAEMON, VERSION(1, 4, 3), VERSION(1, 5, 0), 7, "naemon", "1.4.3 and 1.4.4"},
    {FAMILY_NAEMON, VERSION(1, 5, 0), VERSION(1, 6, 0), 8, "naemon", "1.5"}};

#define API_NAGIOS 4
#define API_NAEMON 8 /* the newest that is known */

static const char *name_of(enum family_core core)
{
	switch (core) {
	case FAMILY_NAGIOS: return "Nagios";
	case FAMILY_NAEMON: break;
	}
	return "Naemon";
}

static long parse(const char *version)
{
	long part[3] = {0, 0, 0};
	char *end;

	for (int i = 0; i < 3 && *version >= '0' && *version <= '9'; i++) {
		part[i] = strtol(version, &end, 10);
		if (part[i] > PART_MAX)
			part[i] = PART_MAX;
		version = *end == '.' ? end + 1 : "";
	}
	return VERSION(part[0], part[1], part[2]);
}

static const struct family *find(enum family_core core, const char *version)
{
	long n = parse(version ? version : "");

	for (size_t i = 0; n && i < sizeof families / sizeof *families; i++)
		if (families[i].core == core && n >= families[i].from && n < families[i].before)
			return &families[i];
	return NULL;
}

const struct family *family_of(enum family_core core, const char *version)
{
	const struct family *family = find(core, version);

	return family && family->folder ? family : NULL;
}

int family_api(enum family_core core, const char *version)
{
	const struct family *family = find(core, version);

	if (family)
		return family->api;
	return core == FAMILY_NAGIOS ? API_NAGIOS : API_NAEMON;
}

/* ".../nagios-4.4/twicket.so" becomes "..."; 0 when the file lies otherwise. */
static size_t prefix_length(const char *file, const char *folder)
{
	char tail[64];
	size_t len, n;

	snprintf(tail, sizeof tail, "/%s/twicket.so", folder);
	len = file ? strlen(file) : 0;
	n = strlen(tail);
	return len > n && !strcmp(file + len - n, tail) ? len - n : 0;
}

void family_advise(
    const struct family *built, enum family_core core, const char *version, const char *file,
    char *out, size_t cap)
{
	const struct family *is = family_of(core, version);
	const char *ours = built ? built->folder : "";
	char who[100];
	size_t n;

	snprintf(
	    who, sizeof who, "built for %s %s, but the core is %s %.30s",
	    built ? name_of(built->core) : "an unknown core", built ? built->versions : "",
	    name_of(core), version ? version : "of unknown version");
	n = prefix_length(file, ours);
	if (!is)
		snprintf(out, cap, "%s, for which there is no twicket.so; the module does nothing", who);
	else if (!strcmp(is->folder, ours))
		snprintf(
		    out, cap,
		    "%s: load a twicket.so built with the headers of %s %s; the module does nothing",
		    who, name_of(core), is->versions);
	else
		snprintf(
		    out, cap, "%s: load %.*s/%s/twicket.so instead; the module does nothing", who,
		    n ? (int)n : (int)strlen("lib/twicket"), n ? file : "lib/twicket", is->folder);
}

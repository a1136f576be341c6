/*
 * libFuzzer entry of the match language and of object pairs: the first NUL-terminated
 * string is the match, what follows are pairs. Run by make check-fuzz.
 */
#include "agent/match.h"

#include <stdlib.h>
#include <string.h>

static void see(void *arg, const char *kind, const char *name)
{
	size_t *n = arg;

	*n += strlen(kind) + strlen(name);
}

static void ask(const struct match *m, const struct object *o)
{
	if (!o)
		return;
	match_object(m, o);
	for (unsigned i = 0; i < o->n_named; i++) {
		match_object(m, &o->named[i]);
		if (!object_named(&o->named[i]))
			abort();
	}
	object_public_name(o, "de");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	struct object *host, *service;
	struct match *m;
	struct err err = {""};
	size_t seen = 0;

	if (!end)
		return 0;
	m = match_parse((const char *)data, &err);
	if (!m && !err.text[0])
		abort();
	size -= (size_t)(end + 1 - data);
	host = object_create("mon1", EVENT_HOST, "web1", "", (const char *)end + 1, size);
	service = object_create("mon1", EVENT_SERVICE, "web1", "HTTP", (const char *)end + 1, size);
	if (m) {
		match_names(m, see, &seen);
		ask(m, host);
		ask(m, service);
	}
	match_destroy(m);
	object_destroy(host);
	object_destroy(service);
	return 0;
}

/*
 * Names that the public knows, and who reported them lately. Called by core_suspect.c. Pure.
 * It must never grow with what strangers write: the names are those of the configuration of
 * the core, the reports a ring.
 */
#include "agent/suspicion.h"

#include "agent/mention.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define PUBLIC_VAR "_TWICKET_PUBLIC"

/* One of the names of a thing; the same word may be one of several things. */
struct known_name {
	UT_hash_handle hh; /* by both */
	uint64_t audiences;
	const char *thing, *name;
	unsigned key_len;
	char key[]; /* thing, its end, name, its end */
};

struct reported {
	const struct known_name *thing; /* any of its names */
	uint64_t who;
	unsigned audience;
	int64_t first_ms, at_ms; /* his first word of the last half hour, and his last */
};

struct suspicion {
	struct known_name *names;
	struct reported ring[SUSPICION_REPORTS];
	unsigned next, n;
};

struct suspicion *suspicion_create(void)
{
	return calloc(1, sizeof(struct suspicion));
}

void suspicion_forget(struct suspicion *s)
{
	struct known_name *k, *next;

	HASH_ITER (hh, s->names, k, next) {
		HASH_DEL(s->names, k);
		free(k);
	}
	s->next = s->n = 0;
}

void suspicion_destroy(struct suspicion *s)
{
	if (!s)
		return;
	suspicion_forget(s);
	free(s);
}

/* --- names --------------------------------------------------------------------------------- */

static void add_name(struct suspicion *s, const char *thing, const char *name, uint64_t audiences)
{
	size_t of_thing = strlen(thing) + 1, of_name = strlen(name) + 1;
	struct known_name *fresh = calloc(1, sizeof *fresh + of_thing + of_name), *k;

	if (!fresh)
		return;
	fresh->key_len = (unsigned)(of_thing + of_name);
	fresh->thing = fresh->key;
	fresh->name = fresh->key + of_thing;
	memcpy(fresh->key, thing, of_thing);
	memcpy(fresh->key + of_thing, name, of_name);
	HASH_FIND(hh, s->names, fresh->key, fresh->key_len, k);
	if (k || HASH_COUNT(s->names) >= SUSPICION_NAMES) {
		free(fresh);
	} else {
		k = fresh;
		HASH_ADD_KEYPTR(hh, s->names, k->key, k->key_len, k);
	}
	if (k)
		k->audiences |= audiences;
}

void suspicion_watch(struct suspicion *s, const struct object *o, uint64_t audiences)
{
	const char *thing = object_public_name(o, "");

	if (!thing || !*thing || !audiences)
		return;
	add_name(s, thing, thing, audiences);
	for (const struct object_var *v = o->vars; v && v->name; v++) {
		const char *language = v->name + strlen(PUBLIC_VAR);
		char lower[8] = "";
		const char *name;

		if (strncmp(v->name, PUBLIC_VAR "_", sizeof PUBLIC_VAR) != 0 || strlen(language + 1) >= sizeof lower)
			continue;
		for (unsigned i = 0; language[i + 1]; i++)
			lower[i] = (char)(language[i + 1] | 0x20);
		name = object_public_name(o, lower);
		if (name && *name)
			add_name(s, thing, name, audiences);
	}
}

bool suspicion_is_called(const struct suspicion *s, const char *name, const char *other)
{
	for (const struct known_name *k = s->names; k; k = k->hh.next)
		if (strcmp(k->thing, name) == 0 && strcmp(k->name, other) == 0)
			return true;
	return false;
}

/* --- reports ------------------------------------------------------------------------------- */

static uint64_t hash_of(const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return h;
}

static bool is_same(const struct reported *a, const struct reported *b)
{
	return a->audience == b->audience && strcmp(a->thing->thing, b->thing->thing) == 0;
}

static bool is_lately(int64_t then_ms, int64_t at_ms)
{
	return at_ms - then_ms <= SUSPICION_MS;
}

static struct suspected count(const struct suspicion *s, const struct reported *about)
{
	struct suspected what = {.name = about->thing->thing, .first_ms = about->first_ms};

	for (unsigned i = 0; i < s->n; i++) {
		const struct reported *r = &s->ring[i];

		if (!is_same(r, about) || !is_lately(r->at_ms, about->at_ms))
			continue;
		what.people++;
		what.first_ms = r->first_ms < what.first_ms ? r->first_ms : what.first_ms;
	}
	return what;
}

/* One entry for each: who says it again says it later. */
static struct reported *entry_of(struct suspicion *s, const struct reported *fresh)
{
	struct reported *r = NULL;

	for (unsigned i = 0; i < s->n && !r; i++)
		if (s->ring[i].who == fresh->who && is_same(&s->ring[i], fresh))
			r = &s->ring[i];
	if (r) {
		if (!is_lately(r->first_ms, fresh->at_ms))
			r->first_ms = fresh->at_ms;
		r->at_ms = fresh->at_ms;
		return r;
	}
	r = &s->ring[s->next];
	*r = *fresh;
	s->next = (s->next + 1) % SUSPICION_REPORTS;
	s->n += s->n < SUSPICION_REPORTS;
	return r;
}

static void report_one(struct suspicion *s, const struct reported *fresh, suspicion_fn *fn, void *arg)
{
	struct suspected what = count(s, entry_of(s, fresh));

	fn(arg, &what);
}

/* Was that thing taken by another of its names, earlier in the list? */
static bool is_taken(const struct suspicion *s, const struct known_name *upto, const struct mention_words *words,
		     enum mention_fit best)
{
	for (const struct known_name *k = s->names; k != upto; k = k->hh.next)
		if (strcmp(k->thing, upto->thing) == 0 && mention_fits_read(words, k->name) == best)
			return true;
	return false;
}

void suspicion_take(struct suspicion *s, const struct suspicion_report *report, suspicion_fn *fn, void *arg)
{
	struct mention_words *words = mention_read(report->text);
	uint64_t audience = UINT64_C(1) << report->audience;
	enum mention_fit best = MENTION_NONE;

	if (!words)
		return;
	for (const struct known_name *k = s->names; k; k = k->hh.next)
		if ((k->audiences & audience) && best != MENTION_NAME) {
			enum mention_fit fit = mention_fits_read(words, k->name);

			best = fit > best ? fit : best;
		}
	for (const struct known_name *k = s->names; k && best != MENTION_NONE; k = k->hh.next)
		if ((k->audiences & audience) && mention_fits_read(words, k->name) == best &&
		    !is_taken(s, k, words, best))
			report_one(s,
				   &(struct reported){.thing = k,
						      .who = hash_of(report->who),
						      .audience = report->audience,
						      .first_ms = report->at_ms,
						      .at_ms = report->at_ms},
				   fn, arg);
	mention_free(words);
}

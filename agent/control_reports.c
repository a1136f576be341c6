/*
 * Reputation from outcome (SPEC row 80): which reports the monitoring confirmed, each with what
 * it is made of. Called for `show` and `people`. Reads the store only, when somebody asks; it
 * must never keep anything of it, nor say of anybody outside the configuration more than a count.
 */
#include "agent/control_internal.h"
#include "agent/knowledge.h"
#include "agent/mention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define CONFIRM_MS (KNOWLEDGE_CONFIRM_S * INT64_C(1000))
#define SINCE_MS (INT64_C(90) * 24 * 3600 * 1000) /* of people: nobody is judged by older words */
#define WORDS 64      /* of a person: the newest that may be a report */
#define TICKETS 20    /* named with an incident */
#define NAMES_MAX 4096
#define TEXT_MAX 16384

/* --- an incident: when it began, and what the public calls it ------------------------------------ */

struct begun {
	struct store *store;
	uint64_t incident;
	char tag[TAG_SIZE];
	int64_t at_s[2]; /* for the first time, and the last */
	unsigned n;
	struct buf names; /* a name a line */
};

static int begun_at(void *arg, const struct incident_row *row)
{
	struct begun *b = arg;

	b->incident = row->id;
	memcpy(b->tag, row->tag, sizeof b->tag);
	b->at_s[0] = row->since_s;
	b->at_s[1] = row->opened_ms / 1000;
	b->n = row->times > 1 ? 2 : 1;
	return 1;
}

static int begun_names(void *arg, const struct thread_row *row)
{
	struct begun *b = arg;

	if (row->names && *row->names)
		buf_printf(&b->names, "%s\n", row->names);
	return 0;
}

static void begun_read_names(struct begun *b)
{
	buf_reset(&b->names);
	store_threads_of_incident(b->store, b->incident, begun_names, b, NULL);
}

static bool begun_is_near(const struct begun *b, int64_t at_ms)
{
	int64_t at_s = at_ms / 1000;

	return knowledge_confirmed(&at_s, 1, b->at_s, b->n) == 1;
}

/* Is it what the words are about? */
static bool begun_is_named(const struct begun *b, const char *text)
{
	struct mention_words *words = mention_read(text);
	bool is_so = false;
	char name[600];

	for (const char *at = buf_text(&b->names); words && *at && !is_so; at += strcspn(at, "\n"), at += *at == '\n') {
		snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "\n"), at);
		is_so = mention_fits_read(words, name) != MENTION_NONE;
	}
	mention_free(words);
	return is_so;
}

/* --- show: how many said so in time ------------------------------------------------------------------ */

struct teller {
	UT_hash_handle hh;
	int64_t at_s; /* his first word */
	char who[];
};

struct tellers {
	struct teller *all;
};

static int add_teller(void *arg, const struct report_row *row)
{
	struct tellers *t = arg;
	struct teller *one;

	HASH_FIND_STR(t->all, row->who, one);
	if (!one && (one = calloc(1, sizeof *one + strlen(row->who) + 1))) {
		memcpy(one->who, row->who, strlen(row->who) + 1);
		one->at_s = row->at_ms / 1000;
		HASH_ADD_STR(t->all, who, one);
	} else if (one && row->at_ms / 1000 < one->at_s) {
		one->at_s = row->at_ms / 1000;
	}
	return 0;
}

static unsigned confirmed_reports(const struct begun *b)
{
	struct tellers t = {NULL};
	struct teller *one, *next;
	unsigned n = 0;

	store_reports(b->store, b->incident, add_teller, &t, NULL);
	HASH_ITER (hh, t.all, one, next) {
		n += knowledge_confirmed(&one->at_s, 1, b->at_s, b->n);
		HASH_DEL(t.all, one);
		free(one);
	}
	return n;
}

unsigned control_reports_confirmed(struct control *c, uint64_t incident)
{
	struct begun b = {.store = core_store(c->core)};

	if (store_incident_by_id(b.store, incident, begun_at, &b, NULL) != 1)
		return 0;
	return confirmed_reports(&b);
}

struct earlier {
	const struct begun *begun;
	json_t *tickets;
};

static int first_words(void *arg, const struct ticket_note_row *row)
{
	buf_str(arg, row->text);
	return 1;
}

static int add_ticket(void *arg, const struct ticket_row *row)
{
	struct earlier *e = arg;
	struct buf text;

	if (!begun_is_near(e->begun, row->created_ms))
		return 0;
	buf_init(&text, TEXT_MAX);
	store_ticket_notes(e->begun->store, row->id, first_words, &text, NULL);
	if (begun_is_named(e->begun, buf_text(&text)))
		json_array_insert_new(e->tickets, 0, control_text(row->name));
	buf_finish(&text);
	return json_array_size(e->tickets) >= TICKETS;
}

void control_reports_facts(struct control *c, uint64_t incident, json_t *to)
{
	struct begun b = {.store = core_store(c->core)};
	struct earlier e = {.begun = &b, .tickets = json_array()};
	int64_t first_s;
	unsigned n;

	buf_init(&b.names, NAMES_MAX);
	if (store_incident_by_id(b.store, incident, begun_at, &b, NULL) == 1) {
		begun_read_names(&b);
		n = confirmed_reports(&b);
		if (n)
			json_object_set_new(to, "confirmed", json_integer(n));
		first_s = b.n > 1 && b.at_s[1] < b.at_s[0] ? b.at_s[1] : b.at_s[0];
		store_recent_tickets(b.store, first_s * 1000 - CONFIRM_MS, add_ticket, &e, NULL);
	}
	if (json_array_size(e.tickets))
		json_object_set(to, "tickets", e.tickets);
	json_decref(e.tickets);
	buf_finish(&b.names);
}

/* --- people: what they said before the monitoring did ------------------------------------------------- */

struct said {
	int64_t at_ms;
	char *text;
};

struct words_of {
	struct begun begun;
	struct said said[WORDS];
	unsigned n;
	json_t *tags;
};

/* What fitted nothing when it was said. */
static int add_said(void *arg, const struct reply_row *row)
{
	struct words_of *w = arg;

	if (row->incident || row->state != REPLY_IGNORED || strcmp(row->reason, "no_incident") != 0 || !row->text[0])
		return 0;
	w->said[w->n] = (struct said){row->created_ms ? row->created_ms : row->seen_ms, strdup(row->text)};
	w->n += w->said[w->n].text != NULL;
	return w->n == WORDS;
}

static int look_at_incident(void *arg, const struct incident_row *row)
{
	struct words_of *w = arg;
	bool has_names = false;

	begun_at(&w->begun, row);
	for (unsigned i = 0; i < w->n; i++) {
		if (!begun_is_near(&w->begun, w->said[i].at_ms))
			continue;
		if (!has_names)
			begun_read_names(&w->begun);
		has_names = true;
		if (!begun_is_named(&w->begun, w->said[i].text))
			continue;
		json_array_append_new(w->tags, control_text(row->tag));
		break;
	}
	return 0;
}

json_t *control_confirmed_of(struct control *c, const char *name)
{
	struct words_of w = {.begun = {.store = core_store(c->core)}, .tags = json_array()};

	buf_init(&w.begun.names, NAMES_MAX);
	store_replies_of_person(w.begun.store, name, c->now.wall_ms - SINCE_MS, add_said, &w, NULL);
	if (w.n)
		store_incidents(w.begun.store, true, w.said[w.n - 1].at_ms - CONFIRM_MS, look_at_incident, &w, NULL);
	for (unsigned i = 0; i < w.n; i++)
		free(w.said[i].text);
	buf_finish(&w.begun.names);
	return w.tags;
}

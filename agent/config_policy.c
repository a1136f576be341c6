/*
 * When an audience is spoken to besides the plain patience: quiet hours and what breaks
 * them, announcements, storms, and who is called when nobody has it. Called by
 * config_audience.c; the people have been read. Must never let a person be mentioned who
 * did not agree, nor one where strangers read.
 */
#include "agent/config_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANNOUNCE_MAX 8 /* more of one maintenance is noise */

/* --- announce, storm ------------------------------------------------------------------------ */

static void add_announce(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_audience *a = into;
	int64_t ms = -1, *more;

	config_read_duration(r, s, &ms);
	if (ms == -1)
		return;
	if (!ms) {
		config_fault(r, s, "\"0\" is not before: the beginning is said anyway");
		return;
	}
	for (unsigned i = 0; i < a->n_announce; i++)
		if (a->announce_ms[i] == ms) {
			config_fault(
			    r, s, "\"%s\" stands there twice", config_setting_get_string(s));
			return;
		}
	if (a->n_announce == ANNOUNCE_MAX) {
		config_fault(r, s, "more than %d announcements of one maintenance", ANNOUNCE_MAX);
		return;
	}
	more = realloc(a->announce_ms, (a->n_announce + 1) * sizeof *more);
	r->no_memory = r->no_memory || !more;
	if (!more)
		return;
	a->announce_ms = more;
	a->announce_ms[a->n_announce++] = ms;
}

static int longest_first(const void *one, const void *two)
{
	int64_t a = *(const int64_t *)one, b = *(const int64_t *)two;

	return (a < b) - (a > b);
}

void config_read_announce(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_audience *a = into;

	a->n_announce = 0; /* an inherited key is replaced whole */
	config_read_texts(r, s, a, add_announce);
	if (a->n_announce)
		qsort(a->announce_ms, a->n_announce, sizeof *a->announce_ms, longest_first);
}

void config_read_storm(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_audience *a = into;

	config_read_number(r, s, 0, 1000000, &a->storm);
}

void config_read_reports(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_audience *a = into;

	config_read_number(r, s, 0, 1000000, &a->reports);
}

/* --- escalate ------------------------------------------------------------------------------- */

void config_drop_escalate(struct config_audience *a)
{
	for (unsigned i = 0; i < a->n_escalate; i++)
		free(a->escalate[i].people);
	free(a->escalate);
	a->escalate = NULL;
	a->n_escalate = 0;
}

static void unknown_person(struct reader *r, const config_setting_t *s, const char *name)
{
	const char **names = calloc(r->c->n_people + 1, sizeof *names);
	char what[CONFIG_NAME_MAX + 32];

	r->no_memory = r->no_memory || !names;
	for (unsigned i = 0; names && i < r->c->n_people; i++)
		names[i] = r->c->people[i].name;
	snprintf(what, sizeof what, "no person \"%.*s\"", (int)CONFIG_NAME_MAX, name);
	if (names)
		config_unknown(r, s, what, config_nearest(name, names));
	free(names);
}

static void add_person(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_escalation *e = into;
	const char *name = config_text(r, s);
	int index = name ? config_person_index(r->c, name) : -1;
	unsigned *more;

	if (!name)
		return;
	if (index == -1) {
		unknown_person(r, s, name);
		return;
	}
	for (unsigned i = 0; i < e->n_people; i++)
		if (e->people[i] == (unsigned)index) {
			config_fault(r, s, "\"%s\" stands there twice", name);
			return;
		}
	more = realloc(e->people, (e->n_people + 1) * sizeof *more);
	r->no_memory = r->no_memory || !more;
	if (!more)
		return;
	e->people = more;
	e->people[e->n_people++] = (unsigned)index;
}

static void read_to(struct reader *r, const config_setting_t *s, void *into)
{
	unsigned before = r->report->errors;
	struct config_escalation *e = into;

	config_read_texts(r, s, e, add_person);
	if (!e->n_people && r->report->errors == before && !r->no_memory)
		config_fault(r, s, "nobody: whom shall it mention?");
}

static const struct config_key step_keys[] = {
    {"after", KEY_DURATION, offsetof(struct config_escalation, after_ms), NULL},
    {"to", KEY_OWN, 0, read_to},
    {NULL, KEY_TEXT, 0, NULL},
};

#define STEP "{ after = \"20m\"; to = [ \"alice\" ]; }"

static void read_step(struct reader *r, const config_setting_t *s, struct config_escalation *e)
{
	const config_setting_t *after;

	e->line = (int)config_setting_source_line(s);
	e->after_ms = -1;
	if (!config_setting_is_group(s)) {
		config_fault(r, s, "must be a group: " STEP);
		return;
	}
	after = config_setting_get_member(s, "after");
	config_read_group(r, s, step_keys, e);
	if (!after)
		config_fault(r, s, "after is missing: " STEP);
	else if (!e->after_ms)
		config_fault(r, after, "\"0\" leaves nobody the time to answer");
	if (!config_setting_get_member(s, "to"))
		config_fault(r, s, "to is missing: " STEP);
}

/* Few, and those of one time stay in their order. */
static void sort_steps(struct config_audience *a)
{
	for (unsigned i = 1; i < a->n_escalate; i++) {
		struct config_escalation e = a->escalate[i];
		unsigned k = i;

		for (; k && a->escalate[k - 1].after_ms > e.after_ms; k--)
			a->escalate[k] = a->escalate[k - 1];
		a->escalate[k] = e;
	}
}

static bool is_called_in(const struct config_escalation *e, unsigned person)
{
	for (unsigned k = 0; k < e->n_people; k++)
		if (e->people[k] == person)
			return true;
	return false;
}

/* Steps of one time that call the same person: a slip, or two calls at once. */
static void check_steps(struct reader *r, const config_setting_t *s, const struct config_audience *a)
{
	for (unsigned i = 1; i < a->n_escalate; i++) {
		const struct config_escalation *e = &a->escalate[i], *b = e - 1;

		for (; b >= a->escalate && b->after_ms == e->after_ms && e->after_ms > 0; b--)
			for (unsigned k = 0; k < e->n_people; k++)
				if (is_called_in(b, e->people[k]))
					config_fault(
					    r, s, "two steps call \"%s\" at the same time",
					    r->c->people[e->people[k]].name);
	}
}

void config_read_escalate(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_audience *a = into;
	int n = config_setting_length(s);

	config_drop_escalate(a);
	if (!config_setting_is_list(s) && !(config_setting_is_array(s) && !n)) {
		config_fault(r, s, "must be a list: ( " STEP " )");
		return;
	}
	a->escalate = calloc((size_t)n + 1, sizeof *a->escalate);
	r->no_memory = r->no_memory || !a->escalate;
	for (int i = 0; i < n && !r->no_memory; i++) {
		a->n_escalate = (unsigned)i + 1;
		read_step(r, config_setting_get_elem(s, (unsigned)i), &a->escalate[i]);
	}
	sort_steps(a);
	check_steps(r, s, a);
}

static bool calls(const struct config_audience *a, unsigned person)
{
	for (unsigned i = 0; a->internals && i < a->n_escalate; i++)
		for (unsigned k = 0; k < a->escalate[i].n_people; k++)
			if (a->escalate[i].people[k] == person)
				return true;
	return false;
}

/* Can one of its accounts address the person? A file takes everybody. */
static bool reaches(const struct config *c, const struct config_audience *a, unsigned person)
{
	const struct config_person *p = &c->people[person];

	for (unsigned i = 0; i < a->n_accounts; i++) {
		const char *network = c->accounts[a->accounts[i]].network;
		bool is_x = network && !strcmp(network, CONFIG_X);

		if (!network || !strcmp(network, "file") || *(is_x ? p->x : p->mastodon))
			return true;
	}
	return !a->n_accounts;
}

static const config_setting_t *escalate_of(const config_setting_t *audiences, unsigned i)
{
	const config_setting_t *s = config_setting_get_elem(audiences, i);
	const config_setting_t *own =
	    config_setting_is_group(s) ? config_setting_get_member(s, "escalate") : NULL;

	return own ? own : s;
}

static void check_person(struct reader *r, const config_setting_t *audiences, unsigned person)
{
	const struct config_person *p = &r->c->people[person];
	bool told = p->mention; /* once is enough, however many audiences inherit it */

	for (unsigned i = 0; i < r->c->n_audiences; i++) {
		const struct config_audience *a = &r->c->audiences[i];

		if (!calls(a, person))
			continue;
		if (!told)
			config_fault(
			    r, escalate_of(audiences, i),
			    "\"%s\" has not agreed to be mentioned: people.%s needs mention = true",
			    p->name, p->name);
		told = true;
		if (!reaches(r->c, a, person))
			config_warning(
			    r, escalate_of(audiences, i),
			    "\"%s\" has no handle on a network of audiences.%s, and will not be "
			    "mentioned there",
			    p->name, a->name);
	}
}

void config_check_escalate(struct reader *r, const config_setting_t *audiences)
{
	for (unsigned i = 0; i < r->c->n_people; i++)
		check_person(r, audiences, i);
	for (unsigned i = 0; i < r->c->n_audiences; i++) {
		struct config_audience *a = &r->c->audiences[i];
		const config_setting_t *at = escalate_of(audiences, i);

		if (a->internals || !a->n_escalate)
			continue;
		if (at != config_setting_get_elem(audiences, i))
			config_warning(
			    r, at,
			    "does nothing: an audience with internals = false is never shown "
			    "people");
		config_drop_escalate(a);
	}
}

/* --- quiet hours ---------------------------------------------------------------------------- */

/* Written in this audience: an inherited one has been complained of where it stands. */
static const config_setting_t *own_text(const config_setting_t *s, const char *key)
{
	const config_setting_t *member = config_setting_get_member(s, key);

	return member && config_setting_get_string(member) ? member : NULL;
}

void config_check_hours(struct reader *r, const config_setting_t *s, struct config_audience *a)
{
	const config_setting_t *hours = own_text(s, "quiet_hours"), *urgent = own_text(s, "urgent");
	struct err err;

	if (*a->quiet_hours_text) {
		a->quiet_hours = hours_parse(a->quiet_hours_text, &err);
		if (!a->quiet_hours && hours)
			config_fault(r, hours, "%s", err.text);
		else if (hours && !hours_end(a->quiet_hours, 0))
			config_fault(
			    r, hours, "is the whole week: nothing would ever be summed up");
	}
	if (*a->urgent_text) {
		a->urgent = match_parse(a->urgent_text, &err);
		if (!a->urgent && urgent)
			config_fault(r, urgent, "%s", err.text);
		else if (urgent && !*a->quiet_hours_text)
			config_warning(r, urgent, "does nothing without quiet_hours");
	}
}

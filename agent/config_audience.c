/*
 * Audiences: their keys, which of them uses which, and the rules that keep internals
 * away from strangers. Called by config.c. Must never leave one half made.
 */
#include "agent/config_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum progress { NOT_YET, UNDER_WAY, DONE };

/* What is needed while the audiences wait for one another. */
struct audiences {
	const config_setting_t *all;
	enum progress *progress;
};

static const char *const built_in[] = {"public", "operators", NULL};

/* --- keys ------------------------------------------------------------------------------- */

static void add_account(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_audience *a = into;
	const char *name = config_text(r, s), *names[65] = {NULL};
	unsigned n = r->c->n_accounts < 64 ? r->c->n_accounts : 64, *more;
	int index = name ? config_account_index(r->c, name) : -1;
	char what[CONFIG_NAME_MAX + 32];

	if (!name)
		return;
	if (index == -1) {
		for (unsigned i = 0; i < n; i++)
			names[i] = r->c->accounts[i].name;
		snprintf(what, sizeof what, "no account \"%.*s\"", (int)CONFIG_NAME_MAX, name);
		config_unknown(r, s, what, config_nearest(name, names));
		return;
	}
	for (unsigned i = 0; i < a->n_accounts; i++)
		if (a->accounts[i] == (unsigned)index) {
			config_fault(r, s, "\"%s\" stands there twice", name);
			return;
		}
	more = realloc(a->accounts, (a->n_accounts + 1) * sizeof *more);
	r->no_memory = r->no_memory || !more;
	if (more) {
		a->accounts = more;
		a->accounts[a->n_accounts++] = (unsigned)index;
	}
}

static void read_accounts(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_audience *a = into;

	a->n_accounts = 0; /* an inherited key is replaced whole */
	config_read_texts(r, s, a, add_account);
}

static void add_state(struct reader *r, const config_setting_t *s, void *into)
{
	static const char *const words[] = {"warning", "critical", "unknown", "down", NULL};
	static const unsigned bits[] = {
	    STATE_BIT(EVENT_SERVICE, EVENT_WARNING), STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL),
	    STATE_BIT(EVENT_SERVICE, EVENT_UNKNOWN),
	    STATE_BIT(EVENT_HOST, EVENT_DOWN) | STATE_BIT(EVENT_HOST, EVENT_UNREACHABLE)};
	struct config_audience *a = into;
	const char *text = config_text(r, s);
	int i;

	if (text && (!strcmp(text, "ok") || !strcmp(text, "up"))) {
		config_fault(r, s, "\"%s\" is no problem; recoveries are always told", text);
		return;
	}
	if (text && !strcmp(text, "unreachable")) {
		config_fault(r, s, "\"down\" includes \"unreachable\"");
		return;
	}
	i = text ? config_word(r, s, words) : -1;
	if (i != -1)
		a->states |= bits[i];
}

static void read_states(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_audience *a = into;
	unsigned before = r->report->errors;

	a->states = 0;
	config_read_texts(r, s, a, add_state);
	if (!a->states && r->report->errors == before)
		config_fault(r, s, "no state at all: nothing would ever be told");
}

static void read_visibility(struct reader *r, const config_setting_t *s, void *into)
{
	static const char *const words[] = {"public", "unlisted", "followers", "direct", NULL};
	struct config_audience *a = into;
	int i = config_word(r, s, words);

	if (i != -1)
		a->visibility = (enum visibility)i;
}

#define AT(field) offsetof(struct config_audience, field)

const struct config_key config_audience_keys[] = {
    {"use", KEY_ELSEWHERE, 0, NULL},
    {"accounts", KEY_OWN, 0, read_accounts},
    {"match", KEY_TEXT, AT(match_text), NULL},
    {"states", KEY_OWN, 0, read_states},
    {"as_contact", KEY_TEXT, AT(as_contact), NULL},
    {"approve", KEY_TEXT, AT(approve_text), NULL},
    {"soft", KEY_FLAG, AT(soft), NULL},
    {"internals", KEY_FLAG, AT(internals), NULL},
    {"hold", KEY_DURATION, AT(hold_ms), NULL},
    {"recovery_hold", KEY_DURATION, AT(recovery_hold_ms), NULL},
    {"reopen", KEY_DURATION, AT(reopen_ms), NULL},
    {"update", KEY_DURATION, AT(update_ms), NULL},
    {"remind", KEY_DURATION, AT(remind_ms), NULL},
    {"remind_acked", KEY_DURATION, AT(remind_acked_ms), NULL},
    {"visibility", KEY_OWN, 0, read_visibility},
    {"acks", KEY_FLAG, AT(acks), NULL},
    {"links", KEY_FLAG, AT(links), NULL},
    {"words", KEY_OWN, 0, config_read_words},
    {"flap_digest", KEY_DURATION, AT(flap_digest_ms), NULL},
    {"escalate", KEY_OWN, 0, config_read_escalate},
    {"storm", KEY_OWN, 0, config_read_storm},
    {"announce", KEY_OWN, 0, config_read_announce},
    {"quiet_hours", KEY_TEXT, AT(quiet_hours_text), NULL},
    {"urgent", KEY_TEXT, AT(urgent_text), NULL},
    {"tickets", KEY_FLAG, AT(tickets), NULL},
    {"reports", KEY_OWN, 0, config_read_reports},
    {NULL, KEY_TEXT, 0, NULL},
};

/* --- use ----------------------------------------------------------------------------------- */

static void read_audience(struct reader *r, struct audiences *as, unsigned i);

/* Which audience does this one begin as? False when nobody can say (with a fault). */
static bool begin_as(struct reader *r, struct audiences *as, unsigned i, const config_setting_t *s)
{
	struct config_audience *a = &r->c->audiences[i];
	const config_setting_t *use = config_setting_get_member(s, "use");
	const char *name = use ? config_text(r, use) : a->name;
	bool own = name && !strcmp(name, a->name), is_base = false, base_name = false;
	int from;

	for (int k = 0; built_in[k]; k++) {
		is_base = is_base || (name && !strcmp(name, built_in[k]));
		base_name = base_name || !strcmp(a->name, built_in[k]);
	}
	if (!name) {
		config_built_in(r, a, "public");
		return false;
	}
	if (own && !base_name && !use)
		config_fault(r, s, "use is missing: \"public\", \"operators\" or another audience");
	else if (own && !base_name)
		config_fault(r, use, "uses itself");
	else if (!own && base_name)
		config_fault(r, use, "\"%s\" is built in and cannot use another", a->name);
	if (own || base_name) {
		config_built_in(r, a, base_name ? a->name : "public");
		return base_name;
	}
	from = config_audience_index(r->c, name);
	if (from == -1 && is_base) {
		config_built_in(r, a, name);
		return true;
	}
	if (from == -1) {
		config_fault(r, use, "no audience \"%s\"", name);
	} else if (as->progress[from] == UNDER_WAY) {
		config_fault(r, use, "a loop: \"%s\" uses \"%s\" again", name, a->name);
	} else {
		read_audience(r, as, (unsigned)from);
		if (!r->no_memory)
			config_inherit(r, a, &r->c->audiences[from]);
		return true;
	}
	config_built_in(r, a, "public");
	return false;
}

/* --- rules ---------------------------------------------------------------------------------- */

/* Where the reader of a fault should look: the key if it is written here, else the audience. */
static const config_setting_t *where(const config_setting_t *s, const char *key)
{
	const config_setting_t *member = config_setting_get_member(s, key);

	return member ? member : s;
}

/* SURFACE 1.3, rule 6, and rule 3 for the sentences. */
static void
check_internals(struct reader *r, const config_setting_t *s, const struct config_audience *a)
{
	bool strangers = a->visibility == VISIBILITY_PUBLIC || a->visibility == VISIBILITY_UNLISTED;
	const char *seen = a->visibility == VISIBILITY_PUBLIC ? "public" : "unlisted";
	const config_setting_t *at = where(s, "visibility");

	if (a->internals && strangers) {
		at = at == s ? where(s, "internals") : at;
		config_fault(
		    r, at,
		    "strangers would read internals: with internals = true, visibility \"%s\" "
		    "must be \"followers\" or \"direct\"",
		    seen);
	}
	if (a->internals && a->tickets && config_setting_get_member(s, "tickets"))
		config_warning(
		    r, where(s, "tickets"),
		    "does nothing: an audience with internals = true does not speak to strangers");
	if (a->internals)
		return;
	if (!strcmp(a->base, "operators"))
		config_fault(
		    r, where(s, "internals"),
		    "the sentences of operators are internal; with "
		    "internals = false say use = \"public\"");
	config_check_words(r, a);
}

/* What costs is only done when this file asks for it, here or where it is inherited from. */
static void note_asked(const config_setting_t *s, struct config_audience *a)
{
	a->acks_asked |= config_setting_get_member(s, "acks") != NULL;
	a->remind_asked |= config_setting_get_member(s, "remind") != NULL;
	a->remind_acked_asked |= config_setting_get_member(s, "remind_acked") != NULL;
}

static void check_audience(struct reader *r, const config_setting_t *s, struct config_audience *a)
{
	const config_setting_t *match = config_setting_get_member(s, "match");
	const config_setting_t *accounts = config_setting_get_member(s, "accounts");
	struct err err;

	a->match = match_parse(a->match_text, &err);
	if (!a->match && match)
		config_fault(r, match, "%s", err.text);
	if (match && config_setting_get_member(s, "as_contact") && *a->as_contact)
		config_warning(r, match, "does not count: as_contact decides");
	if (!a->n_accounts && !accounts)
		config_fault(r, s, "accounts is missing: where shall it be told?");
	else if (
	    accounts && config_setting_is_aggregate(accounts) && !config_setting_length(accounts))
		config_fault(r, accounts, "is empty: where shall it be told?");
	config_check_hours(r, s, a);
	check_internals(r, s, a);
}

static void read_audience(struct reader *r, struct audiences *as, unsigned i)
{
	const config_setting_t *s = config_setting_get_elem(as->all, i);
	struct config_audience *a = &r->c->audiences[i];
	bool sound;

	if (as->progress[i] != NOT_YET || r->no_memory)
		return;
	as->progress[i] = UNDER_WAY;
	if (!config_setting_is_group(s)) {
		config_built_in(r, a, "public"); /* others may inherit from it all the same */
	} else {
		sound = begin_as(r, as, i, s);
		if (!r->no_memory)
			config_read_group(r, s, config_audience_keys, a);
		note_asked(s, a);
		if (sound && !r->no_memory)
			check_audience(r, s, a);
	}
	as->progress[i] = DONE;
}

/* An account may serve several audiences (customers A and B), but not the same twice. */
static void check_twice(struct reader *r, const config_setting_t *all, unsigned i)
{
	const struct config_audience *a = &r->c->audiences[i];

	for (unsigned k = 0; k < i; k++) {
		const struct config_audience *b = &r->c->audiences[k];

		if (!a->match_text || !b->match_text || strcmp(a->match_text, b->match_text) ||
		    strcmp(a->as_contact, b->as_contact) || a->states != b->states ||
		    a->internals != b->internals)
			continue;
		for (unsigned x = 0; x < a->n_accounts * b->n_accounts; x++)
			if (a->accounts[x / b->n_accounts] == b->accounts[x % b->n_accounts])
				config_warning(
				    r, config_setting_get_elem(all, i),
				    "tells \"%s\" the same as audiences.%s does: all twice",
				    r->c->accounts[a->accounts[x / b->n_accounts]].name, b->name);
	}
}

void config_read_audiences(struct reader *r, const config_setting_t *audiences)
{
	unsigned n = config_named_groups(r, audiences);
	struct audiences as = {.all = audiences, .progress = calloc(n + 1, sizeof *as.progress)};

	r->c->audiences = calloc(n ? n : 1, sizeof *r->c->audiences);
	r->no_memory = r->no_memory || !r->c->audiences || !as.progress;
	for (unsigned i = 0; i < n && !r->no_memory; i++) {
		const config_setting_t *s = config_setting_get_elem(audiences, i);

		r->c->n_audiences = i + 1;
		r->c->audiences[i].line = (int)config_setting_source_line(s);
		config_keep(r, &r->c->audiences[i].name, config_setting_name(s));
	}
	for (unsigned i = 0; i < r->c->n_audiences && !r->no_memory; i++)
		read_audience(r, &as, i);
	if (!r->no_memory)
		config_check_escalate(r, audiences);
	if (!r->no_memory)
		config_check_approve(r, audiences);
	for (unsigned i = 0; i < r->c->n_audiences && !r->no_memory && !r->report->errors; i++)
		check_twice(r, audiences, i);
	if (!r->no_memory && !r->report->errors)
		config_check_doubles(r, audiences);
	free(as.progress);
}

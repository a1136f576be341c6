/*
 * Who wrote this, and may they: handles from the configuration, ids pinned behind
 * them. Called by inbox.c for every reply, and by the collector where names must be
 * asked for. It must never trust a name: a handle counts only together with the id
 * that was there first, and in doubt it is nobody.
 */
#include "agent/audit.h"
#include "agent/people_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const people_networks[] = {"", "mastodon", "x"};

struct people *people_create(const struct config *config, struct store *store)
{
	struct people *p = calloc(1, sizeof(*p));

	if (p) {
		p->config = config;
		p->store = store;
	}
	return p;
}

static void people_forget_audits(struct people *p)
{
	for (unsigned i = 0; i < p->n_audits; i++) {
		free(p->audits[i].actor);
		free(p->audits[i].action);
		free(p->audits[i].object);
		free(p->audits[i].via);
		free(p->audits[i].result);
	}
	p->n_audits = 0;
}

static void pin_finish(struct pin *pin)
{
	free(pin->person);
	free(pin->acct);
	free(pin->server);
	free(pin->author_id);
}

void people_destroy(struct people *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_pins; i++)
		pin_finish(&p->pins[i]);
	people_forget_audits(p);
	for (size_t i = 0; i < p->n_asked; i++)
		free(p->asked[i].name);
	people_marks_finish(p);
	free(p->asked);
	free(p->pins);
	free(p);
}

void people_set_config(struct people *p, const struct config *config)
{
	p->config = config;
}

/* Equal but for the case of ASCII letters; every other byte must be the same. */
bool people_is_same(const char *a, const char *b)
{
	for (;; a++, b++) {
		char x = *a >= 'A' && *a <= 'Z' ? (char)(*a - 'A' + 'a') : *a;
		char y = *b >= 'A' && *b <= 'Z' ? (char)(*b - 'A' + 'a') : *b;

		if (x != y)
			return false;
		if (!x)
			return true;
	}
}

/* The server that gives the ids of this account: what stands behind the @ of its handle. */
const char *people_server(const struct config_account *a)
{
	const char *at = a->handle ? strrchr(a->handle, '@') : NULL;

	return at ? at + 1 : a->name;
}

enum people_network people_network(const char *name)
{
	if (strcmp(name, people_networks[PEOPLE_X]) == 0)
		return PEOPLE_X;
	return strcmp(name, people_networks[PEOPLE_MASTODON]) == 0 ? PEOPLE_MASTODON
								  : PEOPLE_NOWHERE;
}

/* "" = none. */
const char *people_handle(const struct config_person *who, enum people_network network)
{
	const char *handle = network == PEOPLE_X ? who->x : who->mastodon;

	return handle ? handle : "";
}

static struct pin *people_add(struct people *p, const struct identity_row *row)
{
	struct pin *more = realloc(p->pins, (p->n_pins + 1) * sizeof(*more)), *pin;

	if (!more)
		return NULL;
	p->pins = more;
	pin = &more[p->n_pins];
	*pin = (struct pin){
	    .network = people_network(row->network),
	    .person = strdup(row->person),
	    .acct = strdup(row->acct),
	    .server = strdup(row->server_account),
	    .author_id = strdup(row->author_id),
	    .disabled = row->disabled,
	    .pinned_ms = row->pinned_ms,
	    .proven_ms = row->proven_ms};
	if (!pin->person || !pin->acct || !pin->server || !pin->author_id) {
		pin_finish(pin);
		return NULL;
	}
	p->n_pins++;
	return pin;
}

static int people_load_pin(void *arg, const struct identity_row *row)
{
	if (!people_network(row->network))
		return 0;
	return people_add(arg, row) ? 0 : 1;
}

int people_load(struct people *p, struct err *err)
{
	int n = store_identities(p->store, people_load_pin, p, err);

	return n == -1 ? -1 : people_load_marks(p, err);
}

/* ---- what must be kept ---- */

static void people_put(struct people *p, const struct pin *pin)
{
	store_put_identity(
	    p->store, &(struct identity_row){
			  .person = pin->person,
			  .network = people_networks[pin->network],
			  .acct = pin->acct,
			  .server_account = pin->server,
			  .author_id = pin->author_id,
			  .disabled = pin->disabled,
			  .pinned_ms = pin->pinned_ms,
			  .proven_ms = pin->proven_ms});
}

void people_audit(struct people *p, const struct audit_row *row)
{
	struct people_audit *a = &p->audits[p->n_audits];

	audit_copy(row);
	if (p->n_audits == PEOPLE_AUDITS)
		return;
	*a = (struct people_audit){
	    .at_ms = row->at_ms,
	    .actor = strdup(row->actor),
	    .action = strdup(row->action),
	    .object = strdup(row->object),
	    .via = strdup(row->via),
	    .result = strdup(row->result)};
	p->n_audits++;
}

/* What a handle showed, and what we made of it. */
static void people_noticed(
    struct people *p, const char *person, const char *acct, const char *result,
    const struct now *now)
{
	people_audit(
	    p, &(struct audit_row){
		   .at_ms = now->wall_ms,
		   .actor = "twicketd",
		   .action = "identity",
		   .object = person,
		   .via = acct,
		   .result = result});
}

void people_save(struct people *p)
{
	for (size_t i = 0; i < p->n_pins; i++)
		if (p->pins[i].changed)
			people_put(p, &p->pins[i]);
	for (size_t i = 0; i < p->n_marks; i++)
		if (p->marks[i].changed)
			people_put_mark(p, &p->marks[i]);
	for (unsigned i = 0; i < p->n_audits; i++)
		store_put_audit(
		    p->store, &(struct audit_row){
				  .at_ms = p->audits[i].at_ms,
				  .actor = p->audits[i].actor,
				  .action = p->audits[i].action,
				  .object = p->audits[i].object,
				  .via = p->audits[i].via,
				  .result = p->audits[i].result});
}

void people_saved(struct people *p)
{
	for (size_t i = 0; i < p->n_pins; i++)
		p->pins[i].changed = false;
	for (size_t i = 0; i < p->n_marks; i++)
		p->marks[i].changed = false;
	people_forget_audits(p);
}

/* ---- who ---- */

int
people_by_acct(const struct people *p, enum people_network network, const char *acct)
{
	const struct config *c = p->config;

	for (unsigned i = 0; i < c->n_people; i++) {
		const char *handle = people_handle(&c->people[i], network);

		if (*handle && people_is_same(handle, acct))
			return (int)i;
	}
	return -1;
}

struct pin *
people_pin_of(const struct people *p, enum people_network network, const char *server, const char *acct)
{
	for (size_t i = 0; i < p->n_pins; i++)
		if (p->pins[i].network == network && people_is_same(p->pins[i].server, server) &&
		    people_is_same(p->pins[i].acct, acct))
			return &p->pins[i];
	return NULL;
}

/* Is the id behind another handle that the configuration still names? */
const struct pin *people_pin_by_id(
    const struct people *p, enum people_network network, const char *server,
    const char *author_id)
{
	for (size_t i = 0; i < p->n_pins; i++)
		if (p->pins[i].network == network && people_is_same(p->pins[i].server, server) &&
		    strcmp(p->pins[i].author_id, author_id) == 0 &&
		    people_by_acct(p, network, p->pins[i].acct) >= 0)
			return &p->pins[i];
	return NULL;
}

enum people_verdict people_refuse(
    struct people *p, const struct identity_row *row, const char *owner, const struct now *now)
{
	char text[700];

	snprintf(
	    text, sizeof(text), "refused: id %s on %s belongs to %s", row->author_id,
	    row->server_account, owner);
	log_warnx("people", "%s: %s", row->acct, text);
	people_noticed(p, row->person, row->acct, text, now);
	return PEOPLE_NOBODY;
}

enum people_verdict
people_first_sight(struct people *p, const struct identity_row *row, const struct now *now)
{
	const struct pin *other =
	    people_pin_by_id(p, people_network(row->network), row->server_account, row->author_id);
	char text[700];
	struct pin *pin;

	if (other)
		return people_refuse(p, row, other->acct, now);
	pin = people_add(p, row);
	if (!pin)
		return PEOPLE_NOBODY;
	pin->changed = true;
	people_put(p, pin);
	snprintf(text, sizeof(text), "pinned: id %s on %s", pin->author_id, pin->server);
	log_info("people", "%s (%s) %s", pin->person, pin->acct, text);
	people_noticed(p, pin->person, pin->acct, text, now);
	return PEOPLE_PERSON;
}

bool people_pin_proven(struct people *p, struct pin *pin, const struct identity_row *row)
{
	char *id;

	if (!pin && !(pin = people_add(p, row)))
		return false;
	id = strdup(row->author_id);
	if (!id)
		return false;
	if (strcmp(id, pin->author_id) != 0)
		pin->pinned_ms = row->pinned_ms;
	free(pin->author_id);
	pin->author_id = id;
	pin->disabled = false;
	pin->proven_ms = row->proven_ms;
	pin->changed = true;
	people_put(p, pin);
	return true;
}

static void
people_disable(struct people *p, struct pin *pin, const char *author_id, const struct now *now)
{
	char text[700];

	pin->disabled = true;
	pin->changed = true;
	people_put(p, pin);
	snprintf(
	    text, sizeof(text), "disabled: id %s on %s, was %s", author_id, pin->server,
	    pin->author_id);
	log_warnx(
	    "people", "%s: %s is another account now, nothing that it says counts any more: %s",
	    pin->person, pin->acct, text);
	people_noticed(p, pin->person, pin->acct, text, now);
}

/* Networks where each reply shows a name: it must be listed, with the id that was there first. */
static enum people_verdict people_by_name(
    struct people *p, const struct config_account *a, const char *author_id, const char *acct,
    const struct now *now, unsigned *person)
{
	int who = people_by_acct(p, PEOPLE_MASTODON, acct);
	const char *server = people_server(a);
	struct pin *pin;

	if (who < 0)
		return PEOPLE_NOBODY;
	*person = (unsigned)who;
	if (people_is_revoked(p, *person))
		return PEOPLE_REVOKED;
	pin = people_pin_of(p, PEOPLE_MASTODON, server, acct);
	if (!pin) {
		struct identity_row row = {
		    .person = p->config->people[who].name,
		    .network = people_networks[PEOPLE_MASTODON],
		    .acct = p->config->people[who].mastodon,
		    .server_account = server,
		    .author_id = author_id,
		    .pinned_ms = now->wall_ms};

		return people_first_sight(p, &row, now);
	}
	if (!pin->disabled && strcmp(pin->author_id, author_id) != 0)
		people_disable(p, pin, author_id, now);
	return pin->disabled ? PEOPLE_DISABLED : PEOPLE_PERSON;
}

enum people_verdict people_who(
    struct people *p, unsigned account, const char *author_id, const char *acct, bool bot,
    const struct now *now, unsigned *person)
{
	const struct config_account *a;

	if (bot || !author_id || !*author_id || !acct || !*acct || account >= p->config->n_accounts)
		return PEOPLE_NOBODY;
	a = &p->config->accounts[account];
	switch (people_network(a->network)) {
	case PEOPLE_NOWHERE: break;
	case PEOPLE_MASTODON: return people_by_name(p, a, author_id, acct, now, person);
	case PEOPLE_X: return people_by_id(p, author_id, person);
	}
	return PEOPLE_NOBODY;
}

/* ---- may they ---- */

static bool people_is_all(const char *match)
{
	const char *at = match ? strchr(match, '*') : NULL;

	return at && strspn(match, " ") == (size_t)(at - match) &&
	       strspn(at + 1, " ") == strlen(at + 1);
}

static bool people_has(const struct config_person *who, const struct object *o)
{
	return o ? who->match && match_for_person(who->match, o) : people_is_all(who->match_text);
}

enum people_may people_may(
    const struct people *p, unsigned person, enum people_action action, const struct object *o)
{
	const struct config_person *who;

	if (person >= p->config->n_people || people_is_revoked(p, person))
		return PEOPLE_MAY_NOT;
	who = &p->config->people[person];
	return people_has(who, o) ? authority_may(who->role, action) : PEOPLE_MAY_NOT;
}

/*
 * Networks whose replies show an id and no name (x): who has it, and which names of
 * the configuration must still be asked for. Called by people.c and by the collector.
 * It must never give an id to two people, nor ask for the same name every minute.
 */
#include "agent/people_internal.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define PUT_OFF_MS (2 * 60000) /* a name that could not be asked for */
#define PUT_OFF_MAX_MS (60 * 60000)

static bool people_is_number(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

/* Networks that show ids: listed itself, or learnt for a name that is still listed. */
enum people_verdict
people_by_id(const struct people *p, const char *author_id, unsigned *person)
{
	const struct pin *pin;
	int who = -1;

	if (!people_is_number(author_id))
		return PEOPLE_NOBODY;
	who = people_by_acct(p, PEOPLE_X, author_id);
	pin = who < 0 ? people_pin_by_id(p, PEOPLE_X, PEOPLE_X_SERVER, author_id) : NULL;
	if (pin)
		who = people_by_acct(p, PEOPLE_X, pin->acct);
	if (who < 0)
		return PEOPLE_NOBODY;
	*person = (unsigned)who;
	if (people_is_revoked(p, *person))
		return PEOPLE_REVOKED;
	return pin && pin->disabled ? PEOPLE_DISABLED : PEOPLE_PERSON;
}

/* ---- names whose ids must be asked for ---- */

static struct people_asked *people_asked(const struct people *p, const char *name)
{
	for (size_t i = 0; i < p->n_asked; i++)
		if (people_is_same(p->asked[i].name, name))
			return &p->asked[i];
	return NULL;
}

bool people_anybody(const struct people *p, const char *network)
{
	enum people_network n = people_network(network);

	for (unsigned i = 0; i < p->config->n_people; i++)
		if (*people_handle(&p->config->people[i], n) && !people_is_revoked(p, i))
			return true;
	return false;
}

const char *people_unknown(const struct people *p, const char *network, int64_t since_ms)
{
	if (people_network(network) != PEOPLE_X)
		return NULL;
	for (unsigned i = 0; i < p->config->n_people; i++) {
		const char *name = people_handle(&p->config->people[i], PEOPLE_X);
		const struct people_asked *asked = people_asked(p, name);

		if (!*name || people_is_number(name) || people_is_revoked(p, i) || (asked && asked->at_ms >= since_ms))
			continue;
		if (!people_pin_of(p, PEOPLE_X, PEOPLE_X_SERVER, name))
			return name;
	}
	return NULL;
}

static struct people_asked *people_ask(struct people *p, const char *name)
{
	struct people_asked *asked = people_asked(p, name), *more;

	if (asked)
		return asked;
	more = realloc(p->asked, (p->n_asked + 1) * sizeof(*more));
	if (!more)
		fatal("people", "out of memory"); /* to forget would be to ask, and pay, for ever */
	p->asked = more;
	more[p->n_asked] = (struct people_asked){.name = strdup(name)};
	if (!more[p->n_asked].name)
		fatal("people", "out of memory");
	return &more[p->n_asked++];
}

/* Not again before a day; true the first time that there is an answer. */
static bool people_remember_asked(struct people *p, const char *name, const struct now *now)
{
	struct people_asked *asked = people_ask(p, name);
	bool is_new = !asked->at_ms || asked->failures;

	asked->at_ms = now->wall_ms;
	asked->failures = 0;
	return is_new;
}

unsigned people_not_learnt(struct people *p, const char *name, int64_t since_ms)
{
	struct people_asked *asked = people_ask(p, name);
	int64_t wait_ms = asked->failures ? PUT_OFF_MS : 0;

	for (unsigned i = 1; i < asked->failures && wait_ms < PUT_OFF_MAX_MS; i++)
		wait_ms *= 2;
	asked->at_ms = since_ms + (wait_ms < PUT_OFF_MAX_MS ? wait_ms : PUT_OFF_MAX_MS);
	return ++asked->failures;
}

void people_learn(
    struct people *p, const char *network, const char *name, const char *id, const struct now *now)
{
	int who = people_network(network) == PEOPLE_X ? people_by_acct(p, PEOPLE_X, name) : -1;
	struct identity_row row = {
	    .network = "x",
	    .acct = name,
	    .server_account = PEOPLE_X_SERVER,
	    .author_id = id,
	    .pinned_ms = now->wall_ms};
	bool is_new = people_remember_asked(p, name, now);
	int owner;

	if (who < 0 || people_is_number(name) ||
	    people_pin_of(p, PEOPLE_X, PEOPLE_X_SERVER, name))
		return; /* the file has changed meanwhile, or it is known */
	row.person = p->config->people[who].name;
	owner = people_by_acct(p, PEOPLE_X, id);
	if (!people_is_number(id) && is_new)
		log_warnx(
		    "people", "%s: x shows no account %s; no reply counts as theirs", row.person,
		    name);
	else if (people_is_number(id) && owner >= 0)
		people_refuse(p, &row, p->config->people[owner].name, now);
	else if (people_is_number(id))
		people_first_sight(p, &row, now);
}

/*
 * Networks whose replies show an id and no name (x): who has it, and which names of
 * the configuration must still be asked for. Called by people.c and by the collector.
 * It must never give an id to two people, nor ask for the same name every minute.
 */
#include "agent/people_internal.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

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

const char *people_unknown(const struct people *p, const char *network, int64_t since_ms)
{
	if (people_network(network) != PEOPLE_X)
		return NULL;
	for (unsigned i = 0; i < p->config->n_people; i++) {
		const char *name = people_handle(&p->config->people[i], PEOPLE_X);
		const struct people_asked *asked = people_asked(p, name);

		if (!*name || people_is_number(name) || (asked && asked->at_ms >= since_ms))
			continue;
		if (!people_pin_of(p, PEOPLE_X, PEOPLE_X_SERVER, name))
			return name;
	}
	return NULL;
}

/* Not again before a day; true the first time. */
static bool people_remember_asked(struct people *p, const char *name, const struct now *now)
{
	struct people_asked *asked = people_asked(p, name), *more;

	if (asked) {
		asked->at_ms = now->wall_ms;
		return false;
	}
	more = realloc(p->asked, (p->n_asked + 1) * sizeof(*more));
	if (!more || !(more[p->n_asked].name = strdup(name)))
		fatal("people", "out of memory"); /* to forget would be to ask, and pay, for ever */
	p->asked = more;
	more[p->n_asked++].at_ms = now->wall_ms;
	return true;
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

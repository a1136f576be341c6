/*
 * What people*.c share: ids behind handles, and where they are known from.
 * Included by people*.c only.
 */
#ifndef TWICKET_PEOPLE_INTERNAL_H
#define TWICKET_PEOPLE_INTERNAL_H

#include "agent/people.h"

#define PEOPLE_X_SERVER "x.com"
#define PEOPLE_AUDITS 100 /* lines that wait for a commit; more are only logged */

/* Where people have handles. */
enum people_network {
	PEOPLE_NOWHERE,
	PEOPLE_MASTODON, /* each reply shows a name */
	PEOPLE_X /* a reply shows an id: names are looked up once */
};

/* An id that was seen behind a handle, by the servers' word. All strings are ours. */
struct pin {
	enum people_network network;
	char *person, *acct, *server, *author_id;
	bool disabled;
	int64_t pinned_ms;
	bool changed; /* no commit has it yet */
};

struct people_audit {
	int64_t at_ms;
	char *actor, *action, *object, *via, *result;
};

/* A name that was asked for, and has no id: nobody has it, or somebody else has the id. */
struct people_asked {
	char *name;
	int64_t at_ms; /* wall */
	unsigned failures; /* in a row: that it could not be asked for */
};

struct people {
	const struct config *config;
	struct store *store;
	struct pin *pins;
	size_t n_pins;
	struct people_audit audits[PEOPLE_AUDITS];
	unsigned n_audits;
	struct people_asked *asked;
	size_t n_asked;
};

/* people.c */
void people_audit(struct people *p, const struct audit_row *row);
bool people_is_same(const char *a, const char *b); /* but for the case of ASCII letters */
enum people_network people_network(const char *name);
const char *people_handle(const struct config_person *who, enum people_network network); /* "" = none */
/* Index of the person with that handle, -1 = nobody. */
int people_by_acct(const struct people *p, enum people_network network, const char *acct);
struct pin *people_pin_of(
    const struct people *p, enum people_network network, const char *server, const char *acct);
const struct pin *people_pin_by_id(
    const struct people *p, enum people_network network, const char *server, const char *author_id);
enum people_verdict people_refuse(
    struct people *p, const struct identity_row *row, const char *owner, const struct now *now);
enum people_verdict
people_first_sight(struct people *p, const struct identity_row *row, const struct now *now);

/* people_ids.c: who is it, where a reply shows an id only */
enum people_verdict people_by_id(const struct people *p, const char *author_id, unsigned *person);

#endif

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
	int64_t pinned_ms, proven_ms;
	bool changed; /* no commit has it yet */
};

#define PEOPLE_HASH_SIZE 65 /* SHA-256 in hex */

/* What was decided about a person by name. */
struct people_mark {
	char *name;
	int64_t revoked_ms; /* 0 = not */
	char revoked_by[64];
	char code_hash[PEOPLE_HASH_SIZE]; /* "" = none is awaited */
	int64_t code_until_ms;
	unsigned code_wrong;
	bool changed;
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
	struct people_mark *marks;
	size_t n_marks;
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

const char *people_server(const struct config_account *a);
/* pin NULL: a new one. False when memory ran out. */
bool people_pin_proven(struct people *p, struct pin *pin, const struct identity_row *row);

/* people_revoke.c */
struct people_mark *people_mark(const struct people *p, const char *name);
struct people_mark *people_mark_make(struct people *p, const char *name);
void people_marks_finish(struct people *p);
int people_load_marks(struct people *p, struct err *err);
void people_put_mark(struct people *p, struct people_mark *m);
/* Index; -1 with err: there is none of that name. */
int people_find(const struct people *p, const char *name, struct err *err);

/* people_ids.c: who is it, where a reply shows an id only */
enum people_verdict people_by_id(const struct people *p, const char *author_id, unsigned *person);

#endif

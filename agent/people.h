/*
 * Who is this author, may they. Handles in the configuration are the allow-list;
 * the account id behind a handle is pinned at first sight, and a handle that shows
 * another id is disabled and reported. Fails closed: when in doubt, nobody.
 */
#ifndef TWICKET_PEOPLE_H
#define TWICKET_PEOPLE_H

#include "agent/authority.h"
#include "agent/config.h"
#include "agent/rows.h"
#include "agent/store.h"
#include "common/now.h"

struct people;

struct people *people_create(const struct config *config, struct store *store);
void people_destroy(struct people *p); /* NULL is fine */
void people_set_config(struct people *p, const struct config *config);
int people_load(struct people *p, struct err *err); /* the pinned ids */

enum people_verdict {
	PEOPLE_NOBODY,	 /* not in the configuration */
	PEOPLE_PERSON,	 /* *person is the index */
	PEOPLE_DISABLED, /* *person's handle shows another id than the one that was pinned */
	PEOPLE_REVOKED	 /* in the configuration, and a stranger all the same */
};

/*
 * account: index of our account whose server told us. Pins at first sight (written
 * to the store's open transaction). bot authors are nobody.
 */
enum people_verdict people_who(struct people *p, unsigned account, const char *author_id,
			       const char *acct, bool bot, const struct now *now, unsigned *person);

/*
 * Networks that show only ids (x): the name of a person whose id is not known yet and was not
 * asked for since since_ms; NULL: there is none. people_learn() takes what LOOKUP said: id "" =
 * there is no such account. The id counts from then on, whatever the account calls itself.
 */
const char *people_unknown(const struct people *p, const char *network, int64_t since_ms);
/* Does anybody in the configuration have a name on that network? */
bool people_anybody(const struct people *p, const char *network);
void people_learn(struct people *p, const char *network, const char *name, const char *id,
		  const struct now *now);
/*
 * LOOKUP could not say: people_unknown() leaves the name out until its since_ms is later than this
 * one, and at each further failure by 2, 4, 8 min and so on, an hour at most. How often in a row.
 */
unsigned people_not_learnt(struct people *p, const char *name, int64_t since_ms);

/*
 * May they do this to that object: the role's row in authority.h, within their `match`. o NULL (not
 * described): only a match of "*" holds.
 */
enum people_may people_may(const struct people *p, unsigned person, enum people_action action,
			   const struct object *o);

/* ---- revoked ---- */

/* At once: a stranger, until they are restored. -1 with err: no such person, or so it was before. */
int people_revoke(struct people *p, const char *name, const char *by, const struct now *now,
		  struct err *err);
int people_restore(struct people *p, const char *name, struct err *err);
bool people_is_revoked(const struct people *p, unsigned person);

/* ---- proof by a one-time code ---- */

#define PEOPLE_CODE_SIZE 11	     /* ten letters */
#define PEOPLE_CODE_MS (15 * 60000) /* so long is it good */
#define PEOPLE_CODE_TRIES 5	     /* so many wrong ones end it */

void people_make_code(void (*random)(void *bytes, size_t n), char code[PEOPLE_CODE_SIZE]);
/* From now on that code is awaited from the person, and no other. -1 with err. */
int people_enrol(struct people *p, const char *name, const char *code, const struct now *now,
		 struct err *err);

/* A reply of somebody whose handle is a person's: people_who() said PERSON or DISABLED. */
struct people_proof {
	unsigned account, person;
	const char *author_id, *acct;
};

enum people_code {
	PEOPLE_NO_CODE,	   /* none is awaited, or that is none */
	PEOPLE_CODE_RIGHT, /* the id is theirs now, also where the handle was disabled */
	PEOPLE_CODE_WRONG
};

/* text: all that was said. */
enum people_code people_code(struct people *p, const struct people_proof *proof, const char *text,
			     const struct now *now);

/* ---- what is known of them ---- */

struct people_view {
	const char *name;
	const struct config_person *person; /* NULL: revoked, and no longer in the configuration */
	int64_t revoked_ms;		    /* 0 = not */
	const char *revoked_by;
	int64_t code_until_ms; /* a code is awaited; 0 = none */
};
typedef void people_fn(void *arg, const struct people_view *v);
void people_each(const struct people *p, people_fn *fn, void *arg);
/* The ids behind a handle of the configuration, by the servers' word. */
typedef void people_id_fn(void *arg, const struct identity_row *id);
void people_each_id(const struct people *p, const char *network, const char *handle, people_id_fn *fn,
		    void *arg);

/* Called by inbox_save() and inbox_saved(): pins and audit lines that no commit has kept yet. */
void people_save(struct people *p);
void people_saved(struct people *p);

#endif

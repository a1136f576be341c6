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
	PEOPLE_DISABLED	 /* the handle shows another id than the one that was pinned */
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

/* Called by inbox_save() and inbox_saved(): pins and audit lines that no commit has kept yet. */
void people_save(struct people *p);
void people_saved(struct people *p);

#endif

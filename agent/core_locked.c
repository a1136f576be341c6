/*
 * Networks without a visibility for each post (x): what is internal is only told where the
 * account as a whole is closed to strangers. Called by core_words.c before anything is
 * worded. Must never take "not known" for "closed".
 */
#include "agent/core_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY "not known to be protected, so no internals are told there"

/* True the first time since the start. */
static bool remember(struct core *c, const char *account)
{
	char **more;

	for (unsigned k = 0; k < c->n_open_told; k++)
		if (!strcmp(c->open_told[k], account))
			return false;
	more = realloc(c->open_told, sizeof *more * (c->n_open_told + 1));
	if (!more)
		return true;
	c->open_told = more;
	more[c->n_open_told] = strdup(account);
	c->n_open_told += more[c->n_open_told] != NULL;
	return true;
}

void core_locked_finish(struct core *c)
{
	for (unsigned k = 0; k < c->n_open_told; k++)
		free(c->open_told[k]);
	free(c->open_told);
}

bool core_may_tell(struct core *c, const struct say_target *target)
{
	const struct config_account *account = &c->config->accounts[target->account];
	struct collector_health health;
	char line[600];

	if (!account->is_metered || !c->config->audiences[target->audience].internals)
		return true;
	collector_health(c->collector, target->account, &health);
	if (health.is_locked)
		return true;
	if (target->incident) {
		snprintf(line, sizeof line, "%-9s not told there: " WHY, account->name);
		core_note(c, target->incident, "note", line);
	}
	if (remember(c, account->name)) { /* before the alarm, which may come here again */
		log_warnx("core", "account %s: " WHY ": everybody may read it; protect it, then twicket resume %s",
			  account->name, account->name);
		core_alarm(c, account->name, WHY, false);
	}
	return false;
}

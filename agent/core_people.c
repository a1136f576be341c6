/*
 * People by hand: a code for proof, revoke, restore. Called by control.c for the command
 * line. Must never let a code get into the audit or the log.
 */
#include "agent/core_people.h"

#include "agent/core_internal.h"

struct people *core_people(struct core *c)
{
	return c->people;
}

bool core_is_revoked(void *arg, unsigned person)
{
	struct core *c = arg;

	return people_is_revoked(c->people, person);
}

/* Hands rc on. */
static int audited(struct core *c, const char *by, const char *action, const char *name, int rc,
		   const struct err *err)
{
	inbox_log(c->inbox, &(struct audit_row){.at_ms = c->now.wall_ms,
						.actor = by,
						.action = action,
						.object = name,
						.via = "twicket",
						.result = rc == -1 ? err->text : "done"});
	return rc;
}

int core_enrol(struct core *c, const char *name, const char *by, const struct now *now,
	       char code[PEOPLE_CODE_SIZE], int64_t *until_ms, struct err *err)
{
	c->now = *now;
	people_make_code(c->env.random, code);
	*until_ms = now->wall_ms + PEOPLE_CODE_MS;
	return audited(c, by, "people enrol", name, people_enrol(c->people, name, code, now, err), err);
}

int core_revoke(struct core *c, const char *name, const char *by, const struct now *now, struct err *err)
{
	c->now = *now;
	return audited(c, by, "people revoke", name, people_revoke(c->people, name, by, now, err), err);
}

int core_restore(struct core *c, const char *name, const char *by, const struct now *now, struct err *err)
{
	c->now = *now;
	return audited(c, by, "people restore", name, people_restore(c->people, name, err), err);
}

/*
 * People by hand: a code for proof, revoke, restore. Called by control.c for the command
 * line. Must never let a code get into the audit or the log.
 */
#include "agent/core_people.h"

#include "agent/core_internal.h"

#include <string.h>
#include <strings.h>

struct people *core_people(struct core *c)
{
	return c->people;
}

bool core_is_revoked(void *arg, unsigned person)
{
	struct core *c = arg;

	return people_is_revoked(c->people, person);
}

struct wish {
	const struct core *c;
	const struct config_account *account;
	bool is_stopped;
};

/* Each server has ids of its own; on X there is one. */
static void look_at_wish(void *arg, const struct identity_row *id)
{
	struct wish *w = arg;
	const char *server = strrchr(w->account->handle, '@');
	const struct reply_row his = {.account = w->account->name, .author_id = id->author_id, .acct = id->acct};

	if (!server || strcasecmp(server + 1, id->server_account) == 0)
		w->is_stopped = w->is_stopped || inbox_is_stopped(w->c->inbox, &his);
}

bool core_is_stopped(void *arg, unsigned person, unsigned account)
{
	struct core *c = arg;
	const struct config_account *on = &c->config->accounts[account];
	const struct config_person *who = &c->config->people[person];
	const char *handle = strcmp(on->network, "x") == 0 ? who->x : who->mastodon;
	struct wish wish = {.c = c, .account = on};

	if (handle && on->handle)
		people_each_id(c->people, on->network, handle, look_at_wish, &wish);
	return wish.is_stopped;
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
	int rc;

	c->now = *now;
	rc = audited(c, by, "people revoke", name, people_revoke(c->people, name, by, now, err), err);
	if (rc == 0)
		inbox_revoked(c->inbox, name, now);
	return rc;
}

int core_restore(struct core *c, const char *name, const char *by, const struct now *now, struct err *err)
{
	c->now = *now;
	return audited(c, by, "people restore", name, people_restore(c->people, name, err), err);
}

/*
 * By hand: names become indexes, what was done becomes a line in the audit. Called by
 * control.c for the command line. Must never do anything that the engine refuses.
 */
#include "agent/core_hand.h"
#include "agent/core_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void audit(struct core *c, const char *by, const char *action, const char *object, const char *text)
{
	char result[600];

	snprintf(result, sizeof result, "done%s%s", text && *text ? ": " : "", text ? text : "");
	inbox_log(c->inbox, &(struct audit_row){.at_ms = c->now.wall_ms,
						.actor = by,
						.action = action,
						.object = object,
						.via = "twicket",
						.result = result});
}

/* What was tried and refused is kept as well. */
static int refused(struct core *c, const char *by, const char *action, const char *object, const struct err *err)
{
	inbox_log(c->inbox, &(struct audit_row){.at_ms = c->now.wall_ms,
						.actor = by,
						.action = action,
						.object = object,
						.via = "twicket",
						.result = err->text});
	return -1;
}

/* --- incidents ------------------------------------------------------------------------ */

static int no_audience(const struct core *c, const char *name, struct err *err)
{
	const struct config *config = c->config;
	const char **names = calloc(config->n_audiences + 1, sizeof *names), *near = NULL;

	for (unsigned k = 0; names && k < config->n_audiences; k++)
		names[k] = config->audiences[k].name;
	if (names)
		near = config_nearest(name, names);
	err_set(err, near ? "no audience \"%.60s\"; did you mean \"%s\"?" : "no audience \"%.60s\"", name, near);
	free(names);
	return -1;
}

/* Each audience once, however often it is named. */
static int find_audiences(const struct core *c, const char *names, unsigned *out, unsigned *n, struct err *err)
{
	char name[128];

	for (*n = 0; *names; names += *names == ',') {
		size_t len = strcspn(names, ",");
		int index;
		unsigned k;

		snprintf(name, sizeof name, "%.*s", (int)len, names);
		names += len;
		index = config_audience_index(c->config, name);
		if (index < 0)
			return no_audience(c, name, err);
		for (k = 0; k < *n && out[k] != (unsigned)index; k++)
			;
		if (k == *n)
			out[(*n)++] = (unsigned)index;
	}
	return 0;
}

int core_open(struct core *c, struct open_order *order, const char *audiences, const struct now *now,
	      char tag[TAG_SIZE], struct err *err)
{
	unsigned *found = calloc(c->config->n_audiences + 1, sizeof *found);
	struct incident_view v;
	uint64_t incident;
	int rc = -1;

	c->now = *now;
	if (!found)
		return err_set(err, "out of memory");
	order->audiences = found;
	if (find_audiences(c, audiences, found, &order->n_audiences, err) == 0)
		rc = engine_open(c->engine, order, now, &incident, err);
	if (rc == 0 && !engine_view(c->engine, incident, &v))
		rc = err_set(err, "it was opened, but cannot be found");
	order->audiences = NULL;
	free(found);
	if (rc == -1)
		return refused(c, order->by, "open", audiences, err);
	snprintf(tag, TAG_SIZE, "%s", v.tag);
	audit(c, order->by, "open", tag, order->text);
	return 0;
}

static int is_there(void *arg, const struct incident_row *row)
{
	(void)row;
	*(bool *)arg = true;
	return 1;
}

static int find_incident(struct core *c, const char *tag, struct incident_view *v, struct err *err)
{
	bool was_there = false;

	tag += *tag == '#';
	if (engine_view_tag(c->engine, tag, v))
		return 0;
	store_incident_by_tag(c->store, tag, is_there, &was_there, NULL);
	return err_set(err, was_there ? "#%.8s is closed" : "no incident #%.8s", tag);
}

int core_close(struct core *c, const char *tag, const char *text, const char *by, const struct now *now,
	       struct err *err)
{
	struct incident_view v;

	c->now = *now;
	if (find_incident(c, tag, &v, err) == -1 || engine_close(c->engine, v.id, text, by, now, err) == -1)
		return refused(c, by, "close", tag, err);
	audit(c, by, "close", tag, text);
	return 0;
}

int core_retract(struct core *c, const char *tag, const char *text, const char *by, enum retract_how how,
		 const struct now *now, struct err *err)
{
	const char *action = how == RETRACT_BY_DELETING ? "retract --delete" : "retract";
	struct incident_view v;

	c->now = *now;
	if (find_incident(c, tag, &v, err) == -1 ||
	    engine_retract(c->engine, v.id, text, by, how, now, err) == -1)
		return refused(c, by, action, tag, err);
	audit(c, by, action, tag, text);
	return 0;
}

/* --- quiet ------------------------------------------------------------------------------ */

int core_quiet(struct core *c, const char *match, int64_t until_s, const char *text, const char *by,
	       const struct now *now, uint64_t *id, struct err *err)
{
	c->now = *now;
	if (engine_quiet_match(c->engine, match, until_s, text, by, now, id, err) == -1)
		return refused(c, by, "quiet", match, err);
	audit(c, by, "quiet", match, text);
	return 0;
}

int core_quiet_end(struct core *c, const char *which, const char *by, const struct now *now, struct err *err)
{
	struct incident_view v;
	char *end;
	uint64_t id = strtoull(which, &end, 10);
	int rc;

	c->now = *now;
	if (*which && !*end)
		rc = engine_quiet_end(c->engine, id, now, err);
	else if ((rc = find_incident(c, which, &v, err)) == 0)
		rc = v.quiet_until_s > now->wall_ms / 1000 ?
			     engine_quiet(c->engine, v.id, 0, by, now, err) :
			     err_set(err, "#%s is not quiet", v.tag);
	if (rc == -1)
		return refused(c, by, "quiet --end", which, err);
	audit(c, by, "quiet --end", which, "");
	return 0;
}

/* --- pause -------------------------------------------------------------------------------- */

/* "audience:NAME" with kind "audience:"; NULL: it has another kind. */
static const char *of_kind(const char *name, const char *kind)
{
	size_t n = strlen(kind);

	if (!strncmp(name, kind, n))
		return name + n;
	return strchr(name, ':') ? NULL : name;
}

static int find_pause(const struct core *c, const char *name, int *audience, int *account)
{
	const char *a = of_kind(name, "audience:"), *b = of_kind(name, "account:");

	*audience = a ? config_audience_index(c->config, a) : -1;
	*account = b ? config_account_index(c->config, b) : -1;
	return (*audience >= 0) + (*account >= 0);
}

bool core_is_pause_name(const struct core *c, const char *name)
{
	int audience, account;

	return find_pause(c, name, &audience, &account) > 0;
}

int core_pause_target(const struct core *c, const char *name, struct pause_target *out, struct err *err)
{
	int audience, account, n;

	*out = (struct pause_target){NULL, NULL};
	if (!*name)
		return 0;
	n = find_pause(c, name, &audience, &account);
	if (n == 0)
		return err_set(err, "no audience and no account \"%.60s\"", name);
	if (n == 2)
		return err_set(err, "\"%s\" is an audience and an account: say audience:%s or account:%s", name,
			       name, name);
	if (audience >= 0)
		out->audience = c->config->audiences[audience].name;
	else
		out->account = c->config->accounts[account].name;
	return 0;
}

static const char *target_name(const struct pause_target *target)
{
	return target->audience ? target->audience : target->account ? target->account : "everything";
}

int core_pause(struct core *c, const struct pause_target *target, const char *text, const char *by,
	       const struct now *now, struct err *err)
{
	c->now = *now;
	if (engine_pause(c->engine, target->audience, target->account, text, by, now, err) == -1)
		return refused(c, by, "pause", target_name(target), err);
	outbox_stir(c->outbox);
	audit(c, by, "pause", target_name(target), text);
	return 0;
}

struct answering {
	uint64_t reply;
	bool is_so;
};

static void look_for_waiting(void *arg, const struct post_row *row)
{
	struct answering *a = arg;

	a->is_so |= row->kind == POST_ANSWER && row->reply == a->reply;
}

bool core_is_answering(void *arg, uint64_t reply)
{
	struct core *c = arg;
	struct answering a = {.reply = reply};

	outbox_each(c->outbox, look_for_waiting, &a);
	return a.is_so;
}

void core_pause_asked(void *arg, unsigned account, const char *by)
{
	struct core *c = arg;
	const struct pause_target target = {.account = c->config->accounts[account].name};
	const struct now now = c->now;

	core_pause(c, &target, "by a reply", by, &now, &(struct err){{0}});
}

static void list_pause(void *arg, const struct pause_row *row)
{
	const struct pause_target target = {.audience = *row->audience ? row->audience : NULL,
					    .account = *row->account ? row->account : NULL};
	struct buf *out = arg;

	buf_printf(out, "%s%s", out->len ? ", " : "", target_name(&target));
}

/* Always -1. */
static int not_paused(struct core *c, const struct pause_target *target, struct err *err)
{
	struct buf paused;

	buf_init(&paused, 300);
	engine_pauses(c->engine, list_pause, &paused);
	if (paused.len)
		err_set(err, "%s is not paused by itself, but: %s", target_name(target), buf_text(&paused));
	else
		err_set(err, "nothing is paused");
	buf_finish(&paused);
	return -1;
}

int core_resume_pause(struct core *c, const struct pause_target *target, const char *by, const struct now *now,
		      struct err *err)
{
	int account = target->account ? config_account_index(c->config, target->account) : -1;

	c->now = *now;
	if (engine_resume(c->engine, target->audience, target->account, by, now, err) == -1) {
		/* an account may also wait because of its network: a human acted, so it is tried again */
		if (account < 0 ? not_paused(c, target, err) : core_reload_token(c, account, now, err))
			return refused(c, by, "resume", target_name(target), err);
	}
	outbox_stir(c->outbox);
	audit(c, by, "resume", target_name(target), "");
	return 0;
}

bool core_is_paused(void *arg, unsigned account, uint64_t thread)
{
	struct core *c = arg;

	return thread ? engine_thread_is_paused(c->engine, thread, account) :
			engine_account_is_paused(c->engine, account);
}

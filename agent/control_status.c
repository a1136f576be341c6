/*
 * The answer to `status`: what the agent knows of its own health. Called by control.c
 * and by agent.c for the metrics file; health.c judges it. It must never hold a secret, nor,
 * for who is only somebody local, a word of what people wrote.
 */
#include "agent/control_internal.h"
#include "agent/incident_hand.h"
#include "agent/metrics.h"
#include "agent/ticket.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NODES_MAX 32
#define METRICS_MAX (1u << 20)

static long rss_kib(void)
{
	long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void put(json_t *object, const char *key, int64_t n)
{
	json_object_set_new(object, key, json_integer((json_int_t)n));
}

/* --- cores ---------------------------------------------------------------------------- */

static const struct source_health *find_node(const struct source_health *all, unsigned n, const char *name)
{
	for (unsigned k = 0; k < n; k++)
		if (!strcmp(all[k].node, name))
			return &all[k];
	return NULL;
}

static json_t *node_to_json(const char *name, const struct source_health *at, int64_t away_ms)
{
	static const struct source_health away;
	const struct source_health *h = at ? at : &away;

	return json_pack("{s:o, s:b, s:I, s:o, s:I, s:I, s:I, s:I, s:o}", "name", control_text(name), "connected", h->connected,
			 "since_ms", (json_int_t)(h->connected ? h->since_ms : away_ms), "core", control_text(h->core), "events",
			 (json_int_t)h->events, "lost", (json_int_t)h->lost, "gaps", (json_int_t)h->gaps, "lost_ms",
			 (json_int_t)h->lost_ms, "trouble", control_text(h->trouble));
}

static bool is_known(const struct engine_node *known, unsigned m, const char *name)
{
	for (unsigned k = 0; k < m; k++)
		if (!strcmp(known[k].name, name))
			return true;
	return false;
}

/* All that the store knows, the absent ones too; and an Icinga 2 that was never reached yet. */
static json_t *nodes_to_json(struct control *c)
{
	struct source_health health[NODES_MAX];
	struct engine_node known[NODES_MAX];
	unsigned n = sources_health(c->sources, health, NODES_MAX);
	unsigned m = engine_nodes(core_engine(c->core), known, NODES_MAX);
	json_t *nodes = json_array();

	for (unsigned k = 0; k < m; k++)
		json_array_append_new(nodes, node_to_json(known[k].name, find_node(health, n, known[k].name),
							  known[k].away_ms));
	for (unsigned k = 0; k < n; k++)
		if (!is_known(known, m, health[k].node))
			json_array_append_new(nodes, node_to_json(health[k].node, &health[k], 0));
	return nodes;
}

static json_t *refused_to_json(struct control *c)
{
	const struct source_refusal *r = sources_refusal(c->sources);

	return json_pack("{s:o, s:o, s:I}", "node", control_text(r->node), "why", control_text(r->why), "at_ms",
			 (json_int_t)r->at_ms);
}

/* --- accounts ------------------------------------------------------------------------- */

/* One word for the state of an account, and the text that goes with it. */
static const char *account_state(struct control *c, unsigned k, const struct outbox_health *out,
				 const struct collector_health *in, char *text, size_t size)
{
	const struct config_account *a = &core_config(c->core)->accounts[k];

	text[0] = '\0';
	if (engine_account_is_paused(core_engine(c->core), k)) {
		snprintf(text, size, "by hand: nothing is posted");
		return "paused";
	}
	if (core_login_trouble(c->core, k)) {
		snprintf(text, size, "%s", core_login_trouble(c->core, k));
		return "no login";
	}
	if (out->paused_until_ms == NOW_NEVER) {
		snprintf(text, size, "%s: twicket auth %s", out->pause_reason, a->name);
		return "no login";
	}
	if (out->paused_until_ms > c->now.wall_ms) {
		snprintf(text, size, "%s", out->pause_reason);
		return "paused";
	}
	if (in->failures >= 5) {
		snprintf(text, size, "%s", in->trouble);
		return "trouble";
	}
	snprintf(text, size, "%s", in->trouble);
	return "ok";
}

/* What a graph or an alarm wants to know besides. */
static void put_health(struct control *c, unsigned k, const struct outbox_health *out, json_t *account)
{
	const struct config_account *a = &core_config(c->core)->accounts[k];
	const struct notifier *n = notifier_find(a->network);

	put(account, "unsettled_ms", out->unsettled_ms);
	put(account, "sent", (int64_t)out->sent_ever);
	put(account, "dead", (int64_t)out->dead_ever);
	put(account, "dead_ms", out->dead_ms);
	json_object_set_new(account, "dead_tag", json_string(out->dead_tag));
	put(account, "skew_ms", core_skew_ms(c->core, k));
	put(account, "poll_ms", n && n->caps & NOTIFIER_COLLECTS ? a->poll_ms : 0);
}

static json_t *account_to_json(struct control *c, unsigned k)
{
	const struct config_account *a = &core_config(c->core)->accounts[k];
	struct collector_health in;
	struct outbox_health out;
	char text[512];
	const char *state;
	json_t *account;

	outbox_health(core_outbox(c->core), k, &c->now, &out);
	collector_health(core_collector(c->core), k, &in);
	state = account_state(c, k, &out, &in, text, sizeof text);
	account = json_pack("{s:o, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I}", "name",
			    control_text(a->name), "network", a->network, "state", state, "text", control_text(text),
			    "queued", (json_int_t)out.queued, "unsettled", (json_int_t)out.unsettled, "oldest_ms",
			    (json_int_t)out.oldest_ms, "last_post_ms", (json_int_t)out.last_post_ms, "last_tag",
			    out.last_tag, "last_read_ms", (json_int_t)in.last_read_ms, "posts_day",
			    (json_int_t)out.posts_day, "limit_day", (json_int_t)a->posts_per_day, "posts_hour",
			    (json_int_t)out.posts_hour, "limit_hour", (json_int_t)a->posts_per_hour);
	put_health(c, k, &out, account);
	answer_add_money(c, k, &out, account);
	return account;
}

/* --- people and their tickets ----------------------------------------------------------- */

static json_t *replies_to_json(const struct inbox_health *in)
{
	static const char *const word[REPLY_STATES] = {
		[REPLY_CONFIRMED] = "confirmed", [REPLY_COMMENT] = "comment",	[REPLY_QUERY] = "question",
		[REPLY_DENIED] = "denied",	 [REPLY_NO_EFFECT] = "no_effect", [REPLY_IGNORED] = "ignored",
		[REPLY_DONE] = "done"};
	json_t *replies = json_object();

	for (unsigned k = 0; k < REPLY_STATES; k++)
		if (word[k])
			put(replies, word[k], (int64_t)in->ended[k]);
	return replies;
}

static json_t *tickets_to_json(struct control *c)
{
	struct tickets_health t;

	tickets_health(core_tickets(c->core), &t);
	return json_pack("{s:i, s:i, s:b, s:o}", "open", (int)t.open, "waiting", (int)t.waiting, "desk", t.has_desk,
			 "trouble", control_text(t.trouble));
}

static void put_people(struct control *c, json_t *answer)
{
	struct inbox_health in;

	inbox_health(core_inbox(c->core), &c->now, &in);
	put(answer, "denied", in.denied);
	put(answer, "submitted", in.submitted);
	json_object_set_new(answer, "replies", replies_to_json(&in));
	json_object_set_new(answer, "tickets", tickets_to_json(c));
}

json_t *answer_status(struct control *c)
{
	const struct config *config = core_config(c->core);
	struct engine_counts counts;
	json_t *accounts = json_array(), *answer;
	const char *fault = core_store_fault(c->core);

	for (unsigned k = 0; k < config->n_accounts; k++)
		json_array_append_new(accounts, account_to_json(c, k));
	engine_counts(core_engine(c->core), &counts);
	answer = json_pack("{s:b, s:s, s:I, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "ok", 1,
			   "version", TWICKET_VERSION, "up_ms", (json_int_t)(c->now.boot_ms - c->started.boot_ms),
			   "rss_kib", (json_int_t)rss_kib(), "wall_ms", (json_int_t)c->now.wall_ms, "nodes",
			   nodes_to_json(c), "accounts", accounts, "open", (json_int_t)counts.incidents, "acked",
			   (json_int_t)counts.acked, "problems", (json_int_t)counts.problems, "adopted",
			   (json_int_t)counts.adopted, "dropped", (json_int_t)counts.dropped, "store",
			   control_text(fault ? fault : "ok"), "quiet", hand_quiets(c), "paused",
			   hand_pauses(c));
	json_object_set_new(answer, "questions", json_integer((json_int_t)counts.questions));
	json_object_set_new(answer, "refused", refused_to_json(c));
	put_people(c, answer);
	return answer;
}

/* That something is silenced, and by whom, but neither what nor why: an object's name and what people wrote. */
json_t *answer_status_outline(struct control *c)
{
	json_t *status = answer_status(c), *row;
	size_t i;

	json_array_foreach (json_object_get(status, "quiet"), i, row) {
		json_object_del(row, "match");
		json_object_del(row, "tag");
		json_object_del(row, "object");
		json_object_del(row, "text");
	}
	json_array_foreach (json_object_get(status, "paused"), i, row)
		json_object_del(row, "text");
	return status;
}

/* --- metrics_file -------------------------------------------------------------------------- */

static void write_metrics(struct control *c, const char *path)
{
	json_t *status = answer_status(c);
	struct buf text;

	buf_init(&text, METRICS_MAX);
	metrics_text(status, &text);
	if (metrics_write(path, &text) == 0) {
		c->is_metrics_trouble = false;
	} else if (!c->is_metrics_trouble) {
		log_warnx("control", "metrics_file %s: %s", path, strerror(errno));
		c->is_metrics_trouble = true;
	}
	buf_finish(&text);
	json_decref(status);
}

void control_metrics(struct control *c, const struct now *now)
{
	const char *path = core_config(c->core)->metrics_file;

	if (!*path || now->boot_ms < c->metrics_ms)
		return;
	c->now = *now;
	c->metrics_ms = now->boot_ms + METRICS_MS;
	write_metrics(c, path);
}

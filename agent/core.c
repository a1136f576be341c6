/*
 * One turn of the agent: events in, decisions committed, requests out.
 * Called by agent.c and by the tests on a virtual clock.
 * Must never let a byte leave before the commit that it follows from.
 */
#include "agent/core.h"

#include "agent/core_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_ROUNDS 16		  /* then the sockets have their turn */
#define COMMIT_RETRY_MS 5000
#define NOTES_MAX 10000		  /* story lines that may wait for a store that does not take them */

/* --- the story ----------------------------------------------------------------------- */

void core_note(struct core *c, uint64_t incident, const char *kind, const char *text)
{
	struct note *n;

	if (!incident || c->n_notes >= NOTES_MAX)
		return;
	n = malloc(sizeof *n);
	if (!n)
		return;
	n->row = (struct timeline_row){.incident = incident, .at_ms = c->now.wall_ms};
	n->next = NULL;
	n->kind = strdup(kind);
	n->text = strdup(text);
	n->row.kind = n->kind;
	n->row.text = n->text;
	*c->notes_tail = n;
	c->notes_tail = &n->next;
	c->n_notes++;
}

static void notes_free(struct core *c)
{
	struct note *n, *next;

	for (n = c->notes; n; n = next) {
		next = n->next;
		free(n->kind);
		free(n->text);
		free(n);
	}
	c->notes = NULL;
	c->notes_tail = &c->notes;
	c->n_notes = 0;
}

/* --- what the engine decides ------------------------------------------------------------ */

static void on_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	struct core *c = arg;

	c->env.describe(c->env.source_arg, node, kind, host, service);
}

static uint64_t on_cancel(void *arg, uint64_t thread)
{
	struct core *c = arg;

	return outbox_cancel_thread(c->outbox, thread);
}

static bool on_is_pending(void *arg, uint64_t thread, enum say_event event)
{
	const struct core *c = arg;

	return outbox_is_pending(c->outbox, thread, (int)event);
}

static void on_erase(void *arg, uint64_t thread)
{
	struct core *c = arg;

	outbox_erase_thread(c->outbox, thread, &c->now);
}

static void on_note(void *arg, uint64_t incident, const char *kind, const char *text)
{
	core_note(arg, incident, kind, text);
}

static uint64_t on_next_id(void *arg)
{
	struct core *c = arg;

	return store_next_id(c->store);
}

/* --- what the outbox and the inbox report -------------------------------------------------- */

static void on_delivery(void *arg, const struct post_row *post, enum delivery delivery, bool root)
{
	struct core *c = arg;

	if (post->thread)
		engine_delivery(c->engine, post->thread, delivery, root, &c->now);
}

static void on_outbox_note(void *arg, uint64_t incident, const char *text)
{
	core_note(arg, incident, "note", text);
}

static int on_command(void *arg, const char *node, const struct event *cmd)
{
	struct core *c = arg;

	return c->env.command(c->env.source_arg, node, cmd);
}

static void on_unsay(void *arg, uint64_t incident, enum say_event event, int64_t at_ms)
{
	struct core *c = arg;

	outbox_erase_said(c->outbox, incident, (int)event, at_ms, &c->now);
}

static void on_want_parent(void *arg, unsigned account, uint64_t reply, const char *remote_id)
{
	struct core *c = arg;

	collector_get(c->collector, account, reply, remote_id);
}

static bool on_awaited(void *arg, unsigned account)
{
	struct core *c = arg;

	/* or a later post of a thread whose first one was lost: it may be answered all the same */
	return engine_is_told_on(c->engine, account) ||
	       store_told_posts(c->store, c->config->accounts[account].name, NULL, NULL, NULL) > 0;
}

static void on_local_done(void *arg, void *ticket, const struct reply_row *reply)
{
	struct core *c = arg;

	if (c->env.local_done)
		c->env.local_done(c->env.local_arg, ticket, reply);
}

/* --- from the sources -------------------------------------------------------------------------- */

void core_node_up(struct core *c, const char *node, const char *epoch, const struct now *now)
{
	c->now = *now;
	c->has_news = true;
	engine_node_up(c->engine, node, epoch, now);
}

void core_node_down(struct core *c, const char *node, const struct now *now)
{
	c->now = *now;
	c->has_news = true;
	engine_node_down(c->engine, node, now);
}

void core_event(struct core *c, const char *node, const struct event *ev, const struct now *now)
{
	struct event known = *ev;

	c->now = *now;
	c->has_news = true;
	if (!known.until)
		known.until = inbox_ack_until_s(c->inbox, ev);
	engine_event(c->engine, node, &known, now);
	inbox_event(c->inbox, node, ev, now); /* after the engine: what it looks at is then true */
}

void core_object(struct core *c, const char *node, unsigned kind, const char *host, const char *service,
		 struct object *o, const struct now *now)
{
	c->now = *now;
	c->has_news = true;
	engine_object(c->engine, node, kind, host, service, o, now);
}

void core_inventory(struct core *c, const char *node, unsigned objects, unsigned sentinels,
		    const struct now *now)
{
	c->now = *now;
	c->has_news = true;
	engine_inventory(c->engine, node, objects, sentinels, now);
}

/* --- the turn -------------------------------------------------------------------------------------- */

static void put_node(void *arg, const struct node_row *row)
{
	store_put_node(arg, row);
}

static void put_problem(void *arg, const struct problem_row *row)
{
	store_put_problem(arg, row);
}

static void put_incident(void *arg, const struct incident_row *row)
{
	store_put_incident(arg, row);
}

static void put_thread(void *arg, const struct thread_row *row)
{
	store_put_thread(arg, row);
}

static void put_downtime(void *arg, const struct downtime_row *row)
{
	store_put_downtime(arg, row);
}

static void put_channel(void *arg, const struct channel_row *row)
{
	store_put_channel(arg, row);
}

static void put_quiet(void *arg, const struct quiet_row *row)
{
	store_put_quiet(arg, row);
}

static void put_pause(void *arg, const struct pause_row *row)
{
	store_put_pause(arg, row);
}

static void save_all(struct core *c)
{
	const struct engine_rows rows = {.arg = c->store, .node = put_node, .problem = put_problem,
					 .incident = put_incident, .thread = put_thread,
					 .downtime = put_downtime, .channel = put_channel,
					 .quiet = put_quiet, .pause = put_pause};

	engine_save(c->engine, &rows, &c->now);
	outbox_save(c->outbox);
	inbox_save(c->inbox);
	tickets_save(c->tickets);
	ledger_save(c->ledger);
	knowledge_save(c->knowledge);
	collector_save(c->collector); /* behind the inbox: a cursor follows what it passed */
	for (struct note *n = c->notes; n; n = n->next)
		store_put_timeline(c->store, &n->row);
	core_keep_house(c);
}

/* True: all that was decided is on disk. */
static bool commit(struct core *c)
{
	struct err err;

	save_all(c);
	if (store_commit(c->store, &err) == -1) {
		if (!c->store_trouble[0])
			log_warnx("core", "cannot keep what was decided, nothing is sent until I can: %s", err.text);
		snprintf(c->store_trouble, sizeof c->store_trouble, "%s", err.text);
		c->retry_boot_ms = c->now.boot_ms + COMMIT_RETRY_MS;
		return false;
	}
	if (c->store_trouble[0])
		log_info("core", "the store takes rows again");
	c->store_trouble[0] = '\0';
	if (store_damage(c->store) && !c->is_damage_told)
		log_warnx("core", "%s", store_damage(c->store));
	c->is_damage_told = store_damage(c->store) != NULL;
	engine_saved(c->engine);
	outbox_saved(c->outbox);
	inbox_saved(c->inbox);
	tickets_saved(c->tickets);
	ledger_saved(c->ledger);
	knowledge_saved(c->knowledge);
	collector_saved(c->collector);
	notes_free(c);
	return true;
}

#define STEP_S 2 /* less is how clocks go */
#define TRUSTED_MS 3600000 /* a clock that ran on for so long may date what is thrown away */

/* Durations and deadlines run on; that the times in posts jump is worth a line. */
static void look_at_clock(struct core *c, const struct now *now)
{
	int64_t clock = now->wall_ms - now->boot_ms, step_s = (clock - c->clock) / 1000;
	bool is_stepped = step_s >= STEP_S || step_s <= -STEP_S;
	char text[80];

	if (is_stepped)
		c->purge_boot_ms = now->boot_ms + TRUSTED_MS;
	if (c->clock && is_stepped) {
		snprintf(text, sizeof text, "clock stepped %+lld s", (long long)step_s);
		log_warnx("core", "%s", text);
		inbox_log(c->inbox, &(struct audit_row){.at_ms = now->wall_ms,
							.actor = "twicketd",
							.action = text,
							.object = "",
							.via = "",
							.result = ""});
	}
	c->clock = clock;
}

void core_turn(struct core *c, const struct now *now)
{
	c->now = *now;
	c->turned_ms = now->boot_ms;
	c->has_news = false;
	look_at_clock(c, now);
	if (c->store_trouble[0] && now->boot_ms < c->retry_boot_ms)
		return;
	for (int k = 0; k < TURN_ROUNDS; k++) {
		collector_turn(c->collector, now); /* first: what comes in is dated with its now */
		runner_turn(c->runner, now);
		engine_timers(c->engine, now);
		inbox_turn(c->inbox, now);
		tickets_turn(c->tickets, now);
		outbox_turn(c->outbox, now);
		if (!commit(c))
			return;
		runner_release(c->runner);
		if (!runner_is_ready(c->runner) && engine_next(c->engine) > now->boot_ms)
			return;
	}
}

/* --- beginning and end --------------------------------------------------------------------------------- */

static struct collector *collector_build(struct core *c)
{
	return collector_create(&(struct collector_parts){.runner = c->runner,
							  .store = c->store,
							  .inbox = c->inbox,
							  .outbox = c->outbox,
							  .people = c->people,
							  .ledger = c->ledger,
							  .is_awaited = on_awaited,
							  .alarm = core_alarm,
							  .arg = c});
}

static int build(struct core *c, struct err *err)
{
	const struct engine_sink sink = {.arg = c, .say = core_say, .word = core_word, .describe = on_describe, .cancel = on_cancel,
					 .is_pending = on_is_pending, .erase = on_erase,
					 .note = on_note, .born_s = core_born_s, .is_revoked = core_is_revoked,
					 .is_stopped = core_is_stopped,
					 .next_id = on_next_id,
					 .fresh_tag = core_fresh_tag};
	const struct outbox_events outbox = {.arg = c, .delivery = on_delivery, .note = on_outbox_note,
					     .alarm = core_alarm, .is_paused = core_is_paused};
	const struct inbox_events inbox = {.arg = c, .command = on_command, .answer = core_answer,
					   .is_answering = core_is_answering,
					   .favourite = core_favourite, .boost = core_boost, .pause = core_pause_asked,
					   .unsay = on_unsay, .note = on_note, .learn = core_learn,
					   .want_parent = on_want_parent, .mention = core_mention, .gone = core_gone,
					   .local_done = on_local_done,
					   .next_id = on_next_id};

	if (!(c->engine = engine_create(c->config, &sink)) ||
	    !(c->runner = runner_create(c->env.carrier, c->env.random)) ||
	    !(c->people = people_create(c->config, c->store)) ||
	    !(c->ledger = ledger_create(c->store)) ||
	    !(c->knowledge = knowledge_create(c->store)) ||
	    !(c->outbox = outbox_create(c->runner, c->store, c->ledger, &outbox, c->env.random)) ||
	    !(c->inbox = inbox_create(c->config, c->engine, c->people, c->store, &inbox)) ||
	    !(c->suspicion = suspicion_create()) || !(c->smalltalk = smalltalk_create(err)) || !(c->tickets = core_tickets_build(c)) ||
	    !(c->collector = collector_build(c)))
		return err_set(err, "out of memory");
	return 0;
}

struct core *core_create(const struct config *config, struct store *store, const struct core_env *env,
			 const struct now *now, struct err *err)
{
	struct core *c = calloc(1, sizeof *c);

	if (!c) {
		err_set(err, "out of memory");
		return NULL;
	}
	c->config = config;
	c->store = store;
	c->env = *env;
	c->now = *now;
	c->house_boot_ms = now->boot_ms + HOUSE_MS; /* what waits to be said goes first */
	c->notes_tail = &c->notes;
	if (core_born_load(c, config, &c->born_s, err) == -1 || build(c, err) == -1 || core_accounts_open(c, config, &c->accounts, err) == -1)
		goto fail;
	core_accounts_use(c);
	if (core_load(c, err) == -1)
		goto fail;
	return c;
fail:
	core_destroy(c);
	return NULL;
}

void core_destroy(struct core *c)
{
	if (!c)
		return;
	collector_destroy(c->collector); /* ends its ops, so before the runner */
	tickets_destroy(c->tickets);
	suspicion_destroy(c->suspicion);
	smalltalk_destroy(c->smalltalk);
	runner_destroy(c->runner);	 /* ends all others, so before the outbox and the accounts */
	inbox_destroy(c->inbox);
	outbox_destroy(c->outbox);
	ledger_destroy(c->ledger);
	knowledge_destroy(c->knowledge);
	people_destroy(c->people);
	engine_destroy(c->engine);
	core_accounts_close(c, &c->accounts);
	notes_free(c);
	free(c->orphans);
	free(c->born_s);
	core_locked_finish(c);
	free(c);
}

int core_reply(struct core *c, const char *tag, const char *words, const char *user, void *ticket,
	       const struct now *now, struct err *err)
{
	c->now = *now;
	return inbox_local(c->inbox, tag, words, user, ticket, now, err);
}

void core_forget(struct core *c, void *ticket)
{
	inbox_forget(c->inbox, ticket);
}

const struct config *core_config(const struct core *c)
{
	return c->config;
}

struct engine *core_engine(struct core *c)
{
	return c->engine;
}

struct outbox *core_outbox(struct core *c)
{
	return c->outbox;
}

struct ledger *core_ledger(struct core *c)
{
	return c->ledger;
}

struct collector *core_collector(struct core *c)
{
	return c->collector;
}

struct inbox *core_inbox(struct core *c)
{
	return c->inbox;
}

struct tickets *core_tickets(struct core *c)
{
	return c->tickets;
}

int64_t core_skew_ms(const struct core *c, unsigned account)
{
	return runner_skew_ms(c->runner, account);
}

struct store *core_store(struct core *c)
{
	return c->store;
}

const char *core_store_trouble(const struct core *c)
{
	return c->store_trouble[0] ? c->store_trouble : NULL;
}

const char *core_store_fault(const struct core *c)
{
	return c->store_trouble[0] ? c->store_trouble : store_damage(c->store);
}

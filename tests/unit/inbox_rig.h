/*
 * The rig of the test_inbox*.c: a configuration, a fake engine with two incidents, a
 * store in memory, and everything that goes out written down as one line. A header,
 * because its stubs of engine_*() must not be linked into the tests of others.
 */
#ifndef TWICKET_TEST_INBOX_RIG_H
#define TWICKET_TEST_INBOX_RIG_H

#include "agent/incident_hand.h"
#include "agent/inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/buf.h"
#include "common/gate.h"

#define NOON 1795348800000 /* 2026-11-22 12:00:00 UTC */

/* ---- the configuration ---- */

static struct config_account accounts[] = {
    {.name = (char *)"noc",
     .network = (char *)"mastodon",
     .handle = (char *)"noc@social.example.net",
     .feedback = FEEDBACK_FAVOURITE},
    {.name = (char *)"status",
     .network = (char *)"mastodon",
     .handle = (char *)"status@social.example.net",
     .feedback = FEEDBACK_REPLY},
    {.name = (char *)"quiet",
     .network = (char *)"mastodon",
     .handle = (char *)"quiet@social.example.net",
     .feedback = FEEDBACK_NONE},
    {.name = (char *)"status_x",
     .network = (char *)"x",
     .handle = (char *)"examplenet",
     .is_metered = true,
     .feedback = FEEDBACK_NONE},
    {.name = (char *)"reply_x",
     .network = (char *)"x",
     .handle = (char *)"examplenoc",
     .is_metered = true,
     .feedback = FEEDBACK_REPLY},
};
#define ACCOUNTS (sizeof(accounts) / sizeof(*accounts))

static struct config_person persons[] = {
    {.name = (char *)"alice",
     .mastodon = (char *)"alice@social.example.net",
     .x = (char *)"alice_noc",
     .role = ROLE_LEAD,
     .match_text = (char *)"*",
     .notify = true},
    {.name = (char *)"bob",
     .mastodon = (char *)"bob@social.example.net",
     .x = (char *)"1234567890",
     .role = ROLE_OPERATOR,
     .match_text = (char *)"hostgroup:db"},
    {.name = (char *)"carol",
     .mastodon = (char *)"carol@social.example.net",
     .role = ROLE_COMMUNICATOR,
     .match_text = (char *)"*"},
};

static struct config config = {
    .accounts = accounts, .n_accounts = ACCOUNTS, .people = persons, .n_people = 3};

int config_account_index(const struct config *c, const char *name)
{
	for (unsigned i = 0; i < c->n_accounts; i++)
		if (strcmp(c->accounts[i].name, name) == 0)
			return (int)i;
	return -1;
}

int config_audience_index(const struct config *c, const char *name)
{
	(void)c, (void)name;
	return -1;
}

int config_person_index(const struct config *c, const char *name)
{
	for (unsigned i = 0; i < c->n_people; i++)
		if (strcmp(c->people[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* ---- the engine: two incidents ---- */

static const char *db_groups[] = {"db", NULL}, *web_groups[] = {"web", NULL};
static struct object objects[] = {
    {.kind = EVENT_SERVICE,
     .node = "mon1",
     .host = "db1",
     .service = "Postgres",
     .hostgroups = db_groups},
    {.kind = EVENT_HOST,
     .node = "mon1",
     .host = "web1",
     .service = "",
     .hostgroups = web_groups},
};
static struct incident_view views[2];
static bool are_there[2];

static inline struct incident_view *view_of(uint64_t id)
{
	for (int i = 0; i < 2; i++)
		if (are_there[i] && views[i].id == id)
			return &views[i];
	return NULL;
}

bool engine_view(const struct engine *e, uint64_t incident, struct incident_view *out)
{
	struct incident_view *v = view_of(incident);

	(void)e;
	if (v)
		*out = *v;
	return v != NULL;
}

bool engine_view_tag(const struct engine *e, const char *tag, struct incident_view *out)
{
	(void)e;
	for (int i = 0; i < 2; i++) {
		if (!are_there[i] || strcasecmp(views[i].tag, tag) != 0)
			continue;
		*out = views[i];
		return true;
	}
	return false;
}

const struct object *engine_root_object(const struct engine *e, uint64_t incident)
{
	struct incident_view *v = view_of(incident);

	(void)e;
	return v ? &objects[v - views] : NULL;
}

/* Its root alone. */
void engine_each_member(
    const struct engine *e, uint64_t incident,
    void (*fn)(void *arg, const struct incident_member *member), void *arg)
{
	struct incident_view *v = view_of(incident);

	(void)e;
	if (v)
		fn(arg, &(struct incident_member){
			    .node = v->node,
			    .host = v->host,
			    .service = v->service,
			    .kind = v->kind,
			    .acked = v->acked,
			    .object = &objects[v - views]});
}

void engine_each(
    const struct engine *e, void (*fn)(void *arg, const struct incident_view *view), void *arg)
{
	(void)e;
	for (int i = 0; i < 2; i++)
		if (are_there[i])
			fn(arg, &views[i]);
}

/* ---- what goes out ---- */

static struct buf out;

#include "tests/unit/inbox_rig_hand.h"

static bool is_connected;
static uint64_t next_id;
static struct store *store;
static struct people *people;
static struct inbox *inbox;
static struct now now;

static inline const char *verb_name(unsigned verb)
{
	static const char *const names[] = {"?", "ACK", "UNACK", "COMMENT", "DOWNTIME", "CANCEL", "RECHECK"};

	assert_in_range(verb, EVENT_VERB_ACK, EVENT_VERB_RECHECK);
	return names[verb];
}

static inline int on_command(void *arg, const char *node, const struct event *cmd)
{
	(void)arg;
	assert_int_equal(cmd->type, EVENT_COMMAND);
	if (!is_connected)
		return -1;
	buf_printf(
	    &out, "%s %s %s/%s%s%s%s by %s: %s [%s] %u\n", verb_name(cmd->sub), node, cmd->host,
	    cmd->service, cmd->flags & EVENT_STICKY ? " sticky" : "",
	    cmd->flags & EVENT_NOTIFY ? " notify" : "",
	    cmd->flags & EVENT_PERSISTENT ? " persistent" : "", cmd->author, cmd->text, cmd->mark,
	    cmd->id);
	return 0;
}

static inline void on_answer(void *arg, const struct inbox_answer *a)
{
	(void)arg;
	buf_printf(
	    &out, "answer %s on %s: %s %s%s%s\n", a->reply->acct, accounts[a->account].name,
	    a->event == SAY_STATUS ? "status" : "trouble", a->reason, a->live ? " live" : "",
	    strcmp(a->reason, "bare_number") == 0 ? a->text : "");
}

static inline void on_favourite(void *arg, unsigned account, uint64_t reply, const char *remote_id)
{
	(void)arg;
	buf_printf(
	    &out, "favourite %s r%u %s\n", accounts[account].name, (unsigned)reply, remote_id);
}

static unsigned notes;

static inline void on_note(void *arg, uint64_t incident, const char *kind, const char *text)
{
	(void)arg;
	assert_true(incident != 0);
	assert_true(strcmp(kind, "reply") == 0 || strcmp(kind, "command") == 0);
	assert_null(strchr(text, '\n'));
	notes++;
}

static inline void
on_want_parent(void *arg, unsigned account, uint64_t reply, const char *remote_id)
{
	(void)arg;
	buf_printf(&out, "want %s r%u %s\n", accounts[account].name, (unsigned)reply, remote_id);
}

static inline void on_local_done(void *arg, void *ticket, const struct reply_row *row)
{
	(void)arg;
	buf_printf(&out, "done %s %d %s\n", (const char *)ticket, (int)row->state, row->reason);
}

static uint64_t on_next_id(void *arg)
{
	(void)arg;
	return next_id++;
}

static const struct inbox_events events = {
    .command = on_command,
    .answer = on_answer,
    .favourite = on_favourite,
    .note = on_note,
    .want_parent = on_want_parent,
    .local_done = on_local_done,
    .next_id = on_next_id};

/* ---- helpers ---- */

static inline void start(void)
{
	struct err err;

	people = people_create(&config, store);
	assert_int_equal(people_load(people, &err), 0);
	inbox = inbox_create(&config, NULL, people, store, &events);
	assert_int_equal(inbox_load(inbox, &now, &err), 0);
}

static inline void stop(void)
{
	inbox_destroy(inbox);
	people_destroy(people);
}

static inline void set_views(void)
{
	views[0] = (struct incident_view){
	    .id = 1,
	    .tag = "T7K2",
	    .node = "mon1",
	    .open = true,
	    .object = "db1/Postgres",
	    .host = "db1",
	    .service = "Postgres",
	    .kind = EVENT_SERVICE,
	    .state = EVENT_CRITICAL,
	    .owner = "",
	    .parent_tag = "",
	    .since_s = NOON / 1000 - 600};
	views[1] = (struct incident_view){
	    .id = 2,
	    .tag = "T9QM",
	    .node = "mon1",
	    .open = true,
	    .object = "web1",
	    .host = "web1",
	    .service = "",
	    .kind = EVENT_HOST,
	    .state = EVENT_DOWN,
	    .owner = "",
	    .parent_tag = "",
	    .since_s = NOON / 1000 - 600};
	are_there[0] = are_there[1] = true;
}

static inline void put_incident(uint64_t id, const char *tag, const char *object, int64_t closed_ms)
{
	struct incident_row row = {
	    .id = id, .open = !closed_ms, .object = object, .closed_ms = closed_ms};

	snprintf(row.tag, sizeof(row.tag), "%s", tag);
	store_put_incident(store, &row);
}

static inline void
put_post(uint64_t id, uint64_t incident, unsigned account, const char *remote, const char *uri)
{
	store_put_post(
	    store, &(struct post_row){
		       .id = id,
		       .incident = incident,
		       .account = accounts[account].name,
		       .state = POST_SENT,
		       .remote_id = remote,
		       .uri = uri});
}

static inline int setup(void **state)
{
	struct err err;

	(void)state;
	buf_init(&out, 1 << 20);
	now = (struct now){.wall_ms = NOON, .boot_ms = 5000000};
	next_id = 100;
	notes = 0;
	is_connected = true;
	is_refusing = is_waiting = false;
	set_views();
	store = store_open(":memory:", &err);
	assert_non_null(store);
	for (int i = 0; i < 3; i++)
		persons[i].match = match_parse(persons[i].match_text, &err);
	put_incident(1, "T7K2", "db1/Postgres", 0);
	put_incident(2, "T9QM", "web1", 0);
	put_incident(3, "TCCC", "web1", 5);
	for (unsigned i = 0; i < ACCOUNTS; i++) {
		put_post(11 + i, 1, i, "p1", "uri:p1");
		put_post(21 + i, 2, i, "p2", "uri:p2");
	}
	start();
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	stop();
	for (int i = 0; i < 3; i++)
		match_destroy(persons[i].match);
	store_close(store);
	buf_finish(&out);
	return 0;
}

static inline void turn(void)
{
	struct err err;

	inbox_turn(inbox, &now);
	inbox_save(inbox);
	assert_int_equal(store_commit(store, &err), 0);
	inbox_saved(inbox);
}

/* One reply; its uri is "uri:" and the id. */
static inline enum emitted say_full(
    unsigned account, const char *who, const char *id, const char *parent,
    enum visibility visibility, int64_t created_ms, const char *text)
{
	char acct[100], author[100], uri[100];
	struct item item = {
	    .kind = ITEM_REPLY,
	    .id = id,
	    .uri = uri,
	    .url = "",
	    .parent_id = parent,
	    .author_id = author,
	    .acct = acct,
	    .display = "Root",
	    .text = text,
	    .cursor = "",
	    .created_ms = created_ms,
	    .visibility = visibility};

	snprintf(acct, sizeof(acct), strchr(who, '@') ? "%s" : "%s@social.example.net", who);
	snprintf(author, sizeof(author), "id-%s", who);
	snprintf(uri, sizeof(uri), "uri:%s", id);
	return inbox_item(inbox, account, &item, &now);
}

static inline enum emitted say(const char *who, const char *id, const char *text)
{
	return say_full(0, who, id, "p1", VISIBILITY_PUBLIC, now.wall_ms, text);
}

static inline void went_out(const char *want)
{
	assert_string_equal(buf_text(&out), want);
	buf_reset(&out);
}

static struct reply_row found;
static char found_reason[64], found_text[3000], found_person[64];

static inline int keep(void *arg, const struct reply_row *row)
{
	(void)arg;
	found = *row;
	snprintf(found_reason, sizeof(found_reason), "%s", row->reason);
	snprintf(found_text, sizeof(found_text), "%s", row->text);
	snprintf(found_person, sizeof(found_person), "%s", row->person);
	return 1;
}

static inline void is_row(const char *id, enum reply_state want, const char *reason)
{
	struct err err;

	assert_int_equal(store_reply_by_remote(store, "noc", id, keep, NULL, &err), 1);
	assert_string_equal(found_reason, reason);
	assert_int_equal(found.state, want);
}

static inline void tell(
    enum event_type type, unsigned i, unsigned flags, const char *author, const char *text,
    const char *mark)
{
	struct event ev = {
	    .type = (uint8_t)type,
	    .kind = (uint8_t)views[i].kind,
	    .flags = flags,
	    .host = views[i].host,
	    .service = views[i].service,
	    .author = author,
	    .text = text,
	    .mark = mark};

	inbox_event(inbox, "mon1", &ev, &now);
}

static inline void result(uint32_t id, int code, const char *text)
{
	struct event ev = {
	    .type = EVENT_RESULT,
	    .id = id,
	    .code = code,
	    .host = "",
	    .service = "",
	    .author = "",
	    .text = text,
	    .mark = ""};

	inbox_event(inbox, "mon1", &ev, &now);
}

/* alice has it */
static inline void alice_acks(void)
{
	say("alice", "a0", "ack");
	turn();
	tell(
	    EVENT_ACK, 0, EVENT_OURS | EVENT_STICKY, "alice", "ack - via x T7K2:r100", "T7K2:r100");
	views[0].acked = true;
	views[0].owner = "alice";
	turn();
	buf_reset(&out);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif

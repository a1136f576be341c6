/*
 * An engine alone, on a virtual clock. See engine_rig.h.
 * Used by test_incident_*.c. Must never decide what is right: the tests do.
 */
#include "tests/unit/engine_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS_MAX 16 /* what ends may free something else in the same instant, but not for ever */

static struct config_account accounts[RIG_ACCOUNTS] = {
    [RIG_FREE] = {.name = (char *)"toot", .network = (char *)"mastodon", .language = (char *)"en"},
    [RIG_METERED] = {.name = (char *)"paid", .network = (char *)"x", .language = (char *)"en", .is_metered = true}};
static unsigned on[RIG_ACCOUNTS] = {RIG_FREE, RIG_METERED};

struct engine_rig alone;

static void on_say(void *arg, const struct say_target *target, const struct say *say)
{
	(void)arg;
	alone.said[target->account][say->event]++;
}

static void on_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	(void)arg, (void)node, (void)kind, (void)host, (void)service;
}

static uint64_t on_cancel(void *arg, uint64_t thread)
{
	(void)arg, (void)thread;
	return 0; /* nothing was waiting */
}

static bool on_is_pending(void *arg, uint64_t thread, enum say_event event)
{
	(void)arg, (void)thread, (void)event;
	return false;
}

static void on_erase(void *arg, uint64_t thread)
{
	(void)arg, (void)thread;
}

static void on_note(void *arg, uint64_t incident, const char *kind, const char *text)
{
	(void)arg, (void)incident, (void)kind, (void)text;
}

static int64_t on_born(void *arg, unsigned audience, unsigned account)
{
	(void)arg, (void)audience, (void)account;
	return 0; /* ever since */
}

static uint64_t on_next_id(void *arg)
{
	(void)arg;
	return alone.next_id++;
}

static void on_tag(void *arg, char tag[TAG_SIZE])
{
	(void)arg;
	snprintf(tag, TAG_SIZE, "T7K2");
}

void engine_rig_begin(unsigned n_accounts)
{
	struct err err;

	memset(&alone, 0, sizeof alone);
	alone.audience = (struct config_audience){
	    .name = (char *)"operators",
	    .base = (char *)"operators",
	    .accounts = on,
	    .n_accounts = n_accounts,
	    .match_text = (char *)"*",
	    .match = match_parse("*", &err),
	    .as_contact = (char *)"",
	    .quiet_hours_text = (char *)"",
	    .urgent_text = (char *)"",
	    .states = STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL) | STATE_BIT(EVENT_HOST, EVENT_DOWN),
	    .internals = true};
	alone.config = (struct config){
	    .accounts = accounts, .n_accounts = n_accounts, .audiences = &alone.audience, .n_audiences = 1};
	alone.sink = (struct engine_sink){
	    .say = on_say,
	    .describe = on_describe,
	    .cancel = on_cancel,
	    .is_pending = on_is_pending,
	    .erase = on_erase,
	    .note = on_note,
	    .born_s = on_born,
	    .next_id = on_next_id,
	    .fresh_tag = on_tag};
	alone.next_id = 1;
	alone.now = (struct now){.wall_ms = RIG_WALL_MS, .boot_ms = 10000000};
}

int engine_rig_teardown(void **state)
{
	(void)state;
	engine_destroy(alone.engine);
	match_destroy(alone.audience.match);
	return 0;
}

void engine_rig_create(void)
{
	alone.engine = engine_create(&alone.config, &alone.sink);
	assert_non_null(alone.engine);
}

void engine_rig_connect(void)
{
	engine_node_up(alone.engine, "mon1", "e1", &alone.now);
	engine_rig_event(EVENT_SNAP_BEGIN, "", "", 0, 0);
	engine_rig_event(EVENT_SNAP_END, "", "", 0, 0);
}

void engine_rig_event(enum event_type type, const char *host, const char *service, unsigned state, uint32_t flags)
{
	struct event ev = {
	    .type = (uint8_t)type,
	    .kind = service[0] ? EVENT_SERVICE : EVENT_HOST,
	    .state = (uint8_t)state,
	    .flags = flags,
	    .time_us = alone.now.wall_ms * 1000,
	    .since = alone.now.wall_ms / 1000,
	    .host = host,
	    .service = service,
	    .text = "no connection",
	    .author = "alice",
	    .mark = "",
	    .list = ""};

	engine_event(alone.engine, "mon1", &ev, &alone.now);
}

void engine_rig_describe(const char *host, const char *service, int64_t ok_since_s)
{
	unsigned kind = service[0] ? EVENT_SERVICE : EVENT_HOST;
	struct object *o = object_create("mon1", kind, host, service, "", 0);

	assert_non_null(o);
	o->ok_since_s = ok_since_s;
	engine_object(alone.engine, "mon1", kind, host, service, o, &alone.now);
}

void engine_rig_fails(const char *host, const char *service)
{
	engine_rig_event(EVENT_STATE, host, service, EVENT_CRITICAL, EVENT_HARD);
	engine_rig_describe(host, service, 0);
}

void engine_rig_deliver(void)
{
	for (uint64_t id = 1; id < alone.next_id; id++)
		engine_delivery(alone.engine, id, DELIVERY_SENT, true, &alone.now);
}

void engine_rig_pass(int64_t ms)
{
	int64_t end = alone.now.boot_ms + ms;

	for (unsigned rounds = 0; rounds < ROUNDS_MAX; rounds++) {
		int64_t next = engine_next(alone.engine), until = next < end ? next : end;

		if (until > alone.now.boot_ms) {
			alone.now.wall_ms += until - alone.now.boot_ms;
			alone.now.boot_ms = until;
			rounds = 0;
		}
		engine_timers(alone.engine, &alone.now);
		if (alone.now.boot_ms >= end && engine_next(alone.engine) > end)
			return;
	}
	fail_msg("a deadline that never passes");
}

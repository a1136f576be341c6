/*
 * Looking: the requests of one look at an Icinga 2, one after the other, and what to make of
 * them. Called by icinga.c. Must never tell half a look.
 */
#include "agent/icinga_internal.h"

#include "agent/icinga_json.h"
#include "common/log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define ALL_MS 600000		/* a full comparison at least so often */
#define RETRY_MS 5000
#define GONE_AFTER 2		/* looks in vain, until the node is called away */
#define GAP_MS 1000		/* between two looks, however often we are woken */
#define GAP_TIMES 10		/* and so many times as long as the last one took */
#define BATCH 500		/* names in one request: what a check says may be large */

void icinga_wake(struct icinga *i)
{
	i->is_woken = true;
}

/* --- asking -------------------------------------------------------------------------------- */

static void on_answer(void *arg, const struct answer *answer)
{
	struct icinga *i = arg;

	i->call = NULL;
	icinga_keep_answer(&i->answer, answer);
}

static const char *path_of(enum icinga_step step)
{
	switch (step) {
	case STEP_STATUS: return "status/IcingaApplication";
	case STEP_DEPENDENCIES: return "objects/dependencies";
	case STEP_SITE_HOSTS:
	case STEP_HOSTS:
	case STEP_HOST_OUTPUTS: return "objects/hosts";
	case STEP_SITE_SERVICES:
	case STEP_SERVICES:
	case STEP_SERVICE_OUTPUTS: return "objects/services";
	case STEP_DOWNTIMES: return "objects/downtimes";
	case STEP_COMMENTS: return "objects/comments";
	case STEP_NONE:
	case STEP_DONE: break;
	}
	return "";
}

static json_t *attrs_of(enum icinga_step step)
{
	switch (step) {
	case STEP_DEPENDENCIES: return site_dependency_attrs();
	case STEP_SITE_HOSTS: return site_attrs(EVENT_HOST);
	case STEP_SITE_SERVICES: return site_attrs(EVENT_SERVICE);
	case STEP_HOSTS: return picture_host_attrs();
	case STEP_SERVICES: return picture_service_attrs();
	case STEP_DOWNTIMES: return picture_downtime_attrs();
	case STEP_COMMENTS: return picture_comment_attrs();
	case STEP_HOST_OUTPUTS:
	case STEP_SERVICE_OUTPUTS: return json_pack("[s, s]", "last_check_result", "last_state_change");
	case STEP_NONE:
	case STEP_STATUS:
	case STEP_DONE: break;
	}
	return NULL;
}

static void fail(struct icinga *i, const char *why);

static size_t batch_of(const struct icinga *i)
{
	size_t left = json_array_size(i->wanted) - i->wanted_at;

	return left < i->batch ? left : i->batch;
}

/* A new reference. */
static json_t *names_of(const struct icinga *i)
{
	json_t *list = json_array();

	for (size_t k = 0; k < batch_of(i); k++)
		json_array_append(list, json_array_get(i->wanted, i->wanted_at + k));
	return list;
}

static void ask(struct icinga *i)
{
	json_t *body = json_object(), *attrs = attrs_of(i->step);

	if (attrs)
		json_object_set_new(body, "attrs", attrs);
	if (i->wanted)
		json_object_set_new(body, i->step == STEP_HOST_OUTPUTS ? "hosts" : "services", names_of(i));
	if (i->step == STEP_HOSTS)
		i->states_ms = i->now.boot_ms;
	i->call = icinga_ask(i, ASK_QUERY, path_of(i->step), body, on_answer);
	if (!i->call)
		fail(i, "no request could be made");
}

static void drop_look(struct icinga *i)
{
	http_cancel(i->call);
	i->call = NULL;
	icinga_drop_answer(&i->answer);
	picture_destroy(i->fresh);
	site_destroy(i->fresh_site);
	json_decref(i->wanted);
	i->fresh = NULL;
	i->fresh_site = NULL;
	i->wanted = NULL;
	i->step = STEP_NONE;
}

void icinga_poll_finish(struct icinga *i)
{
	drop_look(i);
}

static void begin(struct icinga *i)
{
	i->is_woken = false;
	icinga_stream_hand_over(i);
	i->began_ms = i->now.boot_ms;
	i->fresh = picture_create(i->now.wall_ms / 1000);
	i->step = STEP_STATUS;
	if (i->fresh)
		ask(i);
	else
		fail(i, "out of memory");
}

/* --- failing ------------------------------------------------------------------------------- */

/* "... after 1 ms: refused" is no news after "... after 0 ms: refused". */
static bool is_same_trouble(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "0123456789");
		b += strspn(b, "0123456789");
		if (*a != *b || !*a)
			return *a == *b;
	}
}

static void fail(struct icinga *i, const char *why)
{
	bool is_new = !is_same_trouble(i->trouble, why);

	snprintf(i->trouble, sizeof i->trouble, "%s", why);
	i->failures++;
	drop_look(i);
	i->poll_ms = i->now.boot_ms + (i->failures < GONE_AFTER ? RETRY_MS / 5 : RETRY_MS);
	if (is_new || i->failures == GONE_AFTER)
		log_warnx("icinga", "%s: %s", i->node, i->trouble);
	if (!i->is_up || i->failures < GONE_AFTER)
		return;
	i->is_up = false;
	i->since_ms = i->now.wall_ms;
	i->events.down(i->events.arg, i->node);
}

/* In words that an admin can act on: Icinga says 404 of what is not permitted. */
static void refuse(struct icinga *i)
{
	const struct icinga_answer *a = &i->answer;
	char why[256];

	if (a->transport != TRANSPORT_ANSWERED || (!a->body && a->status < 400))
		snprintf(why, sizeof why, "%s", a->error);
	else if (a->status == 401)
		snprintf(why, sizeof why, "login refused: user, password_file or certificate");
	else if (a->status == 404)
		snprintf(why, sizeof why, "not permitted: %s (twicket check --online says what is missing)", path_of(i->step));
	else
		snprintf(why, sizeof why, "%s: answered %d %s", path_of(i->step), a->status, icinga_text(a->body, "status"));
	fail(i, why);
}

static bool is_restarted(const struct icinga *i)
{
	return fabs(i->program_start - i->told_start) > 0.001;
}

/* --- taking ---------------------------------------------------------------------------------- */

static void take_status(struct icinga *i, const json_t *results)
{
	char version[48];

	i->program_start = icinga_program(results, version, sizeof version);
	snprintf(i->core, sizeof i->core, "icinga2 %s", version);
	if (is_restarted(i))
		i->wants_site = i->wants_all = true;
}

static int take(struct icinga *i, const json_t *results)
{
	switch (i->step) {
	case STEP_STATUS: take_status(i, results); return 0;
	case STEP_DEPENDENCIES: return site_take_dependencies(i->fresh_site, results);
	case STEP_SITE_HOSTS: return site_take_hosts(i->fresh_site, results);
	case STEP_SITE_SERVICES:
		return site_take_services(i->fresh_site, results) == -1 ? -1 : site_finish(i->fresh_site);
	case STEP_HOSTS: return picture_take_hosts(i->fresh, i->picture, results);
	case STEP_SERVICES: return picture_take_services(i->fresh, i->picture, results);
	case STEP_DOWNTIMES: return picture_take_downtimes(i->fresh, results);
	case STEP_COMMENTS: return picture_take_comments(i->fresh, results);
	case STEP_HOST_OUTPUTS: picture_take_outputs(i->fresh, EVENT_HOST, results); return 0;
	case STEP_SERVICE_OUTPUTS: picture_take_outputs(i->fresh, EVENT_SERVICE, results); return 0;
	case STEP_NONE:
	case STEP_DONE: break;
	}
	return 0;
}

/* --- telling ----------------------------------------------------------------------------------- */

static void come_up(struct icinga *i)
{
	char epoch[64];

	snprintf(epoch, sizeof epoch, "icinga2.%.6f", i->program_start);
	if (!i->is_up) {
		log_info("icinga", "node %s connected: %s, %u hosts, %u services", i->node, i->core,
			 picture_count(i->fresh, EVENT_HOST), picture_count(i->fresh, EVENT_SERVICE));
		i->since_ms = i->now.wall_ms;
	}
	i->is_up = true;
	i->told_start = i->program_start;
	i->events.up(i->events.arg, i->node, epoch);
}

static int64_t pause_of(const struct icinga *i)
{
	int64_t objects = (int64_t)picture_count(i->picture, EVENT_HOST) + picture_count(i->picture, EVENT_SERVICE);

	return objects <= ICINGA_POLL_OBJECTS ? ICINGA_POLL_MS : ICINGA_POLL_MS * objects / ICINGA_POLL_OBJECTS;
}

static int64_t gap_of(const struct icinga *i)
{
	return i->took_ms * GAP_TIMES > GAP_MS ? i->took_ms * GAP_TIMES : GAP_MS;
}

/* By its pace; earlier where a downtime begins or ends, which nobody has to tell us. */
static int64_t next_look(const struct icinga *i)
{
	int64_t pause = pause_of(i), turn_s = picture_next_turn(i->picture);
	int64_t until_turn = (turn_s + 1) * 1000 - i->now.wall_ms; /* its second has passed in Icinga, too */

	if (turn_s && until_turn < pause)
		pause = until_turn > gap_of(i) ? until_turn : gap_of(i);
	return i->now.boot_ms + pause;
}

/* One was made or deleted while it ran: no new start tells of it. What was asked for in this look is as new as it. */
static bool is_stale(const struct icinga *i)
{
	if (i->site_ms == i->began_ms)
		return false;
	return !i->site || picture_lacks(i->fresh, i->picture) ||
	       picture_count(i->fresh, EVENT_HOST) + picture_count(i->fresh, EVENT_SERVICE) != site_count(i->site);
}

/* A comparison by the clock waits for a quiet look: what was just told is followed up first. */
static bool is_time_for_all(const struct icinga *i, uint64_t told_before)
{
	int64_t since = i->now.boot_ms - i->all_ms;

	return since >= 2 * ALL_MS || (since >= ALL_MS && i->n_events == told_before);
}

static int tell_all(struct icinga *i, bool is_wanted, uint64_t told_before)
{
	if (!is_wanted && !is_time_for_all(i, told_before))
		return 0;
	if (picture_tell_all(i->fresh, &i->now, icinga_tell, i) == -1)
		return -1;
	i->wants_site |= i->site_ms != i->began_ms; /* variables change without a start, too */
	i->all_ms = i->now.boot_ms;
	i->wants_all = false;
	return 0;
}

/* -1: out of memory; what was told is told again. */
static int tell(struct icinga *i)
{
	struct picture *before = i->picture;
	bool is_start = !i->is_up || is_restarted(i);
	bool is_all = is_start || i->wants_all || !before || picture_lacks(i->fresh, before);
	uint64_t told_before = i->n_events;

	i->wants_site |= is_stale(i);
	icinga_command_claim(i);
	picture_keep_acks(i->fresh, before, i->states_ms);
	if (!i->is_up && !is_restarted(i))
		come_up(i); /* only we could not reach it: what changed meanwhile is news, as a module keeps it */
	if (before && i->is_up && picture_tell_changes(i->fresh, before, &i->now, icinga_tell, i) == -1)
		return -1;
	if (!i->is_up || is_restarted(i))
		come_up(i);
	if (tell_all(i, is_all, told_before) == -1)
		return -1;
	i->picture = i->fresh;
	i->fresh = NULL;
	picture_destroy(before);
	return 0;
}

/* Of what is well by now nobody has to hear that it was not. */
static void tell_notified(struct icinga *i)
{
	json_t *all = i->notified, *n;
	size_t k;

	i->notified = NULL;
	json_array_foreach (all, k, n)
		if (!picture_ok_since(i->picture, icinga_text(n, "host"), icinga_text(n, "service")))
			icinga_tell_notification(n, icinga_tell, i);
	json_decref(all);
}

static void finish(struct icinga *i)
{
	if (tell(i) == -1) {
		fail(i, "out of memory");
		return;
	}
	if (i->failures)
		log_info("icinga", "%s: answers again", i->node);
	i->failures = 0;
	i->trouble[0] = '\0';
	i->took_ms = i->now.boot_ms - i->began_ms;
	i->n_looks++;
	drop_look(i);
	i->poll_ms = next_look(i);
	tell_notified(i);
	icinga_command_looked(i);
}

/* --- the way through ------------------------------------------------------------------------------ */

static bool is_of_site(enum icinga_step step)
{
	return step == STEP_DEPENDENCIES || step == STEP_SITE_HOSTS || step == STEP_SITE_SERVICES;
}

/* Which of the outputs are missing? True: none. */
static bool is_needless(struct icinga *i)
{
	if (i->step != STEP_HOST_OUTPUTS && i->step != STEP_SERVICE_OUTPUTS)
		return false;
	i->wanted = picture_wanted(i->fresh, i->picture, i->step == STEP_HOST_OUTPUTS ? EVENT_HOST : EVENT_SERVICE);
	i->wanted_at = 0;
	i->batch = BATCH;
	return json_array_size(i->wanted) == 0;
}

static void take_site(struct icinga *i)
{
	if (!i->fresh_site)
		return;
	site_destroy(i->site);
	i->site = i->fresh_site;
	i->site_ms = i->began_ms;
	i->fresh_site = NULL;
	i->wants_site = false;
}

static void next(struct icinga *i)
{
	if (i->wanted && i->wanted_at < json_array_size(i->wanted)) {
		ask(i);
		return;
	}
	do {
		json_decref(i->wanted);
		i->wanted = NULL;
		i->step++;
		if (i->step == STEP_DEPENDENCIES && (i->wants_site || !i->site))
			i->fresh_site = site_create(i->node);
		if (i->step == STEP_HOSTS)
			take_site(i);
	} while ((is_of_site(i->step) && !i->fresh_site) || is_needless(i));
	if (i->step == STEP_DONE)
		finish(i);
	else
		ask(i);
}

/* Who depends on whom, where that is not permitted. */
static bool may_lack(const struct icinga *i)
{
	return i->answer.transport == TRANSPORT_ANSWERED && i->answer.status == 404 && i->step == STEP_DEPENDENCIES;
}

/* A name that has gone makes a 404 of all, and what some checks say an answer that is too long. */
static bool is_too_much(const struct icinga *i)
{
	const struct icinga_answer *a = &i->answer;

	return i->wanted && a->transport == TRANSPORT_ANSWERED && (a->status == 404 || (a->status == 200 && !a->body));
}

/* By halves then. Of a single one nothing is known; its state is told all the same. */
static void take_less(struct icinga *i)
{
	icinga_drop_answer(&i->answer);
	if (batch_of(i) > 1) {
		i->batch = batch_of(i) / 2;
		ask(i);
		return;
	}
	i->wanted_at++;
	i->batch = BATCH;
	next(i);
}

static void work(struct icinga *i)
{
	const json_t *results = json_object_get(i->answer.body, "results");

	if (is_too_much(i)) {
		take_less(i);
		return;
	}
	if (may_lack(i)) {
		icinga_drop_answer(&i->answer);
		next(i);
		return;
	}
	if (i->answer.transport != TRANSPORT_ANSWERED || i->answer.status != 200 || !json_is_array(results)) {
		refuse(i);
		return;
	}
	if (take(i, results) == -1) {
		fail(i, "out of memory");
		return;
	}
	icinga_drop_answer(&i->answer);
	if (i->wanted) {
		i->wanted_at += batch_of(i);
		i->batch = 2 * i->batch < BATCH ? 2 * i->batch : BATCH;
	}
	next(i);
}

/* Somebody waits for what it shows: then not longer than looks need. */
static int64_t woken_at(const struct icinga *i)
{
	int64_t gap = icinga_command_awaits_look(i) ? i->took_ms : gap_of(i);

	return i->began_ms + (gap > GAP_MS ? gap : GAP_MS);
}

int64_t icinga_poll_next(const struct icinga *i)
{
	if (i->step != STEP_NONE)
		return i->answer.is_there ? 0 : NOW_NEVER;
	if (!i->is_woken || i->failures || woken_at(i) > i->poll_ms)
		return i->poll_ms;
	return woken_at(i);
}

void icinga_poll_turn(struct icinga *i)
{
	if (i->answer.is_there)
		work(i);
	else if (i->step == STEP_NONE && i->now.boot_ms >= icinga_poll_next(i))
		begin(i);
}

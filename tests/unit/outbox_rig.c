/*
 * The loop of core.c in small, for tests of the outbox.
 * Called by test_outbox*.c and crash_outbox.c.
 * Must never use the real clock or real randomness.
 */
#include "tests/unit/outbox_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t dice = 1;

static void rig_random(void *bytes, size_t n)
{
	unsigned char *at = bytes;

	while (n--) {
		dice = dice * 1664525u + 1013904223u;
		*at++ = (unsigned char)(dice >> 24);
	}
}

static void told(void *arg, const struct post_row *post, enum delivery delivery, bool root)
{
	struct rig *rig = arg;

	if (rig->n_told == RIG_TOLD)
		abort();
	rig->told[rig->n_told++] = (struct rig_told){post->id, post->event, delivery, root};
}

static void alarmed(void *arg, const char *account, const char *text, bool is_over)
{
	struct rig *rig = arg;

	snprintf(rig->alarm, sizeof rig->alarm, "%s: %s%s", account, is_over ? "over" : "", text);
	rig->alarms++;
}

static void noted(void *arg, uint64_t incident, const char *text)
{
	struct rig *rig = arg;

	(void)incident;
	snprintf(rig->note, sizeof rig->note, "%s", text);
	rig->notes++;
}

static bool paused(void *arg, unsigned account, uint64_t thread)
{
	const struct rig *rig = arg;

	if (thread)
		return thread == rig->paused_thread;
	return account == 0 && rig->is_paused;
}

static void open_accounts(struct rig *rig)
{
	static char one[] = "one", two[] = "two", network[] = "sim", empty[] = "";
	char *names[] = {one, two};

	for (unsigned i = 0; i < 2; i++) {
		struct notifier_settings s = {
		    .name = names[i],
		    .handle = "",
		    .url = "",
		    .token = "t",
		    .prices = rig->sim->prices};

		rig->accounts[i].name = names[i];
		rig->accounts[i].network = network;
		rig->accounts[i].language = empty;
		rig->opened[i] = notifier_sim.open(&s, NULL);
		rig->notifiers[i] = &notifier_sim;
	}
	rig->config.accounts = rig->accounts;
	rig->config.n_accounts = 2;
}

static void must(int rc, const struct err *err)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "rig: %s\n", err->text);
	abort();
}

void rig_start(
    struct rig *rig, struct sim *sim, const char *path, void (*point)(void *arg, const char *what),
    void *point_arg)
{
	struct outbox_events events = {
	    .arg = rig, .delivery = told, .note = noted, .alarm = alarmed, .is_paused = paused};
	struct carrier carrier;
	struct err err = {{0}};

	rig->sim = sim;
	sim->now_ms = sim->now_ms ? sim->now_ms : RIG_START_MS;
	rig->now = (struct now){.wall_ms = sim->now_ms, .boot_ms = sim->now_ms - RIG_START_MS + 1};
	rig->link = sim_link_create(sim, point, point_arg);
	dice = sim->clients; /* a client that starts anew must not give out the same keys again */
	carrier = sim_link_carrier(rig->link);
	rig->runner = runner_create(&carrier, rig_random);
	rig->store = store_open(path ? path : ":memory:", &err);
	must(rig->store ? 0 : -1, &err);
	rig->ledger = ledger_create(rig->store);
	rig->outbox = outbox_create(rig->runner, rig->store, rig->ledger, &events, rig_random);
	open_accounts(rig);
	outbox_set_accounts(rig->outbox, &rig->config, rig->notifiers, rig->opened);
	must(outbox_load(rig->outbox, &rig->now, &err), &err);
}

void rig_stop(struct rig *rig)
{
	runner_destroy(rig->runner);
	outbox_destroy(rig->outbox);
	sim_link_destroy(rig->link);
	ledger_destroy(rig->ledger);
	store_close(rig->store);
	for (unsigned i = 0; i < 2; i++)
		notifier_sim.close(rig->opened[i]);
}

void rig_turn(struct rig *rig)
{
	struct err err = {{0}};

	sim_link_deliver(rig->link);
	runner_turn(rig->runner, &rig->now);
	if (rig->at_turn)
		rig->at_turn(rig, rig->at_turn_arg);
	outbox_turn(rig->outbox, &rig->now);
	outbox_save(rig->outbox);
	ledger_save(rig->ledger);
	if (rig->commits_fail) {
		store_rollback(rig->store);
		return;
	}
	rig->has_failed = store_commit(rig->store, &err) < 0;
	if (rig->has_failed && rig->disk_may_fail)
		return;
	must(rig->has_failed ? -1 : 0, &err);
	outbox_saved(rig->outbox);
	ledger_saved(rig->ledger);
	runner_release(rig->runner);
}

static int64_t earliest(struct rig *rig)
{
	int64_t next = outbox_next(rig->outbox, &rig->now), at;

	if (rig->has_failed)
		return rig->now.wall_ms + 1000; /* as core.c: not at once again */
	if (runner_is_ready(rig->runner))
		return rig->now.wall_ms;
	at = runner_next(rig->runner);
	next = at < next ? at : next;
	at = sim_link_next(rig->link);
	return at < next ? at : next;
}

void rig_run(struct rig *rig, int64_t for_ms)
{
	int64_t end_ms = for_ms == NOW_NEVER ? NOW_NEVER : rig->now.wall_ms + for_ms;
	unsigned turns = 0;

	for (;;) {
		int64_t next;

		if (++turns > 200000) {
			fprintf(stderr, "rig: it never ends\n");
			abort();
		}
		rig_turn(rig);
		next = earliest(rig);
		if (next > end_ms)
			next = end_ms;
		if (next == NOW_NEVER)
			return;
		if (next > rig->now.wall_ms) {
			rig->now.boot_ms += next - rig->now.wall_ms;
			rig->now.wall_ms = rig->sim->now_ms = next;
			turns = 0;
		} else if (next == end_ms && earliest(rig) > end_ms) {
			return;
		}
	}
}

uint64_t rig_add(struct rig *rig, const struct post_row *row)
{
	rig->last_id = outbox_add(rig->outbox, row, &rig->now);
	return rig->last_id;
}

uint64_t rig_say(struct rig *rig, uint64_t thread, int event, const char *text, const char *tag)
{
	char whole[SIM_TEXT];
	struct post_row row = {
	    .thread = thread,
	    .incident = thread ? thread : 1,
	    .account = "one",
	    .kind = thread ? POST_SAY : POST_ANSWER,
	    .event = event,
	    .text = whole,
	    .tag = tag ? tag : "",
	    .language = "en",
	    .visibility = VISIBILITY_UNLISTED};

	snprintf(whole, sizeof whole, "%s%s%s", text, tag ? "\n#" : "", tag ? tag : "");
	return rig_add(rig, &row);
}

/* --- looking --- */

static struct post_row seen;
static char seen_strings[6][SIM_TEXT];

static int see(void *arg, const struct post_row *row)
{
	const char **to[] = {&seen.text, &seen.key,    &seen.remote_id,
			     &seen.uri,  &seen.reason, &seen.to_id};

	(void)arg;
	seen = *row;
	for (unsigned i = 0; i < 6; i++) {
		snprintf(seen_strings[i], sizeof seen_strings[i], "%s", *to[i]);
		*to[i] = seen_strings[i];
	}
	return 0;
}

const struct post_row *rig_row(struct rig *rig, uint64_t id)
{
	struct err err = {{0}};
	int rc = store_post_by_id(rig->store, id, see, NULL, &err);

	must(rc, &err);
	return rc ? &seen : NULL;
}

unsigned rig_count_told(const struct rig *rig, uint64_t post, enum delivery delivery)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rig->n_told; i++)
		n += rig->told[i].post == post && rig->told[i].delivery == delivery;
	return n;
}

/*
 * Accounts whose network takes money for reading: whether a poll is worth it, whose
 * ids must be asked for first, and what all of it cost. Called by collector.c and
 * collector_feed.c. It must never ask for anything while no answer can come.
 */
#include "agent/collector_internal.h"
#include "common/log.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)

/* Does the store know who we are, and is it whom the configuration names? */
bool feed_is_self_known(const struct feed *f)
{
	const char *handle = f->config->handle ? f->config->handle : "";
	size_t n = strcspn(f->self_acct, "@");

	return f->self_id[0] && strlen(handle) == n && strncasecmp(f->self_acct, handle, n) == 0;
}

bool feed_is_locked(const struct feed *f)
{
	return f->is_locked && feed_is_self_known(f);
}

/* What was protected need not stay so; it costs, so only where internals are told. */
void feed_check_lock(struct feed *f)
{
	if (f->notifier && f->is_internal && f->verify_ms == NOW_NEVER)
		f->verify_ms = f->collector->now.boot_ms + COLLECTOR_VERIFY_MS;
}

void feed_paid(struct feed *f, const struct result *result)
{
	const struct collector *c = f->collector;

	if (result->cost_micro > 0)
		ledger_read(c->parts.ledger, f->name, result->cost_micro, &c->now);
}

/* ---- is there money ---- */

/* "X" for x */
static void feed_network(const struct feed *f, char *out, size_t size)
{
	snprintf(out, size, "%s", f->config->network);
	out[0] = (char)toupper((unsigned char)out[0]);
}

/* Once a month, also through a restart. */
static bool feed_is_first_time(struct feed *f, unsigned month)
{
	char key[128], value[8];

	if (f->spent_month == month)
		return false;
	f->spent_month = month;
	snprintf(key, sizeof(key), "reads:%s:%u", f->name, month);
	if (store_meta(f->collector->parts.store, key, value, sizeof(value), NULL) != 0)
		return false;
	store_put_meta(f->collector->parts.store, key, "1");
	return true;
}

/* Why nothing is read, and until when; for `status`, and once for the operators. */
static void feed_is_spent(struct feed *f)
{
	static const char *const months[] = {"January", "February", "March",     "April",
					     "May",     "June",     "July",      "August",
					     "September", "October", "November", "December"};
	struct collector *c = f->collector;
	time_t t = (time_t)(c->now.wall_ms / 1000);
	int64_t limit = f->config->usd_micro_per_month;
	struct ledger_row row;
	char network[32];
	struct tm tm;

	ledger_month(c->parts.ledger, f->name, &c->now, &row);
	feed_network(f, network, sizeof(network));
	if (!gmtime_r(&t, &tm))
		return;
	snprintf(
	    f->failure, sizeof(f->failure), "%s: replies on %s are not read before 1 %s",
	    row.reads_micro >= limit / 4 && row.posts_micro + row.reads_micro < limit
		? "mentions have used up a quarter of usd_per_month"
		: "usd_per_month is spent",
	    network, months[(tm.tm_mon + 1) % 12]);
	if (!feed_is_first_time(f, (unsigned)((tm.tm_year + 1900) * 100 + tm.tm_mon + 1)))
		return;
	c->parts.alarm(c->parts.arg, f->name, f->failure, false);
}

/* ---- does the network let us ---- */

static void feed_unread_key(const struct feed *f, char *key, size_t size)
{
	snprintf(key, size, "unread:%s", f->name);
}

void feed_unread(struct feed *f, const struct result *result)
{
	struct collector *c = f->collector;
	int64_t wait_ms = result->not_before_ms - c->now.wall_ms;
	char key[128], value[8] = "", network[32], text[384];

	feed_network(f, network, sizeof(network));
	snprintf(
	    text, sizeof(text), "replies on %s are not read, asked again in %lld h: %s", network,
	    (long long)(wait_ms + HOUR_MS - 1) / HOUR_MS, result->text);
	snprintf(f->failure, sizeof(f->failure), "%.255s", text);
	feed_unread_key(f, key, sizeof(key));
	f->may_be_told = true;
	store_meta(c->parts.store, key, value, sizeof(value), NULL);
	if (value[0])
		return;
	store_put_meta(c->parts.store, key, "1");
	log_warnx("collector", "%s: %s", f->name, text);
	c->parts.alarm(c->parts.arg, f->name, text, false);
}

void feed_read(struct feed *f)
{
	struct store *store = f->collector->parts.store;
	char key[128], value[8] = "";

	if (!f->may_be_told)
		return;
	f->may_be_told = false;
	feed_unread_key(f, key, sizeof(key));
	store_meta(store, key, value, sizeof(value), NULL);
	if (value[0])
		store_put_meta(store, key, "");
}

/* ---- is it worth it ---- */

/* A talk in private goes on, whatever became of its incident; only with a person. */
void feed_private(struct feed *f, const struct item *item)
{
	struct collector *c = f->collector;
	unsigned person;

	if (item->visibility == VISIBILITY_DIRECT &&
	    people_who(
		c->parts.people, f->index, item->author_id, item->acct, item->bot, &c->now,
		&person) == PEOPLE_PERSON)
		f->direct_ms = c->now.boot_ms + COLLECTOR_DIRECT_MS;
}

static enum feed_reading feed_later(struct feed *f)
{
	f->collect_ms = f->collector->now.boot_ms + f->poll_ms;
	return FEED_LATER;
}

/* Names that were asked for since then are not asked for again. */
static int64_t feed_since(const struct feed *f)
{
	return f->collector->now.wall_ms - COLLECTOR_ASK_AGAIN_MS;
}

enum feed_reading feed_reading(struct feed *f)
{
	struct collector *c = f->collector;
	const char *name = NULL;

	if (!f->failures)
		f->failure[0] = '\0'; /* another month may have begun */
	f->is_idle = !people_anybody(c->parts.people, f->config->network) ||
		     (c->now.boot_ms >= f->direct_ms &&
		      !c->parts.is_awaited(c->parts.arg, f->index));
	if (!f->cursor[0]) /* from now on: a position that is reckoned, not asked for */
		return FEED_READ;
	if (f->is_idle)
		return feed_later(f);
	if (!ledger_may_read(c->parts.ledger, f->config, &c->now)) {
		feed_is_spent(f);
		return feed_later(f);
	}
	if (c->now.boot_ms >= f->names_ms)
		name = people_unknown(c->parts.people, f->config->network, feed_since(f));
	if (!name)
		return FEED_READ;
	feed_set(&f->job_to, name);
	f->person_id[0] = '\0';
	return FEED_NAME;
}

/* ---- names ---- */

enum emitted feed_emit_person(void *arg, const struct item *item)
{
	struct feed *f = arg;

	if (item->kind == ITEM_PERSON && item->id)
		snprintf(f->person_id, sizeof(f->person_id), "%s", item->id);
	return EMIT_KNOWN;
}

/*
 * The replies of all others are not kept waiting for one name. Only once, for what may be a
 * hiccup: whoever is read before he is known counts as a stranger.
 */
static void feed_lookup_failed(struct feed *f, const struct result *result)
{
	struct collector *c = f->collector;
	unsigned n = people_not_learnt(c->parts.people, f->job_to, feed_since(f));

	if (n == 1 && !f->failures) {
		feed_ill(f, result);
		f->collect_ms = feed_pause(f, result);
		return;
	}
	if (n == 2)
		log_warnx(
		    "collector",
		    "%s: who is %s? %s; replies are read meanwhile, theirs do not count", f->name,
		    f->job_to, result->text);
	f->collect_ms = c->now.boot_ms;
}

/* Nobody can be looked up for now, which says nothing of the replies. */
static void feed_lookup_limited(struct feed *f, const struct result *result)
{
	f->names_ms = feed_pause(f, result);
	log_warnx(
	    "collector", "%s: who is %s? %s; asked again in %lld min, replies are read meanwhile",
	    f->name, f->job_to, result->text,
	    (long long)(f->names_ms - f->collector->now.boot_ms + MINUTE_MS - 1) / MINUTE_MS);
	f->collect_ms = f->collector->now.boot_ms;
}

/* What cannot be asked is not asked again and again: that would keep all others' replies unread. */
void feed_lookup_done(void *arg, const struct result *result)
{
	struct feed *f = arg;
	struct collector *c = f->collector;
	bool is_answered = result->class == RESULT_OK;

	f->run = NULL;
	feed_paid(f, result);
	switch (result->class) {
	case RESULT_RETRY: feed_lookup_failed(f, result); return;
	case RESULT_LIMIT:
		if (feed_has_limits_apart(f)) {
			feed_lookup_limited(f, result);
			return;
		}
		/* fall through */
	case RESULT_AUTH:
		feed_ill(f, result);
		f->collect_ms = feed_pause(f, result);
		return;
	case RESULT_OK:
	case RESULT_PERMANENT:
	case RESULT_UNKNOWN:
	case RESULT_BUG: break;
	}
	if (!is_answered)
		log_warnx("collector", "%s: who is %s? %s", f->name, f->job_to, result->text);
	people_learn(
	    c->parts.people, f->config->network, f->job_to, is_answered ? f->person_id : "",
	    &c->now);
	f->collect_ms = c->now.boot_ms;
}

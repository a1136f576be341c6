/*
 * What operators hear of an account's troubles by another way: once each, also when
 * the agent was restarted in between. Called by the outbox's other files.
 * Must never alarm of what mends itself soon: an ordinary 429, a network that is away for minutes.
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 256
#define AWAY_MS (10 * MINUTE_MS)
#define AWAY_APART_MS HOUR_MS /* a network that comes and goes is told so often at most */
#define NOTICES_SIZE (ALARM_NOTICES * 40) /* two numbers and two blanks each */

/*
 * Keys in the store's meta. alarm: the troubles, and those that were told; money: month, limit and
 * percents that were told; notice: when and the hash of what.
 */
static void make_key(char key[KEY_SIZE], const char *what, const struct outbox_account *a)
{
	snprintf(key, KEY_SIZE, "%s:%s", what, a->name);
}

static void learn_troubles(struct alarms *s, const char *value)
{
	char *at;
	unsigned troubles = (unsigned)strtoul(value, &at, 10);

	s->troubles |= troubles;
	s->told |= *at ? (unsigned)strtoul(at, NULL, 10) : troubles;
	for (unsigned left = s->told; left; left &= left - 1)
		s->lines++;
}

static void learn_notices(struct alarms *s, const char *value)
{
	for (unsigned i = 0; i < ALARM_NOTICES; i++) {
		char *at;
		struct notice n = {.told_ms = strtoll(value, &at, 10)};

		n.hash = strtoull(at, &at, 16);
		if (at == value)
			return;
		value = at;
		if (!s->notices[i].told_ms)
			s->notices[i] = n;
	}
}

static int
get(struct outbox *o, const struct outbox_account *a, const char *what, char *value, size_t size)
{
	char key[KEY_SIZE];

	value[0] = '\0';
	make_key(key, what, a);
	return store_meta(o->store, key, value, size, NULL);
}

void alarm_learn(struct outbox *o, struct outbox_account *a)
{
	struct alarms *s = &a->alarms;
	char money[sizeof s->money], troubles[24], notices[NOTICES_SIZE];

	if (s->is_learnt || get(o, a, "money", money, sizeof money) < 0 ||
	    get(o, a, "alarm", troubles, sizeof troubles) < 0 ||
	    get(o, a, "notice", notices, sizeof notices) < 0)
		return;
	memcpy(s->money, money, sizeof money);
	learn_troubles(s, troubles);
	learn_notices(s, notices);
	s->is_learnt = true;
}

static void alarm_touch(struct alarms *s)
{
	s->is_dirty = true;
	s->is_written = false;
}

static void put_notices(struct outbox *o, const struct outbox_account *a)
{
	char key[KEY_SIZE], value[NOTICES_SIZE];
	size_t n = 0;

	for (unsigned i = 0; i < ALARM_NOTICES; i++)
		n += (size_t)snprintf(
		    value + n, sizeof value - n, "%s%" PRId64 " %" PRIx64, i ? " " : "",
		    a->alarms.notices[i].told_ms, a->alarms.notices[i].hash);
	make_key(key, "notice", a);
	store_put_meta(o->store, key, value);
}

void alarm_save(struct outbox *o, struct outbox_account *a)
{
	struct alarms *s = &a->alarms;
	char key[KEY_SIZE], value[24];

	if (!s->is_dirty)
		return;
	make_key(key, "money", a);
	store_put_meta(o->store, key, s->money);
	make_key(key, "alarm", a);
	snprintf(value, sizeof value, "%u %u", s->troubles, s->told);
	store_put_meta(o->store, key, value);
	put_notices(o, a);
	s->is_written = true;
}

void alarm_saved(struct outbox_account *a)
{
	if (a->alarms.is_written)
		a->alarms.is_dirty = a->alarms.is_written = false;
}

/* --- troubles --- */

bool post_is_alarm(const struct post *p)
{
	return p && p->row.kind == POST_SAY &&
	       (p->row.event == SAY_ALARM || p->row.event == SAY_ALARM_OVER);
}

static void
tell_trouble(struct outbox *o, struct outbox_account *a, unsigned troubles, const char *text)
{
	a->alarms.lines = a->alarms.told ? a->alarms.lines + 1 : 1;
	a->alarms.told |= troubles;
	alarm_tell(o, a, text, ALARM_TROUBLE);
}

bool alarm_trouble(
    struct outbox *o, struct outbox_account *a, unsigned trouble, const char *text,
    const struct post *by)
{
	struct alarms *s = &a->alarms;
	bool is_new, is_told;

	alarm_learn(o, a);
	is_new = !(s->troubles & trouble);
	is_told = !(s->told & trouble) && !post_is_alarm(by);
	if (is_told)
		tell_trouble(o, a, trouble, text);
	s->troubles |= trouble;
	if (is_new || is_told)
		alarm_touch(s);
	return is_new;
}

void alarm_overdue(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	struct alarms *s = &a->alarms;
	unsigned untold = s->troubles & ~s->told;
	const struct post *p;
	char text[320];

	if (!untold || a->paused_ms <= now_ms)
		return;
	DL_FOREACH (a->waiting, p) {
		if (!post_is_alarm(p))
			break;
	}
	if (!p)
		return;
	snprintf(text, sizeof text, "posts wait: %s", a->reason);
	tell_trouble(o, a, untold, text);
	alarm_touch(s);
}

static void end_troubles(struct outbox *o, struct outbox_account *a, unsigned ended)
{
	struct alarms *s = &a->alarms;
	bool was_told;

	if (!(s->troubles & ended))
		return;
	was_told = s->told & ended;
	s->troubles &= ~ended;
	s->told &= ~ended;
	alarm_touch(s);
	if (!s->troubles && was_told)
		alarm_tell(o, a, "", ALARM_OVER);
}

/* A recovery that was paid from the reserve does not say that there is money again. */
void alarm_posted(struct outbox *o, const struct post *p)
{
	unsigned ended = TROUBLE_HUMAN | TROUBLE_LIMIT | TROUBLE_AWAY;

	if (p->row.cost_micro && !post_has_reserve(p))
		ended |= TROUBLE_MONEY;
	end_troubles(o, p->account, ended);
}

void alarm_found(struct outbox *o, const struct post *p)
{
	end_troubles(o, p->account, TROUBLE_AWAY);
}

/* --- a network that is away --- */

void alarm_failed(struct post *p, const char *reason, int64_t now_ms)
{
	struct alarms *s = &p->account->alarms;

	if (!row_creates(&p->row) || post_is_alarm(p))
		return;
	snprintf(s->away, sizeof s->away, "%s", reason);
	if (!p->away_ms)
		p->away_ms = now_ms;
	if (p->away_ms > s->away_ms)
		s->away_ms = p->away_ms;
}

/* Did nothing else get through since? Else it is the post, not the network. */
static bool is_away_for(const struct post *p)
{
	return p->away_ms && p->account->last_post_ms < p->away_ms;
}

/* The one that tried first. NULL: nothing waits for its network. */
static const struct post *longest_away(const struct outbox_account *a)
{
	const struct post *const lists[] = {a->waiting, a->busy}, *p, *longest = NULL;

	if (a->last_post_ms >= a->alarms.away_ms)
		return NULL; /* no need to ask a long queue at every turn */
	for (unsigned i = 0; i < 2; i++) {
		DL_FOREACH (lists[i], p) {
			if (is_away_for(p) && (!longest || p->away_ms < longest->away_ms))
				longest = p;
		}
	}
	return longest;
}

void alarm_away(struct outbox *o, struct outbox_account *a, int64_t now_ms)
{
	const struct post *p = a->alarms.troubles ? NULL : longest_away(a);
	int64_t due_ms;
	char text[320];

	if (!p)
		return;
	due_ms = p->away_ms + AWAY_MS;
	if (a->away_told_ms && due_ms < a->away_told_ms + AWAY_APART_MS)
		due_ms = a->away_told_ms + AWAY_APART_MS;
	if (due_ms > now_ms) {
		account_wake(a, due_ms);
		return;
	}
	a->away_told_ms = now_ms;
	snprintf(text, sizeof text, "posting is delayed: %s", a->alarms.away);
	if (alarm_trouble(o, a, TROUBLE_AWAY, text, p))
		log_warnx("outbox", "%s: %s", a->name, text);
}

/* --- an end that comes before its alarm --- */

/* How many lines about that account still waited here, and now do not. */
static unsigned drop_lines(
    struct outbox *o, struct outbox_account *on, const struct outbox_account *about, int64_t now_ms)
{
	struct post *p, *tmp;
	unsigned n = 0;

	DL_FOREACH_SAFE(on->waiting, p, tmp)
	{
		if (p->about != about || p->is_suspect)
			continue;
		post_finish(o, p, POST_CANCELLED, "it was over before this was posted", now_ms);
		n++;
	}
	return n;
}

void alarm_added(struct outbox *o, struct post *p, int64_t now_ms)
{
	const struct tell *t = o->telling;

	if (!t || !t->alarmed || !post_is_alarm(p))
		return;
	switch (t->alarm) {
	case ALARM_NOTICE: return;
	case ALARM_TROUBLE: p->about = t->alarmed; return;
	case ALARM_OVER:
		if (drop_lines(o, p->account, t->alarmed, now_ms) == t->alarmed->alarms.lines)
			post_finish(
			    o, p, POST_CANCELLED, "nobody was told of what is over", now_ms);
		return;
	}
}

/* --- money --- */

bool alarm_money(struct outbox *o, struct outbox_account *a, unsigned percent, int64_t now_ms)
{
	struct now now = {.wall_ms = now_ms};
	struct alarms *s = &a->alarms;
	struct ledger_row row;
	char prefix[48];
	size_t n;

	alarm_learn(o, a);
	ledger_month(o->ledger, a->name, &now, &row);
	snprintf(prefix, sizeof prefix, "%u %" PRId64 " ", row.month, a->money.limit);
	n = strlen(prefix);
	if (strncmp(s->money, prefix, n) == 0 && strtoul(s->money + n, NULL, 10) >= percent)
		return false;
	snprintf(s->money, sizeof s->money, "%s%u", prefix, percent);
	alarm_touch(s);
	return true;
}

/* --- notices: what the network did that it must not --- */

/* FNV-1a. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

static bool is_fresh(struct alarms *s, const char *text, int64_t now_ms)
{
	struct notice *oldest = s->notices;
	uint64_t hash = hash_of(text);

	for (unsigned i = 0; i < ALARM_NOTICES; i++) {
		struct notice *n = &s->notices[i];

		/* One from the future was told before the clock was put right. */
		if (n->hash == hash && n->told_ms && n->told_ms <= now_ms &&
		    now_ms < n->told_ms + 24 * HOUR_MS)
			return false;
		if (n->told_ms < oldest->told_ms)
			oldest = n;
	}
	oldest->hash = hash;
	oldest->told_ms = now_ms;
	return true;
}

void alarm_notice(
    struct outbox *o, struct outbox_account *a, const char *words, const struct post *by)
{
	char text[ALARM_TEXT];

	snprintf(text, sizeof text, "%s", words);
	log_warnx("outbox", "%s: %s", a->name, text);
	if (post_is_alarm(by))
		return;
	alarm_learn(o, a);
	if (!is_fresh(&a->alarms, text, o->now_ms))
		return;
	alarm_touch(&a->alarms);
	alarm_tell(o, a, text, ALARM_NOTICE);
}

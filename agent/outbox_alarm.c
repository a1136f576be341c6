/*
 * What operators hear of an account's troubles by another way: once each, also when
 * the agent was restarted in between. Called by the outbox's other files.
 * Must never alarm of what mends itself: an ordinary 429, a network that is away.
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 256

/* Keys in the store's meta. alarm: the troubles; money: month, limit and percents that were told. */
static void make_key(char key[KEY_SIZE], const char *what, const struct outbox_account *a)
{
	snprintf(key, KEY_SIZE, "%s:%s", what, a->name);
}

void alarm_learn(struct outbox *o, struct outbox_account *a)
{
	struct alarms *s = &a->alarms;
	char key[KEY_SIZE], value[24];

	if (s->is_learnt)
		return;
	make_key(key, "money", a);
	if (store_meta(o->store, key, s->money, sizeof s->money, NULL) < 0)
		return;
	make_key(key, "alarm", a);
	if (store_meta(o->store, key, value, sizeof value, NULL) < 0)
		return;
	s->troubles |= (unsigned)strtoul(value, NULL, 10);
	s->is_learnt = true;
}

static void alarm_touch(struct alarms *s)
{
	s->is_dirty = true;
	s->is_written = false;
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
	snprintf(value, sizeof value, "%u", s->troubles);
	store_put_meta(o->store, key, value);
	s->is_written = true;
}

void alarm_saved(struct outbox_account *a)
{
	if (a->alarms.is_written)
		a->alarms.is_dirty = a->alarms.is_written = false;
}

/* --- troubles --- */

bool alarm_trouble(struct outbox *o, struct outbox_account *a, unsigned trouble, const char *text)
{
	struct alarms *s = &a->alarms;

	alarm_learn(o, a);
	if (s->troubles & trouble)
		return false;
	s->troubles |= trouble;
	alarm_touch(s);
	alarm_tell(o, a, text, false);
	return true;
}

/* A recovery that was paid from the reserve does not say that there is money again. */
void alarm_posted(struct outbox *o, const struct post *p)
{
	struct outbox_account *a = p->account;
	struct alarms *s = &a->alarms;
	unsigned ended = TROUBLE_HUMAN | TROUBLE_LIMIT;

	if (p->row.cost_micro && !post_has_reserve(p))
		ended |= TROUBLE_MONEY;
	if (!(s->troubles & ended))
		return;
	s->troubles &= ~ended;
	alarm_touch(s);
	if (!s->troubles)
		alarm_tell(o, a, "", true);
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

static bool is_fresh(struct alarms *s, const char *text, int64_t now_ms)
{
	struct notice *oldest = s->notices;

	for (unsigned i = 0; i < ALARM_NOTICES; i++) {
		struct notice *n = &s->notices[i];

		if (strcmp(n->text, text) == 0 && n->told_ms && now_ms < n->told_ms + 24 * HOUR_MS)
			return false;
		if (n->told_ms < oldest->told_ms)
			oldest = n;
	}
	snprintf(oldest->text, sizeof oldest->text, "%s", text);
	oldest->told_ms = now_ms;
	return true;
}

void alarm_notice(struct outbox *o, struct outbox_account *a, const char *words)
{
	char text[ALARM_TEXT];

	snprintf(text, sizeof text, "%s", words);
	log_warnx("outbox", "%s: %s", a->name, text);
	if (is_fresh(&a->alarms, text, o->now_ms))
		alarm_tell(o, a, text, false);
}

/*
 * When an account must wait: a limit, a human, a network that is away. The pause is
 * the account's, never a job's. Called by outbox_send.c, outbox_settle.c and, for
 * what the collector met, outbox_queue.c. Must never end a post.
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <stdio.h>

#define LIMIT_PAUSE_MS (60 * SECOND_MS) /* a 429 that does not say until when */
#define PAUSE_MAX_MS (24 * HOUR_MS) /* whatever a server says, we ask once a day */
/*
 * The breaker: after so many failures in a row of an account's posts it gets one
 * probe at a time and a pause between them, shorter than any post's own back-off.
 */
#define BREAKER_FAILURES 3
#define BREAKER_MS (5 * SECOND_MS)
#define BREAKER_MAX_MS (60 * SECOND_MS)

bool account_can_send(const struct outbox_account *a, int64_t now_ms)
{
	return a->notifier && a->account && a->paused_ms <= now_ms;
}

bool account_needs_human(const struct outbox_account *a)
{
	return a->alarms.troubles & TROUBLE_HUMAN;
}

bool account_is_probed(const struct outbox_account *a)
{
	return a->failures >= BREAKER_FAILURES ||
	       (a->alarms.troubles & (TROUBLE_HUMAN | TROUBLE_LIMIT));
}

static int64_t pause_end(const struct result *result, int64_t now_ms)
{
	int64_t until_ms = result->not_before_ms;

	if (until_ms <= now_ms)
		until_ms = now_ms + LIMIT_PAUSE_MS;
	return until_ms < now_ms + PAUSE_MAX_MS ? until_ms : now_ms + PAUSE_MAX_MS;
}

static void pause_for_limit(
    struct outbox *o, struct outbox_account *a, const struct result *result, const struct post *by,
    int64_t now_ms)
{
	int64_t until_ms = pause_end(result, now_ms);
	char text[320];

	if (result->is_alarm) {
		snprintf(text, sizeof text, "posts wait: %s", result->text);
		if (alarm_trouble(o, a, TROUBLE_LIMIT, text, by))
			log_warnx("outbox", "%s: %s", a->name, text);
	}
	if (until_ms <= a->paused_ms)
		return;
	if (a->paused_ms <= now_ms)
		log_info(
		    "outbox", "account=%s result=limit wait_ms=%lld reason=%s", a->name,
		    (long long)(until_ms - now_ms), result->text);
	a->paused_ms = until_ms;
}

static void log_auth(const struct outbox_account *a, const struct result *result, int64_t wait_ms)
{
	if (result->not_before_ms)
		log_warnx(
		    "outbox",
		    "%s needs somebody to act (%s): posts wait, and one is tried again in "
		    "%lld min, or at once with 'twicket queue retry ID'",
		    a->name, result->text, (long long)((wait_ms + MINUTE_MS - 1) / MINUTE_MS));
	else
		log_warnx(
		    "outbox",
		    "%s refuses our token (%s): posts wait until you run "
		    "'twicket auth %s'",
		    a->name, result->text, a->name);
}

static void pause_for_human(
    struct outbox *o, struct outbox_account *a, const struct result *result, const struct post *by,
    int64_t now_ms)
{
	int64_t until_ms = result->not_before_ms ? pause_end(result, now_ms) : NOW_NEVER;
	char text[384], again[48];

	if (!a->is_auth_told)
		log_auth(a, result, until_ms - now_ms);
	a->is_auth_told = true;
	snprintf(
	    again, sizeof again, ", one is tried again in %lld h",
	    (long long)((until_ms - now_ms + HOUR_MS - 1) / HOUR_MS));
	snprintf(
	    text, sizeof text, "posts wait for somebody to act%s: %s",
	    result->not_before_ms ? again : "", result->text);
	alarm_trouble(o, a, TROUBLE_HUMAN, text, by);
	if (until_ms > a->paused_ms)
		a->paused_ms = until_ms;
}

void account_pause(
    struct outbox *o, struct outbox_account *a, const struct result *result, const struct post *by,
    int64_t now_ms)
{
	if (result->class == RESULT_AUTH)
		pause_for_human(o, a, result, by, now_ms);
	else
		pause_for_limit(o, a, result, by, now_ms);
	snprintf(a->reason, sizeof a->reason, "%s", result->text);
	a->is_stirred = true;
}

void breaker_failure(struct outbox_account *a, const char *reason, int64_t now_ms)
{
	unsigned n = ++a->failures - BREAKER_FAILURES;
	int64_t hold_ms;

	snprintf(a->reason, sizeof a->reason, "%s", reason);
	if (a->failures < BREAKER_FAILURES)
		return;
	if (n == 0)
		log_warnx("outbox", "%s cannot be reached: %s", a->name, reason);
	hold_ms = n < 4 ? BREAKER_MS << n : BREAKER_MAX_MS;
	a->breaker_ms = now_ms + (hold_ms < BREAKER_MAX_MS ? hold_ms : BREAKER_MAX_MS);
}

void breaker_success(struct outbox_account *a)
{
	if (a->failures >= BREAKER_FAILURES)
		log_info("outbox", "account=%s result=reached failures=%u", a->name, a->failures);
	if (a->failures)
		a->reason[0] = '\0';
	a->failures = 0;
	a->breaker_ms = 0;
}

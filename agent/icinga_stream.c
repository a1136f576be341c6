/*
 * Waking: the event stream says that something happened, and who was notified. Called by
 * icinga.c. Must never be believed for a state: what it says may be old, and it forgets.
 */
#include "agent/icinga_internal.h"

#include "agent/icinga_json.h"
#include "common/log.h"

#include <stdio.h>
#include <string.h>

#define WAIT_MS 1000
#define WAIT_MAX_MS 60000
#define REFUSED_MS 600000
#define HEARD_MAX 10000 /* notifications between two looks that are told */
#define STEADY_MS 60000 /* one that stood so long was no failure */

static json_t *types(void)
{
	return json_pack("[s, s, s, s, s, s, s, s, s, s, s]", "StateChange", "AcknowledgementSet", "AcknowledgementCleared",
			 "CommentAdded", "CommentRemoved", "DowntimeAdded", "DowntimeStarted", "DowntimeTriggered",
			 "DowntimeRemoved", "Flapping", "Notification");
}

static void take_line(struct icinga *i, const char *line, size_t len)
{
	json_error_t error;
	json_t *event;

	i->is_woken = true;
	if (!memmem(line, len, "\"Notification\"", 14))
		return;
	event = json_loadb(line, len, JSON_ALLOW_NUL, &error);
	if (!i->heard)
		i->heard = json_array();
	if (event && json_array_size(i->heard) < HEARD_MAX)
		json_array_append(i->heard, event);
	json_decref(event);
}

/* A look begins. Where looks fail there is no end to what is heard, but to what is kept. */
void icinga_stream_hand_over(struct icinga *i)
{
	json_t *heard = i->heard;

	i->heard = NULL;
	if (!i->notified) {
		i->notified = heard;
		return;
	}
	for (size_t k = 0; k < json_array_size(heard) && json_array_size(i->notified) < HEARD_MAX; k++)
		json_array_append(i->notified, json_array_get(heard, k));
	json_decref(heard);
}

/* --- the stream ------------------------------------------------------------------------------ */

/* Kept until the turn; always drained: what we do not take Icinga keeps in its memory. */
bool icinga_stream_bytes(void *arg, const char *bytes, size_t n)
{
	struct icinga *i = arg;

	i->is_flowing = true;
	buf_add(&i->line, bytes, n);
	return true;
}

static void on_end(void *arg, const struct answer *answer)
{
	struct icinga *i = arg;

	i->stream = NULL;
	icinga_keep_answer(&i->ended, answer);
}

static void open_stream(struct icinga *i)
{
	i->stream = icinga_ask(i, ASK_STREAM, "events", json_pack("{s:s, s:o}", "queue", "twicket", "types", types()), on_end);
	i->stream_began_ms = i->now.boot_ms;
	i->stream_ms = i->now.boot_ms + WAIT_MAX_MS;
}

static void take_lines(struct icinga *i)
{
	const char *at = buf_text(&i->line), *end;

	if (i->line.cut) { /* longer than any event: the look sees what it was */
		i->is_woken = true;
		buf_reset(&i->line);
		i->line.cut = false;
		return;
	}
	while ((end = memchr(at, '\n', i->line.len - (size_t)(at - buf_text(&i->line))))) {
		take_line(i, at, (size_t)(end - at));
		at = end + 1;
	}
	buf_drop(&i->line, (size_t)(at - buf_text(&i->line)));
}

/* Whatever happened around its end was not told: all is compared. */
static void after_end(struct icinga *i)
{
	const struct icinga_answer *a = &i->ended;
	bool is_steady = i->now.boot_ms - i->stream_began_ms >= STEADY_MS;

	i->wants_all = i->is_woken = true;
	buf_reset(&i->line);
	i->stream_wait_ms = is_steady || !i->stream_wait_ms ? WAIT_MS
			    : i->stream_wait_ms * 2 < WAIT_MAX_MS ? i->stream_wait_ms * 2
								  : WAIT_MAX_MS;
	if (a->transport == TRANSPORT_ANSWERED && a->status >= 400 && a->status < 500) {
		i->stream_wait_ms = REFUSED_MS;
		snprintf(i->stream_trouble, sizeof i->stream_trouble,
			 "events are not permitted (%d): seen every %d s only", a->status, ICINGA_POLL_MS / 1000);
		log_warnx("icinga", "%s: %s", i->node, i->stream_trouble);
	} else {
		i->stream_trouble[0] = '\0';
	}
	i->stream_ms = i->now.boot_ms + i->stream_wait_ms;
	icinga_drop_answer(&i->ended);
}

void icinga_stream_turn(struct icinga *i)
{
	if (i->is_flowing) {
		i->is_flowing = false;
		take_lines(i);
	}
	if (i->ended.is_there)
		after_end(i);
	if (!i->stream && i->is_up && i->now.boot_ms >= i->stream_ms)
		open_stream(i);
}

void icinga_stream_finish(struct icinga *i)
{
	json_decref(i->heard);
	json_decref(i->notified);
	http_cancel(i->stream);
	i->stream = NULL;
	icinga_drop_answer(&i->ended);
	buf_finish(&i->line);
}

int64_t icinga_stream_next(const struct icinga *i)
{
	if (i->is_flowing || i->ended.is_there)
		return 0;
	if (!i->stream && i->is_up)
		return i->stream_ms;
	return NOW_NEVER;
}

/*
 * What a picture of an Icinga 2 means in events, as a module would have sent them.
 * Called by icinga_poll.c. Must never say twice what the picture before said.
 */
#include "agent/icinga_picture_internal.h"

#include <stdlib.h>
#include <string.h>

#define CLOCKS_S 60 /* so far may Icinga's clock be ahead: what ends that little early has ended, and was not called off */

struct teller {
	picture_event_fn *fn;
	void *arg;
	const struct now *now;
};

static void tell(const struct teller *t, const struct event *ev)
{
	t->fn(t->arg, ev);
}

static int64_t wall_us(const struct teller *t)
{
	return t->now->wall_ms * 1000;
}

static struct event object_event(const struct teller *t, const struct seen *s, uint32_t flags)
{
	return (struct event){.type = EVENT_OBJECT,
			      .kind = s->kind,
			      .state = s->state,
			      .flags = flags,
			      .attempt = s->attempt,
			      .max_attempts = s->max_attempts,
			      .time_us = s->changed_us ? s->changed_us : wall_us(t),
			      .since = s->since,
			      .last_ok = s->last_ok,
			      .host = s->key,
			      .service = s->service,
			      .text = s->output ? s->output : "",
			      .author = "",
			      .mark = ""};
}

/* --- acknowledgements -------------------------------------------------------------------------- */

static const char *text_or_none(const char *text)
{
	return text ? text : "";
}

static void tell_ack(const struct teller *t, const struct seen *s)
{
	tell(t, &(struct event){.type = EVENT_ACK,
				.kind = s->kind,
				.flags = (s->flags & EVENT_STICKY) | (*s->mark ? EVENT_OURS : 0),
				.time_us = s->acked_us ? s->acked_us : wall_us(t),
				.until = s->until,
				.host = s->key,
				.service = s->service,
				.author = text_or_none(s->owner),
				.text = text_or_none(s->ack_text),
				.mark = s->mark});
}

static void tell_ack_gone(const struct teller *t, const struct seen *s)
{
	tell(t, &(struct event){.type = EVENT_ACK_GONE,
				.kind = s->kind,
				.time_us = wall_us(t),
				.host = s->key,
				.service = s->service,
				.author = "",
				.text = "",
				.mark = ""});
}

static bool is_new_ack(const struct seen *s, const struct seen *was)
{
	if (!(s->flags & EVENT_ACKED))
		return false;
	return !was || !(was->flags & EVENT_ACKED) || strcmp(text_or_none(was->owner), text_or_none(s->owner)) != 0 ||
	       strcmp(text_or_none(was->ack_text), text_or_none(s->ack_text)) != 0;
}

/* One that ended with its problem is no news: that it is well again says it, and whose it was counts. */
static bool is_ack_gone(const struct seen *s, const struct seen *was)
{
	return was && (was->flags & EVENT_ACKED) && !(s->flags & EVENT_ACKED) && s->state != EVENT_OK &&
	       s->last_ok == was->last_ok;
}

/* --- objects ------------------------------------------------------------------------------------- */

static bool is_changed(const struct seen *s, const struct seen *was)
{
	const uint32_t told = EVENT_HARD | EVENT_FLAPS | EVENT_IN_DOWNTIME | EVENT_HOST_DOWN;

	return !was || was->state != s->state || ((was->flags ^ s->flags) & told) || was->changed_us != s->changed_us ||
	       was->since != s->since;
}

static void tell_object(const struct teller *t, const struct seen *s, const struct seen *was)
{
	bool is_acked = s->owner && is_new_ack(s, was); /* by whom the comment said, and that may have gone */
	struct event ev;

	if (is_ack_gone(s, was))
		tell_ack_gone(t, s);
	if (is_changed(s, was) || (!s->owner && is_new_ack(s, was))) {
		ev = object_event(t, s, s->flags & ~(is_acked ? (uint32_t)(EVENT_ACKED | EVENT_STICKY) : 0));
		ev.author = ev.flags & EVENT_ACKED ? text_or_none(s->owner) : "";
		tell(t, &ev);
	}
	if (is_acked)
		tell_ack(t, s);
}

/* In the order in which it happened; of the same instant the host first. */
static int by_time(const void *a, const void *b)
{
	const struct seen *x = *(const struct seen *const *)a, *y = *(const struct seen *const *)b;

	if (x->changed_us != y->changed_us)
		return x->changed_us < y->changed_us ? -1 : 1;
	return x->kind - y->kind;
}

/* NULL: out of memory. */
static const struct seen **in_order(const struct picture *p, size_t *n)
{
	const struct seen **list = calloc(HASH_COUNT(p->objects) + 1, sizeof *list);

	*n = 0;
	for (const struct seen *s = p->objects; list && s; s = s->hh.next)
		list[(*n)++] = s;
	if (*n)
		qsort(list, *n, sizeof *list, by_time);
	return list;
}

/* --- downtimes and comments ------------------------------------------------------------------------ */

static void tell_downtime(const struct teller *t, const struct remark *d, enum event_downtime sub, uint32_t flags,
			  int32_t others)
{
	tell(t, &(struct event){.type = EVENT_DOWNTIME,
				.sub = (uint8_t)sub,
				.kind = d->kind,
				.id = d->id,
				.code = others,
				.flags = flags | (*d->mark ? EVENT_OURS : 0),
				.time_us = sub == EVENT_DOWNTIME_ADD && d->at_us ? d->at_us : wall_us(t),
				.since = d->since,
				.until = d->until,
				.host = d->host,
				.service = d->service,
				.author = d->author,
				.text = d->text,
				.mark = d->mark});
}

static int32_t others_that_run(const struct picture *p, const struct remark *d)
{
	const struct remark *other;
	int32_t n = 0;

	for (other = p->downtimes; other; other = other->hh.next)
		n += other->runs && strcmp(other->host, d->host) == 0 && strcmp(other->service, d->service) == 0;
	return n;
}

static void tell_ended(const struct teller *t, const struct picture *p, const struct remark *was)
{
	bool is_over = p->now_s + (was->runs ? CLOCKS_S : 0) >= was->until;
	uint32_t flags = (was->flags & EVENT_FIXED) | (is_over ? 0 : EVENT_CANCELLED);
	bool was_missed = !was->runs && is_over && (was->flags & EVENT_FIXED); /* all of it between two looks */

	if (was_missed)
		tell_downtime(t, was, EVENT_DOWNTIME_START, was->flags | EVENT_IN_DOWNTIME, 0);
	if (was->runs || was_missed)
		tell_downtime(t, was, EVENT_DOWNTIME_STOP, flags, others_that_run(p, was));
	tell_downtime(t, was, EVENT_DOWNTIME_DELETE, flags, 0);
}

static void tell_downtimes(const struct teller *t, const struct picture *p, const struct picture *before)
{
	const struct remark *d, *was;

	for (d = p->downtimes; d; d = d->hh.next) {
		was = picture_remark(before->downtimes, d->name);
		if (!was || was->since != d->since || was->until != d->until)
			tell_downtime(t, d, EVENT_DOWNTIME_ADD, d->flags & ~(uint32_t)EVENT_IN_DOWNTIME, 0);
		if (d->runs && (!was || !was->runs))
			tell_downtime(t, d, EVENT_DOWNTIME_START, d->flags, 0);
	}
	for (was = before->downtimes; was; was = was->hh.next)
		if (!picture_remark(p->downtimes, was->name))
			tell_ended(t, p, was);
}

static void tell_comments(const struct teller *t, const struct picture *p, const struct picture *before)
{
	for (const struct remark *c = p->comments; c; c = c->hh.next) {
		if (before && picture_remark(before->comments, c->name))
			continue;
		tell(t, &(struct event){.type = EVENT_COMMENT,
					.sub = 1, /* by a user, in the cores' numbers */
					.kind = c->kind,
					.id = c->id,
					.flags = EVENT_PERSISTENT | EVENT_OURS,
					.time_us = c->at_us,
					.host = c->host,
					.service = c->service,
					.author = c->author,
					.text = c->text,
					.mark = c->mark});
	}
}

/* --- pictures ---------------------------------------------------------------------------------------- */

int picture_tell_changes(const struct picture *p, const struct picture *before, const struct now *now,
			 picture_event_fn *fn, void *arg)
{
	const struct teller t = {.fn = fn, .arg = arg, .now = now};
	size_t n;
	const struct seen **list = in_order(p, &n);

	if (!list)
		return -1;
	tell_downtimes(&t, p, before); /* first: what fails inside one is no news */
	for (size_t k = 0; k < n; k++)
		tell_object(&t, list[k], picture_seen(before, list[k]->key, list[k]->service));
	free(list);
	tell_comments(&t, p, before);
	return 0;
}

static void frame(const struct teller *t, enum event_type type, int32_t code)
{
	tell(t, &(struct event){.type = (uint8_t)type,
				.code = code,
				.time_us = wall_us(t),
				.host = "",
				.service = "",
				.text = "",
				.author = "",
				.mark = ""});
}

int picture_tell_all(const struct picture *p, const struct now *now, picture_event_fn *fn, void *arg)
{
	const struct teller t = {.fn = fn, .arg = arg, .now = now};
	int32_t told = 0;
	size_t n;
	const struct seen **list = in_order(p, &n);

	if (!list)
		return -1;
	frame(&t, EVENT_SNAP_BEGIN, 0);
	for (const struct remark *d = p->downtimes; d; d = d->hh.next)
		tell_downtime(&t, d, EVENT_DOWNTIME_ADD, d->flags, 0);
	for (size_t k = 0; k < n; k++) {
		struct event ev = object_event(&t, list[k], list[k]->flags);

		if (!list[k]->is_noteworthy)
			continue;
		if (ev.flags & EVENT_ACKED) {
			ev.author = text_or_none(list[k]->owner);
			ev.mark = list[k]->mark;
			ev.until = list[k]->until;
		}
		told++;
		tell(&t, &ev);
	}
	free(list);
	tell_comments(&t, p, NULL); /* before the end: it decides what of ours was never done */
	frame(&t, EVENT_SNAP_END, told);
	return 0;
}

/* --- the stream's ------------------------------------------------------------------------------------ */

void icinga_tell_notification(const json_t *n, picture_event_fn *fn, void *arg)
{
	const json_t *check = json_object_get(n, "check_result"), *user;
	struct event ev = {.type = EVENT_NOTIFIED,
			   .kind = *icinga_text(n, "service") ? EVENT_SERVICE : EVENT_HOST,
			   .time_us = icinga_us(n, "timestamp"),
			   .host = icinga_text(n, "host"),
			   .service = icinga_text(n, "service"),
			   .mark = ""};
	const char *output;
	size_t k, len = icinga_output(check, &output);
	char *text;

	if (strcmp(icinga_text(n, "type"), "Notification") != 0 ||
	    strcmp(icinga_text(n, "notification_type"), "PROBLEM") != 0 || !*ev.host ||
	    strlen(ev.host) > EVENT_NAME_MAX || strlen(ev.service) > EVENT_NAME_MAX)
		return;
	ev.state = icinga_state(check, ev.kind);
	text = strndup(output, len);
	ev.text = text_or_none(text);
	json_array_foreach (json_object_get(n, "users"), k, user) {
		ev.author = json_string_value(user);
		if (ev.author)
			fn(arg, &ev);
	}
	free(text);
}

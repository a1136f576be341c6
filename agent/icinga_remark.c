/*
 * The part of a picture that people wrote: downtimes, acknowledgements' comments, and the
 * comments of ours. Called by icinga_poll.c. Must never keep a comment that is not ours.
 */
#include "agent/icinga_picture_internal.h"

#include <stdlib.h>
#include <string.h>

#define CLOCKS_MAX_S 600 /* more than that between Icinga's clock and ours is not made up for */
#define BEGINS_S 5

#define NAMES(list) icinga_names(list, sizeof list / sizeof list[0])

json_t *picture_comment_attrs(void)
{
	static const char *const list[] = {"host_name", "service_name", "entry_type", "author", "text", "entry_time"};

	return NAMES(list);
}

json_t *picture_downtime_attrs(void)
{
	static const char *const list[] = {"host_name",  "service_name", "author", "comment",	   "start_time", "end_time",
					   "entry_time", "fixed",	 "parent", "trigger_time", "duration"};

	return NAMES(list);
}

static void remark_free(struct remark *r)
{
	free(r->host);
	free(r->service);
	free(r->author);
	free(r->text);
	free(r->parent);
	free(r);
}

void remarks_finish(struct remark **remarks)
{
	struct remark *r, *next;

	HASH_ITER (hh, *remarks, r, next) {
		HASH_DEL(*remarks, r);
		remark_free(r);
	}
}

struct remark *picture_remark(struct remark *remarks, const char *name)
{
	struct remark *r = NULL;

	HASH_FIND_STR(remarks, name, r);
	return r;
}

/* Numbers of Icinga's own count anew with each start: one made of the name stays (FNV-1a). */
static uint32_t id_of(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h ? h : 1;
}

/* What both have. NULL: it is nothing of ours to know, or there is no memory. */
static struct remark *remark_create(struct remark *all, const json_t *result, const char *text)
{
	const json_t *attrs = json_object_get(result, "attrs");
	const char *name = icinga_text(result, "name"), *host = icinga_text(attrs, "host_name");
	const char *service = icinga_text(attrs, "service_name");
	struct remark *r;

	if (!*name || !*host || strlen(host) > EVENT_NAME_MAX || strlen(service) > EVENT_NAME_MAX ||
	    picture_remark(all, name))
		return NULL;
	r = calloc(1, sizeof *r + strlen(name) + 1);
	if (!r)
		return NULL;
	memcpy(r->name, name, strlen(name) + 1);
	r->kind = *service ? EVENT_SERVICE : EVENT_HOST;
	r->at_us = icinga_us(attrs, "entry_time");
	r->host = strdup(host);
	r->service = strdup(service);
	r->author = strdup(icinga_text(attrs, "author"));
	r->text = strdup(text);
	r->parent = strdup(icinga_text(attrs, "parent"));
	r->id = id_of(r->name);
	gate_mark_of(text, r->mark);
	if (r->host && r->service && r->author && r->text && r->parent)
		return r;
	remark_free(r);
	return NULL;
}

enum inside { INSIDE_UNKNOWN, INSIDE_NO, INSIDE_YES };

/* Whether its object is in a downtime is Icinga's word, by its own clock; of one that was never checked it says nothing. */
static enum inside inside(const struct picture *p, const struct remark *d)
{
	const struct seen *s = picture_seen(p, d->host, d->service);

	if (s)
		return s->flags & EVENT_IN_DOWNTIME ? INSIDE_YES : INSIDE_NO;
	return picture_ok_since((struct picture *)p, d->host, d->service) ? INSIDE_NO : INSIDE_UNKNOWN;
}

static void take_downtime(struct picture *p, const json_t *result)
{
	const json_t *attrs = json_object_get(result, "attrs");
	struct remark *d = remark_create(p->downtimes, result, icinga_text(attrs, "comment"));
	bool is_fixed = icinga_flag(attrs, "fixed");

	if (!d)
		return;
	d->since = icinga_s(attrs, "start_time");
	d->until = icinga_s(attrs, "end_time");
	d->triggered = icinga_s(attrs, "trigger_time");
	/* Its objects are in a fixed one from its first second on, though Icinga triggers it up to 5 s later. */
	d->runs = d->since <= p->now_s && (is_fixed ? inside(p, d) != INSIDE_NO : d->triggered > 0);
	d->flags = (is_fixed ? EVENT_FIXED : 0) | (d->runs ? EVENT_IN_DOWNTIME : 0);
	if (d->runs && !is_fixed) { /* until now it had a window */
		d->since = d->triggered;
		d->until = d->triggered + (int64_t)icinga_count(attrs, "duration", 1u << 30);
	}
	HASH_ADD_STR(p->downtimes, name, d);
}

/* Icinga makes one for each service of a host that is to be down with them: for us the host's says so. */
static bool is_part(const struct picture *p, const struct remark *d)
{
	const struct remark *parent = *d->parent ? picture_remark(p->downtimes, d->parent) : NULL;

	return parent && d->kind == EVENT_SERVICE && parent->kind == EVENT_HOST && strcmp(parent->host, d->host) == 0;
}

/* Is there another one that the object may be in, its host's included? */
static bool has_other(const struct picture *p, const struct remark *d)
{
	for (const struct remark *other = p->downtimes; other; other = other->hh.next)
		if (other != d && other->runs && other->until > p->now_s && strcmp(other->host, d->host) == 0 &&
		    (!*other->service || strcmp(other->service, d->service) == 0))
			return true;
	return false;
}

/* Icinga looks for them once a minute; its objects are out of it at once, by its clock, which may not be ours. */
static bool is_over(const struct picture *p, const struct remark *d)
{
	if (d->until <= p->now_s)
		return inside(p, d) != INSIDE_YES || has_other(p, d) || d->until + CLOCKS_MAX_S <= p->now_s;
	if (d->since + BEGINS_S >= p->now_s)
		return false; /* its object's state may be of before it began */
	return d->triggered > 0 && (d->flags & EVENT_FIXED) && inside(p, d) == INSIDE_NO;
}

static void drop_downtimes(struct picture *p, bool is_to_go(const struct picture *p, const struct remark *d))
{
	struct remark *d, *next;

	for (d = p->downtimes; d; d = d->hh.next)
		d->goes = is_to_go(p, d);
	HASH_ITER (hh, p->downtimes, d, next) {
		if (!d->goes)
			continue;
		HASH_DEL(p->downtimes, d);
		remark_free(d);
	}
}

int picture_take_downtimes(struct picture *p, const json_t *results)
{
	const json_t *result;
	size_t k;

	json_array_foreach (results, k, result)
		take_downtime(p, result);
	drop_downtimes(p, is_part);
	drop_downtimes(p, is_over);
	return 0;
}

static int64_t turn_of(const struct picture *p, const struct remark *d)
{
	if (d->since > p->now_s)
		return d->since;
	if (!d->runs && d->since + BEGINS_S > p->now_s)
		return p->now_s + 1; /* within its first second, by Icinga's clock */
	return d->until > p->now_s ? d->until : p->now_s + 1;
}

int64_t picture_next_turn(const struct picture *p)
{
	const struct remark *d;
	int64_t next = 0;

	for (d = p->downtimes; d; d = d->hh.next) {
		int64_t turn = turn_of(p, d);

		if (!next || turn < next)
			next = turn;
	}
	return next;
}

#define COMMENT_USER 1
#define COMMENT_ACK 4

static void take_ack(struct picture *p, const json_t *attrs)
{
	struct seen *s = picture_seen(p, icinga_text(attrs, "host_name"), icinga_text(attrs, "service_name"));
	int64_t at_us = icinga_us(attrs, "entry_time");

	if (!s || !(s->flags & EVENT_ACKED) || (s->owner && at_us < s->acked_us))
		return;
	free(s->owner);
	free(s->ack_text);
	s->owner = strdup(icinga_text(attrs, "author"));
	s->ack_text = strdup(icinga_text(attrs, "text"));
	s->acked_us = at_us;
	gate_mark_of(icinga_text(attrs, "text"), s->mark);
}

int picture_take_comments(struct picture *p, const json_t *results)
{
	const json_t *result;
	struct remark *c;
	size_t k;

	json_array_foreach (results, k, result) {
		const json_t *attrs = json_object_get(result, "attrs");
		const char *text = icinga_text(attrs, "text");
		char mark[GATE_MARK_BYTES];

		gate_mark_of(text, mark);
		if (icinga_count(attrs, "entry_type", 255) == COMMENT_ACK)
			take_ack(p, attrs);
		else if (icinga_count(attrs, "entry_type", 255) == COMMENT_USER && *mark &&
			 (c = remark_create(p->comments, result, text)))
			HASH_ADD_STR(p->comments, name, c);
	}
	return 0;
}

static bool is_of(const struct remark *d, const char *tag, const char *mark)
{
	return *d->mark && (*mark ? strcmp(d->mark, mark) == 0 : strncmp(d->mark, tag, strcspn(tag, ":") + 1) == 0);
}

void picture_note_cancel(struct picture *p, const char *by, const char *mark)
{
	for (struct remark *d = p ? p->downtimes : NULL; d; d = d->hh.next)
		if (is_of(d, by, mark) && gate_mark_is_valid(by))
			memcpy(d->mark, by, strlen(by) + 1);
}

json_t *picture_downtimes_of(const struct picture *p, const char *tag, const char *mark)
{
	const struct remark *d;
	json_t *list = json_array();

	for (d = p ? p->downtimes : NULL; d; d = d->hh.next)
		if (is_of(d, tag, mark))
			json_array_append_new(list, json_string(d->name));
	return list;
}

static bool has_mark(const struct remark *remarks, const char *mark)
{
	for (; remarks; remarks = remarks->hh.next)
		if (*mark && strcmp(remarks->mark, mark) == 0)
			return true;
	return false;
}

bool picture_has_downtime_of(const struct picture *p, const char *tag, const char *mark)
{
	const struct remark *d = p ? p->downtimes : NULL;

	while (d && !is_of(d, tag, mark))
		d = d->hh.next;
	return d != NULL;
}

bool picture_has_comment(const struct picture *p, const char *mark)
{
	return p && has_mark(p->comments, mark);
}

bool picture_has_downtime(const struct picture *p, const char *mark)
{
	return p && has_mark(p->downtimes, mark);
}

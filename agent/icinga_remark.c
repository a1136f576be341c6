/*
 * The part of a picture that people wrote: downtimes, acknowledgements' comments, and the
 * comments of ours. Called by icinga_poll.c. Must never keep a comment that is not ours.
 */
#include "agent/icinga_picture_internal.h"

#include <stdlib.h>
#include <string.h>

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

static void take_downtime(struct picture *p, const json_t *result)
{
	const json_t *attrs = json_object_get(result, "attrs");
	struct remark *d = remark_create(p->downtimes, result, icinga_text(attrs, "comment"));
	int64_t triggered = icinga_s(attrs, "trigger_time");

	if (!d)
		return;
	d->since = icinga_s(attrs, "start_time");
	d->until = icinga_s(attrs, "end_time");
	d->flags = icinga_flag(attrs, "fixed") ? EVENT_FIXED : 0;
	/* Its objects are in a fixed one from its first second on, though Icinga triggers it up to 5 s later. */
	d->runs = d->since <= p->now_s && (triggered > 0 || d->flags & EVENT_FIXED);
	d->flags |= d->runs ? EVENT_IN_DOWNTIME : 0;
	if (d->runs && !(d->flags & EVENT_FIXED)) { /* until now it had a window */
		d->since = triggered;
		d->until = triggered + (int64_t)icinga_count(attrs, "duration", 1u << 30);
	}
	HASH_ADD_STR(p->downtimes, name, d);
}

/* Icinga makes one for each service of a host that is to be down with them: for us the host's says so. */
static bool is_part(const struct picture *p, const struct remark *d)
{
	const struct remark *parent = *d->parent ? picture_remark(p->downtimes, d->parent) : NULL;

	return parent && d->kind == EVENT_SERVICE && parent->kind == EVENT_HOST && strcmp(parent->host, d->host) == 0;
}

/* Icinga looks for them once a minute; its objects are out of it at once. */
static bool is_over(const struct picture *p, const struct remark *d)
{
	return d->until <= p->now_s;
}

int picture_take_downtimes(struct picture *p, const json_t *results)
{
	const json_t *result;
	struct remark *d, *next;
	size_t k;

	json_array_foreach (results, k, result)
		take_downtime(p, result);
	HASH_ITER (hh, p->downtimes, d, next) {
		if (!is_part(p, d) && !is_over(p, d))
			continue;
		HASH_DEL(p->downtimes, d);
		remark_free(d);
	}
	return 0;
}

int64_t picture_next_turn(const struct picture *p)
{
	const struct remark *d;
	int64_t next = 0;

	for (d = p->downtimes; d; d = d->hh.next) {
		int64_t turn = d->since > p->now_s ? d->since : d->until;

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

bool picture_has_comment(const struct picture *p, const char *mark)
{
	return p && has_mark(p->comments, mark);
}

bool picture_has_downtime(const struct picture *p, const char *mark)
{
	return p && has_mark(p->downtimes, mark);
}

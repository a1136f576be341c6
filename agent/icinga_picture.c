/*
 * Icinga 2's answers, taken into a picture of what it has. Called by icinga_poll.c.
 * Must never take an object that was never checked for a problem.
 */
#include "agent/icinga_picture_internal.h"

#include <stdlib.h>
#include <string.h>

/* --- attributes ------------------------------------------------------------------------------ */

#define STATE_ATTRS                                                                                           \
	"state", "state_type", "last_check", "last_hard_state_change", "last_state_change", "acknowledgement", \
	    "acknowledgement_expiry", "downtime_depth", "flapping", "check_attempt", "max_check_attempts"

#define NAMES(list) icinga_names(list, sizeof list / sizeof list[0])

json_t *picture_host_attrs(void)
{
	static const char *const list[] = {STATE_ATTRS, "last_state_up", "last_reachable"};

	return NAMES(list);
}

json_t *picture_service_attrs(void)
{
	static const char *const list[] = {STATE_ATTRS, "last_state_ok"};

	return NAMES(list);
}

/* --- beginning and end ------------------------------------------------------------------------- */

struct picture *picture_create(int64_t now_s)
{
	struct picture *p = calloc(1, sizeof *p);

	if (p)
		p->now_s = now_s;
	return p;
}

static void seen_free(struct seen *s)
{
	free(s->output);
	free(s->owner);
	free(s->ack_text);
	free(s);
}

void picture_destroy(struct picture *p)
{
	struct seen *s, *next;

	if (!p)
		return;
	HASH_ITER (hh, p->objects, s, next) {
		HASH_DEL(p->objects, s);
		seen_free(s);
	}
	remarks_finish(&p->downtimes);
	remarks_finish(&p->comments);
	free(p->well);
	free(p);
}

/* --- hosts and services --------------------------------------------------------------------------- */

static struct seen *find(const struct picture *p, const char *key, size_t len)
{
	struct seen *s = NULL;

	if (p)
		HASH_FIND(hh, p->objects, key, len, s);
	return s;
}

struct seen *picture_seen(const struct picture *p, const char *host, const char *service)
{
	char key[ICINGA_KEY];
	size_t len = icinga_key_of(host, service, key);

	return len ? find(p, key, len) : NULL;
}

/* Whatever Icinga still calls acknowledged: it looks at the end with the next result only. */
static uint32_t ack_flags(const struct picture *p, const json_t *attrs, int64_t *until)
{
	unsigned kind = icinga_count(attrs, "acknowledgement", 2);

	*until = icinga_s(attrs, "acknowledgement_expiry");
	if (!kind || (*until && *until <= p->now_s))
		return 0;
	return EVENT_ACKED | (kind == 2 ? EVENT_STICKY : 0);
}

static uint32_t host_flags(const struct picture *p, const char *host)
{
	const struct seen *h = picture_seen(p, host, "");

	if (!h)
		return 0;
	return (h->state != EVENT_UP ? EVENT_HOST_DOWN : 0) | (h->flags & EVENT_IN_DOWNTIME);
}

static void fill(const struct picture *p, struct seen *s, const json_t *attrs)
{
	bool is_host = s->kind == EVENT_HOST;

	s->state = icinga_state(attrs, s->kind);
	s->flags = ack_flags(p, attrs, &s->until) | (icinga_flag(attrs, "state_type") ? EVENT_HARD : 0) |
		   (icinga_flag(attrs, "flapping") ? EVENT_FLAPS : 0) |
		   (icinga_flag(attrs, "downtime_depth") ? EVENT_IN_DOWNTIME : 0);
	s->is_noteworthy = s->state != EVENT_OK || (s->flags & (EVENT_ACKED | EVENT_FLAPS | EVENT_IN_DOWNTIME));
	if (!is_host)
		s->flags |= host_flags(p, s->key);
	s->attempt = (uint16_t)icinga_count(attrs, "check_attempt", UINT16_MAX);
	s->max_attempts = (uint16_t)icinga_count(attrs, "max_check_attempts", UINT16_MAX);
	s->since = icinga_s(attrs, "last_hard_state_change");
	s->last_ok = icinga_s(attrs, is_host ? "last_state_up" : "last_state_ok");
	s->changed_us = icinga_us(attrs, "last_state_change");
	if (s->state != EVENT_OK && s->last_ok > s->changed_us / 1000000)
		s->last_ok = 0; /* a clock that went back: it was not well in between, for all we know */
}

static uint64_t hash_of(const char *key, size_t len)
{
	uint64_t h = 14695981039346656037u;

	for (size_t k = 0; k < len; k++)
		h = (h ^ (unsigned char)key[k]) * 1099511628211u;
	return h;
}

static int add_well(struct picture *p, const char *key, size_t len, int64_t since)
{
	if (p->n_well == p->cap_well) {
		size_t cap = p->cap_well ? 2 * p->cap_well : 1024;
		struct well *more = reallocarray(p->well, cap, sizeof *more);

		if (!more)
			return -1;
		p->well = more;
		p->cap_well = cap;
	}
	p->well[p->n_well++] = (struct well){.hash = hash_of(key, len), .since = since ? since : 1};
	p->is_sorted = false;
	return 0;
}

/* 0, or -1 without memory. Of what is well, and was, only since when is kept. */
static int take_object(struct picture *p, const struct picture *before, unsigned kind, const json_t *result)
{
	const json_t *attrs = json_object_get(result, "attrs");
	char key[ICINGA_KEY];
	size_t len = icinga_key(icinga_text(result, "name"), kind, key);
	const struct seen *was;
	struct seen *s;

	if (!len || !json_is_number(json_object_get(attrs, "state")) || find(p, key, len))
		return 0;
	if (kind == EVENT_HOST)
		p->n_hosts++;
	else
		p->n_services++;
	if (icinga_number(attrs, "last_check") < 0)
		return 0; /* pending */
	s = calloc(1, sizeof *s + len);
	if (!s)
		return -1;
	memcpy(s->key, key, len);
	s->service = s->key + strlen(key) + 1;
	s->kind = (uint8_t)kind;
	fill(p, s, attrs);
	was = find(before, key, len);
	if (!s->is_noteworthy && (!was || !was->is_noteworthy)) {
		int64_t since = s->since;

		seen_free(s);
		return add_well(p, key, len, since);
	}
	HASH_ADD_KEYPTR(hh, p->objects, s->key, len, s);
	return 0;
}

static int take_objects(struct picture *p, const struct picture *before, unsigned kind, const json_t *results)
{
	const json_t *result;
	size_t k;

	json_array_foreach (results, k, result)
		if (take_object(p, before, kind, result) == -1)
			return -1;
	return 0;
}

int picture_take_hosts(struct picture *p, const struct picture *before, const json_t *results)
{
	return take_objects(p, before, EVENT_HOST, results);
}

int picture_take_services(struct picture *p, const struct picture *before, const json_t *results)
{
	return take_objects(p, before, EVENT_SERVICE, results);
}

unsigned picture_count(const struct picture *p, unsigned kind)
{
	return kind == EVENT_HOST ? p->n_hosts : p->n_services;
}

/* --- outputs --------------------------------------------------------------------------------------- */

static bool is_as_before(const struct seen *s, const struct seen *was)
{
	return was && was->output && was->state == s->state && was->changed_us == s->changed_us &&
	       !((was->flags ^ s->flags) & EVENT_HARD);
}

json_t *picture_wanted(struct picture *p, const struct picture *before, unsigned kind)
{
	json_t *wanted = json_array();
	struct seen *s, *next;

	HASH_ITER (hh, p->objects, s, next) {
		const struct seen *was = s->kind == kind ? picture_seen(before, s->key, s->service) : NULL;

		if (s->kind != kind || s->output)
			continue;
		if (is_as_before(s, was))
			s->output = strdup(was->output);
		else if (kind == EVENT_HOST)
			json_array_append_new(wanted, json_string(s->key));
		else
			json_array_append_new(wanted, json_sprintf("%s!%s", s->key, s->service));
	}
	return wanted;
}

/* It has changed since its state was read: these words are of a state that the next look tells. */
static bool is_of_another(const struct seen *s, const json_t *attrs)
{
	int64_t changed_us = icinga_us(attrs, "last_state_change");

	return changed_us && changed_us != s->changed_us;
}

void picture_take_outputs(struct picture *p, unsigned kind, const json_t *results)
{
	const json_t *result;
	char key[ICINGA_KEY];
	size_t k, len;

	json_array_foreach (results, k, result) {
		const json_t *attrs = json_object_get(result, "attrs"), *check = json_object_get(attrs, "last_check_result");
		const char *output;
		struct seen *s;

		len = icinga_key(icinga_text(result, "name"), kind, key);
		s = len ? find(p, key, len) : NULL;
		if (!s || s->output || is_of_another(s, attrs))
			continue;
		len = icinga_output(check, &output);
		s->output = strndup(output, len);
	}
}

/* --- looking things up ------------------------------------------------------------------------------- */

bool picture_find(const struct picture *p, const char *host, const char *service, struct picture_view *view)
{
	const struct seen *s = p ? picture_seen(p, host, service) : NULL;

	*view = (struct picture_view){.owner = "", .ack_text = ""};
	if (!s)
		return false;
	view->acked = (s->flags & EVENT_ACKED) != 0;
	view->owner = s->owner ? s->owner : "";
	view->ack_text = s->ack_text ? s->ack_text : "";
	return true;
}

static int by_hash(const void *a, const void *b)
{
	uint64_t x = ((const struct well *)a)->hash, y = ((const struct well *)b)->hash;

	return x < y ? -1 : x > y;
}

int64_t picture_ok_since(struct picture *p, const char *host, const char *service)
{
	const struct seen *s = p ? picture_seen(p, host, service) : NULL;
	const struct well *found = NULL;
	struct well wanted;
	char key[ICINGA_KEY];
	size_t len = icinga_key_of(host, service, key);

	if (s)
		return s->state == EVENT_OK ? (s->since ? s->since : 1) : 0;
	if (!p || !len || !p->n_well)
		return 0;
	wanted = (struct well){.hash = hash_of(key, len)};
	if (!p->is_sorted)
		qsort(p->well, p->n_well, sizeof *p->well, by_hash);
	p->is_sorted = true;
	found = bsearch(&wanted, p->well, p->n_well, sizeof *p->well, by_hash);
	return found ? found->since : 0;
}

bool picture_lacks(const struct picture *p, const struct picture *before)
{
	const struct seen *was;

	for (was = before ? before->objects : NULL; was; was = was->hh.next)
		if (was->is_noteworthy && !picture_seen(p, was->key, was->service))
			return true;
	return false;
}

void picture_note_ack(struct picture *p, const struct event *ev, const char *author, int64_t at_ms)
{
	struct seen *s = p ? picture_seen(p, ev->host, ev->service) : NULL;

	if (!s)
		return;
	s->flags &= ~(uint32_t)(EVENT_ACKED | EVENT_STICKY);
	free(s->owner);
	free(s->ack_text);
	s->owner = author ? strdup(author) : NULL;
	s->ack_text = author ? strdup(ev->text) : NULL;
	if (author)
		s->flags |= EVENT_ACKED | (ev->flags & EVENT_STICKY);
	s->noted_ms = at_ms;
	s->mark[0] = '\0';
	if (author && gate_mark_is_valid(ev->mark))
		memcpy(s->mark, ev->mark, strlen(ev->mark) + 1);
}

bool picture_is_pending(struct picture *p, const char *host, const char *service)
{
	return !picture_seen(p, host, service) && !picture_ok_since(p, host, service);
}

static void keep_ack(struct seen *s, const struct seen *was)
{
	const uint32_t kept = EVENT_ACKED | EVENT_STICKY;

	free(s->owner);
	free(s->ack_text);
	s->owner = was->owner ? strdup(was->owner) : NULL;
	s->ack_text = was->ack_text ? strdup(was->ack_text) : NULL;
	s->flags = (s->flags & ~kept) | (was->flags & kept);
	s->until = was->until;
	s->acked_us = was->acked_us;
	s->noted_ms = was->noted_ms;
	memcpy(s->mark, was->mark, sizeof s->mark);
}

void picture_keep_acks(struct picture *p, const struct picture *before, int64_t since_ms)
{
	const struct seen *was;

	for (was = before ? before->objects : NULL; was; was = was->hh.next) {
		struct seen *s = was->noted_ms >= since_ms ? picture_seen(p, was->key, was->service) : NULL;

		if (s && s->state != EVENT_OK)
			keep_ack(s, was);
	}
}

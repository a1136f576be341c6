/*
 * What `report` has to know of one incident: when it was bad, for whom, who had it, how often it
 * was posted. Called by control_month.c; reads the store only. It must never take the words of a
 * plugin or a person for an event.
 */
#include "agent/control_internal.h"
#include "agent/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define TOLD_AUDIENCES 64

/* --- what is read -------------------------------------------------------------------------------- */

/* One of its objects. */
struct member {
	UT_hash_handle hh;
	int64_t flaps_s; /* since; 0 = it does not */
	char label[];
};

struct spans {
	struct report_span *at;
	size_t n, cap;
};

struct facts {
	struct control *control;
	int64_t from_ms, until_ms; /* the month */
	unsigned rows;
	struct member *members;
	struct spans bad, public, work;
	const struct incident_row *row;
	unsigned n_audiences; /* public ones that were told, each as often as it has accounts */
	char audiences[TOLD_AUDIENCES][64];
	uint64_t threads[TOLD_AUDIENCES];
	int64_t work_s[TOLD_AUDIENCES]; /* maintenance runs there since; 0 = it does not */
	json_t *names, *flaps;
	bool is_told;
	int64_t first_s, told_ms, acked_ms, begun_s, over_s; /* begun, over: a planned one */
	unsigned posts;
	enum report_ack acked_by;
};

static void span_add(struct spans *to, int64_t from_s, int64_t to_s)
{
	size_t cap = to->cap ? 2 * to->cap : 16;
	struct report_span *at = to->n < to->cap ? to->at : reallocarray(to->at, cap, sizeof *at);

	if (!at)
		return;
	if (to->n == to->cap)
		to->cap = cap;
	to->at = at;
	to->at[to->n++] = (struct report_span){from_s, to_s ? to_s : INT64_MAX};
}

static bool is_public(const struct control *c, const struct thread_row *row)
{
	int k = config_audience_index(core_config(c->core), row->audience);

	return k >= 0 ? !core_config(c->core)->audiences[k].internals : row->names && *row->names;
}

static void add_names(json_t *to, const char *names)
{
	char name[600];

	for (const char *at = names; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		json_t *one;
		bool has_it = false;
		size_t k;

		snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "\n"), at);
		json_array_foreach (to, k, one)
			has_it = has_it || !strcmp(json_string_value(one), name);
		if (!has_it && *name)
			json_array_append_new(to, control_text(name));
	}
}

static int see_thread(void *arg, const struct thread_row *row)
{
	struct facts *f = arg;

	f->rows++;
	if (row->state == THREAD_HELD || row->state == THREAD_DROPPED || row->state == THREAD_MISSED ||
	    row->root == DELIVERY_ASKED || row->root == DELIVERY_DECLINED) /* nobody has said `go` */
		return 0;
	f->is_told = true;
	if (!is_public(f->control, row))
		return 0;
	add_names(f->names, row->names ? row->names : "");
	if (f->n_audiences == TOLD_AUDIENCES)
		return 0;
	f->threads[f->n_audiences] = row->id;
	snprintf(f->audiences[f->n_audiences++], sizeof f->audiences[0], "%s", row->audience);
	return 0;
}

/* "public,operators" */
static bool is_listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == n && !strncmp(at, name, n))
			return true;
	return false;
}

static bool was_public(const struct facts *f, const struct problem_row *row)
{
	for (unsigned k = 0; k < f->n_audiences; k++)
		if (is_listed(row->heard, f->audiences[k]))
			return true;
	return false;
}

static void member_add(struct facts *f, const struct problem_row *row)
{
	struct member *m;
	char label[1200];

	snprintf(label, sizeof label, "%s%s%s", row->host, *row->service ? "/" : "", row->service);
	HASH_FIND_STR(f->members, label, m);
	if (m || !(m = calloc(1, sizeof *m + strlen(label) + 1)))
		return;
	memcpy(m->label, label, strlen(label) + 1);
	HASH_ADD_STR(f->members, label, m);
}

static int see_problem(void *arg, const struct problem_row *row)
{
	struct facts *f = arg;
	int64_t from_s = row->hard_s ? row->hard_s : row->since_s;

	f->rows++;
	member_add(f, row);
	span_add(&f->bad, from_s, row->until_s);
	if (was_public(f, row))
		span_add(&f->public, from_s, row->until_s);
	if (!f->first_s || row->since_s < f->first_s)
		f->first_s = row->since_s;
	return 0;
}

/* Sentences behind which it is as if there had been no maintenance. */
#define WORK_ENDS                                                                                  \
	(SAY_BIT(SAY_ENDED) | SAY_BIT(SAY_ENDED_BAD) | SAY_BIT(SAY_CANCELLED) | SAY_BIT(SAY_RECOVERY) | \
	 SAY_BIT(SAY_AGAIN))

/* A downtime in the middle of an incident is said under that one's tag, and kept nowhere else. */
static void see_work(struct facts *f, const struct post_row *p)
{
	for (unsigned k = 0; k < f->n_audiences; k++) {
		if (f->threads[k] != p->thread)
			continue;
		if (p->event == SAY_BEGUN && !f->work_s[k])
			f->work_s[k] = p->created_ms / 1000;
		if (p->event < 0 || !f->work_s[k] || !(SAY_BIT(p->event) & WORK_ENDS))
			continue;
		span_add(&f->work, f->work_s[k], p->created_ms / 1000);
		f->work_s[k] = 0;
	}
}

static void work_ends(struct facts *f)
{
	for (unsigned k = 0; k < f->n_audiences; k++)
		if (f->work_s[k])
			span_add(&f->work, f->work_s[k], f->row->until_s);
}

static int see_said(void *arg, const struct post_row *p)
{
	struct facts *f = arg;

	f->rows++;
	if (p->kind != POST_SAY)
		return 0;
	if (!(f->row->flags & INCIDENT_MAINTENANCE))
		see_work(f, p);
	if (!p->sent_ms)
		return 0;
	if (!f->told_ms || p->sent_ms < f->told_ms)
		f->told_ms = p->sent_ms;
	f->posts += p->sent_ms >= f->from_ms && p->sent_ms < f->until_ms;
	return 0;
}

/* --- its timeline -------------------------------------------------------------------------------- */

static void flap_add(struct facts *f, const struct member *m, int64_t to_s)
{
	json_array_append_new(
	    f->flaps, json_pack("[o, I, I]", control_text(m->label), (json_int_t)m->flaps_s, (json_int_t)to_s));
}

/* "mx1/SMTP flaps": only if all that stands before is the name of a member, not somebody's output. */
static struct member *member_that(const struct facts *f, const char *text, const char *does)
{
	size_t n = strlen(text), tail = strlen(does);
	struct member *m = NULL;

	if (n > tail && !strcmp(text + n - tail, does))
		HASH_FIND(hh, f->members, text, n - tail, m);
	return m;
}

static void see_flap(struct facts *f, const struct timeline_row *r)
{
	struct member *m = member_that(f, r->text, " flaps");

	if (m && !m->flaps_s)
		m->flaps_s = r->at_ms / 1000;
	m = member_that(f, r->text, " does not flap any more");
	if (!m || !m->flaps_s)
		return;
	flap_add(f, m, r->at_ms / 1000);
	m->flaps_s = 0;
}

static int see_line(void *arg, const struct timeline_row *r)
{
	struct facts *f = arg;

	f->rows++;
	if (strcmp(r->kind, "event") != 0)
		return 0;
	if (!f->acked_ms && control_story_is_ack(r))
		f->acked_ms = r->at_ms;
	if (!strcmp(r->text, "maintenance has begun") && !f->begun_s)
		f->begun_s = r->at_ms / 1000;
	if (!strcmp(r->text, "maintenance is over"))
		f->over_s = r->at_ms / 1000;
	see_flap(f, r);
	return 0;
}

/* What flapped to the end of its incident. */
static void flaps_end(struct facts *f)
{
	struct member *m, *next;

	HASH_ITER (hh, f->members, m, next) {
		if (m->flaps_s)
			flap_add(f, m, f->row->open ? 0 : f->row->closed_ms / 1000);
		HASH_DEL(f->members, m);
		free(m);
	}
}

#define ECHO_MS 2000 /* the core's event and the reply that it confirms are of one turn of the loop */

static int see_answer(void *arg, const struct reply_row *r)
{
	struct facts *f = arg;
	bool is_ack = !strncmp(r->verb, "ack", 3) || !strcmp(r->verb, "take");

	f->rows++;
	if (is_ack && r->state == REPLY_CONFIRMED && llabs(r->done_ms - f->acked_ms) <= ECHO_MS)
		f->acked_by = REPORT_ACK_REPLY;
	return 0;
}

/* --- what is told ------------------------------------------------------------------------------- */

static json_t *spans_to_json(struct spans *s)
{
	json_t *list = json_array();

	s->n = report_union(s->at, s->n);
	for (size_t k = 0; k < s->n; k++) {
		int64_t to_s = s->at[k].to_s == INT64_MAX ? 0 : s->at[k].to_s;

		json_array_append_new(list, json_pack("[I, I]", (json_int_t)s->at[k].from_s, (json_int_t)to_s));
	}
	return list;
}

/* As `show` reckons it: since_s is of the last time that it broke. */
static int64_t begun_s(const struct facts *f)
{
	const struct incident_row *row = f->row;
	int64_t first_s = row->since_s;

	if (row->flags & INCIDENT_MAINTENANCE)
		return f->begun_s ? f->begun_s : row->since_s;
	if (row->times > 1 && f->first_s && f->first_s < first_s)
		first_s = f->first_s;
	if (row->times > 1 && row->opened_ms / 1000 < first_s)
		first_s = row->opened_ms / 1000;
	return first_s;
}

/* What no core reports has no problems: it was bad from its beginning to its end. */
static void spans_by_hand(struct facts *f)
{
	const struct incident_row *row = f->row;

	if (row->flags & INCIDENT_MAINTENANCE) {
		if (f->begun_s)
			span_add(&f->work, f->begun_s, f->over_s ? f->over_s : row->until_s);
	} else if (row->flags & INCIDENT_BY_HAND) {
		if (f->n_audiences)
			span_add(&f->public, row->since_s, row->until_s);
	}
}

static void set_number(json_t *to, const char *key, int64_t value)
{
	json_object_set_new(to, key, json_integer((json_int_t)value));
}

static void set_flag(json_t *to, const char *key, bool is_so)
{
	if (is_so)
		json_object_set_new(to, key, json_true());
}

static json_t *facts_to_json(struct facts *f)
{
	static const char *const ways[REPORT_ACKS] = {"", "reply", "web"};
	const struct incident_row *row = f->row;
	int reports = store_count_reports(core_store(f->control->core), row->id, NULL);
	json_t *one = json_pack("{s:s, s:o, s:o, s:o, s:o}", "tag", row->tag, "object", control_text(row->object), "bad",
				spans_to_json(&f->bad), "public", spans_to_json(&f->public), "work",
				spans_to_json(&f->work));

	json_object_set(one, "names", f->names);
	json_object_set(one, "flaps", f->flaps);
	set_number(one, "begun_s", begun_s(f));
	set_number(one, "until_s", row->until_s);
	set_number(one, "told_s", f->told_ms / 1000);
	set_number(one, "acked_s", f->acked_ms / 1000);
	json_object_set_new(one, "acked_by", json_string(ways[f->acked_by]));
	set_number(one, "times", row->times);
	set_number(one, "posts", f->posts);
	set_number(one, "reports", reports > 0 ? reports : 0);
	set_number(one, "confirmed", reports > 0 ? control_reports_confirmed(f->control, row->id) : 0);
	set_flag(one, "is_told", f->is_told);
	set_flag(one, "is_public", f->n_audiences);
	set_flag(one, "major", row->flags & INCIDENT_MAJOR);
	set_flag(one, "by_hand", row->flags & INCIDENT_BY_HAND);
	set_flag(one, "maintenance", row->flags & INCIDENT_MAINTENANCE);
	set_flag(one, "retracted", row->flags & INCIDENT_RETRACTED);
	return one;
}

json_t *control_month_incident(struct control *c, const struct incident_row *row, int64_t from_ms, int64_t until_ms,
			       unsigned *rows)
{
	struct facts f = {.control = c, .from_ms = from_ms, .until_ms = until_ms, .row = row, .names = json_array(),
			  .flaps = json_array()};
	struct store *store = core_store(c->core);
	json_t *one;

	store_threads_of_incident(store, row->id, see_thread, &f, NULL);
	store_problems_of_incident(store, row->id, row->open, see_problem, &f, NULL);
	store_posts_of_incident(store, row->id, see_said, &f, NULL);
	store_timeline(store, row->id, see_line, &f, NULL);
	if (f.acked_ms) {
		f.acked_by = REPORT_ACK_WEB;
		store_replies_of_incident(store, row->id, see_answer, &f, NULL);
	}
	flaps_end(&f);
	work_ends(&f);
	spans_by_hand(&f);
	one = facts_to_json(&f);
	*rows += f.rows;
	json_decref(f.names);
	json_decref(f.flaps);
	free(f.bad.at);
	free(f.public.at);
	free(f.work.at);
	return one;
}

/*
 * What the simulated X shows: posts, mentions, users, messages, in pages, newest first.
 * Called by sim_x_serve.c. It must never show one thing without billing it.
 */
#include "tests/crash/sim_x_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MENTIONS_KEPT 800 /* X shows the newest 800 */
#define EVENTS_KEPT_MS (30 * INT64_C(86400000))

const char *sim_x_param(const struct sim_x_call *c, const char *name)
{
	for (unsigned k = 0; k < c->n_params; k++)
		if (strcmp(c->params[k].name, name) == 0)
			return c->params[k].value;
	return NULL;
}

static struct sim_x_reply invalid(const struct sim_x *x, const char *detail)
{
	return sim_x_problem(x, 400, "invalid-request", "Invalid Request", detail);
}

/* --- pages --- */

struct page {
	int64_t since_id, until_id, start_ms, end_ms;
	long max;
	bool is_wrong;
};

static int64_t id_param(const struct sim_x_call *c, const char *name, int64_t missing, bool *is_wrong)
{
	const char *text = sim_x_param(c, name);

	if (!text)
		return missing;
	*is_wrong |= !text[0] || text[strspn(text, "0123456789")] || strlen(text) > 19;
	return strtoll(text, NULL, 10);
}

/* As ISO 8601, in seconds or milliseconds, UTC. */
static int64_t time_param(const struct sim_x_call *c, const char *name, int64_t missing, bool *is_wrong)
{
	const char *text = sim_x_param(c, name), *rest;
	struct tm tm = {0};

	if (!text)
		return missing;
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	*is_wrong |= !rest || (strcmp(rest, "Z") != 0 && (rest[0] != '.' || strlen(rest) != 5 || rest[4] != 'Z'));
	return *is_wrong ? missing : timegm(&tm) * INT64_C(1000) + (rest[0] == '.' ? strtol(rest + 1, NULL, 10) : 0);
}

static struct page page_of(const struct sim_x *x, const struct sim_x_call *c, long least, long usual)
{
	const char *max = sim_x_param(c, "max_results"), *token = sim_x_param(c, "pagination_token");
	struct page p = {.max = max ? strtol(max, NULL, 10) : usual};

	p.is_wrong = p.max < least || p.max > 100 || (token && token[0] != 'p');
	p.since_id = id_param(c, "since_id", 0, &p.is_wrong);
	p.until_id = id_param(c, "until_id", INT64_MAX, &p.is_wrong);
	p.start_ms = time_param(c, "start_time", 0, &p.is_wrong);
	p.end_ms = time_param(c, "end_time", INT64_MAX, &p.is_wrong);
	if (token && !p.is_wrong)
		p.until_id = strtoll(token + 1, NULL, 10);
	if (x->page && p.max > (long)x->page)
		p.max = x->page;
	return p;
}

static bool is_in(const struct page *p, const char *id_text, int64_t created_ms)
{
	int64_t id = strtoll(id_text, NULL, 10);

	return id > p->since_id && id < p->until_id && created_ms >= p->start_ms && created_ms <= p->end_ms;
}

/* Takes data over. has_more: another page follows. */
static struct sim_x_reply list(json_t *data, bool has_more)
{
	size_t n = json_array_size(data);
	json_t *meta = json_pack("{s:i}", "result_count", (int)n);
	json_t *body = json_pack("{s:o}", "meta", meta);
	const char *last;
	char token[SIM_X_ID + 1];

	if (n) {
		last = json_string_value(json_object_get(json_array_get(data, n - 1), "id"));
		json_object_set(meta, "newest_id", json_object_get(json_array_get(data, 0), "id"));
		json_object_set_new(meta, "oldest_id", json_string(last));
		snprintf(token, sizeof token, "p%s", last);
		if (has_more)
			json_object_set_new(meta, "next_token", json_string(token));
		json_object_set(body, "data", data);
	}
	json_decref(data);
	return (struct sim_x_reply){.status = 200, .body = body};
}

/* --- what expansions bring along: billed as any other --- */

static int user_by_id(const struct sim_x *x, const char *id)
{
	for (unsigned k = 0; id && k < x->n_users; k++)
		if (strcmp(x->users[k].id, id) == 0)
			return (int)k;
	return -1;
}

static void include_user(struct sim_x *x, const struct sim_x_call *c, const json_t *id, json_t *users)
{
	int k = user_by_id(x, json_string_value(id));
	json_t *known;
	size_t i;

	json_array_foreach(users, i, known)
	{
		if (json_equal(json_object_get(known, "id"), id))
			return;
	}
	if (k < 0)
		return;
	sim_x_bill_read(x, c->user, x->users[k].billed_day, SIM_X_PRICE_USER);
	json_array_append_new(users, sim_x_user_json(&x->users[k], ""));
}

static void include_post(struct sim_x *x, const struct sim_x_call *c, const json_t *list, json_t *posts)
{
	const char *id = json_string_value(json_object_get(json_array_get(list, 0), "id"));
	struct sim_x_post *p = id ? sim_x_find(x, id) : NULL;

	if (!p)
		return;
	sim_x_bill_read(x, c->user, p->billed_day, SIM_X_PRICE_READ);
	json_array_append_new(posts, sim_x_post_json(x, p, ""));
}

static void add_includes(struct sim_x *x, const struct sim_x_call *c, json_t *body)
{
	json_t *users = json_array(), *posts = json_array(), *data = json_object_get(body, "data"), *one;
	const char *expansions = sim_x_param(c, "expansions");
	size_t i;

	json_array_foreach(data, i, one)
	{
		if (sim_x_has_field(expansions, "author_id"))
			include_user(x, c, json_object_get(one, "author_id"), users);
		if (sim_x_has_field(expansions, "sender_id"))
			include_user(x, c, json_object_get(one, "sender_id"), users);
		if (sim_x_has_field(expansions, "referenced_posts"))
			include_post(x, c, json_object_get(one, "referenced_posts"), posts);
	}
	if (json_array_size(users) || json_array_size(posts))
		json_object_set_new(body, "includes", json_pack("{s:O, s:O}", "users", users, "posts", posts));
	json_decref(users);
	json_decref(posts);
}

/* --- posts --- */

static int64_t read_price(const struct sim_x *x, const struct sim_x_call *c)
{
	const struct sim_x_user *u = &x->users[c->user];

	return strcmp(u->id, c->target) == 0 && !u->is_foreign_app ? SIM_X_PRICE_OWN_READ : SIM_X_PRICE_READ;
}

static bool is_wanted(const struct sim_x_call *c, const struct sim_x_post *p, unsigned whose)
{
	if (c->kind == SIM_X_OWN)
		return p->author == whose;
	return p->author != whose && sim_x_mentions(p, whose);
}

static struct sim_x_reply read_timeline(struct sim_x *x, const struct sim_x_call *c)
{
	struct page page = page_of(x, c, 5, 10);
	int whose = user_by_id(x, c->target);
	json_t *data;
	unsigned passed = 0;
	bool has_more = false;

	if (page.is_wrong)
		return invalid(x, "One or more parameters to your request was invalid.");
	if (whose < 0)
		return sim_x_missing(x, "user", "id", c->target);
	data = json_array();
	for (unsigned k = x->n_posts; k-- > 0 && !has_more && passed < MENTIONS_KEPT;) {
		struct sim_x_post *p = &x->posts[k];

		if (!sim_x_stands(x, p) || !is_wanted(c, p, (unsigned)whose))
			continue;
		passed++;
		if (!is_in(&page, p->id, p->created_ms))
			continue;
		has_more = json_array_size(data) == (size_t)page.max;
		if (has_more)
			break;
		sim_x_bill_read(x, c->user, p->billed_day, read_price(x, c));
		json_array_append_new(data, sim_x_post_json(x, p, c->fields));
	}
	return list(data, has_more);
}

static struct sim_x_reply read_post(struct sim_x *x, const struct sim_x_call *c)
{
	struct sim_x_post *p = sim_x_find(x, c->target);

	if (!p || !sim_x_stands(x, p))
		return sim_x_missing(x, "tweet", "id", c->target);
	sim_x_bill_read(x, c->user, p->billed_day, SIM_X_PRICE_READ);
	return (struct sim_x_reply){
	    .status = 200, .body = json_pack("{s:o}", "data", sim_x_post_json(x, p, c->fields))};
}

/* --- users --- */

static struct sim_x_reply read_user(struct sim_x *x, const struct sim_x_call *c)
{
	struct sim_x_user *u = c->kind == SIM_X_ME ? &x->users[c->user] : NULL;

	for (unsigned k = 0; k < x->n_users && !u; k++)
		if (strcasecmp(x->users[k].name, c->target) == 0)
			u = &x->users[k];
	if (!u || u->is_gone)
		return sim_x_missing(x, "user", "username", c->target);
	sim_x_bill_read(x, c->user, u->billed_day, SIM_X_PRICE_USER);
	return (struct sim_x_reply){
	    .status = 200, .body = json_pack("{s:o}", "data", sim_x_user_json(u, c->fields))};
}

/* --- messages --- */

static struct sim_x_reply read_events(struct sim_x *x, const struct sim_x_call *c)
{
	struct page page = page_of(x, c, 1, 100);
	json_t *data;
	bool has_more = false;

	if (page.is_wrong)
		return invalid(x, "One or more parameters to your request was invalid.");
	data = json_array();
	for (unsigned k = x->n_messages; k-- > 0 && !has_more;) {
		struct sim_x_message *m = &x->messages[k];

		if ((m->to != c->user && m->from != c->user) || m->created_ms > sim_x_clock(x) ||
		    m->created_ms < sim_x_clock(x) - EVENTS_KEPT_MS || !is_in(&page, m->id, m->created_ms))
			continue;
		has_more = json_array_size(data) == (size_t)page.max;
		if (has_more)
			break;
		sim_x_bill_read(x, c->user, m->billed_day, SIM_X_PRICE_EVENT);
		json_array_append_new(data, sim_x_event_json(x, m, c->fields));
	}
	return list(data, has_more);
}

static struct sim_x_reply read_kind(struct sim_x *x, const struct sim_x_call *c)
{
	switch (c->kind) {
	case SIM_X_MENTIONS:
	case SIM_X_OWN: return read_timeline(x, c);
	case SIM_X_GET: return read_post(x, c);
	case SIM_X_ME:
	case SIM_X_USER: return read_user(x, c);
	case SIM_X_EVENTS: return read_events(x, c);
	case SIM_X_POST:
	case SIM_X_DELETE:
	case SIM_X_MESSAGE:
	case SIM_X_KINDS:
	case SIM_X_CREATES:
	case SIM_X_READS:
	case SIM_X_NO_KIND: break;
	}
	abort();
}

struct sim_x_reply sim_x_read(struct sim_x *x, const struct sim_x_call *c)
{
	struct sim_x_reply reply = read_kind(x, c);

	if (sim_x_param(c, "expansions"))
		add_includes(x, c, reply.body);
	return reply;
}

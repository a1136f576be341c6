/*
 * One request to the simulated X: whose it is, what it asks for, what it may cost, and
 * how the server misbehaves about it. Called by sim_link.c and by tests. It must never
 * act on a request that it refuses.
 */
#include "tests/crash/sim_x_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define WINDOW_MS (15 * 60 * 1000)

/* What there is: the path, with one part (*) that is the target; which parameters; how often in 15 min. */
static const struct route {
	const char *method, *head, *tail;
	const char *params; /* blank in front and behind each */
	unsigned limit;
} routes[SIM_X_KINDS] = {
    [SIM_X_POST] = {"POST", "/2/tweets", "", " ", 100},
    [SIM_X_DELETE] = {"DELETE", "/2/tweets/*", "", " ", 50},
    [SIM_X_MESSAGE] = {"POST", "/2/dm_conversations/with/*", "/messages", " ", 15},
    [SIM_X_GET] = {"GET", "/2/tweets/*", "", " expansions ?.fields ", 900},
    [SIM_X_MENTIONS] = {"GET", "/2/users/*", "/mentions",
			" since_id until_id start_time end_time max_results pagination_token expansions ?.fields ", 300},
    [SIM_X_OWN] = {"GET", "/2/users/*", "/tweets",
		   " since_id until_id start_time end_time max_results pagination_token expansions ?.fields ", 900},
    [SIM_X_ME] = {"GET", "/2/users/me", "", " user.fields ", 75},
    [SIM_X_USER] = {"GET", "/2/users/by/username/*", "", " user.fields ", 900},
    [SIM_X_EVENTS] = {"GET", "/2/dm_events", "", " max_results pagination_token event_types expansions dm_event.fields ", 15},
};

/* --- taking it apart --- */

static bool fits(const struct route *r, const struct request *request, struct sim_x_call *c)
{
	const char *star = strchr(r->head, '*');
	size_t head = star ? (size_t)(star - r->head) : strlen(r->head), n;

	if (strcmp(r->method, request->method) != 0 || strncmp(c->path, r->head, head) != 0)
		return false;
	n = star ? strcspn(c->path + head, "/") : 0;
	snprintf(c->target, sizeof c->target, "%.*s", (int)n, c->path + head);
	return strcmp(c->path + head + n, r->tail) == 0 && (!star || (n && n < sizeof c->target));
}

static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		char hex[3] = {s[0] == '%' ? s[1] : '\0', s[0] == '%' && s[1] ? s[2] : '\0', '\0'};

		*to++ = hex[1] ? (char)strtoul(hex, NULL, 16) : *s;
		s += hex[1] ? 2 : 0;
	}
	*to = '\0';
}

static void split_query(const char *at, struct sim_x_call *c)
{
	while (*at && c->n_params < SIM_X_PARAMS) {
		struct sim_x_param *p = &c->params[c->n_params++];
		size_t n = strcspn(at, "&"), name = strcspn(at, "=&");

		snprintf(p->name, sizeof p->name, "%.*s", (int)name, at);
		snprintf(p->value, sizeof p->value, "%.*s", (int)(n > name ? n - name - 1 : 0),
			 at + name + (n > name));
		unescape(p->name);
		unescape(p->value);
		at += n + (at[n] == '&');
	}
}

static void gather_fields(struct sim_x_call *c)
{
	for (unsigned k = 0; k < c->n_params; k++) {
		size_t n = strlen(c->fields);

		if (strstr(c->params[k].name, ".fields") || !strcmp(c->params[k].name, "expansions"))
			snprintf(c->fields + n, sizeof c->fields - n, "%s%s", n ? "," : "", c->params[k].value);
	}
}

static void take_apart(const struct request *request, struct sim_x_call *c)
{
	const char *url = request->url + strlen(SIM_X_BASE) - 1;
	size_t n = strcspn(url, "?");

	c->kind = SIM_X_NO_KIND;
	snprintf(c->path, sizeof c->path, "%.*s", (int)n, url);
	split_query(url[n] ? url + n + 1 : "", c);
	gather_fields(c);
	for (unsigned k = 0; k < SIM_X_KINDS && c->kind == SIM_X_NO_KIND; k++)
		if (fits(&routes[k], request, c))
			c->kind = (enum sim_x_kind)k;
	if (c->kind == SIM_X_USER && !strcmp(c->target, "me"))
		c->kind = SIM_X_ME;
	if (request->body)
		c->body = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, NULL);
}

/* What the newer vocabulary shows by expansion only (OpenAPI document 2.167). */
static bool is_wrong_field(const struct sim_x *x, const struct sim_x_param *p)
{
	return x->vocabulary == SIM_X_NEW && !strcmp(p->name, "post.fields") &&
	       (sim_x_has_field(p->value, "author_id") || sim_x_has_field(p->value, "in_reply_to_user_id") ||
		sim_x_has_field(p->value, "referenced_posts"));
}

/* "?.fields" stands for the name that this vocabulary has. */
static bool knows(const struct sim_x *x, const struct sim_x_call *c, const char *name)
{
	const char *list = routes[c->kind].params;
	char look[64];

	if (!strcmp(name, "tweet.fields"))
		return x->vocabulary != SIM_X_NEW && strstr(list, " ?.fields ");
	if (!strcmp(name, "post.fields"))
		return x->vocabulary != SIM_X_TWEET && strstr(list, " ?.fields ");
	if (!strcmp(name, "expansions") && x->vocabulary == SIM_X_TWEET)
		return false; /* nobody needs them here, and they may cost */
	snprintf(look, sizeof look, " %s ", name);
	return strstr(list, look) != NULL;
}

static bool has_header(const struct request *request, const char *start)
{
	for (unsigned k = 0; k < REQUEST_HEADERS && request->headers[k]; k++)
		if (!strncasecmp(request->headers[k], start, strlen(start)))
			return true;
	return false;
}

static bool is_creating(enum sim_x_kind kind)
{
	return kind <= SIM_X_MESSAGE;
}

/* NULL: nothing is wrong with it. */
static const char *wrong(const struct sim_x *x, const struct request *request, const struct sim_x_call *c)
{
	bool needs_body = c->kind == SIM_X_POST || c->kind == SIM_X_MESSAGE;

	for (unsigned k = 0; k < c->n_params; k++)
		if (!knows(x, c, c->params[k].name) || is_wrong_field(x, &c->params[k]))
			return c->params[k].name;
	if (needs_body && (!c->body || !has_header(request, "Content-Type: application/json")))
		return "the body is no JSON";
	if (!needs_body && request->body_len)
		return "a body that nobody asked for";
	if (c->kind != SIM_X_DELETE && is_creating(c->kind) != (request->effect == EFFECT_CREATES))
		return "its effect is declared wrongly"; /* deleting twice harms nobody */
	return NULL;
}

/* --- headers and limits --- */

static void put_date(const struct sim_x *x, struct sim_x_answer *answer)
{
	time_t t = (time_t)(sim_x_clock(x) / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(answer->headers, sizeof answer->headers,
		 "date: %a, %d %b %Y %H:%M:%S GMT\r\ncontent-type: application/json; charset=utf-8\r\n", &tm);
}

/* Counts the request; false: one too many in these 15 minutes. */
static bool count(struct sim_x *x, const struct sim_x_call *c, struct sim_x_answer *answer)
{
	struct sim_x_user *u = &x->users[c->user];
	unsigned limit = routes[c->kind].limit;
	size_t n = strlen(answer->headers);

	if (u->window_ms[c->kind] <= sim_x_clock(x)) {
		u->window_ms[c->kind] = sim_x_clock(x) + WINDOW_MS;
		u->asked[c->kind] = 0;
	}
	u->asked[c->kind]++;
	snprintf(answer->headers + n, sizeof answer->headers - n,
		 "x-rate-limit-limit: %u\r\nx-rate-limit-remaining: %u\r\nx-rate-limit-reset: %" PRId64 "\r\n", limit,
		 u->asked[c->kind] < limit ? limit - u->asked[c->kind] : 0, u->window_ms[c->kind] / 1000);
	return u->asked[c->kind] <= limit;
}

/* --- misbehaving --- */

static struct sim_x_script *ordered(struct sim_x *x, enum sim_x_kind kind)
{
	for (unsigned k = 0; k < SIM_X_SCRIPTS; k++) {
		struct sim_x_script *s = &x->scripts[k];
		bool is_meant = s->kind == (unsigned)kind || s->kind == SIM_X_ANY ||
				s->kind == (unsigned)(is_creating(kind) ? SIM_X_CREATES : SIM_X_READS);

		if (s->left && is_meant) {
			s->left--;
			return s;
		}
	}
	return NULL;
}

static bool take_one(unsigned *n)
{
	return *n && (*n)--;
}

static bool is_nth(unsigned n, unsigned every)
{
	return every && n % every == 0;
}

static struct sim_x_reply serve_create(struct sim_x *x, struct sim_x_call *c, bool *is_lost)
{
	bool is_error = is_nth(x->creates, x->error_every);
	struct sim_x_reply reply = {0};

	*is_lost = is_nth(x->creates, x->lose_every);
	if (take_one(&x->drop_next)) {
		*is_lost = true;
		return reply;
	}
	if (take_one(&x->late_next)) {
		*is_lost = true;
		c->late_ms = x->late_ms;
	}
	*is_lost |= take_one(&x->lose_next);
	is_error |= take_one(&x->error_next);
	reply = c->kind == SIM_X_POST	  ? sim_x_create_post(x, c)
		: c->kind == SIM_X_DELETE ? sim_x_delete_post(x, c)
					  : sim_x_create_message(x, c);
	if (!is_error || reply.status >= 300)
		return reply;
	json_decref(reply.body);
	return sim_x_problem(x, 500, NULL, "Internal Server Error", "Something is broken.");
}

static struct sim_x_reply act(struct sim_x *x, const struct request *request, struct sim_x_call *c, bool *is_lost)
{
	const char *why = wrong(x, request, c);

	if (why)
		return sim_x_problem(x, 400, "invalid-request", "Invalid Request", why);
	if (x->has_credits && x->credits_micro <= 0)
		return sim_x_problem(x, 402, "credits", "CreditsDepleted",
				     "Your enrolled account [1234567] does not have any credits to fulfill this request.");
	return is_creating(c->kind) ? serve_create(x, c, is_lost) : sim_x_read(x, c);
}

static void follow(struct sim_x *x, const struct sim_x_script *order, struct sim_x_answer *answer)
{
	put_date(x, answer);
	snprintf(answer->headers + strlen(answer->headers), sizeof answer->headers - strlen(answer->headers), "%s",
		 order->headers);
	answer->status = order->status;
	free(answer->body);
	answer->body = strdup(order->body);
}

static struct sim_x_reply serve(struct sim_x *x, const struct request *request, struct sim_x_call *c,
				struct sim_x_answer *answer)
{
	if (c->kind == SIM_X_NO_KIND)
		return sim_x_problem(x, 404, NULL, "Not Found", "Not Found");
	x->counts.asked[c->kind]++;
	if (!sim_x_auth(x, request, c)) {
		x->counts.refused_signatures++;
		return sim_x_problem(x, 401, NULL, "Unauthorized", "Unauthorized");
	}
	if (!count(x, c, answer))
		return sim_x_problem(x, 429, NULL, "Too Many Requests", "Too Many Requests");
	return act(x, request, c, &answer->is_lost);
}

void sim_x_serve(struct sim_x *x, const struct request *request, struct sim_x_answer *answer)
{
	struct sim_x_call c = {0};
	struct sim_x_reply reply = {0};
	struct sim_x_script *order = NULL;

	memset(answer, 0, sizeof *answer);
	x->counts.requests++;
	take_apart(request, &c);
	x->creates += c.kind != SIM_X_NO_KIND && is_creating(c.kind);
	put_date(x, answer);
	if (c.kind != SIM_X_NO_KIND)
		order = ordered(x, c.kind);
	if (!order || order->acts)
		reply = serve(x, request, &c, answer);
	answer->status = reply.status;
	if (x->adds_errors && json_object_get(reply.body, "data"))
		json_object_set_new(reply.body, "errors", sim_x_errors(x));
	answer->body = reply.body ? json_dumps(reply.body, JSON_COMPACT) : strdup("");
	if (order)
		follow(x, order, answer);
	json_decref(reply.body);
	json_decref(c.body);
}

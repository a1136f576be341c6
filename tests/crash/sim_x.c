/*
 * The simulated X: who and what there is, ids, and the bill. Called by tests and by the
 * other files of the server. It must never use the real clock or chance.
 */
#include "tests/crash/sim_x_internal.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>

#define SNOWFLAKE_EPOCH_MS INT64_C(1288834974657)
#define DAY_MS 86400000

struct sim_x *sim_x_create(void)
{
	struct sim_x *x = mmap(NULL, sizeof *x, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (x == MAP_FAILED)
		abort();
	return x;
}

void sim_x_destroy(struct sim_x *x)
{
	if (x)
		munmap(x, sizeof *x);
}

int64_t sim_x_clock(const struct sim_x *x)
{
	return x->now_ms + x->skew_ms;
}

/* Time in front, then a number: ids grow, and say when. */
void sim_x_next_id(struct sim_x *x, int64_t ms, char id[SIM_X_ID])
{
	x->sequence = ms > x->last_ms ? 0 : x->sequence + 1;
	if (ms > x->last_ms)
		x->last_ms = ms;
	snprintf(id, SIM_X_ID, "%" PRId64, ((x->last_ms - SNOWFLAKE_EPOCH_MS) << 22) + x->sequence);
}

/* --- users --- */

static uint64_t mix(const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *text; text++)
		h = (h ^ (unsigned char)tolower((unsigned char)*text)) * UINT64_C(1099511628211);
	return h;
}

unsigned sim_x_user(struct sim_x *x, const char *name)
{
	struct sim_x_user *u = &x->users[x->n_users];

	for (unsigned k = 0; k < x->n_users; k++)
		if (strcasecmp(x->users[k].name, name) == 0)
			return k;
	if (x->n_users == SIM_X_USERS)
		abort();
	u->own = -1;
	u->is_protected = strlen(name) > 7 && strcmp(name + strlen(name) - 7, "_locked") == 0;
	snprintf(u->name, sizeof u->name, "%s", name);
	snprintf(u->id, sizeof u->id, "%" PRIu64, UINT64_C(1000000000) + mix(name) % UINT64_C(8000000000));
	return x->n_users++;
}

/* Characters that a signature must escape are in the secrets. */
static void keys_make(struct sim_x_user *u, uint64_t h)
{
	snprintf(u->key, sizeof u->key, "key%" PRIx64, h);
	snprintf(u->secret, sizeof u->secret, "s+%" PRIx64 "/=", h ^ 1);
	snprintf(u->token, sizeof u->token, "%" PRIu64 "-t%" PRIx64, h % 1000, h ^ 2);
	snprintf(u->token_secret, sizeof u->token_secret, "ts&%" PRIx64, h ^ 3);
}

unsigned sim_x_account(struct sim_x *x, const char *name, char *token, size_t size)
{
	unsigned k = sim_x_user(x, name[0] == '@' ? name + 1 : name);
	struct sim_x_user *u = &x->users[k];

	if (u->own < 0 && x->n_ours == SIM_X_OURS)
		abort();
	if (u->own < 0)
		u->own = (int)x->n_ours++;
	keys_make(u, mix(u->name));
	snprintf(token, size,
		 "{\"consumer_key\":\"%s\",\"consumer_secret\":\"%s\",\"token\":\"%s\",\"token_secret\":\"%s\","
		 "\"user_id\":\"%s\",\"screen_name\":\"%s\"}",
		 u->key, u->secret, u->token, u->token_secret, u->id, u->name);
	return k;
}

/* --- posts and messages --- */

struct sim_x_post *sim_x_find(struct sim_x *x, const char *id)
{
	for (unsigned k = x->n_posts; k-- > 0;)
		if (strcmp(x->posts[k].id, id) == 0)
			return &x->posts[k];
	return NULL;
}

bool sim_x_stands(const struct sim_x *x, const struct sim_x_post *p)
{
	return !p->is_deleted && p->created_ms <= sim_x_clock(x);
}

bool sim_x_mentions(const struct sim_x_post *p, unsigned user)
{
	for (unsigned k = 0; k < p->n_mentioned; k++)
		if (p->mentioned[k] == user)
			return true;
	return false;
}

/* Whom a text mentions: "@name" of a user that there is, not inside a word. */
void sim_x_mentions_find(struct sim_x *x, struct sim_x_post *p)
{
	for (const char *at = strchr(p->text, '@'); at; at = strchr(at + 1, '@')) {
		size_t n = 0;

		if (at > p->text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
			continue;
		while (isalnum((unsigned char)at[n + 1]) || at[n + 1] == '_')
			n++;
		for (unsigned k = 0; k < x->n_users && p->n_mentioned < SIM_X_MENTIONED; k++)
			if (n && strlen(x->users[k].name) == n && !strncasecmp(x->users[k].name, at + 1, n) &&
			    !sim_x_mentions(p, k))
				p->mentioned[p->n_mentioned++] = k;
	}
}

struct sim_x_post *sim_x_say(struct sim_x *x, const char *name, const char *parent, const char *text)
{
	unsigned author = sim_x_user(x, name);
	struct sim_x_post *up = parent && parent[0] ? sim_x_find(x, parent) : NULL;
	struct sim_x_post *p = &x->posts[x->n_posts];

	if (x->n_posts == SIM_X_POSTS)
		abort();
	x->n_posts++;
	memset(p, 0, sizeof *p);
	p->author = author;
	p->created_ms = sim_x_clock(x);
	sim_x_next_id(x, p->created_ms, p->id);
	snprintf(p->parent, sizeof p->parent, "%s", parent ? parent : "");
	memcpy(p->root, up ? up->root : p->id, sizeof p->root);
	snprintf(p->text, sizeof p->text, "%s%s%s%s", up ? "@" : "", up ? x->users[up->author].name : "",
		 up ? " " : "", text);
	sim_x_mentions_find(x, p);
	return p;
}

struct sim_x_message *sim_x_send(struct sim_x *x, const char *name, unsigned to, const char *text)
{
	struct sim_x_message *m = &x->messages[x->n_messages];

	if (x->n_messages == SIM_X_MESSAGES)
		abort();
	x->n_messages++;
	memset(m, 0, sizeof *m);
	m->from = sim_x_user(x, name);
	m->to = to;
	m->created_ms = sim_x_clock(x);
	sim_x_next_id(x, m->created_ms, m->id);
	snprintf(m->text, sizeof m->text, "%s", text);
	return m;
}

unsigned sim_x_count(const struct sim_x *x, const char *text)
{
	unsigned n = 0;

	for (unsigned k = 0; k < x->n_posts; k++) {
		const struct sim_x_post *p = &x->posts[k];

		n += x->users[p->author].own >= 0 && sim_x_stands(x, p) && (!text || strstr(p->text, text));
	}
	return n;
}

/* --- money --- */

static unsigned month_of(int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	return (unsigned)((tm.tm_year + 1900) * 100 + tm.tm_mon + 1);
}

void sim_x_bill(struct sim_x *x, unsigned user, int64_t micro)
{
	unsigned month = month_of(sim_x_clock(x)), k = 0;
	struct sim_x_month *bill = x->bill[x->users[user].own];

	while (k < SIM_X_MONTHS && bill[k].month && bill[k].month != month)
		k++;
	if (k == SIM_X_MONTHS)
		abort();
	bill[k].month = month;
	bill[k].micro += micro;
	x->credits_micro -= micro;
}

void sim_x_bill_read(struct sim_x *x, unsigned user, int *days, int64_t micro)
{
	int day = (int)(sim_x_clock(x) / DAY_MS), own = x->users[user].own;

	if (days[own] == day)
		return;
	days[own] = day;
	sim_x_bill(x, user, micro);
}

int64_t sim_x_billed(const struct sim_x *x, unsigned user, unsigned month)
{
	int own = x->users[user].own;
	int64_t sum = 0;

	for (unsigned k = 0; own >= 0 && k < SIM_X_MONTHS; k++)
		if (!month || x->bill[own][k].month == month)
			sum += x->bill[own][k].micro;
	return sum;
}

/* --- orders --- */

enum sim_x_kind sim_x_kind_find(const char *word)
{
	static const char *const words[SIM_X_NO_KIND] = {"post", "delete", "message", "get",  "mentions", "own",
							 "me",	 "user",   "events",  "any", "creates",	 "reads"};
	unsigned k = 0;

	while (k < SIM_X_NO_KIND && strcmp(words[k], word) != 0)
		k++;
	return (enum sim_x_kind)k;
}

bool sim_x_order(struct sim_x *x, const struct sim_x_script *script)
{
	for (unsigned k = 0; k < SIM_X_SCRIPTS; k++)
		if (!x->scripts[k].left) {
			x->scripts[k] = *script;
			return true;
		}
	return false;
}

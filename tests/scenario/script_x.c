/*
 * The words of a scenario that are about X: how its server behaves, who says what there,
 * what it bills. Called by script.c. It must never act on the agent but through X.
 */
#include "tests/scenario/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t micro_of(const char *usd)
{
	return (int64_t)(strtod(usd, NULL) * 1e6 + 0.5);
}

/* "{+900}" stands for the server's time in 900 s, as X writes it: seconds since 1970. */
static void expand_times(const struct run *r, const char *text, char *out, size_t size)
{
	const struct sim_x *x = r->world.sim->x;
	size_t n = 0;

	while (*text && n + 24 < size) {
		if (text[0] == '{' && (text[1] == '+' || text[1] == '-')) {
			char *end;
			long long s = strtoll(text + 1, &end, 10);

			n += (size_t)snprintf(out + n, size - n, "%lld", (x->now_ms + x->skew_ms) / 1000 + s);
			text = end + (*end == '}');
		} else {
			out[n++] = *text++;
		}
	}
	out[n] = '\0';
}

/* --- what people say --- */

void run_x_reply(struct run *r, unsigned user, const char *author, char *options, const char *text)
{
	struct sim_x *x = r->world.sim->x;
	const char *parent = "";
	bool is_direct = false, is_quote = false;
	char words[SIM_X_TEXT];

	x->now_ms = r->world.now.wall_ms;
	while (*options) {
		const char *w = run_word(&options);

		if (!strcmp(w, "to"))
			parent = run_id_of(r, run_word(&options));
		else if (!strcmp(w, "direct"))
			is_direct = true;
		else if (!strcmp(w, "quote"))
			is_quote = true;
		else
			run_fail(r, "unknown word in a reply on X", w);
	}
	if (is_direct) {
		sim_x_send(x, author, user, text);
		return;
	}
	run_reply_add(r, true, x->n_posts);
	/* X puts the author that is answered in front; a mention names us by itself */
	snprintf(words, sizeof words, "%s%s%s%s", parent[0] ? "" : "@", parent[0] ? "" : x->users[user].name,
		 parent[0] ? "" : " ", text);
	sim_x_say(x, author, parent, words)->is_quote = is_quote;
}

/* "NAME: TEXT", a message to our first account. */
static void do_dm(struct run *r, char *args)
{
	char *text = strstr(args, ": "), words[SIM_X_TEXT];

	for (unsigned k = 0; text && k < r->world.sim->x->n_users; k++)
		if (r->world.sim->x->users[k].own == 0) {
			*text = '\0';
			run_expand(r, text + 2, words, sizeof words);
			r->world.sim->x->now_ms = r->world.now.wall_ms;
			sim_x_send(r->world.sim->x, args, k, words);
			return;
		}
	run_fail(r, "x dm needs an account on X and `: text`", args);
}

/* Strangers, a mention each. */
static void do_flood(struct run *r, char *args)
{
	struct sim_x *x = r->world.sim->x;
	unsigned n = (unsigned)strtoul(args, NULL, 10);
	char name[32], text[64];

	x->now_ms = r->world.now.wall_ms;
	for (unsigned k = 0; k < n; k++) {
		unsigned user = 0;

		while (user < x->n_users && x->users[user].own != 0)
			user++;
		snprintf(name, sizeof name, "stranger%u", k % 50);
		snprintf(text, sizeof text, "@%s are you down? %u", x->users[user].name, k);
		sim_x_say(x, name, "", text);
	}
}

/* --- how the server behaves --- */

/* "KIND N STATUS [acts] [name=value]...: BODY": the next N requests of a kind are answered so. */
static void do_answers(struct run *r, char *args)
{
	struct sim_x_script order = {0};
	char *body = strstr(args, ": ");
	const char *kind;

	if (body) {
		*body = '\0';
		expand_times(r, body + 2, order.body, sizeof order.body);
	}
	kind = run_word(&args);
	order.kind = sim_x_kind_find(kind);
	order.left = (unsigned)strtoul(run_word(&args), NULL, 10);
	order.status = (int)strtol(run_word(&args), NULL, 10);
	while (*args) {
		char *w = run_word(&args), value[128];
		size_t n = strcspn(w, "="), len = strlen(order.headers);

		if (!strcmp(w, "acts")) {
			order.acts = true;
			continue;
		}
		expand_times(r, w[n] ? w + n + 1 : "", value, sizeof value);
		snprintf(order.headers + len, sizeof order.headers - len, "%.*s: %s\r\n", (int)n, w, value);
	}
	if (order.kind == SIM_X_NO_KIND || !order.status || !sim_x_order(r->world.sim->x, &order))
		run_fail(r, "x answers KIND N STATUS", kind);
}

static void heal(struct sim_x *x)
{
	x->refuses = x->refuses_replies = x->adds_tco = x->adds_errors = false;
	x->lose_every = x->error_every = 0;
	memset(x->scripts, 0, sizeof x->scripts);
}

static bool do_number(struct sim_x *x, const char *what, char *args)
{
	unsigned n = (unsigned)strtoul(args, NULL, 10);

	if (!strcmp(what, "loses"))
		x->lose_next = n;
	else if (!strcmp(what, "loses-every"))
		x->lose_every = n;
	else if (!strcmp(what, "errors"))
		x->error_next = n;
	else if (!strcmp(what, "drops"))
		x->drop_next = n;
	else if (!strcmp(what, "page"))
		x->page = n;
	else if (!strcmp(what, "skew"))
		x->skew_ms = strtoll(args, NULL, 10) * 1000;
	else
		return false;
	return true;
}

static bool do_switch(struct sim_x *x, const char *what, char *args)
{
	if (!strcmp(what, "refuses"))
		x->refuses = true;
	else if (!strcmp(what, "ok"))
		heal(x);
	else if (!strcmp(what, "replies"))
		x->refuses_replies = !strcmp(args, "refused");
	else if (!strcmp(what, "tco"))
		x->adds_tco = !strcmp(args, "on");
	else if (!strcmp(what, "partial"))
		x->adds_errors = !strcmp(args, "on");
	else if (!strcmp(what, "vocabulary"))
		x->vocabulary = !strcmp(args, "tweet") ? SIM_X_TWEET : !strcmp(args, "post") ? SIM_X_NEW : SIM_X_BOTH;
	else if (!strcmp(what, "user"))
		sim_x_user(x, args);
	else if (!strcmp(what, "protected"))
		x->users[sim_x_user(x, args)].is_protected = true;
	else if (!strcmp(what, "open"))
		x->users[sim_x_user(x, args)].is_protected = false;
	else if (!strcmp(what, "gone"))
		x->users[sim_x_user(x, args)].is_gone = true;
	else if (!strcmp(what, "credits")) {
		x->has_credits = strcmp(args, "enough") != 0;
		x->credits_micro = micro_of(args);
	} else
		return false;
	return true;
}

void run_x(struct run *r, char *args)
{
	struct sim_x *x = r->world.sim->x;
	const char *what = run_word(&args);

	if (!strcmp(what, "dm"))
		do_dm(r, args);
	else if (!strcmp(what, "flood"))
		do_flood(r, args);
	else if (!strcmp(what, "answers"))
		do_answers(r, args);
	else if (!strcmp(what, "late")) {
		x->late_next = (unsigned)strtoul(run_word(&args), NULL, 10);
		x->late_ms = strtoll(args, NULL, 10) * 1000;
	} else if (!do_number(x, what, args) && !do_switch(x, what, args))
		run_fail(r, "unknown word about X", what);
}

/* --- money and manners --- */

/* What X billed us in this month, beside what we think that we spent. */
void run_bill(struct run *r)
{
	struct world *w = &r->world;
	int64_t billed = 0, entered = 0;
	char theirs[32], ours[32];

	world_settle(w);
	run_look(r);
	for (unsigned k = 0; k < w->sim->x->n_users; k++) {
		struct ledger_row row = {0};
		const struct sim_x_user *u = &w->sim->x->users[k];

		if (u->own < 0)
			continue;
		if (w->core)
			ledger_month(core_ledger(w->core), w->x_names[u->own], &w->now, &row);
		billed += sim_x_billed(w->sim->x, k, row.month);
		entered += row.posts_micro + row.reads_micro;
	}
	ledger_words(billed, theirs, sizeof theirs);
	ledger_words(entered, ours, sizeof ours);
	run_stamp(r);
	buf_printf(&r->out, "bill %s, ledger %s\n", theirs, ours);
}

/* What X saw since the last time; what it refused is said when there was something. */
void run_requests(struct run *r)
{
	const struct sim_x *x = r->world.sim->x;
	const struct sim_x_counts *was = &r->x_was;

	run_stamp(r);
	buf_printf(&r->out, "requests %u: %u posts, %u mentions", x->counts.requests - was->requests,
		   x->counts.asked[SIM_X_POST] - was->asked[SIM_X_POST],
		   x->counts.asked[SIM_X_MENTIONS] - was->asked[SIM_X_MENTIONS]);
	if (x->counts.asked[SIM_X_OWN] > was->asked[SIM_X_OWN])
		buf_printf(&r->out, ", %u looks", x->counts.asked[SIM_X_OWN] - was->asked[SIM_X_OWN]);
	if (x->counts.duplicates > was->duplicates)
		buf_printf(&r->out, ", %u doubles refused", x->counts.duplicates - was->duplicates);
	if (x->counts.refused_signatures > was->refused_signatures)
		buf_printf(&r->out, ", %u signatures refused", x->counts.refused_signatures - was->refused_signatures);
	buf_str(&r->out, "\n");
	r->x_was = x->counts;
}

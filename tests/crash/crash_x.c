/*
 * kill -9 at every store write and before and after every request, on X (GOALS R1, R2):
 * an audience there, another one on the simulated Mastodon. X refuses doubled texts, has
 * no keys, and writes a bill. However the agent is interrupted: each decision stands
 * there once, each recovery belongs to its problem, and the ledger is the bill.
 */
#include "tests/crash/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CENT_MICRO 10000
#define APART_MICRO 2000 /* two mentions that were paid and not entered; the goal is a cent */

static const char config_text[] =
	"accounts = { status_x = { network = \"x\"; handle = \"examplenet\"; };\n"
	"             noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; }; };\n"
	"audiences = { public = { accounts = [ \"status_x\" ]; }; operators = { accounts = [ \"noc\" ]; }; };\n"
	"people = { alice = { mastodon = \"alice@social.example.org\"; x = \"alice_noc\"; }; };\n";

static bool refuses_replies;
static int64_t widest; /* largest difference between ledger and bill so far, micro */

static void begin(struct trial *t)
{
	t->sim->x = sim_x_create();
	t->sim->x->lose_every = t->lose_every;
	t->sim->x->refuses_replies = refuses_replies;
}

static void reply_to_first(struct trial *t)
{
	struct sim_x *x = t->sim->x;

	x->now_ms = t->world.now.wall_ms;
	sim_x_say(x, "alice_noc", x->n_posts ? x->posts[0].id : "", "ack disk full");
}

static void keep_ledger(struct trial *t)
{
	struct ledger_row row;

	ledger_month(core_ledger(t->world.core), "status_x", &t->world.now, &row);
	t->shared->note = row.posts_micro + row.reads_micro;
}

/* --- what must have come out ---------------------------------------------------------------- */

static bool is_ours(const struct sim_x *x, const struct sim_x_post *p)
{
	return x->users[p->author].own >= 0;
}

static unsigned posts(const struct trial *t)
{
	return t->sim->n_posts + sim_x_count(t->sim->x, NULL);
}

static bool is_alike(const char *a, const char *b)
{
	size_t n = strcspn(a, "#"); /* the tag differs after a kill before the commit, the words do not */

	return n == strcspn(b, "#") && !strncmp(a, b, n);
}

static unsigned twice(const struct trial *t)
{
	const struct sim *s = t->sim;
	const struct sim_x *x = s->x;
	unsigned n = 0;

	for (unsigned a = 0; a < s->n_posts; a++)
		for (unsigned b = 0; b < a; b++)
			n += is_alike(s->posts[a].text, s->posts[b].text);
	for (unsigned a = 0; a < x->n_posts; a++)
		for (unsigned b = 0; b < a; b++)
			n += is_ours(x, &x->posts[a]) && is_ours(x, &x->posts[b]) &&
			     is_alike(x->posts[a].text, x->posts[b].text);
	return n;
}

/* The post with the same tag that told the problem, before this one. */
static const struct sim_x_post *problem_of(const struct sim_x *x, unsigned k)
{
	const char *tag = strrchr(x->posts[k].text, '#');

	for (unsigned a = 0; tag && a < k; a++)
		if (is_ours(x, &x->posts[a]) && strstr(x->posts[a].text, tag) && strstr(x->posts[a].text, "🔴"))
			return &x->posts[a];
	return NULL;
}

/* Recoveries that neither hang under their problem nor, where X refuses that, bear its tag. */
static unsigned orphans(const struct sim_x *x)
{
	unsigned n = 0;

	for (unsigned k = 0; k < x->n_posts; k++) {
		const struct sim_x_post *problem = problem_of(x, k), *p = &x->posts[k];

		if (is_ours(x, p) && strstr(p->text, "🟢"))
			n += !problem || (refuses_replies ? p->parent[0] : strcmp(p->parent, problem->id)) != 0;
	}
	return n;
}

static void complain(const struct trial *t, const char *what, unsigned stop, int64_t billed)
{
	const struct sim_x *x = t->sim->x;

	printf("crash: %s, killed at %u: %u posts (expected %u), %u twice, %u orphans, %sacknowledged, "
	       "bill %" PRId64 ", ledger %" PRId64 "\n",
	       what, stop, posts(t), t->expected, twice(t), orphans(x), t->shared->acked ? "" : "not ", billed,
	       t->shared->note);
	for (unsigned k = 0; k < x->n_posts; k++)
		printf("  x %s <- %s: %s\n", x->posts[k].id, x->posts[k].parent, x->posts[k].text);
	for (unsigned k = 0; k < t->sim->n_posts; k++)
		printf("  noc <- %s: %s\n", t->sim->posts[k].parent, t->sim->posts[k].text);
}

static bool is_right(const struct trial *t, const char *what, unsigned stop)
{
	int64_t billed = sim_x_billed(t->sim->x, 0, 0), off = llabs(billed - t->shared->note);

	if (off > widest)
		widest = off;
	if (posts(t) == t->expected && t->expected && !twice(t) && !orphans(t->sim->x) && t->shared->acked &&
	    !t->sim->x->counts.refused_signatures && off <= APART_MICRO)
		return true;
	complain(t, what, stop, billed);
	return false;
}

int main(void)
{
	static const struct trial_plan plan = {.config = config_text,
					       .db1_pair = "_TWICKET_PUBLIC=Shop",
					       .begin = begin,
					       .reply = reply_to_first,
					       .end = keep_ledger,
					       .posts = posts,
					       .is_right = is_right};
	bool everything = getenv("TWICKET_LONG") && getenv("TWICKET_LONG")[0];
	unsigned failed = 0;
	struct trial t = {0};

	trial_init(&t, &plan, "crash-x");
	failed += trial_suite(&t, "on X", everything ? 1 : 15);
	t.lose_every = 3;
	failed += trial_suite(&t, "on X, every third answer lost", everything ? 1 : 18);
	refuses_replies = true;
	failed += trial_suite(&t, "on X, replies refused, every third answer lost", everything ? 1 : 31);
	trial_finish(&t);
	printf("crash_x: bill and ledger at most %" PRId64 ".%04" PRId64 " cent apart\n", widest / CENT_MICRO,
	       widest % CENT_MICRO);
	printf("crash_x: %u cases, 0 skipped\n", t.ran);
	return failed != 0;
}

/*
 * kill -9 at every store write and before and after every request while what was posted is
 * deleted again (`retract --delete`), on X and on the simulated Mastodon: once when all stands
 * there, once while the first posts are under way. However it is interrupted: nothing of the
 * false alarms stands in the end, nothing is posted twice, nothing else is deleted.
 */
#include "agent/core_hand.h"
#include "tests/crash/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APART_MICRO 2000 /* two looks at our own posts that were paid and not entered */
#define DELETED 4	 /* of the undisturbed run: two false alarms on two accounts */
#define BY "root"

static const char config_text[] =
	"accounts = { status_x = { network = \"x\"; handle = \"examplenet\"; };\n"
	"             noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; }; };\n"
	"audiences = { public = { accounts = [ \"status_x\" ]; hold = \"30s\"; };\n"
	"              operators = { accounts = [ \"noc\" ]; hold = \"30s\"; }; };\n";

static const char *const objects[] = {"mx1/SMTP", "E-mail", "db1/Postgres", "Shop", "www/HTTP", "Website", NULL};

static int64_t widest; /* largest difference between ledger and bill so far, micro */

static void begin(struct trial *t)
{
	t->sim->x = sim_x_create();
	t->sim->x->lose_every = t->lose_every;
	t->sim->latency_ms = 400;
}

/* --- in the core, and by hand ------------------------------------------------------------------- */

static void state(struct trial *t, const char *name, const char *word)
{
	simcore_state(t->world.monitor, name, word, true, strcmp(word, "OK") ? "no answer" : "fine", &t->world.now);
}

static void smtp_fails(struct trial *t)
{
	state(t, "mx1/SMTP", "CRITICAL");
}

static void postgres_fails(struct trial *t)
{
	state(t, "db1/Postgres", "CRITICAL");
}

static void www_fails(struct trial *t)
{
	state(t, "www/HTTP", "CRITICAL");
}

static void www_recovers(struct trial *t)
{
	state(t, "www/HTTP", "OK");
}

struct sought {
	const char *object;
	char tag[TAG_SIZE]; /* of the open incident about it; "" = there is none */
};

static void seek(void *arg, const struct incident_view *view)
{
	struct sought *s = arg;

	if (view->open && strcmp(view->object, s->object) == 0)
		snprintf(s->tag, sizeof s->tag, "%s", view->tag);
}

/* Who got no answer asks again; who sees that it is done does not. */
static void erase(struct trial *t, const char *object)
{
	struct sought s = {.object = object};
	struct err err;

	engine_each(core_engine(t->world.core), seek, &s);
	if (!s.tag[0] || core_retract(t->world.core, s.tag, "broken check", BY, RETRACT_BY_DELETING, &t->world.now,
				      &err) == 0)
		return;
	printf("crash_erase: refused: %s\n", err.text);
	exit(4);
}

static void erase_smtp(struct trial *t)
{
	erase(t, "mx1/SMTP");
}

static void erase_postgres(struct trial *t)
{
	erase(t, "db1/Postgres");
}

static const struct trial_step steps[] = {
	{10, smtp_fails, NULL},	    {12, www_fails, NULL},    {14, NULL, erase_smtp}, {20, postgres_fails, NULL},
	{21, NULL, erase_postgres}, {30, www_recovers, NULL},
};

/* --- what must have come out ---------------------------------------------------------------------- */

struct outcome {
	unsigned standing, deleted, stray, twice, unsettled;
};

static bool is_false_alarm(const char *text)
{
	return strstr(text, "SMTP") || strstr(text, "E-mail") || strstr(text, "Postgres") || strstr(text, "Shop");
}

static void look_at(struct outcome *o, const char *text, bool is_deleted)
{
	o->standing += is_false_alarm(text) && !is_deleted;
	o->deleted += is_false_alarm(text) && is_deleted;
	o->stray += !is_false_alarm(text) && is_deleted;
}

static bool is_alike(const char *a, const char *b)
{
	size_t n = strcspn(a, "#"); /* the tag differs after a kill before the commit, the words do not */

	return n == strcspn(b, "#") && !strncmp(a, b, n);
}

static struct outcome outcome_of(const struct trial *t)
{
	struct outcome o = {.unsettled = t->shared->commands};
	const struct sim *s = t->sim;
	const struct sim_x *x = s->x;

	for (unsigned a = 0; a < s->n_posts; a++) {
		look_at(&o, s->posts[a].text, s->posts[a].is_deleted);
		for (unsigned b = 0; b < a; b++)
			o.twice += is_alike(s->posts[a].text, s->posts[b].text);
	}
	for (unsigned a = 0; a < x->n_posts; a++) {
		look_at(&o, x->posts[a].text, x->posts[a].is_deleted);
		for (unsigned b = 0; b < a; b++)
			o.twice += is_alike(x->posts[a].text, x->posts[b].text);
	}
	return o;
}

/* Those that must be there whatever happened: of what was no false alarm. */
static unsigned posts(const struct trial *t)
{
	unsigned n = 0;

	for (unsigned k = 0; k < t->sim->n_posts; k++)
		n += !is_false_alarm(t->sim->posts[k].text);
	for (unsigned k = 0; k < t->sim->x->n_posts; k++)
		n += !is_false_alarm(t->sim->x->posts[k].text);
	return n;
}

/* Each deletion came to its end, and none of them is DEAD. */
static int count_failed(void *arg, const struct post_row *row)
{
	*(unsigned *)arg += row->kind == POST_DELETE && row->state != POST_SENT && row->state != POST_CANCELLED;
	return 0;
}

static int count_incident(void *arg, const struct incident_row *row)
{
	struct trial *t = arg;

	store_posts_of_incident(core_store(t->world.core), row->id, count_failed, &t->shared->commands, NULL);
	return 0;
}

static void keep_end(struct trial *t)
{
	struct ledger_row row;

	ledger_month(core_ledger(t->world.core), "status_x", &t->world.now, &row);
	t->shared->note = row.posts_micro + row.reads_micro;
	t->shared->commands = 0;
	store_unsettled_posts(core_store(t->world.core), count_failed, &t->shared->commands, NULL);
	store_incidents(core_store(t->world.core), true, 0, count_incident, t, NULL);
}

static void complain(const struct trial *t, const char *what, unsigned stop, const struct outcome *o, int64_t billed)
{
	const struct sim_x *x = t->sim->x;

	printf("crash_erase: %s, killed at %u (minute %d): %u other posts (expected %u), %u still stand, %u deleted, "
	       "%u others deleted, %u twice, %u deletions failed, bill %" PRId64 ", ledger %" PRId64 "\n",
	       what, stop, t->killed_minute, posts(t), t->expected, o->standing, o->deleted, o->stray, o->twice,
	       o->unsettled, billed, t->shared->note);
	for (unsigned k = 0; k < x->n_posts; k++)
		printf("  x %s%s <- %s: %s\n", x->posts[k].id, x->posts[k].is_deleted ? " deleted" : "", x->posts[k].parent,
		       x->posts[k].text);
	for (unsigned k = 0; k < t->sim->n_posts; k++)
		printf("  noc%s <- %s: %s\n", t->sim->posts[k].is_deleted ? " deleted" : "", t->sim->posts[k].parent,
		       t->sim->posts[k].text);
}

static bool is_right(const struct trial *t, const char *what, unsigned stop)
{
	int64_t billed = sim_x_billed(t->sim->x, 0, 0), off = llabs(billed - t->shared->note);
	struct outcome o = outcome_of(t);

	if (off > widest)
		widest = off;
	if (posts(t) == t->expected && t->expected && !o.standing && (stop || o.deleted == DELETED) && !o.stray &&
	    !o.twice && !o.unsettled && off <= APART_MICRO)
		return true;
	complain(t, what, stop, &o, billed);
	return false;
}

int main(void)
{
	static const struct trial_plan plan = {.config = config_text,
					       .objects = objects,
					       .steps = steps,
					       .n_steps = sizeof steps / sizeof *steps,
					       .end_minute = 60,
					       .begin = begin,
					       .end = keep_end,
					       .posts = posts,
					       .is_right = is_right};
	bool everything = getenv("TWICKET_LONG") && getenv("TWICKET_LONG")[0];
	struct trial t = {0};
	unsigned failed;

	trial_init(&t, &plan, "crash-erase");
	failed = trial_suite(&t, "deleted", everything ? 1 : 61);
	t.lose_every = 3;
	failed += trial_suite(&t, "deleted, every third answer lost", everything ? 1 : 31);
	t.lose_every = 2;
	failed += trial_suite(&t, "deleted, every second answer lost", everything ? 1 : 67);
	trial_finish(&t);
	printf("crash_erase: bill and ledger at most %" PRId64 " micro apart\n", widest);
	printf("crash_erase: %u cases, 0 skipped\n", t.ran);
	return failed != 0;
}

/*
 * kill -9 at every store write and before and after every request, while words wait for a `go`:
 * a problem that is said `go` to, a person's words that another one says `go` to, a problem that is
 * said `no` to, one that nobody answers. However it is interrupted, the public reads nothing before
 * its `go` and nothing that has none, each `go` publishes once, and its author hears that it did.
 */
#include "tests/crash/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config_text[] =
	"accounts = { status = { network = \"mastodon\"; handle = \"status@social.example.org\"; };\n"
	"             noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; }; };\n"
	"audiences = { public = { accounts = [ \"status\" ]; approve = \"operators\"; };\n"
	"              operators = { accounts = [ \"noc\" ]; remind = \"10m\"; }; };\n"
	"people = { alice = { mastodon = \"alice@social.example.org\"; role = \"lead\"; };\n"
	"           carol = { mastodon = \"carol@social.example.org\"; role = \"communicator\"; }; };\n";

static const char *const objects[] = {"mx1/SMTP", "E-mail", "web1/HTTP", "Website", "db1/Postgres", "Booking", NULL};

static void begin(struct trial *t)
{
	t->sim->honours_keys = true;
}

static void restore(struct trial *t)
{
	(void)t; /* the core was told nothing */
}

static void mail_breaks(struct trial *t)
{
	simcore_state(t->world.monitor, "mx1/SMTP", "CRITICAL", true, "refused", &t->world.now);
}

static void web_breaks(struct trial *t)
{
	simcore_state(t->world.monitor, "web1/HTTP", "CRITICAL", true, "no answer", &t->world.now);
}

static void booking_breaks(struct trial *t)
{
	simcore_state(t->world.monitor, "db1/Postgres", "CRITICAL", true, "down", &t->world.now);
}

/* --- what people say, each once ----------------------------------------------------------------- */

static unsigned on(const struct trial *t, const char *account, const char *words)
{
	unsigned n = 0;

	for (unsigned k = 0; k < t->sim->n_posts; k++)
		n += !strcmp(t->sim->posts[k].account, account) && strstr(t->sim->posts[k].text, words);
	return n;
}

/* Under the last of operators' posts with these words. */
static const char *post_with(const struct trial *t, const char *words)
{
	const char *id = "";

	for (unsigned k = 0; k < t->sim->n_posts; k++)
		if (!strcmp(t->sim->posts[k].account, "noc") && strstr(t->sim->posts[k].text, words))
			id = t->sim->posts[k].id;
	return id;
}

struct saying {
	const char *who, *under, *text;
	const char *unread; /* what the public must not have read before */
};

static void say(struct trial *t, int64_t nth, const struct saying *s)
{
	struct sim_reply reply = {.visibility = VISIBILITY_PUBLIC};

	if (t->shared->note >= nth)
		return;
	t->shared->note = nth;
	if (on(t, "status", s->unread) && t->shared->n_done < 40)
		snprintf(t->shared->done[t->shared->n_done++], sizeof t->shared->done[0], "early: %s", s->unread);
	snprintf(reply.account, sizeof reply.account, "noc");
	snprintf(reply.acct, sizeof reply.acct, "%s@social.example.org", s->who);
	snprintf(reply.author_id, sizeof reply.author_id, "id-%s", s->who);
	snprintf(reply.text, sizeof reply.text, "%s", s->text);
	snprintf(reply.parent, sizeof reply.parent, "%s", post_with(t, s->under));
	sim_inject(t->sim, &reply);
}

#define SAYS(name, nth, ...)                                                                       \
	static void name(struct trial *t)                                                          \
	{                                                                                          \
		static const struct saying words = {__VA_ARGS__};                                  \
                                                                                                   \
		say(t, nth, &words);                                                               \
	}

SAYS(alice_says_go, 1, "alice", "E-mail", "go", "E-mail")
SAYS(carol_speaks, 2, "carol", "E-mail", "say: It is the store.", "the store")
SAYS(carol_says_go, 3, "carol", "the store", "go", "the store")
SAYS(alice_agrees, 4, "alice", "the store", "go", "the store")
SAYS(carol_says_no, 5, "carol", "Website", "no", "Website")

static const struct trial_step steps[] = {
	{3, mail_breaks, NULL},	 {7, NULL, alice_says_go}, {9, NULL, carol_speaks},    {11, NULL, carol_says_go},
	{13, NULL, alice_agrees}, {14, web_breaks, NULL},  {18, NULL, carol_says_no}, {19, booking_breaks, NULL},
};

/* --- what must have come out --------------------------------------------------------------------- */

static unsigned posts(const struct trial *t)
{
	return t->sim->n_posts;
}

static bool is_right(const struct trial *t, const char *what, unsigned stop)
{
	bool is_so = t->shared->n_done == 0 && on(t, "status", "E-mail: disruption since") == 1 &&
		     on(t, "status", "the store") == 1 && on(t, "status", "Website") == 0 &&
		     on(t, "status", "Booking") == 0 && on(t, "noc", "told the public") == 1 &&
		     on(t, "noc", "your own words") == 1 && on(t, "noc", "“🔴 E-mail") == 1 &&
		     on(t, "noc", "“🔴 Website") == 1 && on(t, "noc", "“🔴 Booking") == 2 &&
		     t->sim->n_favourites == 3 && !trial_twice(t->sim);

	if (is_so)
		return true;
	printf("crash_approve: %s, killed at %u (minute %d), %u favourites:\n", what, stop, t->killed_minute,
	       t->sim->n_favourites);
	trial_print(t);
	return false;
}

int main(void)
{
	static const struct trial_plan plan = {.config = config_text,
					       .objects = objects,
					       .steps = steps,
					       .n_steps = sizeof steps / sizeof *steps,
					       .end_minute = 40,
					       .restore = restore,
					       .begin = begin,
					       .posts = posts,
					       .is_right = is_right};
	bool everything = getenv("TWICKET_LONG") && getenv("TWICKET_LONG")[0];
	struct trial t = {0};
	unsigned failed;

	trial_init(&t, &plan, "crash-approve");
	failed = trial_suite(&t, "words that wait", everything ? 1 : 23);
	trial_finish(&t);
	printf("crash_approve: %u cases, 0 skipped\n", t.ran);
	return failed != 0;
}

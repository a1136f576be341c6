/*
 * kill -9 at every store write and before and after every request, while people take things
 * back and say stop: `ack`, `undo`, a stranger's and an operator's `stop`, a lead's `pause`.
 * However it is interrupted, the core does each thing once, each is answered once and as it
 * was, and who said stop hears nothing more.
 */
#include "tests/crash/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config_text[] =
	"accounts = { status = { network = \"mastodon\"; handle = \"status@social.example.org\"; };\n"
	"             noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; }; };\n"
	"audiences = { public = { accounts = [ \"status\" ]; }; operators = { accounts = [ \"noc\" ]; remind = \"0\"; }; };\n"
	"people = { alice = { mastodon = \"alice@social.example.org\"; role = \"lead\"; };\n"
	"           bob = { mastodon = \"bob@social.example.org\"; }; };\n";

static const char *const objects[] = {"mx1/SMTP", "E-mail", "db1/Postgres", "", NULL};

static void begin(struct trial *t)
{
	t->sim->honours_keys = true;
}

/* --- in the core: as it was told before the agent was killed --------------------------------- */

static void restore(struct trial *t)
{
	char verb[16], name[32], author[32], text[200];

	for (unsigned k = 0; k < t->shared->n_done; k++) {
		if (sscanf(t->shared->done[k], "%15s %31s %31[^:]: %199[^\n]", verb, name, author, text) != 4)
			continue;
		if (!strcmp(verb, "ack"))
			simcore_ack(t->world.monitor, name, author, text, &t->world.now);
		else if (!strcmp(verb, "unack"))
			simcore_unack(t->world.monitor, name, &t->world.now);
	}
}

static void breaks(struct trial *t)
{
	simcore_state(t->world.monitor, "mx1/SMTP", "CRITICAL", true, "refused", &t->world.now);
}

static void breaks_as_well(struct trial *t)
{
	simcore_state(t->world.monitor, "db1/Postgres", "CRITICAL", true, "down", &t->world.now);
}

/* --- what people say, each once --------------------------------------------------------------- */

static const char *root_on(const struct trial *t, const char *account)
{
	for (unsigned k = 0; k < t->sim->n_posts; k++)
		if (!strcmp(t->sim->posts[k].account, account))
			return t->sim->posts[k].id;
	return "";
}

struct saying {
	const char *who, *account, *text;
	enum visibility visibility;
};

static void say(struct trial *t, int64_t nth, const struct saying *s)
{
	struct sim_reply reply = {.visibility = s->visibility};

	if (t->shared->note >= nth)
		return;
	t->shared->note = nth;
	snprintf(reply.account, sizeof reply.account, "%s", s->account);
	snprintf(reply.acct, sizeof reply.acct, "%s@social.example.org", s->who);
	snprintf(reply.author_id, sizeof reply.author_id, "id-%s", s->who);
	snprintf(reply.text, sizeof reply.text, "%s", s->text);
	if (s->visibility != VISIBILITY_DIRECT)
		snprintf(reply.parent, sizeof reply.parent, "%s", root_on(t, s->account));
	sim_inject(t->sim, &reply);
}

#define SAYS(name, nth, ...)                                                                       \
	static void name(struct trial *t)                                                          \
	{                                                                                          \
		static const struct saying words = {__VA_ARGS__};                                  \
                                                                                                   \
		say(t, nth, &words);                                                               \
	}

SAYS(alice_has_it, 1, "alice", "noc", "ack disk", VISIBILITY_PUBLIC)
SAYS(alice_undoes, 2, "alice", "noc", "undo", VISIBILITY_PUBLIC)
SAYS(dora_stops, 3, "dora", "status", "stop", VISIBILITY_PUBLIC)
SAYS(dora_asks, 4, "dora", "status", "?", VISIBILITY_PUBLIC)
SAYS(bob_stops, 5, "bob", "noc", "stop", VISIBILITY_PUBLIC)
SAYS(bob_says_yes, 6, "bob", "noc", "yes", VISIBILITY_DIRECT)
SAYS(bob_asks, 7, "bob", "noc", "?", VISIBILITY_PUBLIC)
SAYS(alice_pauses, 8, "alice", "noc", "pause", VISIBILITY_PUBLIC)
SAYS(alice_says_yes, 9, "alice", "noc", "yes", VISIBILITY_DIRECT)

static const struct trial_step steps[] = {
	{3, breaks, NULL},	    {6, NULL, alice_has_it}, {8, NULL, alice_undoes}, {10, NULL, dora_stops},
	{12, NULL, dora_asks},	    {14, NULL, bob_stops},   {16, NULL, bob_says_yes}, {18, NULL, bob_asks},
	{20, NULL, alice_pauses},   {22, NULL, alice_says_yes}, {26, breaks_as_well, NULL},
};

/* --- what must have come out ----------------------------------------------------------------- */

static unsigned posts(const struct trial *t)
{
	return t->sim->n_posts;
}

static unsigned told(const struct trial *t, const char *head)
{
	unsigned n = 0;

	for (unsigned k = 0; k < t->shared->n_done; k++)
		n += !strncmp(t->shared->done[k], head, strlen(head));
	return n;
}

static unsigned said(const struct trial *t, const char *who, const char *words)
{
	unsigned n = 0;

	for (unsigned k = 0; k < t->sim->n_posts; k++)
		n += strstr(t->sim->posts[k].text, who) && strstr(t->sim->posts[k].text, words);
	return n;
}

static bool is_right(const struct trial *t, const char *what, unsigned stop)
{
	unsigned unacks = told(t, "unack mx1/SMTP "); /* asked for again, it has nothing to do */
	unsigned last = said(t, "@alice", "Nothing is said"); /* lost when it is in doubt: silence goes first */
	bool is_so = told(t, "ack mx1/SMTP ") == 1 && unacks >= 1 && unacks <= 2 && t->shared->n_done == 1 + unacks &&
		     said(t, "@alice", "undone") == 1 && said(t, "@dora", "nothing more from us") == 1 &&
		     said(t, "@dora", "") == 1 && said(t, "@bob", "If you mean it") == 1 &&
		     said(t, "@bob", "nothing more from us") == 1 && said(t, "@bob", "") == 2 &&
		     said(t, "@alice", "Say nothing at all") == 1 && last <= 1 && (stop || last) &&
		     said(t, "", "Postgres") == 0 && !trial_twice(t->sim) && t->sim->n_posts == t->expected - !last;

	if (is_so)
		return true;
	printf("crash_talk: %s, killed at %u (minute %d), %u posts expected:\n", what, stop, t->killed_minute, t->expected);
	trial_print(t);
	return false;
}

int main(void)
{
	static const struct trial_plan plan = {.config = config_text,
					       .objects = objects,
					       .steps = steps,
					       .n_steps = sizeof steps / sizeof *steps,
					       .end_minute = 35,
					       .restore = restore,
					       .begin = begin,
					       .posts = posts,
					       .is_right = is_right};
	bool everything = getenv("TWICKET_LONG") && getenv("TWICKET_LONG")[0];
	struct trial t = {0};
	unsigned failed;

	trial_init(&t, &plan, "crash-talk");
	failed = trial_suite(&t, "undo, stop and pause", everything ? 1 : 23);
	trial_finish(&t);
	printf("crash_talk: %u cases, 0 skipped\n", t.ran);
	return failed != 0;
}

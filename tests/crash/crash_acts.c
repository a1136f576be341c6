/*
 * kill -9 at every store write and before and after every request, while the core is told to
 * do more than one thing at a time: `ack all` on a host with its services, then `downtime`.
 * However it is interrupted, the core is told each thing once, and its author hears once of it.
 */
#include "tests/crash/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config_text[] =
	"accounts = { noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; }; };\n"
	"audiences = { operators = { accounts = [ \"noc\" ]; }; };\n"
	"people = { alice = { mastodon = \"alice@social.example.org\"; }; };\n";

static const char *const objects[] = {"db1", "", "db1/A", "", "db1/B", "", "db1/C", "", NULL};

static void begin(struct trial *t)
{
	t->sim->honours_keys = true;
}

/* --- in the core: as it was told before the agent was killed --------------------------------- */

static void restore_one(struct trial *t, const char *line)
{
	char verb[16], name[32], author[32], text[200];
	struct simplan plan = {.id = 1000, .author = author, .text = text};

	if (sscanf(line, "%15s %31s %31[^:]: %199[^\n]", verb, name, author, text) != 4)
		return;
	plan.from_s = t->world.now.wall_ms / 1000 - 60;
	plan.to_s = plan.from_s + 1800;
	if (!strcmp(verb, "ack"))
		simcore_ack(t->world.monitor, name, author, text, &t->world.now);
	else if (!strcmp(verb, "downtime"))
		simcore_plan(t->world.monitor, name, &plan, &t->world.now);
}

static void restore(struct trial *t)
{
	for (unsigned k = 0; k < t->shared->n_done; k++)
		restore_one(t, t->shared->done[k]);
}

static void fails(struct trial *t)
{
	static const char *const names[] = {"db1/A", "db1/B", "db1/C"};

	for (unsigned k = 0; k < 3; k++)
		simcore_state(t->world.monitor, names[k], "CRITICAL", true, "no answer", &t->world.now);
	simcore_state(t->world.monitor, "db1", "DOWN", true, "gone", &t->world.now);
}

/* --- what alice says, once ------------------------------------------------------------------- */

static void say(struct trial *t, int64_t nth, const char *text)
{
	struct sim_reply reply = {.visibility = VISIBILITY_PUBLIC};

	if (t->shared->note >= nth)
		return;
	t->shared->note = nth;
	snprintf(reply.account, sizeof reply.account, "noc");
	snprintf(reply.acct, sizeof reply.acct, "alice@social.example.org");
	snprintf(reply.author_id, sizeof reply.author_id, "id-alice");
	snprintf(reply.text, sizeof reply.text, "%s", text);
	snprintf(reply.parent, sizeof reply.parent, "%s", t->sim->posts[0].id);
	sim_inject(t->sim, &reply);
}

static void says_ack_all(struct trial *t)
{
	say(t, 1, "ack all");
}

static void says_downtime(struct trial *t)
{
	say(t, 2, "downtime 30m new fuse");
}

static const struct trial_step steps[] = {
	{3, fails, NULL}, {6, NULL, says_ack_all}, {9, NULL, says_downtime}, {12, NULL, NULL},
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

static unsigned said(const struct trial *t, const char *words)
{
	unsigned n = 0;

	for (unsigned k = 0; k < t->sim->n_posts; k++)
		n += strstr(t->sim->posts[k].text, words) != NULL;
	return n;
}

static bool is_right(const struct trial *t, const char *what, unsigned stop)
{
	bool is_so = told(t, "ack db1 ") == 1 && told(t, "ack db1/A ") == 1 && told(t, "ack db1/B ") == 1 &&
		     told(t, "ack db1/C ") == 1 && told(t, "downtime db1 ") == 1 && t->shared->n_done == 5 &&
		     said(t, ": 4 acknowledged.") == 1 && said(t, ": in downtime until ") == 1 &&
		     !trial_twice(t->sim);

	if (is_so)
		return true;
	printf("crash_acts: %s, killed at %u (minute %d):\n", what, stop, t->killed_minute);
	trial_print(t);
	return false;
}

int main(void)
{
	static const struct trial_plan plan = {.config = config_text,
					       .objects = objects,
					       .steps = steps,
					       .n_steps = sizeof steps / sizeof *steps,
					       .end_minute = 25,
					       .restore = restore,
					       .begin = begin,
					       .posts = posts,
					       .is_right = is_right};
	bool everything = getenv("TWICKET_LONG") && getenv("TWICKET_LONG")[0];
	struct trial t = {0};
	unsigned failed;

	trial_init(&t, &plan, "crash-acts");
	failed = trial_suite(&t, "acts", everything ? 1 : 7);
	trial_finish(&t);
	printf("crash_acts: %u cases, 0 skipped\n", t.ran);
	return failed != 0;
}

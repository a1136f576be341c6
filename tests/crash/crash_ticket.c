/*
 * kill -9 at every store write and before and after every request: mentions of strangers,
 * one known and told its end, two that become tickets, more words, and the desk's answers.
 * However it is interrupted, the desk has each ticket and note once, and every stranger has
 * each answer once.
 */
#include "tests/crash/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config_text[] =
	"accounts = { status = { network = \"mastodon\"; handle = \"status@social.example.org\"; };\n"
	"             noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; }; };\n"
	"audiences = { public = { accounts = [ \"status\" ]; }; operators = { accounts = [ \"noc\" ]; }; };\n"
	"desk = { type = \"rt\"; url = \"https://rt.example.org\"; };\n";

static unsigned lose;

static void begin(struct trial *t)
{
	t->sim->desk.lose_next = lose;
}

static bool once(struct trial *t, unsigned bit)
{
	bool is_new = !(t->shared->note & (INT64_C(1) << bit));

	t->shared->note |= INT64_C(1) << bit;
	return is_new;
}

static void mention(struct trial *t, unsigned bit, const char *who, enum visibility visibility, const char *text)
{
	struct sim_reply reply = {.visibility = visibility};

	if (!once(t, bit))
		return;
	snprintf(reply.account, sizeof reply.account, "status");
	snprintf(reply.acct, sizeof reply.acct, "%s@users.example", who);
	snprintf(reply.author_id, sizeof reply.author_id, "id-%s", who);
	snprintf(reply.text, sizeof reply.text, "%s", text);
	sim_inject(t->sim, &reply);
}

static void breaks(struct trial *t)
{
	simcore_state(t->world.monitor, "mx1/SMTP", "CRITICAL", true, "refused", &t->world.now);
}

static void is_well(struct trial *t)
{
	simcore_state(t->world.monitor, "mx1/SMTP", "OK", true, "fine", &t->world.now);
}

static void dora(struct trial *t)
{
	mention(t, 0, "dora", VISIBILITY_PUBLIC, "no e-mail since this morning");
}

static void emil(struct trial *t)
{
	mention(t, 1, "emil", VISIBILITY_DIRECT, "my invoice is wrong");
	mention(t, 2, "frida", VISIBILITY_PUBLIC, "the door is locked");
}

static void more(struct trial *t)
{
	mention(t, 3, "emil", VISIBILITY_DIRECT, "it says 500");
}

static void answers(struct trial *t)
{
	if (t->sim->desk.n_tickets && once(t, 4))
		sim_desk_answer(t->sim, 1, "We look at it.");
}

/* --- what must have come out ---------------------------------------------------------------- */

static unsigned posts(const struct trial *t)
{
	return t->sim->n_posts;
}

static unsigned keys_twice(const struct sim_desk *d)
{
	unsigned n = 0;

	for (unsigned a = 0; a < d->n_tickets; a++)
		for (unsigned b = a + 1; b < d->n_tickets; b++)
			n += !strcmp(d->tickets[a].text, d->tickets[b].text);
	for (unsigned a = 0; a < d->n_notes; a++)
		for (unsigned b = a + 1; b < d->n_notes; b++)
			n += !strcmp(d->notes[a].text, d->notes[b].text);
	return n;
}

static bool is_right(const struct trial *t, const char *what, unsigned stop)
{
	const struct sim_desk *d = &t->sim->desk;
	unsigned over = sim_count(t->sim, "status", "E-mail: working again since 03:20. Disrupted for 17 min.", NULL);

	if (t->sim->n_posts == t->expected && !trial_twice(t->sim) && d->n_tickets == 2 && d->n_notes == 2 &&
	    !keys_twice(d) && over == 1 && sim_count(t->sim, "status", "We look at it.", NULL) == 1)
		return true;
	printf("crash: %s, killed at %u: %u posts (expected %u), %u twice; desk: %u tickets, %u notes, %u twice; %u over\n",
	       what, stop, t->sim->n_posts, t->expected, trial_twice(t->sim), d->n_tickets, d->n_notes, keys_twice(d), over);
	trial_print(t);
	return false;
}

int main(void)
{
	static const struct trial_step steps[] = {{.minute = 3, .event = breaks},	{.minute = 7, .act = dora},
						  {.minute = 8, .act = emil},	{.minute = 10, .act = more},
						  {.minute = 12, .act = answers}, {.minute = 20, .event = is_well}};
	static const struct trial_plan plan = {.config = config_text, .steps = steps, .n_steps = sizeof steps / sizeof *steps,
					       .end_minute = 50, .begin = begin, .posts = posts, .is_right = is_right};
	bool everything = getenv("TWICKET_LONG") && getenv("TWICKET_LONG")[0];
	unsigned failed = 0;
	struct trial t = {0};

	trial_init(&t, &plan, "ticket");
	failed += trial_suite(&t, "tickets", everything ? 1 : 61);
	lose = 2;
	failed += trial_suite(&t, "tickets, the desk's answers lost", everything ? 1 : 73);
	trial_finish(&t);
	printf("crash_ticket: %u cases, 0 skipped\n", t.ran);
	return failed != 0;
}

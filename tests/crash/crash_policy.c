/*
 * kill -9 at every store write and before and after every request, on a day full of policy:
 * downtime in mid-incident, flapping, a storm, quiet hours and their digest, a pause, and
 * what people open, close and retract by hand. However it is interrupted, the network ends
 * with the posts of an undisturbed run, none of them twice.
 */
#include "agent/core_hand.h"
#include "tests/crash/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY "root"

static const char config_text[] =
	"accounts = { status = { network = \"mastodon\"; handle = \"status@social.example.org\"; };\n"
	"             noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; posts_per_hour = 60; }; };\n"
	"audiences = { public = { accounts = [ \"status\" ]; quiet_hours = \"03:50-04:30\"; };\n"
	"              operators = { accounts = [ \"noc\" ]; storm = 2; match = \"!host:www\"; }; };\n"
	"people = { alice = { mastodon = \"alice@social.example.org\"; }; };\n";

static const char *const objects[] = {"mx1/SMTP", "E-mail", "db1/Postgres", "", "flap/FTP", "", "www/HTTP", "Website",
				      "web1/HTTP", "", "web2/HTTP", "", "web3/HTTP", "", "web4/HTTP", "", NULL};

static bool honours_keys;

static void begin(struct trial *t)
{
	t->sim->honours_keys = honours_keys;
}

/* --- in the core -------------------------------------------------------------------------------- */

static void state(struct trial *t, const char *name, const char *word)
{
	simcore_state(t->world.monitor, name, word, true, strcmp(word, "OK") ? "no answer" : "fine", &t->world.now);
}

static void smtp_fails(struct trial *t)
{
	state(t, "mx1/SMTP", "CRITICAL");
}

static void smtp_recovers(struct trial *t)
{
	state(t, "mx1/SMTP", "OK");
}

static void smtp_rests(struct trial *t)
{
	simcore_downtime(t->world.monitor, "mx1/SMTP", true, &t->world.now);
}

static void smtp_rested(struct trial *t)
{
	simcore_downtime(t->world.monitor, "mx1/SMTP", false, &t->world.now);
}

static void ftp_fails(struct trial *t)
{
	state(t, "flap/FTP", "CRITICAL");
}

static void ftp_recovers(struct trial *t)
{
	state(t, "flap/FTP", "OK");
}

static void all_web(struct trial *t, const char *word)
{
	state(t, "web1/HTTP", word);
	state(t, "web2/HTTP", word);
	state(t, "web3/HTTP", word);
	state(t, "web4/HTTP", word);
}

static void web_fails(struct trial *t)
{
	all_web(t, "CRITICAL");
}

static void web_recovers(struct trial *t)
{
	all_web(t, "OK");
}

static void www_fails(struct trial *t)
{
	state(t, "www/HTTP", "CRITICAL");
}

static void www_recovers(struct trial *t)
{
	state(t, "www/HTTP", "OK");
}

static void db_fails(struct trial *t)
{
	state(t, "db1/Postgres", "CRITICAL");
}

static void db_recovers(struct trial *t)
{
	state(t, "db1/Postgres", "OK");
}

/* --- by hand: a second time when the answer to the first was lost -------------------------------- */

struct sought {
	char tag[TAG_SIZE]; /* of what is open by hand; "" = nothing is */
};

static void seek(void *arg, const struct incident_view *view)
{
	struct sought *s = arg;

	if ((view->flags & INCIDENT_BY_HAND) && view->open)
		snprintf(s->tag, sizeof s->tag, "%s", view->tag);
}

static struct sought sought(const struct trial *t)
{
	struct sought s = {{0}};

	engine_each(core_engine(t->world.core), seek, &s);
	return s;
}

static void must(int rc, const struct err *err)
{
	if (rc == 0)
		return;
	printf("crash_policy: refused: %s\n", err->text);
	exit(4);
}

static void open_one(struct trial *t)
{
	struct open_order order = {.text = "The intranet is slow", .name = "Intranet", .by = BY};
	char tag[TAG_SIZE];
	struct err err;

	if (!sought(t).tag[0])
		must(core_open(t->world.core, &order, "public,operators", &t->world.now, tag, &err), &err);
}

static void close_one(struct trial *t)
{
	struct sought s = sought(t);
	struct err err;

	if (s.tag[0])
		must(core_close(t->world.core, s.tag, "It is fast again", BY, &t->world.now, &err), &err);
}

static void retract_one(struct trial *t)
{
	struct sought s = sought(t);
	struct err err;

	if (s.tag[0])
		must(core_retract(t->world.core, s.tag, "wrong cable", BY, RETRACT_BY_POST, &t->world.now, &err), &err);
}

static void count_pause(void *arg, const struct pause_row *row)
{
	(void)row;
	(*(unsigned *)arg)++;
}

static unsigned pauses(const struct trial *t)
{
	unsigned n = 0;

	engine_pauses(core_engine(t->world.core), count_pause, &n);
	return n;
}

static void pause_noc(struct trial *t)
{
	const struct pause_target target = {.audience = "operators"};
	struct err err;

	if (!pauses(t))
		must(core_pause(t->world.core, &target, "too loud", BY, &t->world.now, &err), &err);
}

static void resume_noc(struct trial *t)
{
	const struct pause_target target = {.audience = "operators"};
	struct err err;

	if (pauses(t))
		must(core_resume_pause(t->world.core, &target, BY, &t->world.now, &err), &err);
}

static const struct trial_step steps[] = {
	{2, NULL, open_one},	    {3, smtp_fails, NULL},   {8, smtp_rests, NULL},    {12, smtp_recovers, NULL},
	{14, smtp_rested, NULL},    {16, ftp_fails, NULL},   {17, ftp_recovers, NULL}, {20, ftp_fails, NULL},
	{21, ftp_recovers, NULL},   {24, ftp_fails, NULL},   {25, ftp_recovers, NULL}, {28, ftp_fails, NULL},
	{29, ftp_recovers, NULL},   {32, NULL, close_one},   {35, web_fails, NULL},    {44, web_recovers, NULL},
	{55, www_fails, NULL},	    {62, www_recovers, NULL}, {64, NULL, open_one},    {66, NULL, retract_one},
	{70, NULL, pause_noc},	    {71, db_fails, NULL},    {76, NULL, resume_noc},   {82, db_recovers, NULL},
};

/* --- what must have come out ------------------------------------------------------------------------ */

static unsigned posts(const struct trial *t)
{
	return t->sim->n_posts;
}

/* Every end hangs under the post that told the trouble; one in the past tense tells both. */
static unsigned orphans(const struct sim *s)
{
	unsigned n = 0;

	for (unsigned a = 0; a < s->n_posts; a++)
		n += strstr(s->posts[a].text, "🟢") && !strstr(s->posts[a].text, "again: ") && !s->posts[a].parent[0];
	return n;
}

static bool is_right(const struct trial *t, const char *what, unsigned stop)
{
	if (!stop && getenv("V"))
		trial_print(t);
	if (t->sim->n_posts == t->expected && !trial_twice(t->sim) && !orphans(t->sim))
		return true;
	printf("crash_policy: %s, killed at %u (minute %d): %u posts (expected %u), %u twice, %u orphans\n", what, stop,
	       t->killed_minute, t->sim->n_posts, t->expected, trial_twice(t->sim), orphans(t->sim));
	trial_print(t);
	return false;
}

int main(void)
{
	static const struct trial_plan plan = {.config = config_text,
					       .objects = objects,
					       .steps = steps,
					       .n_steps = sizeof steps / sizeof *steps,
					       .end_minute = 180,
					       .begin = begin,
					       .posts = posts,
					       .is_right = is_right};
	bool everything = getenv("TWICKET_LONG") && getenv("TWICKET_LONG")[0];
	struct trial t = {0};
	unsigned failed;

	trial_init(&t, &plan, "crash-policy");
	honours_keys = true;
	failed = trial_suite(&t, "policy, keys honoured", everything ? 1 : 223);
	honours_keys = false;
	failed += trial_suite(&t, "policy, keys ignored", everything ? 1 : 131);
	trial_finish(&t);
	printf("crash_policy: %u cases, 0 skipped\n", t.ran);
	return failed != 0;
}

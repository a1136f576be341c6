/*
 * kill -9 at every store write and before and after every request (GOALS R1, R2): the
 * whole agent on the virtual clock, two audiences, a problem that is acknowledged by a
 * reply, a second one, and their recoveries. However it is interrupted, the network
 * ends with the posts of an undisturbed run, none of them twice, in the right order.
 */
#include "tests/crash/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config_text[] =
	"accounts = { status = { network = \"mastodon\"; handle = \"status@social.example.org\"; };\n"
	"             noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; }; };\n"
	"audiences = { public = { accounts = [ \"status\" ]; }; operators = { accounts = [ \"noc\" ]; }; };\n"
	"people = { alice = { mastodon = \"alice@social.example.org\"; }; };\n";

static bool honours_keys;

static void begin(struct trial *t)
{
	t->sim->honours_keys = honours_keys;
}

static void reply_to_first(struct trial *t)
{
	struct sim_reply reply = {.visibility = VISIBILITY_PUBLIC};

	snprintf(reply.account, sizeof reply.account, "noc");
	snprintf(reply.acct, sizeof reply.acct, "alice@social.example.org");
	snprintf(reply.author_id, sizeof reply.author_id, "id-alice");
	snprintf(reply.text, sizeof reply.text, "ack disk full");
	for (unsigned k = 0; k < t->sim->n_posts && !reply.parent[0]; k++)
		if (!strcmp(t->sim->posts[k].account, "noc"))
			snprintf(reply.parent, sizeof reply.parent, "%s", t->sim->posts[k].id);
	sim_inject(t->sim, &reply);
}

/* --- what must have come out ---------------------------------------------------------------- */

static unsigned posts(const struct trial *t)
{
	return t->sim->n_posts;
}

/* Every recovery hangs under the post that told the problem. */
static unsigned orphans(const struct sim *s)
{
	unsigned n = 0;

	for (unsigned a = 0; a < s->n_posts; a++)
		if (strstr(s->posts[a].text, "🟢") && !s->posts[a].parent[0])
			n++;
	return n;
}

struct searched {
	struct store *store;
	uint64_t incident;
	char last[512]; /* of its timeline */
	bool is_found;
	unsigned incidents, lost;
};

static int keep_last(void *arg, const struct timeline_row *row)
{
	struct searched *s = arg;

	snprintf(s->last, sizeof s->last, "%s", row->text);
	return 0;
}

static int look_whether_found(void *arg, uint64_t incident, const char *object, const char *excerpt)
{
	struct searched *s = arg;

	(void)object;
	(void)excerpt;
	s->is_found = s->is_found || incident == s->incident;
	return 0;
}

static int search_one(void *arg, const struct incident_row *row)
{
	struct searched *s = arg;

	s->incident = row->id;
	s->is_found = false;
	store_timeline(s->store, row->id, keep_last, s, NULL);
	store_search(s->store, s->last, 100, look_whether_found, s, NULL);
	s->lost += !s->is_found;
	s->incidents++;
	return 0;
}

/* Each incident is found by the last line of its story, whoever was killed behind that line. */
static bool is_searchable(const struct trial *t)
{
	struct searched s = {.store = store_open(t->db, NULL)};

	if (!s.store || store_read_stories(s.store, 1000) == -1 ||
	    store_incidents(s.store, true, 0, search_one, &s, NULL) == -1)
		s.lost++;
	store_close(s.store);
	return s.incidents && !s.lost;
}

static bool is_right(const struct trial *t, const char *what, unsigned stop)
{
	if (!is_searchable(t)) {
		printf("crash: %s, killed at %u: an incident is not found by its last line\n", what, stop);
		return false;
	}
	if (t->sim->n_posts == t->expected && !trial_twice(t->sim) && !orphans(t->sim) && t->sim->n_favourites == 1)
		return true;
	printf("crash: %s, killed at %u: %u posts (expected %u), %u twice, %u orphans, %u favourites\n", what, stop,
	       t->sim->n_posts, t->expected, trial_twice(t->sim), orphans(t->sim), t->sim->n_favourites);
	trial_print(t);
	return false;
}

int main(void)
{
	static const struct trial_plan plan = {
		.config = config_text, .begin = begin, .reply = reply_to_first, .posts = posts, .is_right = is_right};
	bool everything = getenv("TWICKET_LONG") && getenv("TWICKET_LONG")[0];
	unsigned failed = 0;
	struct trial t = {0};

	trial_init(&t, &plan, "crash");
	honours_keys = true;
	failed += trial_suite(&t, "keys honoured", everything ? 1 : 30);
	honours_keys = false;
	failed += trial_suite(&t, "keys ignored", everything ? 1 : 11);
	t.lose_every = 3;
	failed += trial_suite(&t, "keys ignored, every third answer lost", everything ? 1 : 23);
	trial_finish(&t);
	printf("crash_agent: %u cases, 0 skipped\n", t.ran);
	return failed != 0;
}

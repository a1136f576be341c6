/*
 * One configuration on an old log: the rehearsals that tell what it would post, and what
 * each of its hold-backs saves. Called by cli_replay.c.
 * Must never change the configuration that it was given.
 */
#include "agent/cli_replay.h"

#include <stdlib.h>
#include <string.h>

#define MONTH_DAYS 30

/* --- variants -------------------------------------------------------------------------------------- */

int64_t replay_nice_ms(int64_t ms)
{
	static const int64_t nice_s[] = {5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200};
	const size_t n = sizeof nice_s / sizeof nice_s[0];
	int64_t best = nice_s[0] * 1000;

	if (ms > nice_s[n - 1] * 1000)
		return ms / 3600000 * 3600000;
	for (size_t i = 1; i < n; i++)
		if (llabs(nice_s[i] * 1000 - ms) <= llabs(best - ms))
			best = nice_s[i] * 1000;
	return best;
}

static int64_t shorter(int64_t hold_ms)
{
	int64_t ms = replay_nice_ms(hold_ms / 2);

	return ms < hold_ms ? ms : 0;
}

static int64_t longer(int64_t hold_ms)
{
	int64_t ms = replay_nice_ms(hold_ms * 5 / 2);

	return ms > hold_ms ? ms : 2 * hold_ms;
}

static void change_hold(struct config_audience *a, enum variant v)
{
	if (v == (a->internals ? VARIANT_SHORT_INTERNAL_HOLD : VARIANT_SHORT_HOLD))
		a->hold_ms = shorter(a->hold_ms);
	else if (v == (a->internals ? VARIANT_LONG_INTERNAL_HOLD : VARIANT_LONG_HOLD))
		a->hold_ms = longer(a->hold_ms);
}

/* True: it says something else then. */
static bool change(struct config_audience *a, enum variant v)
{
	struct config_audience old = *a;

	switch (v) {
	case VARIANT_NONE:
	case VARIANTS: return true;
	case VARIANT_SHORT_HOLD:
	case VARIANT_LONG_HOLD:
	case VARIANT_SHORT_INTERNAL_HOLD:
	case VARIANT_LONG_INTERNAL_HOLD: change_hold(a, v); break;
	case VARIANT_NO_RECOVERY_HOLD: a->recovery_hold_ms = 0; break;
	case VARIANT_NO_STORM: a->storm = 0; break;
	case VARIANT_NO_QUIET_HOURS: a->quiet_hours = NULL; break;
	case VARIANT_NO_DOWNTIMES:
	case VARIANT_NO_FLAPPING: return true;
	}
	return a->hold_ms != old.hold_ms || a->recovery_hold_ms != old.recovery_hold_ms ||
	       a->storm != old.storm || a->quiet_hours != old.quiet_hours;
}

/* 1: made; 0: it would be the same; -1 without memory. */
static int make_config(struct replay_run *run, enum variant v)
{
	const struct config *from = run->config;
	struct config *to = &run->configs[v];
	bool is_other = false;

	*to = *from;
	to->audiences = calloc(from->n_audiences + 1u, sizeof *to->audiences);
	if (!to->audiences)
		return -1;
	for (unsigned k = 0; k < from->n_audiences; k++) {
		to->audiences[k] = from->audiences[k];
		is_other |= change(&to->audiences[k], v);
	}
	return is_other;
}

static struct object *on_object(void *arg, unsigned kind, const char *host, const char *service)
{
	const struct replay_run *run = arg;

	return replay_object(run->replay, kind, host, service);
}

/* Those of its first account stand for all: the others say the same. */
static bool wants_words(void *arg, unsigned audience, unsigned account)
{
	const struct replay_run *run = arg;

	return (int)audience == run->shown && run->config->audiences[audience].accounts[0] == account;
}

static void on_post(void *arg, const struct rehearsed *post)
{
	struct replay_run *run = arg;

	if (post->text && wants_words(run, post->audience, post->account))
		replay_show_post(run, post);
}

static int add(struct replay_run *run, enum variant v, const char *node, struct err *err)
{
	struct rehearsal_order order = {
	    .config = &run->configs[v],
	    .node = node,
	    .ignore = v == VARIANT_NO_DOWNTIMES ? IGNORE_DOWNTIMES
		      : v == VARIANT_NO_FLAPPING ? IGNORE_FLAPPING
						 : IGNORE_NOTHING,
	    .arg = run,
	    .object = on_object,
	    .post = v == VARIANT_NONE ? on_post : NULL,
	    .wants_words = wants_words};

	run->rehearsals[v] = rehearsal_create(&order, 0, err);
	if (!run->rehearsals[v])
		return -1;
	if (replay_add(run->replay, run->rehearsals[v]) == -1)
		return err_set(err, "out of memory");
	return 0;
}

int replay_run_init(
    struct replay_run *run, const struct cli *cli, const struct config *config,
    struct replay *replay, enum replay_detail detail, int shown, struct err *err)
{
	int last = detail == REPLAY_WITH_HINTS ? VARIANTS - 1 : VARIANT_NONE, made;

	*run = (struct replay_run){.config = config, .replay = replay, .shown = shown, .cli = cli};
	buf_init(&run->line, 1u << 20);
	for (int v = VARIANT_NONE; v <= last; v++) {
		made = make_config(run, (enum variant)v);
		if (made == -1)
			return err_set(err, "out of memory");
		if (made && add(run, (enum variant)v, "log", err) == -1)
			return -1;
	}
	return 0;
}

void replay_run_finish(struct replay_run *run)
{
	for (int v = 0; v < VARIANTS; v++) {
		rehearsal_destroy(run->rehearsals[v]);
		free(run->configs[v].audiences);
	}
	json_decref(run->posts);
	buf_finish(&run->line);
}

/* --- facts ------------------------------------------------------------------------------------------ */

static void put(json_t *object, const char *key, int64_t n)
{
	json_object_set_new(object, key, json_integer((json_int_t)n));
}

static int64_t posts_of(const struct replay_run *run, enum variant v, unsigned audience)
{
	struct rehearsal_tally t;

	rehearsal_audience(run->rehearsals[v], audience, &t);
	return t.posts;
}

/* What a hold-back of that name saved this audience. */
static json_t *saved_facts(const struct replay_run *run, unsigned audience)
{
	static const struct {
		enum variant variant;
		const char *key;
	} kinds[] = {
	    {VARIANT_NO_RECOVERY_HOLD, "recovery_hold"},
	    {VARIANT_NO_STORM, "storm"},
	    {VARIANT_NO_QUIET_HOURS, "quiet_hours"},
	    {VARIANT_NO_DOWNTIMES, "downtimes"},
	    {VARIANT_NO_FLAPPING, "flapping"}};
	json_t *saved = json_object();
	int64_t base = posts_of(run, VARIANT_NONE, audience), posts;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!run->rehearsals[kinds[i].variant])
			continue;
		posts = posts_of(run, kinds[i].variant, audience);
		if (posts > base)
			put(saved, kinds[i].key, posts - base);
	}
	return saved;
}

static json_t *hold_facts(const struct replay_run *run, unsigned audience)
{
	int64_t base = posts_of(run, VARIANT_NONE, audience), here, there;
	json_t *holds = json_array(), *hold;

	for (int v = VARIANT_SHORT_HOLD; v <= VARIANT_LONG_INTERNAL_HOLD; v++) {
		if (!run->rehearsals[v])
			continue;
		here = run->config->audiences[audience].hold_ms;
		there = run->configs[v].audiences[audience].hold_ms;
		if (here == there)
			continue;
		hold = json_object();
		put(hold, "hold_ms", there);
		put(hold, "more_posts", posts_of(run, (enum variant)v, audience) - base);
		json_array_append_new(holds, hold);
	}
	return holds;
}

static bool is_metered(const struct config *c, const struct config_audience *a)
{
	for (unsigned k = 0; k < a->n_accounts; k++)
		if (c->accounts[a->accounts[k]].is_metered)
			return true;
	return false;
}

static json_t *audience_facts(const struct replay_run *run, unsigned k, double days)
{
	const struct config_audience *a = &run->config->audiences[k];
	struct rehearsal_tally t;
	json_t *facts;

	rehearsal_audience(run->rehearsals[VARIANT_NONE], k, &t);
	facts = json_pack("{s:s, s:o, s:o}", "name", a->name, "holds", hold_facts(run, k), "saved", saved_facts(run, k));
	put(facts, "incidents", t.incidents);
	put(facts, "posts", t.posts);
	put(facts, "busiest", t.busiest);
	put(facts, "busiest_ms", t.busiest_ms);
	put(facts, "never_said", t.kept);
	put(facts, "longest_ms", t.longest_ms);
	put(facts, "hold_ms", a->hold_ms);
	if (!is_metered(run->config, a))
		return facts;
	put(facts, "spent_micro", t.micro);
	put(facts, "month_micro", (int64_t)((double)t.micro * MONTH_DAYS / days));
	return facts;
}

static json_t *account_facts(const struct replay_run *run, unsigned k)
{
	const struct config_account *a = &run->config->accounts[k];
	struct rehearsal_budget b;
	json_t *facts = json_pack("{s:s}", "name", a->name);

	rehearsal_account(run->rehearsals[VARIANT_NONE], k, &b);
	put(facts, "posts", b.posts);
	put(facts, "busiest", b.busiest);
	put(facts, "posts_per_hour", a->posts_per_hour);
	put(facts, "posts_per_day", a->posts_per_day);
	put(facts, "over_hour", b.over_hour);
	put(facts, "over_day", b.over_day);
	if (a->is_metered)
		put(facts, "usd_micro_per_month", a->usd_micro_per_month);
	return facts;
}

json_t *replay_run_facts(const struct replay_run *run, double days)
{
	json_t *audiences = json_array(), *accounts = json_array();

	for (unsigned k = 0; k < run->config->n_audiences; k++)
		json_array_append_new(audiences, audience_facts(run, k, days));
	for (unsigned k = 0; k < run->config->n_accounts; k++)
		json_array_append_new(accounts, account_facts(run, k));
	return json_pack(
	    "{s:s, s:o, s:o}", "config", run->config->path ? run->config->path : "", "audiences",
	    audiences, "accounts", accounts);
}

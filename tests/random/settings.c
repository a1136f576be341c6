/*
 * The configurations of the random-event test, as data. Called by story.c and random.c.
 * Must never need a file: what config.c makes of one is tested elsewhere.
 */
#include "tests/random/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOC, TOOT, DEUTSCH, PAID, WEB };

static const struct config_account accounts[ACCOUNTS] = {
	[NOC] = {.name = (char *)"noc", .network = (char *)"mastodon", .language = (char *)"en"},
	[TOOT] = {.name = (char *)"toot", .network = (char *)"mastodon", .language = (char *)"en"},
	[DEUTSCH] = {.name = (char *)"deutsch", .network = (char *)"mastodon", .language = (char *)"de"},
	[PAID] = {.name = (char *)"paid", .network = (char *)"x", .language = (char *)"en", .is_metered = true},
	[WEB] = {.name = (char *)"web", .network = (char *)"mastodon", .language = (char *)"en"},
};

#define ON(account) (1u << (account))

enum change { SAME, OTHER_HOLD, GONE, ONLY_LATER, OTHER_MATCH, FEWER_ACCOUNTS };

/* An audience; 0 and NULL: as its base has it. */
struct recipe {
	unsigned family;
	const char *name, *base;
	unsigned on; /* accounts */
	enum change change; /* in other variants */
	const char *match, *as_contact, *quiet_hours, *urgent;
	bool soft, only_worst, announces, escalates;
	unsigned storm;
	int64_t hold_s;
};

static const struct recipe recipes[] = {
	/* as shipped */
	{0, "public", "public", ON(TOOT), SAME, .storm = 5},
	{0, "operators", "operators", ON(NOC), SAME, .storm = 20},
	/* several accounts, one of which costs; a team of its own */
	{1, "public", "public", ON(TOOT) | ON(DEUTSCH) | ON(PAID), FEWER_ACCOUNTS, .storm = 0},
	{1, "operators", "operators", ON(NOC), OTHER_HOLD, .match = "!hostgroup:web"},
	{1, "web_team", "operators", ON(WEB), GONE, .match = "hostgroup:web", .only_worst = true},
	/* the core's own contact */
	{2, "public", "public", ON(TOOT), OTHER_HOLD, .storm = 0},
	{2, "oncall", "operators", ON(NOC), SAME, .as_contact = "oncall"},
	{2, "web_team", "operators", ON(WEB), ONLY_LATER, .match = "hostgroup:web"},
	/* SOFT states, groups */
	{3, "operators", "operators", ON(NOC), OTHER_MATCH, .soft = true},
	{3, "public", "public", ON(TOOT), SAME, .hold_s = 30},
	/* quiet hours, announcements, storms */
	{4, "public", "public", ON(TOOT) | ON(DEUTSCH), OTHER_HOLD, .quiet_hours = "22:00-07:00",
	 .urgent = "hostgroup:web", .announces = true, .storm = 2},
	{4, "operators", "operators", ON(NOC), SAME, .storm = 3},
	/* one voice for two nodes, isolation */
	{5, "public", "public", ON(TOOT), SAME, .announces = true},
	{5, "operators", "operators", ON(NOC), OTHER_HOLD, .announces = true},
	/* escalation, groups by rack */
	{6, "operators", "operators", ON(NOC) | ON(WEB), FEWER_ACCOUNTS, .escalates = true, .announces = true},
	{6, "public", "public", ON(PAID), GONE, .storm = 3},
	/* all of it */
	{7, "public", "public", ON(TOOT) | ON(PAID), OTHER_HOLD, .quiet_hours = "sat-sun 00:00-24:00, 23:00-06:30",
	 .urgent = "service:smtp", .announces = true, .storm = 3},
	{7, "operators", "operators", ON(NOC), GONE, .escalates = true, .storm = 4, .announces = true},
	{7, "night", "operators", ON(WEB), ONLY_LATER, .quiet_hours = "08:00-18:00", .soft = true},
};
#define RECIPES (sizeof recipes / sizeof *recipes)

unsigned settings_families(void)
{
	return recipes[RECIPES - 1].family + 1;
}

/* As SURFACE 1.6 has it. */
static void set_base(struct config_audience *a, const char *base)
{
	bool public = !strcmp(base, "public");

	a->base = (char *)(uintptr_t)base;
	a->states = STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL) | STATE_BIT(EVENT_HOST, EVENT_DOWN) |
		    STATE_BIT(EVENT_HOST, EVENT_UNREACHABLE);
	if (!public)
		a->states |= STATE_BIT(EVENT_SERVICE, EVENT_WARNING) | STATE_BIT(EVENT_SERVICE, EVENT_UNKNOWN);
	a->internals = !public;
	a->hold_ms = public ? 2 * MINUTE_MS : 15 * SECOND_MS;
	a->recovery_hold_ms = public ? 2 * MINUTE_MS : 90 * SECOND_MS;
	a->reopen_ms = public ? HOUR_MS : 30 * MINUTE_MS;
	a->update_ms = public ? 10 * MINUTE_MS : 2 * MINUTE_MS;
	a->remind_ms = public ? HOUR_MS : 30 * MINUTE_MS;
	a->remind_acked_ms = 4 * HOUR_MS;
	a->flap_digest_ms = public ? 4 * HOUR_MS : 2 * HOUR_MS;
	a->visibility = public ? VISIBILITY_PUBLIC : VISIBILITY_FOLLOWERS;
	a->acks = true;
}

static struct match *must_match(const char *text)
{
	struct err err;
	struct match *m = match_parse(text, &err);

	if (!m) {
		printf("random: %s: %s\n", text, err.text);
		exit(2);
	}
	return m;
}

static void set_hours(struct config_audience *a, const struct recipe *recipe)
{
	struct err err;

	a->quiet_hours_text = a->urgent_text = (char *)"";
	if (!recipe->quiet_hours)
		return;
	a->quiet_hours_text = (char *)(uintptr_t)recipe->quiet_hours;
	a->quiet_hours = hours_parse(recipe->quiet_hours, &err);
	if (!a->quiet_hours)
		exit(2);
	if (recipe->urgent) {
		a->urgent_text = (char *)(uintptr_t)recipe->urgent;
		a->urgent = must_match(recipe->urgent);
	}
}

static void set_lists(struct settings *s, unsigned k, const struct recipe *recipe, bool fewer)
{
	struct config_audience *a = &s->audiences[k];

	a->accounts = s->told_on[k];
	for (unsigned account = 0; account < ACCOUNTS; account++)
		if ((recipe->on & ON(account)) && !(fewer && a->n_accounts))
			a->accounts[a->n_accounts++] = account;
	if (recipe->announces) {
		s->announce[k][0] = 24 * HOUR_MS;
		s->announce[k][1] = HOUR_MS;
		a->announce_ms = s->announce[k];
		a->n_announce = 2;
	}
	if (recipe->escalates) {
		s->steps[k][0] = (struct config_escalation){.after_ms = 20 * MINUTE_MS, .people = s->called, .n_people = 1};
		s->steps[k][1] = (struct config_escalation){.after_ms = 2 * HOUR_MS, .people = s->called, .n_people = 1};
		a->escalate = s->steps[k];
		a->n_escalate = 2;
	}
}

static void add_audience(struct settings *s, const struct recipe *recipe, unsigned variant)
{
	unsigned k = s->config.n_audiences++;
	struct config_audience *a = &s->audiences[k];
	enum change change = variant ? recipe->change : SAME;
	const char *match = recipe->match ? recipe->match : strcmp(recipe->base, "public") ? "*" : "named";

	set_base(a, recipe->base);
	a->name = (char *)(uintptr_t)recipe->name;
	a->as_contact = (char *)(uintptr_t)(recipe->as_contact ? recipe->as_contact : "");
	a->match_text = (char *)(uintptr_t)(change == OTHER_MATCH ? "!host:h5" : match);
	a->match = must_match(a->match_text);
	a->soft = recipe->soft;
	a->storm = recipe->storm;
	if (recipe->only_worst)
		a->states = STATE_BIT(EVENT_SERVICE, EVENT_CRITICAL) | STATE_BIT(EVENT_HOST, EVENT_DOWN) |
			    STATE_BIT(EVENT_HOST, EVENT_UNREACHABLE);
	if (recipe->hold_s)
		a->hold_ms = recipe->hold_s * SECOND_MS;
	if (change == OTHER_HOLD)
		a->hold_ms = variant % 2 ? 0 : 5 * MINUTE_MS;
	set_hours(a, recipe);
	set_lists(s, k, recipe, change == FEWER_ACCOUNTS);
}

static void set_groups(struct config *c, unsigned family, char **nodes)
{
	c->group_by = (char *)"";
	c->group_min = 3;
	c->isolation = 30;
	c->sentinels_text = (char *)"";
	if (family == 3 || family == 7) {
		c->group_kind = GROUP_HOSTGROUP;
		c->group_by = (char *)"web";
	} else if (family == 6) {
		c->group_kind = GROUP_VAR;
		c->group_by = (char *)"_RACK";
	}
	if (family == 5) {
		c->same_objects = nodes;
		c->n_same_objects = NODES;
	}
	if (family == 5 || family == 7) {
		c->sentinels_text = (char *)"host:r1";
		c->sentinels = must_match("host:r1");
	}
}

static bool is_in(const struct recipe *recipe, unsigned variant)
{
	if (recipe->change == GONE)
		return variant == 0;
	return recipe->change != ONLY_LATER || variant != 0;
}

struct settings *settings_create(unsigned family, unsigned variant)
{
	struct settings *s = calloc(1, sizeof *s);
	struct config *c;

	if (!s)
		exit(2);
	c = &s->config;
	memcpy(s->accounts, accounts, sizeof accounts);
	for (unsigned k = 0; k < NODES; k++)
		s->nodes[k] = (char *)(uintptr_t)site_names[k];
	s->people[0] = (struct config_person){.name = (char *)"alice", .mastodon = (char *)"alice@social.example.org",
					      .x = (char *)"alice_noc", .role = ROLE_LEAD, .mention = true};
	s->people[1] = (struct config_person){.name = (char *)"bob", .mastodon = (char *)"", .x = (char *)"",
					      .role = ROLE_OPERATOR};
	c->language = (char *)"en";
	c->timezone = c->link = (char *)"";
	c->accounts = s->accounts;
	c->n_accounts = ACCOUNTS;
	c->audiences = s->audiences;
	c->people = s->people;
	c->n_people = 2;
	set_groups(c, family, s->nodes);
	for (unsigned k = 0; k < RECIPES; k++)
		if (recipes[k].family == family && is_in(&recipes[k], variant))
			add_audience(s, &recipes[k], variant);
	return s;
}

void settings_destroy(struct settings *s)
{
	if (!s)
		return;
	for (unsigned k = 0; k < s->config.n_audiences; k++) {
		match_destroy(s->audiences[k].match);
		match_destroy(s->audiences[k].urgent);
		hours_destroy(s->audiences[k].quiet_hours);
	}
	match_destroy(s->config.sentinels);
	free(s);
}

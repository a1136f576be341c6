/*
 * An account of ours that cannot speak is told on the others: to every audience that
 * may know internals. Called by the outbox and the collector. It must never use the
 * account that it is about, nor tell the public. Whoever calls it has warned in the log.
 */
#include "agent/core_internal.h"
#include "common/log.h"

/* May somebody read it there who may know internals? Each account is told by its first such audience. */
static bool is_told_by(const struct config *config, unsigned audience, unsigned account)
{
	for (unsigned a = 0; a <= audience; a++) {
		const struct config_audience *at = &config->audiences[a];

		for (unsigned k = 0; at->internals && k < at->n_accounts; k++)
			if (at->accounts[k] == account)
				return a == audience;
	}
	return false;
}

static void tell(struct core *c, unsigned audience, unsigned account, struct say *say)
{
	struct say_target target = {.audience = audience, .account = account};
	char tag[TAG_SIZE];

	core_fresh_tag(c, tag);
	say->tag = tag;
	core_say(c, &target, say);
}

void core_say_inside(struct core *c, struct say *say)
{
	for (unsigned a = 0; a < c->config->n_audiences; a++) {
		const struct config_audience *audience = &c->config->audiences[a];

		for (unsigned k = 0; k < audience->n_accounts; k++) {
			struct say_target target = {.audience = a, .account = audience->accounts[k]};

			if (is_told_by(c->config, a, target.account))
				core_say(c, &target, say);
		}
	}
}

void core_tell_inside(struct core *c, struct say *say)
{
	for (unsigned a = 0; a < c->config->n_audiences; a++) {
		const struct config_audience *audience = &c->config->audiences[a];

		for (unsigned k = 0; k < audience->n_accounts; k++)
			if (is_told_by(c->config, a, audience->accounts[k]))
				tell(c, a, audience->accounts[k], say);
	}
}

void core_alarm(void *arg, const char *account, const char *text, bool is_over)
{
	struct core *c = arg;
	int failing = config_account_index(c->config, account);
	unsigned queued = 0;
	struct say say = {
	    .event = is_over ? SAY_ALARM_OVER : SAY_ALARM,
	    .symbol = is_over ? SYMBOL_GREEN : SYMBOL_YELLOW,
	    .object = account,
	    .text = text,
	    .since = c->now.wall_ms / 1000,
	    .until = c->now.wall_ms / 1000,
	    .now = c->now.wall_ms / 1000,
	    .duration = -1};

	for (unsigned a = 0; a < c->config->n_audiences; a++) {
		const struct config_audience *audience = &c->config->audiences[a];

		for (unsigned k = 0; k < audience->n_accounts; k++)
			if ((int)audience->accounts[k] != failing &&
			    is_told_by(c->config, a, audience->accounts[k])) {
				tell(c, a, audience->accounts[k], &say);
				queued++;
			}
	}
	/* not "told": that is said by the delivery of each post, and there may be nobody to tell */
	log_info(
	    "core", "account=%s alarm=%s queued=%u text=%s", account, is_over ? "over" : "raised",
	    queued, text);
}

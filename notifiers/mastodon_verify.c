/*
 * VERIFY: whose token it is, what the server is and can do, what it will hide.
 * Called by the frame in mastodon.c; runs through up to five requests.
 * It must never fail for want of what only some servers have.
 */
#include "notifiers/mastodon.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum verify_state {
	VERIFY_SELF,
	VERIFY_INSTANCE_V2, /* Mastodon 4.0, GoToSocial; snac has none */
	VERIFY_INSTANCE_V1,
	VERIFY_POLICY_V2, /* Mastodon 4.3 */
	VERIFY_POLICY_V1
};

static enum op_step ask(struct op *op, struct turn *turn, enum verify_state state, const char *path)
{
	op->state = (int)state;
	mastodon_path(op, path);
	return mastodon_send_get(op, turn, 524288);
}

/* "4.5.1+glitch" is 405; 0 when it does not begin with a version. */
static unsigned version_of(const char *s)
{
	unsigned long major, minor = 0;
	char *end;

	if (!isdigit((unsigned char)*s))
		return 0;
	major = strtoul(s, &end, 10);
	if (*end == '.' && isdigit((unsigned char)end[1]))
		minor = strtoul(end + 1, NULL, 10);
	return major > 1000 || minor > 99 ? 0 : (unsigned)(major * 100 + minor);
}

static enum mastodon_software software_of(const json_t *instance, const char *version)
{
	char source[256];

	json_text(instance, "source_url", source, sizeof source);
	if (strstr(version, "snac/"))
		return MASTODON_SNAC;
	if (strcasestr(version, "pleroma") || strcasestr(version, "akkoma"))
		return MASTODON_PLEROMA;
	if (strcasestr(source, "gotosocial") || json_object_get(instance, "account_domain"))
		return MASTODON_GOTOSOCIAL;
	return strchr(version, '(') ? MASTODON_OTHER : MASTODON_MASTODON;
}

static const char *software_name(enum mastodon_software software)
{
	switch (software) {
	case MASTODON_MASTODON: return "Mastodon ";
	case MASTODON_GOTOSOCIAL: return "GoToSocial ";
	case MASTODON_SNAC:
	case MASTODON_PLEROMA:
	case MASTODON_OTHER:
	case MASTODON_UNKNOWN: break;
	}
	return ""; /* their version strings name them */
}

static unsigned number_of(const json_t *object, const char *key, unsigned otherwise)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 && n <= 1000000 ? (unsigned)n : otherwise;
}

/* Domain of a bare acct: GoToSocial's account_domain, Mastodon's v2 domain, else the host. */
static void learn_domain(struct account *a, const json_t *instance)
{
	char domain[MASTODON_ACCT_MAX], acct[MASTODON_ACCT_MAX], *at;

	json_text(instance, "account_domain", domain, sizeof domain);
	if (!*domain)
		json_text(instance, "domain", domain, sizeof domain);
	if (!*domain || strchr(domain, '@') || strlen(domain) > 255)
		snprintf(domain, sizeof domain, "%s", a->host);
	snprintf(a->domain, sizeof a->domain, "%s", domain);
	/* In lower case, and only if an acct can be made of it. */
	if (mastodon_acct(a, "x", acct, sizeof acct) && (at = strchr(acct, '@')))
		snprintf(a->domain, sizeof a->domain, "%s", at + 1);
	else
		snprintf(a->domain, sizeof a->domain, "%s", a->host);
}

static void learn_instance(struct op *op, const json_t *instance)
{
	const json_t *statuses =
	    json_object_get(json_object_get(instance, "configuration"), "statuses");
	struct account *a = op->account;
	char version[96];

	json_text(instance, "version", version, sizeof version);
	a->software = software_of(instance, version);
	a->version = a->software == MASTODON_MASTODON ? version_of(version) : 0;
	a->characters = number_of(
	    statuses, "max_characters",
	    number_of(instance, "max_toot_chars", 500)); /* Pleroma's older name */
	a->url_characters = number_of(statuses, "characters_reserved_per_url", 23);
	snprintf(op->about, sizeof op->about, "%s%s", software_name(a->software), version);
	learn_domain(a, instance);
}

/* Nothing about the instance: defaults, and the host as domain. */
static void learn_nothing(struct op *op)
{
	learn_domain(op->account, NULL);
	snprintf(op->about, sizeof op->about, "unknown software");
}

static bool emit(struct turn *turn, const struct item *item)
{
	return turn->env->emit(turn->env->arg, item) != EMIT_FAILED;
}

static bool emit_notice(struct turn *turn, const char *text)
{
	struct item item = {
	    .kind = ITEM_NOTICE,
	    .id = "",
	    .uri = "",
	    .url = "",
	    .parent_id = "",
	    .author_id = "",
	    .acct = "",
	    .display = "",
	    .text = text,
	    .cursor = ""};

	return emit(turn, &item);
}

static bool emit_self(struct op *op, struct turn *turn, const char *acct)
{
	struct account *a = op->account;
	const char *display = json_string_value(json_object_get(op->self, "display_name"));
	const char *url = json_string_value(json_object_get(op->self, "url"));
	struct item item = {
	    .kind = ITEM_SELF,
	    .id = a->id,
	    .uri = "",
	    .url = url ? url : "",
	    .parent_id = "",
	    .author_id = a->id,
	    .acct = acct,
	    .display = display ? display : "",
	    .text = op->about,
	    .cursor = "",
	    .bot = json_flag(op->self, "bot"),
	    .by_us = true,
	    .locked = json_flag(op->self, "locked"),
	    .limit = a->characters < 5000 ? a->characters : 5000};

	return emit(turn, &item);
}

/* What is filtered is still read (include_filtered); what is dropped never exists. */
static bool emit_policy(struct turn *turn, const json_t *policy)
{
	static const struct {
		const char *key, *text;
	} rules[] = {
	    {"for_not_following",
	     "the notification policy drops mentions by people whom the account "
	     "does not follow: their replies are never seen"},
	    {"for_not_followers",
	     "the notification policy drops mentions by people who do not follow "
	     "the account: their replies are never seen"},
	    {"for_new_accounts", "the notification policy drops mentions by new accounts"},
	    {"for_private_mentions", "the notification policy drops private mentions: direct "
				     "messages of operators are never seen"},
	    {"for_limited_accounts", "the notification policy drops mentions by limited accounts"},
	    {"for_bots", "the notification policy drops mentions by bots"},
	};
	const char *word;
	size_t i;

	for (i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		word = json_string_value(json_object_get(policy, rules[i].key));
		if (word && strcmp(word, "drop") == 0 && !emit_notice(turn, rules[i].text))
			return false;
	}
	return true;
}

/* The server part of the handle may be the account domain or the API's host. */
static enum op_step finish(struct op *op, struct turn *turn)
{
	struct account *a = op->account;
	char acct[2 * MASTODON_ACCT_MAX];
	bool stored;

	snprintf(acct, sizeof acct, "%s@%s", a->login, a->domain);
	if (strcmp(a->server, a->domain) != 0 && strcmp(a->server, a->host) != 0)
		return mastodon_finish(
		    op, turn, RESULT_AUTH, "the token belongs to %s, the handle says %s@%s", acct,
		    a->login, a->server);
	stored = emit_self(op, turn, acct);
	if (stored && !json_flag(op->self, "bot"))
		stored = emit_notice(
		    turn, "the account is not flagged as automated (bot): servers and "
			  "readers expect it; set it in the profile");
	stored = stored && emit_policy(turn, op->policy);
	if (!stored)
		return mastodon_finish(op, turn, RESULT_RETRY, "the store did not take it");
	snprintf(turn->result->id, sizeof turn->result->id, "%s", a->id);
	turn->result->found = true;
	return mastodon_finish(op, turn, RESULT_OK, "%s on %s", acct, op->about);
}

static enum op_step take_self(struct op *op, struct turn *turn)
{
	op->self = mastodon_json(op, turn, JSON_OBJECT);
	/* A second of slack: both clocks are known to the second only. */
	if (op->self && !op->account->began_ms)
		op->account->began_ms = turn->env->wall_ms + mastodon_skew_ms(turn) - 1000;
	if (!op->self || mastodon_learn_self(op, turn, op->self) == -1)
		return OP_DONE;
	/* Now, not when it is read for the first time: a reload may come between. */
	if (!mastodon_begin_collecting(op, turn))
		return mastodon_finish(op, turn, RESULT_RETRY, "the store did not take it");
	return ask(op, turn, VERIFY_INSTANCE_V2, "/api/v2/instance");
}

/* A server that is out of order is asked again later; one that has no such call is not. */
static bool is_absent(const struct turn *turn)
{
	return turn->answer->transport == TRANSPORT_ANSWERED && turn->answer->status >= 400 &&
	       turn->answer->status < 500 && turn->answer->status != 401 &&
	       turn->answer->status != 408 && turn->answer->status != 429;
}

static enum op_step after_instance(struct op *op, struct turn *turn)
{
	/* Known to have none; others answer 404 for it. */
	if (op->account->software == MASTODON_SNAC)
		return finish(op, turn);
	return ask(op, turn, VERIFY_POLICY_V2, "/api/v2/notifications/policy");
}

static enum op_step take_instance(struct op *op, struct turn *turn)
{
	json_t *instance;

	if (is_absent(turn)) {
		if (op->state == VERIFY_INSTANCE_V2)
			return ask(op, turn, VERIFY_INSTANCE_V1, "/api/v1/instance");
		learn_nothing(op);
		return after_instance(op, turn);
	}
	if (!mastodon_is_ok(turn))
		return mastodon_refuse(op, turn);
	instance = mastodon_json(op, turn, JSON_OBJECT);
	if (!instance)
		return OP_DONE;
	learn_instance(op, instance);
	json_decref(instance);
	return after_instance(op, turn);
}

static enum op_step take_policy(struct op *op, struct turn *turn)
{
	if (is_absent(turn)) {
		if (op->state == VERIFY_POLICY_V2)
			return ask(op, turn, VERIFY_POLICY_V1, "/api/v1/notifications/policy");
		return finish(op, turn);
	}
	if (!mastodon_is_ok(turn))
		return mastodon_refuse(op, turn);
	op->policy = mastodon_json(op, turn, JSON_OBJECT);
	return op->policy ? finish(op, turn) : OP_DONE;
}

enum op_step mastodon_verify(struct op *op, struct turn *turn)
{
	if (!turn->answer)
		return ask(op, turn, VERIFY_SELF, "/api/v1/accounts/verify_credentials");
	switch ((enum verify_state)op->state) {
	case VERIFY_SELF:
		return mastodon_is_ok(turn) ? take_self(op, turn) : mastodon_refuse(op, turn);
	case VERIFY_INSTANCE_V2:
	case VERIFY_INSTANCE_V1: return take_instance(op, turn);
	case VERIFY_POLICY_V2:
	case VERIFY_POLICY_V1: return take_policy(op, turn);
	}
	return OP_DONE;
}

/*
 * What accounts on X must not be given to say: the same words twice, which X's rules
 * forbid, links by accident, which cost thirteen times as much, and internals where
 * everybody may read. Called by
 * config_audience.c once all audiences are sound. Must never depend on their order.
 */
#include "agent/config_internal.h"
#include "agent/ledger.h"

#include <string.h>

#define RULE "X's rules forbid the same words from two accounts"

static bool is_on_x(const struct config_account *a)
{
	return !strcmp(a->network, CONFIG_X);
}

/* Two logins on X that speak one language. */
static bool are_doubles(const struct config *c, unsigned one, unsigned two)
{
	const struct config_account *a = &c->accounts[one], *b = &c->accounts[two];

	return one != two && is_on_x(a) && is_on_x(b) && !strcmp(a->language, b->language);
}

/* An audience that only inherits its accounts has been complained of where they stand. */
static void check_one(struct reader *r, const config_setting_t *s, const struct config_audience *a)
{
	const config_setting_t *at = config_setting_get_member(s, "accounts");

	for (unsigned i = 0; at && i < a->n_accounts; i++)
		for (unsigned k = 0; k < i; k++)
			if (are_doubles(r->c, a->accounts[k], a->accounts[i]))
				config_fault(
				    r, at,
				    "\"%s\" and \"%s\" would say the same on x: " RULE
				    "; leave one out, or give it another language",
				    r->c->accounts[a->accounts[k]].name,
				    r->c->accounts[a->accounts[i]].name);
}

static const char *
override_of(const struct config_audience *a, const char *language, const char *event)
{
	for (unsigned i = 0; i < a->n_words; i++)
		if (!strcmp(a->words[i].language, language) && !strcmp(a->words[i].event, event))
			return a->words[i].text;
	return NULL;
}

/* Are all of a's own sentences b's as well? */
static bool are_in(
    const struct config_audience *a, const struct config_audience *b, const char *language)
{
	for (unsigned i = 0; i < a->n_words; i++) {
		const char *theirs = override_of(b, language, a->words[i].event);

		if (strcmp(a->words[i].language, language) != 0)
			continue;
		if (!theirs || strcmp(theirs, a->words[i].text) != 0)
			return false;
	}
	return true;
}

static bool are_same_objects(const struct config_audience *a, const struct config_audience *b)
{
	return !strcmp(a->as_contact, b->as_contact) &&
	       (*a->as_contact || !strcmp(a->match_text, b->match_text));
}

/* Two audiences in the same words: an error where they hear of the same, else a word of warning. */
static void check_two(
    struct reader *r, const config_setting_t *s, const struct config_audience *a,
    const struct config_audience *b, unsigned x)
{
	unsigned one = b->accounts[x % b->n_accounts], two = a->accounts[x / b->n_accounts];
	const char *language = r->c->accounts[one].language;

	if (!are_doubles(r->c, one, two) || !are_in(a, b, language) || !are_in(b, a, language))
		return;
	if (are_same_objects(a, b))
		config_fault(
		    r, s,
		    "\"%s\" would say on x what \"%s\" says for audiences.%s: " RULE
		    "; use one account, or another language",
		    r->c->accounts[two].name, r->c->accounts[one].name, b->name);
	else
		config_warning(
		    r, s,
		    "of what audiences.%s hears as well, \"%s\" would say on x what \"%s\" says: " RULE
		    "; keep their match apart, or use another language",
		    b->name, r->c->accounts[two].name, r->c->accounts[one].name);
}

static void check_links(struct reader *r, const config_setting_t *s, const struct config_audience *a)
{
	const config_setting_t *at = config_setting_get_member(s, "links");
	char with[32], without[32];

	if (a->links && !*r->c->link) {
		if (at)
			config_warning(r, at, "does nothing without link, the address of your web interface");
		return;
	}
	for (unsigned i = 0; a->links && i < a->n_accounts; i++) {
		const struct config_account *account = &r->c->accounts[a->accounts[i]];

		if (!account->is_metered)
			continue;
		ledger_words(account->prices[PRICE_POST_WITH_URL], with, sizeof with);
		ledger_words(account->prices[PRICE_POST], without, sizeof without);
		config_warning(
		    r, at ? at : s, "each post with a link costs %s on \"%s\" instead of %s", with,
		    account->name, without);
	}
}

/* Nothing that is posted there has a visibility of its own: who may read it is the account's. */
static void
check_protected(struct reader *r, const config_setting_t *s, const struct config_audience *a)
{
	const config_setting_t *at = config_setting_get_member(s, "accounts");

	for (unsigned i = 0; a->internals && i < a->n_accounts; i++)
		if (is_on_x(&r->c->accounts[a->accounts[i]]))
			config_warning(
			    r, at ? at : s,
			    "internals on \"%s\": on x everybody reads them unless the account is "
			    "protected: twicket check --online looks",
			    r->c->accounts[a->accounts[i]].name);
}

void config_check_doubles(struct reader *r, const config_setting_t *audiences)
{
	const struct config *c = r->c;

	for (unsigned i = 0; i < c->n_audiences; i++) {
		const struct config_audience *a = &c->audiences[i], *b = c->audiences;
		const config_setting_t *s = config_setting_get_elem(audiences, i);

		check_one(r, s, a);
		check_links(r, s, a);
		check_protected(r, s, a);
		for (; b < a; b++)
			for (unsigned x = 0; x < a->n_accounts * b->n_accounts; x++)
				if (!strcmp(a->base, b->base))
					check_two(r, s, a, b, x);
	}
}

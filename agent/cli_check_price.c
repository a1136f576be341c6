/*
 * What an incident costs on an account that takes money, by the prices of the
 * configuration. Called by `check`. Pure; it must never flatter: where more may be
 * said than a problem and its recovery, that is counted.
 */
#include "agent/cli_check.h"

/* Is anything said there on account of this audience, with this switch on? */
static bool any_audience(
    const struct config *config, unsigned account, bool (*is)(const struct config_audience *a))
{
	for (unsigned i = 0; i < config->n_audiences; i++) {
		const struct config_audience *a = &config->audiences[i];

		for (unsigned k = 0; k < a->n_accounts; k++)
			if (a->accounts[k] == account && is(a))
				return true;
	}
	return false;
}

static bool has_acks(const struct config_audience *a)
{
	return a->acks && a->acks_asked;
}

static bool has_links(const struct config_audience *a)
{
	return a->links;
}

static void put(json_t *object, const char *key, int64_t n)
{
	json_object_set_new(object, key, json_integer((json_int_t)n));
}

static int64_t times(int64_t month, int64_t incident)
{
	return incident > 0 ? month / incident : 0;
}

json_t *check_prices(const struct config *config, unsigned account)
{
	const struct config_account *a = &config->accounts[account];
	int64_t posts = any_audience(config, account, has_acks) ? 3 : 2;
	int64_t answer = a->feedback == FEEDBACK_REPLY ? a->prices[PRICE_ANSWER] : 0;
	int64_t beside = a->prices[PRICE_OWN_READ] + answer;
	int64_t plain = posts * a->prices[PRICE_POST] + beside;
	int64_t linked = posts * a->prices[PRICE_POST_WITH_URL] + beside;
	json_t *prices = json_object();

	put(prices, "incident_micro", plain);
	put(prices, "problem_micro", a->prices[PRICE_POST]);
	if (posts > 2)
		put(prices, "ack_micro", a->prices[PRICE_POST]);
	put(prices, "read_micro", a->prices[PRICE_OWN_READ]);
	if (answer)
		put(prices, "answer_micro", answer);
	put(prices, "recovery_micro", a->prices[PRICE_POST]);
	put(prices, "month_micro", a->usd_micro_per_month);
	put(prices, "month_incidents", times(a->usd_micro_per_month, plain));
	put(prices, "linked_incident_micro", linked);
	put(prices, "linked_month_incidents", times(a->usd_micro_per_month, linked));
	json_object_set_new(
	    prices, "links", json_boolean(any_audience(config, account, has_links)));
	json_object_set_new(prices, "messages", json_boolean(a->messages));
	put(prices, "message_read_micro", a->prices[PRICE_MESSAGE_READ]);
	return prices;
}

/* --- advice -------------------------------------------------------------------------------- */

/* Does anybody hear, elsewhere, that this account cannot speak? */
static bool is_watched(const struct config *config, unsigned account)
{
	for (unsigned i = 0; i < config->n_audiences; i++) {
		const struct config_audience *a = &config->audiences[i];

		for (unsigned k = 0; a->internals && k < a->n_accounts; k++)
			if (a->accounts[k] != account)
				return true;
	}
	return false;
}

static bool has_people(const struct config *config)
{
	for (unsigned i = 0; i < config->n_people; i++)
		if (config->people[i].x[0])
			return true;
	return false;
}

unsigned check_price_advice(
    const struct config *config, unsigned account, const char **lines, unsigned max)
{
	const struct config_account *a = &config->accounts[account];
	int64_t incident = 2 * a->prices[PRICE_POST] + a->prices[PRICE_OWN_READ];
	const struct {
		bool applies;
		const char *line;
	} advice[] = {
	    {!has_people(config),
	     "nobody in the file has a name on x: replies there count for nobody, and are not read"},
	    {!is_watched(config, account),
	     "no audience with internals = true is on another account: troubles of this one stand "
	     "only in the log and in `twicket status`"},
	    {a->usd_micro_per_month && a->usd_micro_per_month < incident,
	     "usd_per_month is not enough for one incident"},
	    {any_audience(config, account, has_links) && !*config->link,
	     "links = true, but `link` is not set: nothing will be linked"},
	};
	unsigned n = 0;

	for (size_t i = 0; i < sizeof advice / sizeof advice[0] && n < max; i++)
		if (advice[i].applies)
			lines[n++] = advice[i].line;
	return n;
}

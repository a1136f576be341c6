/*
 * Amounts of money: a metered account's limit and the prices of its network. Called
 * by config_account.c. Must never take an amount that could be meant otherwise.
 */
#include "agent/config_internal.h"

#include <string.h>

#define MICRO 1000000
#define LIMIT_MAX 100000 /* USD a month: beyond is a slip */
#define PRICE_MAX 10	 /* USD for one thing: fifty times the dearest */

/* X's list prices of August 2026 (docs.x.com, x-api/getting-started/pricing), micro USD. */
static const struct {
	const char *name;
	int64_t micro;
} list[PRICES] = {
    [PRICE_POST] = {"post", 15000},
    [PRICE_POST_WITH_URL] = {"post_with_url", 200000},
    [PRICE_ANSWER] = {"answer", 10000},
    [PRICE_DELETE] = {"delete", 10000},
    [PRICE_MESSAGE] = {"message", 15000},
    [PRICE_READ] = {"read", 5000},
    [PRICE_OWN_READ] = {"own_read", 1000},
    [PRICE_USER_READ] = {"user_read", 10000},
    [PRICE_MESSAGE_READ] = {"message_read", 10000},
};

/* US dollars as 20, 20.0 or 0.015; -1 with a fault. */
static int64_t read_amount(struct reader *r, const config_setting_t *s, int most)
{
	double usd;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT: usd = config_setting_get_int(s); break;
	case CONFIG_TYPE_INT64: usd = (double)config_setting_get_int64(s); break;
	case CONFIG_TYPE_FLOAT: usd = config_setting_get_float(s); break;
	default: config_fault(r, s, "must be a number of US dollars, without quotes"); return -1;
	}
	if (usd >= 0 && usd <= most)
		return (int64_t)(usd * MICRO + 0.5);
	config_fault(r, s, "%g is not between 0 and %d US dollars", usd, most);
	return -1;
}

void config_read_limit(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_account *a = into;
	int64_t micro;

	micro = read_amount(r, s, LIMIT_MAX);
	if (micro == -1)
		return;
	if (*a->network && strcmp(a->network, CONFIG_X)) {
		config_warning(r, s, "has no effect: only x takes money");
		return;
	}
	a->usd_micro_per_month = micro;
	if (micro == 0)
		config_warning(r, s, "0 is no limit: only x itself can stop the spending");
}

void config_read_prices(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_key keys[PRICES + 1] = {{.name = NULL}};
	struct config_account *a = into;

	if (!config_is_on_x(r, s, a, "other networks take no money"))
		return;
	for (int i = 0; i < PRICES; i++)
		keys[i] = (struct config_key){
		    list[i].name, KEY_PRICE, (size_t)i * sizeof a->prices[0], NULL};
	if (config_setting_is_group(s))
		config_read_group(r, s, keys, a->prices);
	else
		config_fault(r, s, "must be a group: { post = 0.015; }");
}

void config_read_price(struct reader *r, const config_setting_t *s, int64_t *to)
{
	int64_t micro = read_amount(r, s, PRICE_MAX);

	if (micro != -1)
		*to = micro;
}

void config_default_prices(struct config_account *a)
{
	a->usd_micro_per_month = 20 * MICRO;
	for (int i = 0; i < PRICES; i++)
		a->prices[i] = list[i].micro;
}

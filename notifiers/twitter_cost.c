/*
 * What X charges: for what we send, and once a day for each thing that we read.
 * Called by the frame and the jobs of the X notifier (facts/X.md, "Prices").
 * It may err upwards, never downwards: the limit must be ours before it is X's.
 */
#include "notifiers/twitter.h"
#include "notifiers/twitter_count.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static bool is_given(const char *s)
{
	return s && *s;
}

static int64_t price_of_post(const struct account *a, const struct job *job)
{
	int64_t linked = a->prices[PRICE_POST_WITH_URL], plain;

	if (job->visibility == VISIBILITY_DIRECT)
		return a->prices[PRICE_MESSAGE];
	if (job->text && twitter_may_link(job->text))
		return linked;
	plain = a->prices[is_given(job->to) ? PRICE_ANSWER : PRICE_POST];
	return a->makes_links && linked > plain ? linked : plain;
}

int64_t twitter_price(const struct account *a, const struct job *job)
{
	switch (job->type) {
	case JOB_POST: return price_of_post(a, job);
	case JOB_DELETE: return a->prices[PRICE_DELETE];
	case JOB_EDIT:
	case JOB_FAVOURITE:
	case JOB_BOOST:
	case JOB_VERIFY:
	case JOB_RECENT:
	case JOB_COLLECT:
	case JOB_THREAD:
	case JOB_GET:
	case JOB_LOOKUP:
	case JOB_TICKET:
	case JOB_TICKET_NOTE:
	case JOB_TICKET_FIND:
	case JOB_TICKET_ANSWERS: break;
	}
	return 0;
}

/* A post, a person and a message may have the same number. */
static uint64_t key_of(enum notifier_price price, const char *id)
{
	uint64_t kind = price == PRICE_USER_READ ? 1 : price == PRICE_MESSAGE_READ ? 2 : 0;
	uint64_t key = strtoull(id, NULL, 10) + kind * UINT64_C(0x9e3779b97f4a7c15);

	key = (key ^ (key >> 31)) * UINT64_C(0xbf58476d1ce4e5b9);
	return key ? key : 1;
}

/* True the first time of that day. */
static bool is_new_today(struct charges *c, int64_t day, uint64_t key)
{
	size_t at = (size_t)(key >> 40) % TWITTER_CHARGES;

	if (c->day != day) {
		memset(c, 0, sizeof *c);
		c->day = day;
	}
	for (; c->keys[at]; at = (at + 1) % TWITTER_CHARGES) {
		if (c->keys[at] == key)
			return false;
	}
	/* A free place must remain, or the search would not end. */
	if (c->count < TWITTER_CHARGES - 1) {
		c->keys[at] = key;
		c->count++;
	}
	return true;
}

void twitter_charge(
    struct op *op, const struct turn *turn, enum notifier_price price, const char *id)
{
	struct account *a = op->account;
	int64_t day = twitter_now_ms(op, turn) / DAY_MS;

	if (is_new_today(&a->charges, day, key_of(price, id)))
		op->cost_micro += a->prices[price];
}

static void
charge_list(struct op *op, const struct turn *turn, const json_t *list, enum notifier_price price)
{
	char id[TWITTER_ID_MAX];
	json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		twitter_json_id(one, "id", id);
		if (*id)
			twitter_charge(op, turn, price, id);
	}
}

void twitter_charge_posts(
    struct op *op, const struct turn *turn, const json_t *answer, enum notifier_price price)
{
	const json_t *data = json_object_get(answer, "data");
	const json_t *includes = json_object_get(answer, "includes");
	char id[TWITTER_ID_MAX];

	twitter_json_id(data, "id", id);
	if (*id)
		twitter_charge(op, turn, price, id);
	charge_list(op, turn, data, price);
	/* X does not say whether these cost: they are taken for what they are. */
	charge_list(op, turn, json_object_get(includes, "users"), PRICE_USER_READ);
	charge_list(op, turn, json_object_get(includes, "tweets"), PRICE_READ);
	charge_list(op, turn, json_object_get(includes, "posts"), PRICE_READ);
}

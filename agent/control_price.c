/*
 * Money in the answers of the control socket: what an account has spent, what a post
 * costs or would cost. Called by control_answers.c; where nothing costs it adds nothing.
 * It must never ask a network, nor need a token.
 */
#include "agent/control_internal.h"
#include "agent/ledger.h"

static void put(json_t *object, const char *key, int64_t n)
{
	json_object_set_new(object, key, json_integer((json_int_t)n));
}

void answer_add_money(struct control *c, unsigned k, const struct outbox_health *out, json_t *account)
{
	const struct config_account *a = &core_config(c->core)->accounts[k];

	if (!a->is_metered)
		return;
	put(account, "spent_micro", out->spent_micro);
	put(account, "limit_micro", a->usd_micro_per_month);
	put(account, "alone_until_ms", out->alone_until_ms > c->now.wall_ms ? out->alone_until_ms : 0);
	json_object_set_new(account, "may_read",
			    json_boolean(ledger_may_read(core_ledger(c->core), a, &c->now)));
	/* nothing told there is open, so that nothing is read: LAST READ may be days old */
	json_object_set_new(account, "idle", json_boolean(!engine_is_told_on(core_engine(c->core), k)));
}

/* By the price list, of the job that the outbox would make of it. */
static int64_t price_now(const struct config_account *a, const struct post_row *p)
{
	const struct notifier *n = notifier_find(a->network);
	const struct notifier_settings settings = {
		.name = a->name,
		.handle = a->handle,
		.url = a->url,
		.token = "",
		.language = a->language,
		.prices = a->prices,
		.fields = a->fields,
		.messages = a->messages,
	};
	const struct job job = {
		.type = p->kind == POST_FAVOURITE ? JOB_FAVOURITE :
			p->kind == POST_BOOST	  ? JOB_BOOST :
			p->kind == POST_DELETE	  ? JOB_DELETE :
						    JOB_POST,
		.text = p->text,
		.key = p->key,
		.parent_id = p->kind == POST_ANSWER ? p->target : "",
		.target_id = p->target,
		.to = p->to,
		.to_id = p->to_id,
		.visibility = (enum visibility)p->visibility,
		.language = p->language,
	};
	struct account *account = n && n->price ? n->open(&settings, NULL) : NULL;
	int64_t micro = account ? n->price(account, &job) : 0;

	if (account)
		n->close(account);
	return micro;
}

int64_t answer_price(struct control *c, const struct post_row *p)
{
	const struct config *config = core_config(c->core);
	int k = config_account_index(config, p->account);

	if (p->cost_micro || k < 0 || !config->accounts[k].is_metered)
		return p->cost_micro;
	return price_now(&config->accounts[k], p);
}

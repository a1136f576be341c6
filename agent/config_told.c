/*
 * Who is told what on an account, over all audiences. Called by whoever must know before
 * it speaks, or warns. Must never take an audience that is not told there into account.
 */
#include "agent/config.h"

bool config_tells_internals(const struct config *c, unsigned account)
{
	for (unsigned i = 0; i < c->n_audiences; i++) {
		const struct config_audience *a = &c->audiences[i];

		for (unsigned k = 0; a->internals && k < a->n_accounts; k++)
			if (a->accounts[k] == account)
				return true;
	}
	return false;
}

bool config_tells(const struct config *c, const char *audience, const char *account)
{
	int a = config_audience_index(c, audience), k = config_account_index(c, account);

	for (unsigned i = 0; a >= 0 && i < c->audiences[a].n_accounts; i++)
		if ((int)c->audiences[a].accounts[i] == k)
			return true;
	return false;
}

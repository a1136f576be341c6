/*
 * Since when an audience is told on an account (SPEC 4.2): what opened before that is
 * not told there, however long it lasts. Called by core.c at start and on a reload.
 * Must never make the first start of all look like a late addition.
 */
#include "agent/core_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int count_node(void *arg, const struct node_row *row)
{
	(void)row;
	(*(unsigned *)arg)++;
	return 0;
}

#define GONE "gone" /* was removed: born anew if it comes back */

static bool is_in(const struct config *c, const char *audience, const char *account)
{
	int a = config_audience_index(c, audience);

	for (unsigned k = 0; a >= 0 && k < c->audiences[a].n_accounts; k++)
		if (!strcmp(c->accounts[c->audiences[a].accounts[k]].name, account))
			return true;
	return false;
}

/* A reload: who hears no more hears, once they are back, only of what opens after that. */
static void forget_gone(struct core *c, const struct config *config)
{
	const struct config *old = c->config;
	char key[600];

	for (unsigned a = 0; c->born_s && a < old->n_audiences; a++)
		for (unsigned k = 0; k < old->audiences[a].n_accounts; k++) {
			const char *account = old->accounts[old->audiences[a].accounts[k]].name;

			if (is_in(config, old->audiences[a].name, account))
				continue;
			snprintf(key, sizeof key, "born:%s/%s", old->audiences[a].name, account);
			store_put_meta(c->store, key, GONE);
		}
}

static int born_one(struct core *c, const char *audience, const char *account, bool first, int64_t *out,
		    struct err *err)
{
	char key[600], value[32] = "";

	snprintf(key, sizeof key, "born:%s/%s", audience, account);
	if (store_meta(c->store, key, value, sizeof value, err) == -1)
		return -1;
	first &= !value[0];
	if (value[0] && strcmp(value, GONE) != 0) {
		*out = strtoll(value, NULL, 10);
		return 0;
	}
	*out = first ? 0 : c->now.wall_ms / 1000;
	snprintf(value, sizeof value, "%lld", (long long)*out);
	store_put_meta(c->store, key, value);
	return 0;
}

int core_born_load(struct core *c, const struct config *config, int64_t **out, struct err *err)
{
	size_t n = (size_t)config->n_audiences * config->n_accounts;
	unsigned nodes = 0;

	*out = calloc(n + 1, sizeof **out);
	if (!*out)
		return err_set(err, "out of memory");
	/* a store that has never heard of a core is new: everybody was there from the beginning */
	if (store_nodes(c->store, count_node, &nodes, err) == -1)
		goto fail;
	forget_gone(c, config);
	for (unsigned a = 0; a < config->n_audiences; a++)
		for (unsigned k = 0; k < config->audiences[a].n_accounts; k++) {
			unsigned account = config->audiences[a].accounts[k];

			if (born_one(c, config->audiences[a].name, config->accounts[account].name, !nodes,
				     &(*out)[(size_t)a * config->n_accounts + account], err) == -1)
				goto fail;
		}
	return 0;
fail:
	free(*out);
	*out = NULL;
	return -1;
}

int64_t core_born_s(void *arg, unsigned audience, unsigned account)
{
	const struct core *c = arg;

	return c->born_s[(size_t)audience * c->config->n_accounts + account];
}

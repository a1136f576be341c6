/*
 * Rows of what the configuration does not know any more: threads and channels of an audience
 * or an account that is gone. Called on a reload and while rows are loaded. Must never leave
 * such a row as it was: the day the name comes back it would speak of long ago.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <utlist.h>

struct gone {
	struct gone *next;
	bool is_channel;
	struct thread_row thread; /* of a channel only the names */
	char *audience, *account;
};

static struct gone *gone_add(struct engine *e, const char *audience, const char *account)
{
	struct gone *g = calloc(1, sizeof *g);

	if (!g)
		return NULL;
	g->audience = engine_strdup(audience);
	g->account = engine_strdup(account);
	LL_APPEND(e->of_others, g);
	return g;
}

void gone_thread(struct engine *e, const struct thread_row *row)
{
	struct gone *g = gone_add(e, row->audience, row->account);

	if (!g)
		return;
	g->thread = (struct thread_row){.id = row->id, .incident = row->incident, .state = THREAD_CLOSED,
					.root = row->root, .times = row->times, .since_s = row->since_s,
					.until_s = row->until_s};
	g->thread.audience = g->audience;
	g->thread.account = g->account;
}

void gone_channel(struct engine *e, const char *audience, const char *account)
{
	struct gone *g = gone_add(e, audience, account);

	if (g)
		g->is_channel = true;
}

void gone_save(const struct engine *e, const struct engine_rows *rows)
{
	const struct gone *g;

	LL_FOREACH (e->of_others, g) {
		struct channel_row blank = {.audience = g->audience, .account = g->account};

		if (g->is_channel)
			rows->channel(rows->arg, &blank);
		else
			rows->thread(rows->arg, &g->thread);
	}
}

void gone_saved(struct engine *e)
{
	struct gone *g, *next;

	LL_FOREACH_SAFE (e->of_others, g, next) {
		free(g->audience);
		free(g->account);
		free(g);
	}
	e->of_others = NULL;
}

/*
 * Which desk it is, and what becomes of the tickets when it is another one from now on. Called
 * by the core with the configuration, and by ticket_desk.c before the first errand there.
 * Must never let an id of one desk be asked for at another.
 */
#include "agent/ticket_internal.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 5000 /* the store did not say which it was */

/*
 * Ticket 5 of another desk is somebody else's: neither are our words for it, nor what is answered
 * there for our reporter.
 */
void desk_place(struct tickets *t)
{
	char before[512];
	unsigned left = 0;

	if (store_meta(t->parts.store, TICKET_META_PLACE, before, sizeof before, NULL) == -1) {
		t->pause_ms = t->now.boot_ms + AGAIN_MS;
		return;
	}
	if (strcmp(before, t->place) != 0) {
		store_leave_desk(t->parts.store);
		store_put_meta(t->parts.store, TICKET_META_PLACE, t->place);
		for (struct ticket *k = t->all; k; k = k->hh.next) {
			left += k->row.desk_id[0] != '\0';
			ticket_set(k, TICKET_TEXT_DESK_ID, "");
			ticket_set(k, TICKET_TEXT_CURSOR, "");
		}
	}
	if (left)
		log_warnx("ticket", "the desk is another one: what is answered to %u open tickets at %s is not read", left,
			  before);
	free(t->place);
	t->place = NULL;
}

void tickets_set_desk(
    struct tickets *t, const char *place, const struct notifier *desk, struct account *account, unsigned index)
{
	desk_stop(t);
	t->is_configured = place != NULL;
	free(t->place);
	t->place = place ? strdup(place) : NULL;
	if (place && !t->place)
		fatal("ticket", "out of memory");
	t->desk = account ? desk : NULL;
	t->account = account;
	t->index = index;
	t->pause_ms = 0;
	t->failures = 0;
}

void tickets_resume(struct tickets *t)
{
	t->pause_ms = 0;
	t->failures = 0;
}

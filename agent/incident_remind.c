/*
 * Lines that nobody's event asks for: reminders, escalation, "what fixed it?", "the promised
 * end is near". Called by the timers. Must never remind of what nobody has read yet, nor
 * mention a person who did not say `mention = true`.
 */
#include "agent/incident_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REMIND_DOUBLINGS 6
#define FIXED_AFTER_MS (2 * 60000) /* the recovery has been read by then, and it is still fresh */
#define FIXED_LEAST_S (5 * 60)	   /* what was over sooner mended itself, or nobody learnt from it */

/* --- reminders --------------------------------------------------------------------------- */

int64_t remind_interval(const struct engine *e, const struct thread *t)
{
	const struct config_audience *a = audience_of(e, t);
	bool acked = (t->incident->flags & INCIDENT_ACKED) && a->internals;
	bool asked = acked ? a->remind_acked_asked : a->remind_asked;
	int64_t ms = acked ? a->remind_acked_ms : a->remind_ms;
	unsigned doublings = t->reminders < REMIND_DOUBLINGS ? t->reminders : REMIND_DOUBLINGS;

	if (thread_costs(e, t) && !asked)
		return 0;
	if (t->incident->flags & INCIDENT_MAJOR)
		ms /= 2;
	return ms << (acked ? 0 : doublings);
}

void remind_restart(struct engine *e, struct thread *t, const struct now *now)
{
	int64_t interval = remind_interval(e, t);

	t->remind = interval > 0 ? now->boot_ms + interval : 0;
	if (t->remind)
		incident_wake(e, t->incident, t->remind);
	thread_touch(t);
}

/* A person promised an end, and it is near: said once. */
static void eta_near(struct engine *e, struct thread *t, const struct now *now)
{
	if (!is_due(t->ask, now)) {
		incident_wake(e, t->incident, t->ask ? t->ask : NOW_NEVER);
		return;
	}
	t->ask = 0;
	thread_touch(t);
	if (audience_of(e, t)->internals && t->incident->eta_s && !thread_costs(e, t))
		thread_say(e, t, SAY_ETA_NEAR, NULL, now);
}

void thread_remind(struct engine *e, struct thread *t, const struct now *now)
{
	if (t->root == DELIVERY_QUEUED || t->root == DELIVERY_UNSETTLED)
		return; /* nobody has read the first yet, as far as we know; its delivery wakes us */
	eta_near(e, t, now);
	if (t->flags & THREAD_FLAP_TOLD) /* that has its own summary */
		return;
	if (is_due(t->remind, now)) {
		t->reminders++;
		thread_say(e, t, SAY_UPDATE, NULL, now);
		thread_told(e, t, now);
	}
	if (t->remind)
		incident_wake(e, t->incident, t->remind);
}

/* --- escalation -------------------------------------------------------------------------- */

/* From now on, until somebody has it: when it is told, and when an acknowledgement goes away. */
void escalate_restart(struct engine *e, struct thread *t, const struct now *now)
{
	const struct config_audience *a = audience_of(e, t);

	t->escalated = 0;
	t->escalate = 0;
	thread_touch(t);
	if (!a->n_escalate || !a->internals || (t->incident->flags & (INCIDENT_ACKED | INCIDENT_BY_HAND)))
		return;
	t->escalate = now->boot_ms + a->escalate[0].after_ms;
	incident_wake(e, t->incident, t->escalate);
}

/* Somebody has it: no step is taken, and if it is let go the time begins anew. */
void escalate_watch(struct engine *e, struct thread *t, const struct now *now)
{
	if (!audience_of(e, t)->n_escalate)
		return;
	if (t->incident->flags & INCIDENT_ACKED) {
		if (t->escalate || t->escalated)
			thread_touch(t);
		t->escalate = 0;
		t->escalated = 0;
	} else if (!t->escalate && !t->escalated) {
		escalate_restart(e, t, now);
	}
}

/*
 * As the network of the account addresses the person. Where a line costs nothing, one who is
 * not there is named, so that the others know whom to call. NULL: neither. malloc.
 */
static char *address_of(const struct config_account *on, const struct config_person *who, bool is_stopped)
{
	const char *handle = !strcmp(on->network, "x") ? who->x : who->mastodon;
	bool has_name = handle && handle[strspn(handle, "0123456789")]; /* X knows ids as well */
	bool is_mention = who->mention && has_name && !is_stopped;
	size_t size;
	char *text;

	if (!is_mention && on->is_metered)
		return NULL;
	if (!is_mention)
		handle = who->name;
	size = strlen(handle) + 2;
	text = malloc(size);
	if (text)
		snprintf(text, size, "%s%s", is_mention ? "@" : "", handle);
	return text;
}

static void mention(struct engine *e, const char *address)
{
	const char **more;

	for (unsigned k = 0; k < e->n_mentions; k++)
		if (!strcmp(e->mentions[k], address))
			return;
	more = realloc(e->mentions, sizeof *more * (e->n_mentions + 1));
	if (!more)
		return;
	e->mentions = more;
	e->mentions[e->n_mentions] = engine_strdup(address);
	e->n_mentions += e->mentions[e->n_mentions] != NULL;
}

static void mention_step(struct engine *e, const struct thread *t, const struct config_escalation *step)
{
	for (unsigned k = 0; k < step->n_people; k++) {
		unsigned person = step->people[k];
		bool has_left = e->sink.is_revoked && e->sink.is_revoked(e->sink.arg, person);
		bool is_stopped = e->sink.is_stopped && e->sink.is_stopped(e->sink.arg, person, t->account);
		char *address = has_left ? NULL : address_of(&e->config->accounts[t->account], &e->config->people[person], is_stopped);

		if (address)
			mention(e, address);
		free(address);
	}
}

void mentions_free(struct engine *e)
{
	for (unsigned k = 0; k < e->n_mentions; k++)
		free((void *)(uintptr_t)e->mentions[k]);
	free(e->mentions);
	e->mentions = NULL;
	e->n_mentions = 0;
}

/* All steps that are due by now are one line. */
void thread_escalate(struct engine *e, struct thread *t, const struct now *now)
{
	const struct config_audience *a = audience_of(e, t);
	int64_t from;

	if (!t->escalate || t->escalated >= a->n_escalate || t->root == DELIVERY_QUEUED ||
	    t->root == DELIVERY_UNSETTLED)
		return;
	if (!is_due(t->escalate, now)) {
		incident_wake(e, t->incident, t->escalate);
		return;
	}
	from = t->escalate - a->escalate[t->escalated].after_ms;
	for (; t->escalated < a->n_escalate && from + a->escalate[t->escalated].after_ms <= now->boot_ms;
	     t->escalated++)
		mention_step(e, t, &a->escalate[t->escalated]);
	t->escalate = t->escalated < a->n_escalate ? from + a->escalate[t->escalated].after_ms : 0;
	thread_touch(t);
	if (t->escalate)
		incident_wake(e, t->incident, t->escalate);
	if (e->n_mentions)
		thread_say(e, t, SAY_ESCALATE, NULL, now);
	mentions_free(e);
}

/* --- what fixed it? ---------------------------------------------------------------------- */

static bool may_be_asked(const struct engine *e, const struct thread *t)
{
	return audience_of(e, t)->internals && !thread_costs(e, t) && t->root != DELIVERY_NONE &&
	       t->root != DELIVERY_DEAD &&
	       (t->state == THREAD_TOLD || t->state == THREAD_RECOVERING || t->state == THREAD_RESOLVED);
}

/* Where in the file an account stands: by audience, then in its list. */
static unsigned rank_of(const struct engine *e, const struct thread *t)
{
	const struct config_audience *a = audience_of(e, t);
	unsigned k = 0;

	while (k < a->n_accounts && a->accounts[k] != t->account)
		k++;
	return (t->audience << 16) + k;
}

/* One place is enough for an answer: the first in the file where it was told. */
static bool is_first(const struct engine *e, const struct thread *t)
{
	for (const struct thread *o = t->incident->threads; o; o = o->next)
		if (o != t && may_be_asked(e, o) && rank_of(e, o) < rank_of(e, t))
			return false;
	return true;
}

static bool was_asked(const struct incident *i)
{
	for (const struct thread *t = i->threads; t; t = t->next)
		if (t->flags & THREAD_ASKED)
			return true;
	return false;
}

void ask_later(struct engine *e, struct thread *t, const struct now *now)
{
	const struct incident *i = t->incident;

	t->ask = 0;
	thread_touch(t);
	if (!may_be_asked(e, t) || (i->flags & INCIDENT_BY_HAND) || was_asked(i) || !incident_had_owner(i) ||
	    t->until_s - t->since_s < FIXED_LEAST_S)
		return;
	t->ask = now->boot_ms + FIXED_AFTER_MS;
	incident_wake(e, t->incident, t->ask);
}

void thread_ask_fixed(struct engine *e, struct thread *t, const struct now *now)
{
	if (!t->ask)
		return;
	if (!is_due(t->ask, now)) {
		incident_wake(e, t->incident, t->ask);
		return;
	}
	t->ask = 0;
	thread_touch(t);
	if (!is_first(e, t) || was_asked(t->incident) || (t->flags & THREAD_PART_TOLD) ||
	    t->incident->quiet_until_s > now->wall_ms / 1000 ||
	    channel_hush(e, t->audience, t->account, now) != HUSH_NONE)
		return; /* then not at all: nobody wants to be asked in the morning */
	t->flags |= THREAD_ASKED;
	thread_say(e, t, SAY_FIXED, NULL, now);
}

void remind_fill(const struct engine *e, const struct thread *t, enum say_event event, struct say *say)
{
	if (event == SAY_ESCALATE) {
		say->mentions = e->mentions;
		say->n_mentions = e->n_mentions;
	} else if (event == SAY_ETA_NEAR) {
		say->eta = t->incident->eta_s; /* it may have passed while nothing could be said */
	}
}

/*
 * Answers to words that wait (incident_approve.c): `go`, `no`, `edit:`, and their author's
 * taking them back. Called by inbox_approve.c and inbox_undo.c. Must never take an answer for one to
 * words that its author has not read, nor a person's `go` for his own.
 */
#include "agent/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static bool is_name(const char *a, const char *b)
{
	return a && *a && strcmp(a, b) == 0;
}

/* Nothing new may be said there just now; a plan is about the downtime that would hush trouble. */
bool approve_is_hushed(struct engine *e, const struct thread *t, const struct now *now)
{
	enum hush hush = thread_hush(e, t, now);

	if (t->root != DELIVERY_ASKED || t->question->words || hush == HUSH_NONE)
		return false;
	return hush != HUSH_DOWNTIME || !(t->incident->flags & INCIDENT_MAINTENANCE);
}

static bool is_over_by_now(const struct thread *t)
{
	return t->root == DELIVERY_ASKED && t->state == THREAD_RECOVERING;
}

static enum verdict go(struct engine *e, struct thread *first, const struct go_or_no *answer, const struct now *now)
{
	int64_t asked_ms = first->question->asked_ms;
	unsigned audience = first->audience;
	struct incident *i = first->incident;
	struct thread *t, *next;
	char *words = engine_strdup(first->question->words), *by = engine_strdup(first->question->by);
	bool is_said = first->question->event == SAY_SAY;

	LL_FOREACH (i->threads, t)
		if (t->question && t->audience == audience && t->question->asked_ms == asked_ms &&
		    !is_as_asked(e, t, now)) {
			ask_anew(e, i, audience, asked_ms, now);
			free(words);
			free(by);
			return VERDICT_CHANGED;
		}
	engine_note(e, i, "command", "%s may be told, says %s", audience_of(e, first)->name, answer->by);
	LL_FOREACH_SAFE (i->threads, t, next) {
		if (!t->question || t->audience != audience || t->question->asked_ms != asked_ms)
			continue;
		if (is_paused(e, t->audience, t->account))
			t->question->asked_ms = 0; /* asked for by itself when it may be said */
		else
			approve_publish(e, t, now);
	}
	if (is_said && words)
		insiders_hear(e, i, &(struct words_of){.text = words, .by = by}, now);
	free(words);
	free(by);
	return VERDICT_DONE;
}

static void decline(struct engine *e, struct incident *i, unsigned audience, int64_t asked_ms, const char *by)
{
	struct thread *t;

	engine_note(e, i, "command", "%s is not told, says %s", e->config->audiences[audience].name, by);
	LL_FOREACH (i->threads, t) {
		if (!t->question || t->audience != audience || t->question->asked_ms != asked_ms)
			continue;
		approve_drop(t);
		if (t->root == DELIVERY_ASKED)
			t->root = DELIVERY_DECLINED;
		thread_touch(t);
	}
}

static void edit(struct engine *e, struct thread *first, const struct go_or_no *answer, const struct now *now)
{
	int64_t asked_ms = first->question->asked_ms;
	unsigned audience = first->audience;
	struct thread *t;

	LL_FOREACH (first->incident->threads, t) {
		struct held_words *q = t->question;

		if (!q || t->audience != audience || q->asked_ms != asked_ms)
			continue;
		if (q->event != SAY_RETRACT) /* inside, a say would be what was told to the public */
			q->event = audience_of(e, t)->internals ? SAY_OPENED : SAY_SAY;
		engine_set_string(&q->words, answer->words);
		engine_set_string(&q->by, answer->by);
		thread_touch(t);
	}
	engine_note(e, first->incident, "command", "other words for %s by %s: %.400s",
		    audience_of(e, first)->name, answer->by, answer->words);
	ask_anew(e, first->incident, audience, asked_ms, now);
}

/* Said to other words than those that stand there now. */
static bool is_stale(const struct held_words *q, const struct go_or_no *answer)
{
	if (answer->question_ms)
		return answer->question_ms < q->asked_ms;
	return answer->said_ms / 1000 < q->asked_ms / 1000; /* some servers tell whole seconds */
}

enum verdict engine_answer(struct engine *e, uint64_t incident, const struct go_or_no *answer, const struct now *now)
{
	struct incident *i = incident_find(e, incident);
	struct thread *t = i ? open_question(i) : NULL;

	if (!t)
		return VERDICT_NOTHING;
	incident_wake(e, i, now->boot_ms); /* others may wait for their turn */
	if (is_over_by_now(t))
		return VERDICT_OVER;
	if (answer->kind == ANSWER_EDIT) {
		edit(e, t, answer, now);
		return VERDICT_DONE;
	}
	if (is_stale(t->question, answer))
		return VERDICT_CHANGED;
	if (answer->kind == ANSWER_NO) {
		decline(e, i, t->audience, t->question->asked_ms, answer->by);
		return VERDICT_DONE;
	}
	if (is_name(t->question->by, answer->by))
		return VERDICT_OWN;
	if (is_paused(e, t->audience, t->account))
		return VERDICT_LATER;
	if (approve_is_hushed(e, t, now)) {
		if (!(t->incident->flags & INCIDENT_MAINTENANCE))
			thread_hold(e, t, 1, now); /* asked anew when it may */
		return VERDICT_LATER;
	}
	return go(e, t, answer, now);
}

bool engine_withdraw(struct engine *e, uint64_t incident, const char *by, const struct now *now)
{
	struct incident *i = incident_find(e, incident);
	bool any = false;
	struct thread *t;

	for (t = i ? i->threads : NULL; t; t = t->next) {
		if (!t->question || t->question->event != SAY_SAY || !is_name(t->question->by, by))
			continue;
		approve_drop(t);
		if (t->root == DELIVERY_ASKED)
			t->root = DELIVERY_NONE; /* what is so is asked anew */
		any = true;
	}
	if (any)
		incident_wake(e, i, now->boot_ms);
	return any;
}

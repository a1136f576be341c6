/*
 * Four eyes (`approve`): what begins a thread, and a person's words, wait until somebody of
 * another audience says `go`. Called wherever a thread speaks, and by its timers.
 * Must never publish what nobody has read, nor what is not so any more.
 *
 * A thread whose first post waits is TOLD with its root ASKED; after a `no` its root is DECLINED.
 * Of both nothing else is said. One question at a time is open in an incident: the accounts of an
 * audience share theirs, everything else waits for its turn with asked_ms 0. What becomes of the
 * answers stands in incident_answer.c.
 */
#include "agent/incident_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define NAME_SIZE 256
#define HUSH_LOOK_MS (5 * 60000)

bool is_approving(const struct engine *e, const struct thread *t)
{
	return audience_of(e, t)->approve && e->sink.word;
}

bool engine_approves(const struct engine *e)
{
	bool any = false;

	for (unsigned k = 0; k < e->config->n_audiences; k++)
		any |= e->config->audiences[k].approve != 0;
	return any;
}

void approve_free(struct thread *t)
{
	if (!t->question)
		return;
	free(t->question->words);
	free(t->question->by);
	free(t->question->text);
	free(t->question);
	t->question = NULL;
}

void approve_drop(struct thread *t)
{
	if (t->question)
		thread_touch(t);
	approve_free(t);
}

/* --- what would be said -------------------------------------------------------------------- */

static bool is_same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* As if it were asked then: what time alone changes in it has not changed. */
static struct now when_asked(const struct held_words *q, const struct now *now)
{
	return (struct now){.wall_ms = q->asked_ms, .boot_ms = now->boot_ms - (now->wall_ms - q->asked_ms)};
}

/* What it is before its first post: as it is worded, and as it is sent. */
static void begin_anew(struct thread *t)
{
	if (t->root != DELIVERY_ASKED && t->root != DELIVERY_DECLINED)
		return;
	t->root = DELIVERY_NONE;
	if (t->incident->flags & INCIDENT_MAINTENANCE)
		t->state = THREAD_HELD; /* its first line says more */
}

/* The post, to be freed; NULL: there is none. */
static char *word(struct engine *e, struct thread *t, const struct now *now)
{
	const struct held_words *q = t->question;
	const struct words_of words = {.text = q->words, .by = q->by};
	const struct sentence s = {.event = q->event, .words = q->words ? &words : NULL};
	enum thread_state state = t->state;
	enum delivery root = t->root;
	struct say_target target;
	struct say say;

	begin_anew(t);
	t->is_approved = true;
	say_compose(e, t, &s, now, &target, &say);
	t->is_approved = false;
	t->root = root;
	t->state = state;
	return e->sink.word(e->sink.arg, &target, &say);
}

bool is_as_asked(struct engine *e, struct thread *t, const struct now *now)
{
	const struct now asked = when_asked(t->question, now);
	char *text = word(e, t, &asked);
	bool same = text && is_same(text, t->question->text);

	free(text);
	return same;
}

/* --- asking ---------------------------------------------------------------------------------- */

/* In one line, as a text within a text is, and without the tag in its last one: that stands below, too. */
static char *without_tag(const char *text)
{
	char *copy = engine_strdup(text), *line = copy ? strrchr(copy, '\n') : NULL;

	if (line && line[1] == '#')
		*line = '\0';
	for (char *at = copy; at && *at; at++)
		*at = *at == '\n' ? ' ' : *at;
	return copy;
}

/* Others that share its question, of which so many would say the very same. */
static unsigned shares(const struct thread *t, unsigned *n_same)
{
	const struct thread *w;
	unsigned n = 0;

	*n_same = 0;
	LL_FOREACH (t->incident->threads, w) {
		if (w == t || !w->question || w->audience != t->audience || !t->question->asked_ms ||
		    w->question->asked_ms != t->question->asked_ms)
			continue;
		n++;
		*n_same += is_same(w->question->text, t->question->text);
	}
	return n;
}

static void ask_on(struct engine *e, struct thread *t, unsigned account, const char *shown, const struct now *now)
{
	const struct held_words *q = t->question;
	unsigned audience = audience_of(e, t)->approve - 1;
	struct thread *theirs = thread_find(t->incident, audience, account);
	const struct words_of words = {.text = shown, .by = q->by};
	const struct sentence s = {.event = SAY_APPROVE, .words = &words};
	unsigned n_same, n_others = shares(t, &n_same);
	char whose[NAME_SIZE];
	const char *name = whose;
	struct say_target target = {.incident = t->incident->id, .audience = audience, .account = account};
	struct say say;

	if (theirs && theirs->root != DELIVERY_NONE && theirs->root != DELIVERY_DEAD &&
	    (theirs->state == THREAD_TOLD || theirs->state == THREAD_RECOVERING || theirs->state == THREAD_RESOLVED)) {
		say_compose(e, theirs, &s, now, &target, &say);
	} else { /* they have no thread of it */
		say_fill(e, t->incident, audience, account, SAY_APPROVE, now, &say);
		say.owner = e->config->audiences[audience].internals ? q->by : NULL;
	}
	snprintf(whose, sizeof whose, n_same < n_others ? "%s (%s)" : "%s", audience_of(e, t)->name,
		 e->config->accounts[t->account].name);
	say.names = &name;
	say.n_names = 1;
	say.nth = q->times + 1; /* two lines of one thread are never the same */
	pieces_say(e, &target, &say, shown);
}

/* False: nobody can hear it now. */
static bool ask_all(struct engine *e, struct thread *t, const struct now *now)
{
	unsigned audience = audience_of(e, t)->approve - 1;
	const struct config_audience *a = &e->config->audiences[audience];
	char *shown = without_tag(t->question->text);
	bool heard = false;

	for (unsigned k = 0; shown && k < a->n_accounts; k++) {
		if (is_paused(e, audience, a->accounts[k]))
			continue;
		ask_on(e, t, a->accounts[k], shown, now);
		heard = true;
	}
	free(shown);
	if (heard)
		t->question->times++;
	return heard;
}

/* The one that is open in its incident; NULL: none is. */
struct thread *open_question(const struct incident *i)
{
	struct thread *t;

	LL_FOREACH (i->threads, t)
		if (t->question && t->question->asked_ms)
			return t;
	return NULL;
}

/* The same words, to the same people on another account. */
static bool is_shared(const struct thread *a, const struct thread *b)
{
	return a->audience == b->audience && a->question->event == b->question->event &&
	       is_same(a->question->words, b->question->words) && is_same(a->question->by, b->question->by);
}

static void ask(struct engine *e, struct thread *t, const struct now *now)
{
	const struct config_audience *asked = &e->config->audiences[audience_of(e, t)->approve - 1];
	struct thread *open = open_question(t->incident);
	struct held_words *q = t->question;
	unsigned n_same;

	if ((open && !is_shared(open, t)) || is_paused(e, t->audience, t->account))
		return; /* its answer wakes us, or what lifts the pause */
	free(q->text);
	q->text = word(e, t, now);
	if (!q->text)
		return;
	if (open) {
		q->asked_ms = open->question->asked_ms;
		shares(t, &n_same);
		if (!n_same) /* in another language, say */
			ask_all(e, t, now);
	} else if (ask_all(e, t, now)) {
		q->asked_ms = now->wall_ms;
		q->again = q->times == 1 && asked->remind_ms ? now->boot_ms + asked->remind_ms : 0;
		engine_note(e, t->incident, "command", "%s asked whether %s may be told: %.400s", asked->name,
			    audience_of(e, t)->name, q->text);
	}
	thread_touch(t);
	if (q->again)
		incident_wake(e, t->incident, q->again);
}

/* What was asked is asked anew: by all that share it, as it is by now. */
void ask_anew(struct engine *e, struct incident *i, unsigned audience, int64_t asked_ms, const struct now *now)
{
	struct thread *t;

	LL_FOREACH (i->threads, t)
		if (t->question && t->audience == audience && t->question->asked_ms == asked_ms)
			t->question->asked_ms = t->question->again = 0;
	LL_FOREACH (i->threads, t)
		if (t->question && t->audience == audience && !t->question->asked_ms)
			ask(e, t, now);
}

/* --- what waits ------------------------------------------------------------------------------- */

/* A person's words, said on purpose to be read. */
static bool is_spoken(const struct sentence *s)
{
	return (s->event == SAY_SAY || s->event == SAY_RETRACT) && s->words && s->words->text && *s->words->text;
}

bool approve_keeps_back(const struct engine *e, const struct thread *t, const struct sentence *s)
{
	const uint64_t last = SAY_BIT(SAY_CLOSED) | SAY_BIT(SAY_CANCELLED) | SAY_BIT(SAY_RECALLED) |
			      SAY_BIT(SAY_ENDED) | SAY_BIT(SAY_ENDED_BAD);

	return !t->is_approved && is_approving(e, t) && (SAY_BIT(s->event) & last);
}

static void put(struct engine *e, struct thread *t, const struct sentence *s, const struct now *now)
{
	struct held_words *q;

	approve_drop(t);
	q = t->question = calloc(1, sizeof *q);
	thread_touch(t);
	if (!q)
		return; /* then it is not said at all */
	q->event = s->event == SAY_WORSE ? SAY_PROBLEM : s->event;
	if (s->words) {
		engine_set_string(&q->words, s->words->text);
		engine_set_string(&q->by, s->words->by);
	} else if (t->incident->flags & INCIDENT_BY_HAND) {
		engine_set_string(&q->by, t->incident->by);
	}
	ask(e, t, now);
}

/* While it waits: it is over, or is about something else by now. */
static void follow(struct thread *t, enum say_event event)
{
	const uint64_t ends = SAY_BIT(SAY_RECOVERY) | SAY_BIT(SAY_PAST) | SAY_BIT(SAY_STABLE) | SAY_BIT(SAY_CLOSED) |
			      SAY_BIT(SAY_ENDED) | SAY_BIT(SAY_ENDED_BAD) | SAY_BIT(SAY_CANCELLED) |
			      SAY_BIT(SAY_RECALLED) | SAY_BIT(SAY_GONE) | SAY_BIT(SAY_RETRACT);
	bool is_about = event == SAY_FLAPPING || (event == SAY_BEGUN && (t->incident->flags & INCIDENT_MAINTENANCE));

	if (SAY_BIT(event) & ends) {
		approve_drop(t);
		t->root = DELIVERY_NONE;
		thread_touch(t);
	} else if (is_about && t->question && !t->question->words) {
		t->question->event = event; /* a `go` finds it changed */
		thread_touch(t);
	}
}

bool approve_takes(struct engine *e, struct thread *t, const struct sentence *s, const struct now *now)
{
	if (t->is_approved)
		return false;
	if (is_spoken(s) && is_approving(e, t)) {
		if (t->root == DELIVERY_NONE)
			t->root = DELIVERY_ASKED;
		put(e, t, s, now);
		return true;
	}
	if (t->root == DELIVERY_DECLINED)
		return true;
	if (t->root == DELIVERY_ASKED) {
		follow(t, s->event);
		return true;
	}
	if (t->root != DELIVERY_NONE || !is_approving(e, t))
		return false;
	if (s->event == SAY_PAST || s->event == SAY_RECOVERY)
		return true; /* nobody has said `go` while it was bad */
	t->root = DELIVERY_ASKED;
	put(e, t, &(struct sentence){.event = s->event}, now);
	return true;
}

bool approve_ends(struct engine *e, struct thread *t, const struct now *now)
{
	if (t->root == DELIVERY_DECLINED) {
		thread_resolved(e, t, now);
		return true;
	}
	if (t->root != DELIVERY_ASKED)
		return false;
	thread_finish(t, THREAD_DROPPED);
	e->dropped++;
	return true;
}

/* --- said at last -------------------------------------------------------------------------------- */

void approve_publish(struct engine *e, struct thread *t, const struct now *now)
{
	struct held_words *q = t->question;
	const struct words_of words = {.text = q->words, .by = q->by};
	const struct sentence s = {.event = q->event, .words = q->words ? &words : NULL};
	const struct now asked = q->asked_ms ? when_asked(q, now) : *now;
	bool is_first = t->root == DELIVERY_ASKED || t->root == DELIVERY_DECLINED;
	enum thread_state state = t->state;

	begin_anew(t);
	t->is_approved = true;
	thread_say_sentence(e, t, &s, &asked);
	t->is_approved = false;
	t->state = state;
	approve_drop(t);
	if (!(t->incident->flags & INCIDENT_MAINTENANCE) && t->state == THREAD_TOLD)
		thread_told(e, t, now);
	if (is_first)
		children_part_lines(e, t, now);
}

/* --- its timers, its view, its rows -------------------------------------------------------------- */

/* Nobody has answered: once more, as it is by now. */
static void ask_again(struct engine *e, struct thread *t, const struct now *now)
{
	struct held_words *q = t->question;
	struct thread *w;

	q->again = 0;
	thread_touch(t);
	if (t->state == THREAD_RECOVERING)
		return;
	if (approve_is_hushed(e, t, now)) { /* quiet is quiet for who is asked, too */
		q->again = now->boot_ms + HUSH_LOOK_MS;
		incident_wake(e, t->incident, q->again);
		return;
	}
	if (is_as_asked(e, t, now)) {
		LL_FOREACH (t->incident->threads, w)
			if (w->question && w->audience == t->audience && w->question->asked_ms == q->asked_ms &&
			    w->question->times)
				ask_all(e, w, now);
	} else {
		ask_anew(e, t->incident, t->audience, q->asked_ms, now);
	}
}

void approve_timer(struct engine *e, struct thread *t, const struct now *now)
{
	bool is_over = t->root == DELIVERY_ASKED && t->state == THREAD_RECOVERING;

	if (!t->question || (!is_approving(e, t) && is_over))
		return;
	if (!is_approving(e, t)) /* the configuration says so by now */
		approve_publish(e, t, now);
	else if (!t->question->asked_ms)
		ask(e, t, now);
	else if (is_due(t->question->again, now))
		ask_again(e, t, now);
	else if (t->question->again)
		incident_wake(e, t->incident, t->question->again);
}

static const char *text_of(const char *s)
{
	return s ? s : "";
}

bool engine_question(const struct engine *e, uint64_t incident, struct question_view *out)
{
	const struct incident *i = incident_find(e, incident);
	const struct thread *t = i ? open_question(i) : NULL;

	for (const struct thread *w = i ? i->threads : NULL; w && !t; w = w->next)
		t = w->question ? w : NULL;
	if (!t || !audience_of(e, t)->approve)
		return false;
	*out = (struct question_view){.audience = audience_of(e, t)->name,
				      .asked = e->config->audiences[audience_of(e, t)->approve - 1].name,
				      .text = text_of(t->question->text),
				      .by = text_of(t->question->by),
				      .asked_ms = t->question->asked_ms};
	return true;
}

void approve_save(const struct thread *t, struct thread_row *row, const struct now *now)
{
	const struct held_words *q = t->question;

	if (!q)
		return;
	row->asked_event = (int)q->event + 1;
	row->asked_text = q->text;
	row->asked_words = q->words;
	row->asked_by = q->by;
	row->asked_at_ms = q->asked_ms;
	row->asked_times = q->times;
	row->again_ms = on_the_wall(q->again, now);
	row->again_boot_ms = q->again;
}

void approve_load(struct thread *t, const struct thread_row *row, int64_t again)
{
	struct held_words *q = row->asked_event > 0 && row->asked_event <= SAY_EVENTS ? calloc(1, sizeof *q) : NULL;

	if (!q)
		return;
	q->event = (enum say_event)(row->asked_event - 1);
	engine_set_string(&q->text, row->asked_text);
	if (row->asked_words && *row->asked_words)
		engine_set_string(&q->words, row->asked_words);
	engine_set_string(&q->by, row->asked_by);
	q->asked_ms = row->asked_at_ms;
	q->times = row->asked_times;
	q->again = again;
	t->question = q;
}

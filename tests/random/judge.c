/*
 * What must hold of every sentence, whoever it is for. Called by subject.c for each one that
 * is said. Must never take the engine's word for what the cores told it.
 */
#include "agent/incident_internal.h"
#include "tests/random/rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STORM_MS (10 * MINUTE_MS)

static const char *const rule_names[RULES] = {
	[RULE_END] = "no end without its problem",
	[RULE_PAST] = "past tense only where nothing was read",
	[RULE_ROOT] = "one first post in a thread",
	[RULE_FIRST] = "nothing before the first post",
	[RULE_PAUSED] = "no word where it is paused",
	[RULE_END_TOLD] = "every told problem gets its end told",
	[RULE_CALM] = "nothing is left when all is well",
	[RULE_PART] = "part of what can be read",
	[RULE_AFTER_END] = "nothing after the end",
	[RULE_LEAK] = "no internals to the public",
	[RULE_NAMED] = "no public word without a public name",
	[RULE_TIMER] = "no deadline that stays due",
	[RULE_TWIN] = "looking every second changes nothing",
	[RULE_ROWS] = "what was kept is what was",
	[RULE_TRUE] = "what is said is so",
	[RULE_LIMIT] = "no more than the audience's patience",
	[RULE_STORM] = "no more than storm in 10 min",
	[RULE_TAG] = "no tag twice",
	[RULE_HEARD] = "who should hear of it has a thread",
};

const char *rule_name(enum rule rule)
{
	return rule_names[rule];
}

struct tally tally;

void tally_excuse(const char *why)
{
	unsigned k = 0;

	for (; k + 1 < sizeof tally.excuses / sizeof *tally.excuses && tally.excuses[k].why; k++)
		if (!strcmp(tally.excuses[k].why, why))
			break;
	tally.excuses[k].why = why;
	tally.excuses[k].n++;
}

void rig_break(struct rig *r, enum rule rule, uint64_t incident, const char *format, ...)
{
	va_list ap;

	if (r->is_broken || (tally.skipped & (1u << rule)))
		return;
	r->is_broken = true;
	r->rule = rule;
	r->incident = incident;
	va_start(ap, format);
	vsnprintf(r->why, sizeof r->why, format, ap);
	va_end(ap);
	rig_log(r, incident, -1, "BROKEN: %s: %s", rule_names[rule], r->why);
}

/* Counts the look, and breaks the run when it did not hold. */
#define EXPECT(s, rule, incident, holds, ...)                                                      \
	do {                                                                                       \
		tally.checked[rule]++;                                                             \
		if (!(holds))                                                                      \
			rig_break((s)->rig, rule, incident, __VA_ARGS__);                          \
	} while (0)

static const struct config_audience *heard_by(const struct subject *s, const struct say_target *target)
{
	return &s->rig->settings->config.audiences[target->audience];
}

/* --- who it is about ------------------------------------------------------------------------- */

struct members {
	unsigned n, bad, acked, rests;
	const struct thing *one; /* that is bad */
};

static struct members look_at_members(const struct subject *s, const struct say_target *target)
{
	bool soft = heard_by(s, target)->soft;
	const struct thread *thread = subject_thread(s, target->thread);
	struct members m = {0};

	for (const struct problem *p = thread ? thread->incident->problems : NULL; p; p = p->next) {
		int k = thing_find(s->rig, strcmp(p->node->name, site_names[0]) ? 1 : 0, p->host, p->service);
		const struct thing *t = k < 0 ? NULL : &s->rig->things[k];

		m.acked += t && t->known.acked;
		if (!t || !(p->heard & AUDIENCE_BIT(target->audience)))
			continue;
		m.n++;
		if (t->known.removed || (!t->known.state && !t->known.flaps))
			continue;
		if (problem_rests(p, target->audience))
			continue; /* in downtime, and these people know nothing of it */
		m.bad += t->known.state && (t->known.hard || soft);
		m.rests += t->known.rests;
		m.one = t;
	}
	return m;
}

/* --- order within a thread --------------------------------------------------------------------- */

static unsigned flags_of(const struct subject *s, const struct say_target *target)
{
	const struct thread *t = subject_thread(s, target->thread);

	return t ? t->incident->flags : 0;
}

/* Of a maintenance "over"; of trouble that it is; "stable" where its mark says so. */
static bool is_end(const struct subject *s, const struct say_target *target, const struct say *say)
{
	enum say_event event = say->event;

	if (event == SAY_ENDED || event == SAY_ENDED_BAD || event == SAY_CANCELLED ||
	    event == SAY_RECALLED)
		return (flags_of(s, target) & INCIDENT_MAINTENANCE) != 0;
	if (event == SAY_STABLE)
		return say->symbol == SYMBOL_GREEN;
	return event == SAY_RECOVERY || event == SAY_PAST || event == SAY_GONE || event == SAY_CLOSED ||
	       event == SAY_RETRACT;
}

static bool begins_again(enum say_event event)
{
	return event == SAY_AGAIN || event == SAY_PROBLEM || event == SAY_FLAPPING || event == SAY_OPENED;
}

/* What people said, asked or want to know may come at any time. */
bool judge_is_aside(enum say_event event)
{
	return event == SAY_FIXED || event == SAY_SAY || event == SAY_KNOWN_ERROR || event == SAY_RETRACT ||
	       event == SAY_MAJOR || event == SAY_NOT_MAJOR;
}

/* What a maintenance leaves bad is told on in its thread. */
static bool goes_on(const struct strand *t, enum say_event event)
{
	return t->is_left && !judge_is_aside(event);
}

static bool was_read(const struct strand *t)
{
	for (unsigned k = 0; k < t->n; k++)
		if (t->parcels[k].state == PARCEL_SENT)
			return true;
	return false;
}

static bool root_died(const struct strand *t)
{
	for (unsigned k = 0; k < t->n; k++)
		if (t->parcels[k].state == PARCEL_DEAD || t->parcels[k].state == PARCEL_MAYBE)
			return true;
	return false;
}

/* Was a storm told where this one goes? */
static bool has_stormed(const struct subject *s, const struct strand *where)
{
	const struct strand *t;

	for (t = s->strands; t; t = t->hh.next)
		if (t->has_stormed && !strcmp(t->audience, where->audience) && !strcmp(t->account, where->account))
			return true;
	return false;
}

static void judge_order(struct subject *s, struct strand *t, const struct say_target *target,
			const struct say *say)
{
	const char *word = words_event_name(say->event);
	uint64_t i = t->incident;

	/* what only a storm's summary spoke for is taken back by a post of its own */
	if (say->event == SAY_RETRACT && target->root && has_stormed(s, t))
		return;
	if (is_end(s, target, say) && say->event != SAY_PAST)
		EXPECT(s, RULE_END, i, t->is_standing || root_died(t), "%s in a thread that has no first post", word);
	if (say->event == SAY_PAST)
		EXPECT(s, RULE_PAST, i, !was_read(t), "%s in a thread that was read already", word);
	if (target->root)
		EXPECT(s, RULE_ROOT, i, !t->is_standing, "a second first post (%s)", word);
	else
		EXPECT(s, RULE_FIRST, i, t->is_standing || root_died(t), "%s before the first post", word);
	if (t->is_over)
		EXPECT(s, RULE_AFTER_END, i, begins_again(say->event) || judge_is_aside(say->event) || t->is_left, "%s after the end", word);
	EXPECT(s, RULE_TAG, i, say->tag && !strcmp(say->tag, t->tag), "#%s in the thread of #%s",
	       say->tag ? say->tag : "", t->tag);
}

/* --- what the public may know ---------------------------------------------------------------------- */

static bool is_public_name(const struct rig *r, const char *name)
{
	for (unsigned k = 0; k < r->n_things; k++)
		if (r->things[k].name && !strcmp(r->things[k].name, name))
			return true;
	return !strcmp(name, "Intranet") || !strcmp(name, "the intranet is slow"); /* opened by hand */
}

static bool spans_are_public(const struct rig *r, const struct say_span *spans, unsigned n)
{
	for (unsigned k = 0; k < n; k++)
		if (spans[k].state || !spans[k].name || !is_public_name(r, spans[k].name))
			return false;
	return true;
}

static bool needs_name(enum say_event event)
{
	return event != SAY_DIGEST && event != SAY_STORM && event != SAY_SAY && event != SAY_OPENED &&
	       event != SAY_CLOSED && event != SAY_RETRACT && event != SAY_PLANNED;
}

static void judge_leak(struct subject *s, const struct say_target *target, const struct say *say)
{
	const struct rig *r = s->rig;
	const char *word = words_event_name(say->event);

	if (heard_by(s, target)->internals)
		return;
	EXPECT(s, RULE_LEAK, target->incident,
	       !say->object && !say->host && !say->service && !say->state && !say->output && !say->owner &&
		       !say->n_members && !say->with_services && !say->lost,
	       "%s to the public says what only operators may know", word);
	for (unsigned k = 0; k < say->n_names; k++)
		EXPECT(s, RULE_LEAK, target->incident, is_public_name(r, say->names[k]), "%s says \"%s\"", word,
		       say->names[k]);
	EXPECT(s, RULE_NAMED, target->incident, say->n_names || !needs_name(say->event), "%s without a public name",
	       word);
	EXPECT(s, RULE_LEAK, target->incident, !say->parent || say->parent[0] == '#', "%s names \"%s\"", word,
	       say->parent ? say->parent : "");
	EXPECT(s, RULE_LEAK, target->incident,
	       spans_are_public(r, say->spans, say->n_spans) && spans_are_public(r, say->open, say->n_open),
	       "%s lists what has no public name", word);
}

/* --- is it so? ----------------------------------------------------------------------------------------- */

static void judge_truth(struct subject *s, const struct say_target *target, const struct say *say)
{
	struct members m;
	const char *word = words_event_name(say->event);
	uint64_t i = target->incident;

	if (!subject_thread(s, target->thread))
		return;
	m = look_at_members(s, target);
	if (say->event == SAY_RECOVERY && say->state) /* also where the file says that nobody hears of it any more */
		EXPECT(s, RULE_TRUE, i, !strcmp(say->state, "OK") || !strcmp(say->state, "UP"), "%s, but %s is %s", word,
		       say->object ? say->object : "", say->state);
	if (!m.n)
		return; /* opened by hand, planned, summed up */
	if (say->event == SAY_RECOVERY || say->event == SAY_PAST || say->event == SAY_ENDED ||
	    (say->event == SAY_STABLE && is_end(s, target, say)))
		EXPECT(s, RULE_TRUE, i, !m.bad, "%s, but %s is not OK", word, m.one ? thing_label(m.one) : "");
	if (say->event == SAY_PROBLEM || say->event == SAY_AGAIN || say->event == SAY_UPDATE ||
	    say->event == SAY_WORSE || say->event == SAY_ENDED_BAD)
		EXPECT(s, RULE_TRUE, i, m.one, "%s, but all is well", word);
	if (say->event == SAY_ACK)
		EXPECT(s, RULE_TRUE, i, say->acked && m.acked, "%s, but nobody has it", word);
}

/* --- patience ------------------------------------------------------------------------------------------ */

static int64_t interval_of(const struct config_audience *a, unsigned flags, unsigned idle)
{
	int64_t ms = a->remind_ms;

	if ((flags & INCIDENT_ACKED) && a->internals)
		ms = a->remind_acked_ms;
	if (flags & INCIDENT_MAJOR)
		ms /= 2;
	if ((flags & INCIDENT_ACKED) && a->internals)
		return ms;
	for (; idle && ms < DAY_MS * 100; idle--)
		ms *= 2;
	return ms;
}

static void judge_patience(struct subject *s, struct strand *t, const struct say_target *target,
			   const struct say *say)
{
	const struct config_audience *a = heard_by(s, target);
	const struct rig *r = s->rig;
	int64_t gap = r->now.boot_ms - t->line_ms;
	bool is_same_boot = t->line_ms && t->boot == r->boot;

	if (say->event == SAY_FLAPPING) {
		t->flap_ms = r->now.boot_ms;
		t->boot = r->boot;
	} else if (say->event == SAY_UPDATE && t->flap_ms && t->boot == r->boot) { /* it just stays bad now: that is news at any time, but this */
		EXPECT(s, RULE_LIMIT, t->incident, r->now.boot_ms != t->flap_ms, "unstable, and not, in one moment");
		t->flap_ms = 0;
		is_same_boot = false;
	}
	if (say->event != SAY_UPDATE && say->event != SAY_AGAIN && !target->root)
		return;
	if (say->event == SAY_UPDATE && is_same_boot)
		EXPECT(s, RULE_LIMIT, t->incident, gap >= a->update_ms, "%s %lld s after the last line",
		       words_event_name(say->event), (long long)(gap / 1000));
	if (say->event == SAY_UPDATE && is_same_boot && t->stir == s->stir) {
		EXPECT(s, RULE_LIMIT, t->incident, gap >= interval_of(a, flags_of(s, target), t->idle), "reminder %u after %lld s",
		       t->idle + 1, (long long)(gap / 1000));
		if (t->idle < 6)
			t->idle++;
	} else {
		t->idle = 0;
	}
	t->line_ms = r->now.boot_ms;
	t->boot = r->boot;
	t->stir = s->stir;
}

static void judge_storm(struct subject *s, const struct strand *t, const struct say_target *target,
			const struct say *say)
{
	const struct config_audience *a = heard_by(s, target);
	unsigned n = 0, cap = sizeof s->roots / sizeof *s->roots;
	int64_t now = s->rig->now.boot_ms;

	if (say->event != SAY_PROBLEM || !a->storm || (flags_of(s, target) & INCIDENT_MAJOR))
		return;
	for (unsigned k = 0; k < cap; k++)
		n += s->roots[k].boot_ms && now - s->roots[k].boot_ms < STORM_MS &&
		     s->roots[k].boot == s->rig->boot && !strcmp(s->roots[k].audience, t->audience) &&
		     !strcmp(s->roots[k].account, t->account);
	/* "urgent always" (SPEC section 3 row 44): also where no summary may be said */
	EXPECT(s, RULE_STORM, t->incident, n < a->storm || hours_hold(a->quiet_hours, s->rig->now.wall_ms / 1000), "%u first posts to %s on %s in 10 min", n + 1, t->audience,
	       t->account);
	s->roots[s->n_roots % cap].boot_ms = now;
	s->roots[s->n_roots % cap].boot = s->rig->boot;
	snprintf(s->roots[s->n_roots % cap].audience, NAME_MAX_LEN, "%s", t->audience);
	snprintf(s->roots[s->n_roots % cap].account, NAME_MAX_LEN, "%s", t->account);
	s->n_roots++;
}

/* Before it leaves: a tag that nobody has seen explains nothing. */
void judge_leaves(struct subject *s, const struct strand *t, const struct parcel *p)
{
	const struct strand *other, *next;
	bool stands = false;

	if (p->event != SAY_PART_OF)
		return;
	HASH_ITER (hh, s->strands, other, next)
		if (!strcmp(other->tag, p->parent) && !strcmp(other->account, t->account))
			stands |= was_read(other) || other->may_stand;
	EXPECT(s, RULE_PART, t->incident, stands, "%s on %s: part of #%s, which is not there", t->audience, t->account,
	       p->parent);
}

/* --- all of it ------------------------------------------------------------------------------------------- */

void judge_say(struct subject *s, struct strand *t, const struct say_target *target, const struct say *say,
	       struct parcel *parcel)
{
	judge_order(s, t, target, say);
	judge_leak(s, target, say);
	judge_truth(s, target, say);
	judge_patience(s, t, target, say);
	judge_storm(s, t, target, say);
	EXPECT(s, RULE_PAUSED, t->incident, !rig_is_paused(s->rig, t->audience, t->account), "%s to %s on %s",
	       words_event_name(say->event), t->audience, t->account);
	parcel->ends = is_end(s, target, say);
	parcel->begins = begins_again(say->event);
	t->is_over = parcel->ends || (t->is_over && !parcel->begins && !goes_on(t, say->event));
	t->is_left = say->event == SAY_ENDED_BAD || (t->is_left && judge_is_aside(say->event));
	t->has_stormed |= say->event == SAY_STORM;
	t->is_part = say->event == SAY_PART_OF || (t->is_part && judge_is_aside(say->event));
}

void judge_cancelled(struct strand *t)
{
	t->is_over = t->is_part = t->is_left = false;
	for (unsigned k = 0; k < t->n; k++) {
		const struct parcel *p = &t->parcels[k];

		if (p->state == PARCEL_CANCELLED)
			continue;
		t->is_over = p->ends || (t->is_over && !p->begins && !goes_on(t, p->event));
		t->is_left = p->event == SAY_ENDED_BAD || (t->is_left && judge_is_aside(p->event));
		t->is_part = p->event == SAY_PART_OF || (t->is_part && judge_is_aside(p->event));
	}
}

void judge_alone(struct subject *s, const struct say_target *target, const struct say *say)
{
	const struct config_audience *a = heard_by(s, target);

	judge_leak(s, target, say);
	EXPECT(s, RULE_PAUSED, target->incident,
	       !rig_is_paused(s->rig, a->name, s->rig->settings->config.accounts[target->account].name), "%s to %s",
	       words_event_name(say->event), a->name);
}

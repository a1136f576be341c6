/*
 * What people do by hand, in the random-event test. Called by story.c.
 * Must never expect that it is allowed: the engine may refuse, with a reason.
 */
#include "tests/random/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOUND_MAX 64

enum hand {
	HAND_PAUSE,
	HAND_RESUME,
	HAND_OPEN,
	HAND_PLAN,
	HAND_CLOSE,
	HAND_RETRACT,
	HAND_QUIET,
	HAND_QUIET_MATCH,
	HAND_QUIET_END,
	HAND_ETA,
	HAND_MAJOR,
	HAND_KNOWN,
	HAND_PART_OF,
	HAND_SAY,
	HANDS
};

/* --- pauses -------------------------------------------------------------------------------------- */

bool rig_is_paused(const struct rig *r, const char *audience, const char *account)
{
	for (unsigned k = 0; k < r->n_pauses; k++) {
		const struct pause_of *p = &r->pauses[k];

		if ((!p->audience[0] || !strcmp(p->audience, audience)) &&
		    (!p->account[0] || !strcmp(p->account, account)))
			return true;
	}
	return false;
}

static const char *or_null(const char *s)
{
	return s[0] ? s : NULL;
}

static void do_pause(struct rig *r, const struct step *s)
{
	const struct config *c = &r->settings->config;
	struct pause_of *p = &r->pauses[r->n_pauses];
	struct err err;
	int rc = 0;

	if (r->n_pauses == sizeof r->pauses / sizeof *r->pauses || !c->n_audiences)
		return;
	memset(p, 0, sizeof *p);
	if (s->b % 3 == 0)
		snprintf(p->audience, sizeof p->audience, "%s", c->audiences[s->c % c->n_audiences].name);
	else if (s->b % 3 == 1)
		snprintf(p->account, sizeof p->account, "%s", c->accounts[s->c % c->n_accounts].name);
	for (unsigned k = 0; k < r->n_pauses; k++)
		if (!strcmp(r->pauses[k].audience, p->audience) && !strcmp(r->pauses[k].account, p->account))
			return;
	for (unsigned k = 0; k < r->n_subjects; k++)
		rc |= engine_pause(r->subjects[k].engine, or_null(p->audience), or_null(p->account), "", "alice", &r->now,
				   &err);
	if (rc == 0)
		r->n_pauses++;
	rig_log(r, 0, -1, "pause %s/%s%s", p->audience, p->account, rc ? ": refused" : "");
}

static void resume(struct rig *r, unsigned at)
{
	struct pause_of p = r->pauses[at];
	struct err err;
	int rc = 0;

	r->pauses[at] = r->pauses[--r->n_pauses];
	rig_log(r, 0, -1, "resume %s/%s", p.audience, p.account);
	for (unsigned k = 0; k < r->n_subjects; k++)
		rc |= engine_resume(r->subjects[k].engine, or_null(p.audience), or_null(p.account), "alice", &r->now,
				    &err);
	if (rc)
		rig_break(r, RULE_PAUSED, 0, "resume %s/%s: %s", p.audience, p.account, err.text);
}

/* --- incidents -------------------------------------------------------------------------------------- */

struct found {
	uint64_t ids[FOUND_MAX];
	unsigned n, flags; /* with one of these; 0 = any */
};

static void find_one(void *arg, const struct incident_view *view)
{
	struct found *f = arg;

	if (f->n < FOUND_MAX && (!f->flags || (view->flags & f->flags)))
		f->ids[f->n++] = view->id;
}

static struct found find(const struct rig *r, unsigned flags)
{
	struct found f = {.flags = flags};

	engine_each(r->subjects[0].engine, find_one, &f);
	return f;
}

static void do_open(struct rig *r, const struct step *s, bool is_planned)
{
	unsigned audiences[AUDIENCES], n = 0;
	int64_t now_s = r->now.wall_ms / 1000, from_s = now_s + (int64_t)(s->c % 100000);
	struct open_order order = {.text = "the intranet is slow", .name = s->b % 4 ? "Intranet" : "", .by = "alice",
				   .audiences = audiences};
	struct err err;
	uint64_t id;

	for (unsigned k = 0; k < r->settings->config.n_audiences; k++)
		if ((s->b >> k) & 2)
			audiences[n++] = k;
	order.n_audiences = n;
	if (is_planned) {
		order.from_s = from_s;
		order.to_s = from_s + 600 + (int64_t)(s->a % 7200);
	}
	for (unsigned k = 0; k < r->n_subjects; k++)
		if (engine_open(r->subjects[k].engine, &order, &r->now, &id, &err) == -1)
			rig_log(r, 0, -1, "open%s: refused: %s", is_planned ? " planned" : "", err.text);
		else
			rig_log(r, id, -1, "open%s: incident %llu", is_planned ? " planned" : "", (unsigned long long)id);
}

/* Nobody will hear its end where it may not be said any more. */
static void excuse(struct rig *r, uint64_t incident, const char *why)
{
	for (unsigned k = 0; k < r->n_subjects; k++) {
		struct strand *t, *next;

		HASH_ITER (hh, r->subjects[k].strands, t, next)
			if (t->incident == incident && !t->is_over)
				t->excuse = why;
	}
}

void hand_excuse_paused(struct rig *r, const char *why)
{
	for (unsigned k = 0; k < r->n_subjects; k++) {
		struct strand *t, *next;

		HASH_ITER (hh, r->subjects[k].strands, t, next)
			if (!t->is_over && rig_is_paused(r, t->audience, t->account))
				t->excuse = why;
	}
}

static int on_one(struct engine *e, const struct rig *r, const struct step *s, uint64_t id, uint64_t other,
		  struct err *err)
{
	int64_t now_s = r->now.wall_ms / 1000;

	switch ((enum hand)(s->a % HANDS)) {
	case HAND_CLOSE: return engine_close(e, id, s->b % 2 ? "over" : "", "alice", &r->now, err);
	case HAND_RETRACT:
		return engine_retract(e, id, "monitoring fault", "alice", s->b % 2 ? RETRACT_BY_POST : RETRACT_BY_DELETING,
				      &r->now, err);
	case HAND_QUIET: return engine_quiet(e, id, s->b % 4 ? now_s + s->c % 7200 : 0, "alice", &r->now, err);
	case HAND_ETA: return engine_eta(e, id, now_s + s->c % 20000, "alice", &r->now, err);
	case HAND_MAJOR: return engine_major(e, id, s->b % 3 != 0, "alice", &r->now, err);
	case HAND_KNOWN: return engine_known(e, id, "", "restart it", "alice", &r->now, err);
	case HAND_PART_OF: return engine_part_of(e, id, other, "alice", &r->now, err);
	case HAND_SAY: return engine_say(e, id, "we are sorry", "alice", &r->now, err);
	case HAND_PAUSE:
	case HAND_RESUME:
	case HAND_OPEN:
	case HAND_PLAN:
	case HAND_QUIET_MATCH:
	case HAND_QUIET_END:
	case HANDS: break;
	}
	return 0;
}

static const char *const names[HANDS] = {"pause", "resume",	 "open",      "plan", "close", "retract", "quiet",
					 "quiet match", "quiet end", "eta",	 "major", "known", "part of", "say"};

static void do_incident(struct rig *r, const struct step *s)
{
	enum hand hand = (enum hand)(s->a % HANDS);
	struct found f = find(r, hand == HAND_CLOSE ? INCIDENT_BY_HAND | INCIDENT_MAINTENANCE : 0);
	uint64_t id, other;
	struct err err;
	int rc = 0;

	if (!f.n)
		return;
	id = f.ids[s->b / 7 % f.n];
	other = f.ids[s->c / 11 % f.n];
	if (hand == HAND_RETRACT)
		judge_retracted(r, id);
	for (unsigned k = 0; k < r->n_subjects; k++)
		rc |= on_one(r->subjects[k].engine, r, s, id, other, &err);
	rig_log(r, id, -1, "by hand: %s %llu%s%s", names[hand], (unsigned long long)id, rc ? ": refused: " : "",
		rc ? err.text : "");
	if (rc == 0 && hand == HAND_RETRACT)
		excuse(r, id, "retracted");
}

/* --- quiet --------------------------------------------------------------------------------------------- */

static void do_quiet_match(struct rig *r, const struct step *s)
{
	static const char *const matches[] = {"host:h2", "hostgroup:web", "service:smtp", "*", "host:r1"};
	struct err err;
	uint64_t id;

	for (unsigned k = 0; k < r->n_subjects; k++)
		if (engine_quiet_match(r->subjects[k].engine, matches[s->b % 5], r->now.wall_ms / 1000 + 60 + s->c % 7200,
				       "work", "alice", &r->now, &id, &err) == 0)
			rig_log(r, 0, -1, "quiet %s %llu", matches[s->b % 5], (unsigned long long)id);
}

static void find_quiet(void *arg, const struct quiet_row *row)
{
	struct found *f = arg;

	if (f->n < FOUND_MAX)
		f->ids[f->n++] = row->id;
}

static void do_quiet_end(struct rig *r, uint32_t which)
{
	struct found f = {0};
	struct err err;

	engine_quiets(r->subjects[0].engine, find_quiet, &f);
	if (!f.n)
		return;
	rig_log(r, 0, -1, "quiet %llu ends", (unsigned long long)f.ids[which % f.n]);
	for (unsigned k = 0; k < r->n_subjects; k++)
		engine_quiet_end(r->subjects[k].engine, f.ids[which % f.n], &r->now, &err);
}

/* --- all of it ------------------------------------------------------------------------------------------- */

void hand_do(struct rig *r, const struct step *s)
{
	r->events++;
	switch ((enum hand)(s->a % HANDS)) {
	case HAND_PAUSE: do_pause(r, s); break;
	case HAND_RESUME:
		if (r->n_pauses)
			resume(r, s->b % r->n_pauses);
		break;
	case HAND_OPEN: do_open(r, s, false); break;
	case HAND_PLAN: do_open(r, s, true); break;
	case HAND_QUIET_MATCH: do_quiet_match(r, s); break;
	case HAND_QUIET_END: do_quiet_end(r, s->b); break;
	case HAND_CLOSE:
	case HAND_RETRACT:
	case HAND_QUIET:
	case HAND_ETA:
	case HAND_MAJOR:
	case HAND_KNOWN:
	case HAND_PART_OF:
	case HAND_SAY: do_incident(r, s); break;
	case HANDS: break;
	}
}

void hand_end(struct rig *r)
{
	const struct step close = {.a = HAND_CLOSE};
	struct found f = find(r, INCIDENT_BY_HAND | INCIDENT_MAINTENANCE);
	struct err err;

	while (r->n_pauses && !r->is_broken)
		resume(r, 0);
	for (unsigned n = 0; n < f.n; n++)
		for (unsigned k = 0; k < r->n_subjects; k++)
			on_one(r->subjects[k].engine, r, &close, f.ids[n], 0, &err);
	for (unsigned n = 0; n < FOUND_MAX; n++)
		do_quiet_end(r, 0);
}

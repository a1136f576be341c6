/*
 * An engine's state as text, one line a thing, in an order of its own. Called by subject.c.
 * Must leave out only what a restart finds out anew: descriptions, and what hangs on them.
 */
#include "agent/incident_internal.h"
#include "tests/random/rig.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define LINES_MAX 4096

struct lines {
	char *at[LINES_MAX];
	unsigned n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(struct lines *lines, struct buf *line)
{
	if (lines->n < LINES_MAX)
		lines->at[lines->n++] = strdup(buf_text(line));
	buf_finish(line);
}

static const char *text(const char *s)
{
	return s ? s : "";
}

static void dump_node(const struct node *n, struct lines *lines)
{
	struct buf b;

	buf_init(&b, 4096);
	buf_printf(&b, "node %s epoch=%s adopted=%d cut_off=%lld", n->name, text(n->epoch), n->adopted,
		   (long long)n->cut_off_s);
	add(lines, &b);
}

static void dump_bits(const struct engine *e, const char *word, uint64_t bits, struct buf *out)
{
	buf_str(out, word);
	for (unsigned k = 0; k < e->config->n_audiences; k++)
		if (bits & AUDIENCE_BIT(k))
			buf_printf(out, "%s,", e->config->audiences[k].name);
}

/* What belongs to no incident is told to nobody: the next snapshot brings it anew. */
static void dump_problem(const struct engine *e, const struct problem *p, struct lines *lines)
{
	struct buf b;

	if (!p->incident)
		return;
	buf_init(&b, 8192);
	buf_printf(&b, "problem of incident %llu: %s/%s/%s id=%llu kind=%u state=%u flags=%x since=%lld until=%lld",
		   (unsigned long long)(p->incident ? p->incident->id : 0), p->node->name, p->host, p->service,
		   (unsigned long long)p->id, p->kind, p->state, p->flags, (long long)p->since_s,
		   (long long)p->until_s);
	buf_printf(&b, " owner=%s output=%s adopted=%d changes=%u flap=%lld changed=%lld relapses=", text(p->owner),
		   text(p->output), p->adopted, p->changes, (long long)p->flap_s, (long long)p->changed_s);
	for (unsigned k = 0; k < RELAPSES_MAX && p->relapses[k]; k++)
		buf_printf(&b, "%lld,", (long long)p->relapses[k]);
	buf_printf(&b, " hard=%lld worse=%lld was=%u acked_as=%u", (long long)p->hard_s,
		   (long long)p->worse_s, p->was_state, p->acked_as);
	dump_bits(e, " heard=", p->heard, &b);
	dump_bits(e, " told=", p->told, &b);
	dump_bits(e, " notified=", p->notified & p->heard, &b); /* the rest is of what is over, and not kept */
	add(lines, &b);
}

static void dump_incident(const struct incident *i, struct lines *lines)
{
	struct buf b;

	buf_init(&b, 16384);
	buf_printf(&b, "incident %llu #%s parent=%llu flags=%x times=%u opened=%lld since=%lld until=%lld",
		   (unsigned long long)i->id, i->tag, (unsigned long long)(i->parent ? i->parent->id : 0), i->flags,
		   i->times, (long long)i->opened_ms, (long long)i->since_s, (long long)i->until_s);
	/* not its object: which member stands for it is known when they are described */
	buf_printf(&b, " owner=%s was=%s acked=%lld ack_until=%lld", text(i->owner), text(i->was_owner),
		   (long long)i->acked_s, (long long)i->ack_until_s);
	buf_printf(&b, " eta=%lld quiet=%lld from=%lld to=%lld name=%s text=%s by=%s known=%s/%s",
		   (long long)i->eta_s, (long long)i->quiet_until_s, (long long)i->from_s, (long long)i->to_s,
		   text(i->name), text(i->text), text(i->by), text(i->known), text(i->known_tag));
	add(lines, &b);
}

static void dump_thread(const struct engine *e, const struct thread *t, struct lines *lines)
{
	struct buf b;

	buf_init(&b, 8192);
	buf_printf(&b, "thread %llu of incident %llu %s/%s state=%u root=%u flags=%x told=%u/%u reminders=%u times=%u",
		   (unsigned long long)t->id, (unsigned long long)t->incident->id,
		   e->config->audiences[t->audience].name, e->config->accounts[t->account].name, t->state, t->root,
		   t->flags, t->told_severity, t->told_count, t->reminders, t->times);
	buf_printf(&b, " escalated=%u escalate=%lld due=%lld update=%lld remind=%lld flap=%lld ask=%lld since=%lld until=%lld",
		   t->escalated, (long long)t->escalate, (long long)t->due, (long long)t->update, (long long)t->remind, (long long)t->flap,
		   (long long)t->ask, (long long)t->since_s, (long long)t->until_s);
	add(lines, &b);
}

static void dump_incidents(const struct engine *e, struct lines *lines)
{
	const struct incident *i;
	const struct thread *t;

	DL_FOREACH (e->incidents, i) {
		dump_incident(i, lines);
		LL_FOREACH (i->threads, t)
			if (t->state != THREAD_CLOSED) /* one of an audience that is gone is only in its row */
				dump_thread(e, t, lines);
	}
}

static void dump_downtime(const struct downtime *d, struct lines *lines)
{
	struct buf b;

	if (d->is_gone)
		return;
	buf_init(&b, 8192);
	buf_printf(&b, "downtime of incident %llu: %s/%s/%s %u kind=%u flags=%x from=%lld to=%lld by %s: %s",
		   (unsigned long long)(d->incident ? d->incident->id : 0), d->node->name, d->host, d->service, d->id,
		   d->kind, d->flags & ~(unsigned)(DOWNTIME_SEEN | DOWNTIME_UNKNOWN | DOWNTIME_ASKED), (long long)d->from_s, (long long)d->to_s,
		   text(d->author), text(d->text));
	add(lines, &b);
}

static void dump_channel(const struct engine *e, const struct channel *c, struct lines *lines)
{
	struct buf b;

	buf_init(&b, 16384);
	buf_printf(&b, "channel %s/%s digest=%llu #%s root=%u from=%lld due=%lld folded=%u lost=%u longest=%lld %s",
		   e->config->audiences[c->audience].name, e->config->accounts[c->account].name,
		   (unsigned long long)c->digest, c->digest_tag, c->digest_root, (long long)c->from_s,
		   (long long)c->digest_due, c->folded, c->lost, (long long)c->longest_s, text(c->longest));
	buf_printf(&b, " storm=%llu #%s root=%u since=%lld due=%lld calm=%lld stormed=%u told=%u recent=",
		   (unsigned long long)c->storm, c->storm_tag, c->storm_root, (long long)c->storm_s,
		   (long long)c->storm_due, (long long)c->calm, c->stormed, c->storm_told);
	for (unsigned k = 0; k < c->n_recent; k++)
		buf_printf(&b, "%lld:%lld,", (long long)c->recent[k].told_s, (long long)c->recent[k].since_s);
	add(lines, &b);
}

static void dump_others(const struct engine *e, struct lines *lines)
{
	const struct downtime *d;
	const struct quiet *q;
	const struct pause *p;
	struct buf b;

	LL_FOREACH (e->downtimes, d)
		dump_downtime(d, lines);
	for (unsigned k = 0; k < e->n_channels; k++)
		dump_channel(e, &e->channels[k], lines);
	LL_FOREACH (e->quiets, q) {
		if (q->is_gone)
			continue;
		buf_init(&b, 4096);
		buf_printf(&b, "quiet %llu %s until=%lld since=%lld %s %s", (unsigned long long)q->id,
			   text(q->match_text), (long long)q->until_s, (long long)q->since_s, text(q->by), text(q->text));
		add(lines, &b);
	}
	LL_FOREACH (e->pauses, p) {
		if (p->is_gone)
			continue;
		buf_init(&b, 4096);
		buf_printf(&b, "pause %s/%s since=%lld %s %s", text(p->audience), text(p->account),
			   (long long)p->since_s, text(p->by), text(p->text));
		add(lines, &b);
	}
}

void dump_engine(const struct engine *e, struct buf *out)
{
	struct lines *lines = calloc(1, sizeof *lines);
	const struct problem *p, *pnext;
	const struct node *n;

	if (!lines)
		exit(2);
	LL_FOREACH (e->nodes, n)
		dump_node(n, lines);
	HASH_ITER (hh, e->problems, p, pnext)
		dump_problem(e, p, lines);
	dump_incidents(e, lines);
	dump_others(e, lines);
	qsort(lines->at, lines->n, sizeof *lines->at, by_text);
	for (unsigned k = 0; k < lines->n; k++) {
		buf_printf(out, "%s\n", lines->at[k]);
		free(lines->at[k]);
	}
	free(lines);
}

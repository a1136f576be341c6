/*
 * An engine under test: what it decides, its life from restart to restart, its rows. Called
 * by story.c. Must never answer it otherwise than the agent around it would.
 */
#include "agent/incident_internal.h"
#include "tests/random/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define ROUNDS_MAX 200 /* of one instant; more is a deadline that never passes */

/* --- the sink ---------------------------------------------------------------------------------- */

static struct strand *strand_find(const struct subject *s, uint64_t id)
{
	struct strand *t = NULL;

	HASH_FIND(hh, s->strands, &id, sizeof id, t);
	return t;
}

static struct strand *strand_get(struct subject *s, const struct say_target *target, const struct say *say)
{
	const struct config *c = &s->rig->settings->config;
	struct strand *t = strand_find(s, target->thread);

	if (t)
		return t;
	t = calloc(1, sizeof *t);
	if (!t)
		exit(2);
	t->id = target->thread;
	t->incident = target->incident;
	t->is_public = !c->audiences[target->audience].internals;
	snprintf(t->audience, sizeof t->audience, "%s", c->audiences[target->audience].name);
	snprintf(t->account, sizeof t->account, "%s", c->accounts[target->account].name);
	snprintf(t->tag, sizeof t->tag, "%s", say->tag);
	HASH_ADD(hh, s->strands, id, sizeof t->id, t);
	return t;
}

static struct parcel *parcel_add(struct subject *s, struct strand *t, const struct say *say, bool is_root)
{
	const char *tag = say->parent ? strchr(say->parent, '#') : NULL;

	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 8;
		t->parcels = realloc(t->parcels, t->cap * sizeof *t->parcels);
		if (!t->parcels)
			exit(2);
	}
	t->parcels[t->n] = (struct parcel){.event = say->event, .is_root = is_root, .number = s->next_parcel++};
	snprintf(t->parcels[t->n].parent, TAG_SIZE, "%.4s", tag ? tag + 1 : "");
	s->open++;
	return &t->parcels[t->n];
}

/* What both twins must agree on. */
static void remember(struct subject *s, const struct say_target *target, const struct say *say)
{
	const struct config *c = &s->rig->settings->config;

	buf_printf(&s->said, "%lld %s on %s: %s %s #%s names=%u members=%u count=%u times=%u %s%s\n",
		   (long long)(s->rig->now.boot_ms / 1000), c->audiences[target->audience].name,
		   c->accounts[target->account].name,
		   words_event_name(say->event), target->root ? "(root)" : "", say->tag, say->n_names,
		   say->n_members, say->count, say->times, say->object ? say->object : "",
		   say->acked ? " acked" : "");
}

static void on_say(void *arg, const struct say_target *target, const struct say *say)
{
	struct subject *s = arg;
	const struct config *c = &s->rig->settings->config;
	struct strand *t;

	remember(s, target, say);
	rig_log(s->rig, target->incident, -1, "%s SAYS to %s on %s: %s%s #%s %s %s", s->name,
		c->audiences[target->audience].name, c->accounts[target->account].name,
		words_event_name(say->event), target->root ? " (root)" : "", say->tag,
		say->object ? say->object : say->n_names ? say->names[0] : "", say->state ? say->state : "");
	if (s == s->rig->subjects) {
		tally.says++;
		tally.roots += target->root;
		tally.by_event[say->event]++;
	}
	if (!target->thread) {
		judge_alone(s, target, say);
		return;
	}
	t = strand_get(s, target, say);
	judge_say(s, t, target, say, parcel_add(s, t, say, target->root)); /* it is not counted yet */
	t->n++;
	if (target->root)
		t->is_standing = true;
}

static void on_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	struct subject *s = arg;
	struct question *q = calloc(1, sizeof *q);

	if (!q)
		exit(2);
	q->node = strcmp(node, site_names[0]) ? 1 : 0;
	q->kind = kind;
	snprintf(q->host, sizeof q->host, "%s", host);
	snprintf(q->service, sizeof q->service, "%s", service);
	LL_APPEND(s->questions, q);
}

static bool is_waiting(const struct parcel *p)
{
	return p->state == PARCEL_WAITS;
}

static uint64_t on_cancel(void *arg, uint64_t thread)
{
	struct subject *s = arg;
	struct strand *t = strand_find(s, thread);
	uint64_t bits = 0;

	for (unsigned k = 0; t && k < t->n; k++) {
		if (!is_waiting(&t->parcels[k]))
			continue;
		bits = say_add(bits, t->parcels[k].event);
		t->parcels[k].state = PARCEL_CANCELLED;
		t->is_lost = true;
		s->open--;
		tally.cancelled++;
		if (t->parcels[k].is_root)
			t->is_standing = false;
	}
	if (t)
		judge_cancelled(t);
	if (t)
		rig_log(s->rig, t->incident, -1, "%s CANCELS what waits for %s on %s", s->name, t->audience, t->account);
	return bits;
}

static bool on_is_pending(void *arg, uint64_t thread, enum say_event event)
{
	const struct strand *t = strand_find(arg, thread);

	for (unsigned k = 0; t && k < t->n; k++)
		if (t->parcels[k].event == event &&
		    (is_waiting(&t->parcels[k]) || t->parcels[k].state == PARCEL_FLIES))
			return true;
	return false;
}

static void on_erase(void *arg, uint64_t thread)
{
	struct subject *s = arg;
	struct strand *t = strand_find(s, thread);

	if (t)
		rig_log(s->rig, t->incident, -1, "%s ERASES the posts for %s on %s", s->name, t->audience, t->account);
}

static void on_note(void *arg, uint64_t incident, const char *kind, const char *text)
{
	struct subject *s = arg;

	(void)kind;
	if (strstr(text, "no longer monitored"))
		hand_excuse_paused(s->rig, "gone while it was paused");
	rig_log(s->rig, incident, -1, "%s notes: %s", s->name, text);
}

static int64_t on_born(void *arg, unsigned audience, unsigned account)
{
	const struct subject *s = arg;
	const struct rig *r = s->rig;
	const struct config *c = &r->settings->config;

	for (unsigned k = 0; k < r->n_born; k++)
		if (!strcmp(r->born[k].audience, c->audiences[audience].name) &&
		    !strcmp(r->born[k].account, c->accounts[account].name))
			return r->born[k].since_s;
	return 0;
}

static uint64_t on_next_id(void *arg)
{
	struct subject *s = arg;

	return s->next_id++;
}

static void on_tag(void *arg, char tag[TAG_SIZE])
{
	static const char alphabet[] = "23456789BCDFGHJKMNPQRSTVWXZ";
	struct subject *s = arg;
	uint64_t n = s->next_tag++;

	tag[0] = 'T';
	for (unsigned k = 1; k + 1 < TAG_SIZE; k++, n /= sizeof alphabet - 1)
		tag[k] = alphabet[n % (sizeof alphabet - 1)];
	tag[TAG_SIZE - 1] = '\0';
}

/* --- its life ------------------------------------------------------------------------------------ */

static struct engine *engine_new(struct subject *s)
{
	const struct engine_sink sink = {.arg = s, .say = on_say, .describe = on_describe, .cancel = on_cancel,
					 .is_pending = on_is_pending, .erase = on_erase, .note = on_note, .born_s = on_born,
					 .next_id = on_next_id, .fresh_tag = on_tag};

	return engine_create(&s->rig->settings->config, &sink);
}

int subject_init(struct subject *s, struct rig *rig, const char *name)
{
	*s = (struct subject){.rig = rig, .name = name, .next_id = 1};
	buf_init(&s->said, 1 << 24);
	s->engine = engine_new(s);
	return s->engine ? 0 : -1;
}

static void questions_clear(struct subject *s)
{
	struct question *q, *next;

	LL_FOREACH_SAFE (s->questions, q, next)
		free(q);
	s->questions = NULL;
}

void subject_finish(struct subject *s)
{
	struct strand *t, *next;

	engine_destroy(s->engine);
	questions_clear(s);
	HASH_ITER (hh, s->strands, t, next) {
		HASH_DEL(s->strands, t);
		free(t->parcels);
		free(t);
	}
	keep_clear(&s->keep);
	buf_finish(&s->said);
}

void subject_restart(struct subject *s, bool same_boot)
{
	engine_destroy(s->engine);
	questions_clear(s);
	s->engine = engine_new(s);
	if (!s->engine)
		exit(2);
	keep_load(&s->keep, s->engine, same_boot, &s->rig->now);
}

/* Whose deadline it may be. */
void subject_log(struct subject *s)
{
	struct buf text;
	const char *at;

	if (!s->rig->lines)
		return;
	buf_init(&text, 1 << 20);
	dump_engine(s->engine, &text);
	for (at = buf_text(&text); *at; at += strcspn(at, "\n") + 1)
		rig_log(s->rig, 0, -1, "%.*s", (int)strcspn(at, "\n"), at);
	buf_finish(&text);
}

void subject_turn(struct subject *s, bool ticks)
{
	struct rig *r = s->rig;
	unsigned rounds = 0;

	do {
		if (ticks)
			s->engine->all_due = s->engine->next_due = r->now.boot_ms; /* whatever it says: look */
		do {
			engine_timers(s->engine, &r->now);
			keep_save(&s->keep, s->engine, &r->now); /* as each round of a turn does */
			if (++rounds > ROUNDS_MAX) {
				subject_log(s);
				rig_break(r, RULE_TIMER, 0, "a deadline of %lld is still due at %lld",
					  (long long)engine_next(s->engine), (long long)r->now.boot_ms);
				return;
			}
		} while (engine_next(s->engine) <= r->now.boot_ms);
	} while (!r->is_slow && truth_answer(r, s));
	tally.checked[RULE_TIMER]++;
}

/* --- what was kept, against what is ------------------------------------------------------------------ */

static void probe_say(void *arg, const struct say_target *target, const struct say *say)
{
	struct subject *s = arg;

	rig_break(s->rig, RULE_ROWS, target->incident, "says %s while it loads", words_event_name(say->event));
}

static void probe_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	(void)arg;
	(void)node;
	(void)kind;
	(void)host;
	(void)service;
}

static uint64_t probe_cancel(void *arg, uint64_t thread)
{
	(void)arg;
	(void)thread;
	return 0;
}

static void probe_note(void *arg, uint64_t incident, const char *kind, const char *text)
{
	(void)arg;
	(void)incident;
	(void)kind;
	(void)text;
}

static size_t line_length(const char *at)
{
	return strcspn(at, "\n");
}

/* Both are sorted: the first line that only one of them has. Returns the incident in it. */
static uint64_t first_difference(const char *a, const char *b, char *out, size_t size)
{
	unsigned long long incident = 0;
	const char *at;

	while (*a && *b && line_length(a) == line_length(b) && !strncmp(a, b, line_length(a))) {
		a += line_length(a) + 1;
		b += line_length(b) + 1;
	}
	snprintf(out, size, "is \"%.*s\",\n    was kept as \"%.*s\"", (int)line_length(a), a, (int)line_length(b), b);
	at = strstr(out, "incident ");
	if (at)
		sscanf(at, "incident %llu", &incident);
	return incident;
}

void subject_compare_rows(struct subject *s)
{
	const struct engine_sink sink = {.arg = s, .say = probe_say, .describe = probe_describe,
					 .cancel = probe_cancel, .is_pending = on_is_pending, .erase = on_erase, .note = probe_note,
					 .born_s = on_born, .next_id = on_next_id, .fresh_tag = on_tag};
	uint64_t next_id = s->next_id, next_tag = s->next_tag, incident;
	struct engine *other = engine_create(&s->rig->settings->config, &sink);
	char text[900];
	struct buf is, was;

	if (!other)
		exit(2);
	buf_init(&is, 1 << 20);
	buf_init(&was, 1 << 20);
	keep_save(&s->keep, s->engine, &s->rig->now);
	keep_load(&s->keep, other, true, &s->rig->now);
	dump_engine(s->engine, &is);
	dump_engine(other, &was);
	tally.checked[RULE_ROWS]++;
	if (strcmp(buf_text(&is), buf_text(&was)) != 0) {
		if (getenv("RANDOM_STATES"))
			printf("%s--- as it was kept:\n%s", buf_text(&is), buf_text(&was));
		incident = first_difference(buf_text(&is), buf_text(&was), text, sizeof text);
		rig_break(s->rig, RULE_ROWS, incident, "%s", text);
	}
	engine_destroy(other);
	buf_finish(&is);
	buf_finish(&was);
	s->next_id = next_id;
	s->next_tag = next_tag;
}

struct thread *subject_thread(const struct subject *s, uint64_t id)
{
	struct incident *i;
	struct thread *t;

	DL_FOREACH (s->engine->incidents, i)
		LL_FOREACH (i->threads, t)
			if (t->id == id)
				return t;
	return NULL;
}

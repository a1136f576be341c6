/*
 * What a post-mortem needs beside the lines of an incident: how long it took to be told, to be
 * taken, to be over, and what fixed it. Called by control_answers.c. Reads the store only.
 */
#include "agent/control_internal.h"

#include <string.h>

struct facts {
	struct store *store;
	int64_t now_s;
	int64_t since_ms, until_ms;
	int64_t told_ms, acked_ms; /* 0 = not yet */
	json_t *fixes;
};

static int fact_post(void *arg, const struct post_row *p)
{
	struct facts *f = arg;

	if (p->kind == POST_SAY && p->sent_ms && (!f->told_ms || p->sent_ms < f->told_ms))
		f->told_ms = p->sent_ms;
	return 0;
}

/*
 * "mx1/SMTP acknowledged by alice: ...", not those words in an output that the line ends with, nor
 * in what somebody wrote when he planned a downtime.
 */
static bool is_ack(const char *text)
{
	const char *by = strstr(text, "acknowledged by ");

	for (const char *at = text; by && at + 6 <= by; at++)
		if (!strncmp(at, " hard ", 6) || !strncmp(at, " soft ", 6) || !strncmp(at, " hard: ", 7))
			return false;
	return by && strncmp(text, "maintenance planned by ", 23) != 0;
}

bool control_story_is_ack(const struct timeline_row *r)
{
	return !strcmp(r->kind, "event") && is_ack(r->text);
}

/* Whoever did it, on the network or in the core's web interface. */
static int fact_line(void *arg, const struct timeline_row *r)
{
	struct facts *f = arg;

	if (!f->acked_ms && control_story_is_ack(r))
		f->acked_ms = r->at_ms;
	return 0;
}

static int add_tag(void *arg, const struct incident_row *row)
{
	json_array_append_new(arg, control_text(row->tag));
	return 0;
}

static int fact_fix(void *arg, const struct knowledge_row *r)
{
	struct facts *f = arg;
	json_t *fix = json_pack("{s:o, s:o, s:o, s:I}", "kind", control_text(r->kind), "text", control_text(r->text),
				"by", control_text(r->by), "at_ms", (json_int_t)r->at_s * 1000);
	json_t *held = json_array();

	if (!strcmp(r->kind, "fixed"))
		store_fix_held(f->store, r->object, r->same, f->now_s, add_tag, held, NULL);
	json_object_set_new(fix, "held", held);
	json_array_append_new(f->fixes, fix);
	return 0;
}

static int fact_times(void *arg, const struct incident_row *row)
{
	struct facts *f = arg;
	int64_t since_ms = row->since_s * 1000;

	/* since_s is of the last time that it broke; a planned one was opened long before */
	f->since_ms = row->times > 1 && row->opened_ms < since_ms ? row->opened_ms : since_ms;
	f->until_ms = row->until_s * 1000;
	return 1;
}

static void set_span(json_t *answer, const char *key, int64_t from_ms, int64_t to_ms)
{
	if (from_ms && to_ms && to_ms >= from_ms)
		json_object_set_new(answer, key, json_integer((json_int_t)(to_ms - from_ms)));
}

void control_story_facts(struct control *c, uint64_t incident, json_t *answer)
{
	struct facts f = {.store = core_store(c->core), .now_s = c->now.wall_ms / 1000, .fixes = json_array()};

	store_incident_by_id(f.store, incident, fact_times, &f, NULL);
	store_posts_of_incident(f.store, incident, fact_post, &f, NULL);
	store_timeline(f.store, incident, fact_line, &f, NULL);
	store_knowledge_of_incident(f.store, incident, fact_fix, &f, NULL);
	set_span(answer, "told_after_ms", f.since_ms, f.told_ms);
	set_span(answer, "acked_after_ms", f.since_ms, f.acked_ms);
	set_span(answer, "over_after_ms", f.since_ms, f.until_ms);
	json_object_set_new(answer, "fixes", f.fixes);
}

/*
 * What was learnt, between the inbox, the store and the words: kept when somebody says it, told
 * when something like it breaks. Called by the inbox, core_words.c and the control socket.
 * Must never let it into a public text: only sentences for operators have a place for it.
 */
#include "agent/core_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <string.h>

#define FIX_CHARS 80 /* of a fix in a first post: what is longer is in `twicket show` */
#define LAST_MAX 3
#define AROUND 60 /* characters of date, person and count */
#define PURGE_ROWS 200 /* in one slice: some milliseconds */
#define PURGE_MS 3600000 /* when nothing was left to do */
#define HOUSE_STORIES 20 /* incidents that are taken into the index in one slice */

static int knowledge_root(void *arg, const struct incident_row *row)
{
	struct knowledge_row *k = arg;
	static char tag[TAG_SIZE], object[KNOWLEDGE_OBJECT];

	snprintf(tag, sizeof tag, "%s", row->tag);
	snprintf(object, sizeof object, "%s", row->object);
	k->tag = tag;
	k->object = object;
	k->times = row->times;
	return 1;
}

void core_learn(void *arg, const struct reply_row *reply, const char *kind, const char *text, const char *by)
{
	struct core *c = arg;
	struct knowledge_row row = {.incident = reply->incident, .kind = kind, .text = text, .by = by,
				    .at_s = c->now.wall_ms / 1000};
	struct incident_view v;

	if (engine_view(c->engine, reply->incident, &v)) {
		row.tag = v.tag;
		row.node = v.node;
		row.object = v.object;
		row.times = v.times;
	} else if (store_incident_by_id(c->store, reply->incident, knowledge_root, &row, NULL) != 1) {
		return;
	}
	if (knowledge_keep(c->knowledge, &row) == -1)
		log_warnx("core", "out of memory: what was learnt of #%s is not kept", row.tag);
}

static void put_fix(const struct knowledge_fix *fix, const struct words *words, int64_t now_s, unsigned max,
		    struct buf *out)
{
	words_fix(words,
		  &(struct say_fix){.at = fix->at_s, .object = fix->is_same ? NULL : fix->object,
				    .text = fix->text, .by = fix->by, .held = fix->held},
		  now_s, max, out);
}

bool core_last_fix(struct core *c, uint64_t incident, const struct say *say, const struct words *words,
		   struct buf *out)
{
	const struct knowledge_about about = {.incident = incident, .object = say->object, .output = say->output,
					      .now_s = c->now.wall_ms / 1000};
	struct knowledge_fix fix;
	struct err err;
	int n = knowledge_like(c->store, &about, &fix, 1, &err);

	if (n == -1)
		log_warnx("core", "cannot look for what helped before: %s", err.text);
	if (n < 1)
		return false;
	put_fix(&fix, words, about.now_s, FIX_CHARS, out);
	return true;
}

static int last_about(void *arg, const struct incident_row *row)
{
	struct knowledge_about *about = arg;
	static char object[KNOWLEDGE_OBJECT];

	snprintf(object, sizeof object, "%s", row->object);
	about->object = object;
	return 1;
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* In one line, newest first; what stands around the words of a fix takes about 60 characters. */
static void put_fixes(const struct knowledge_fix *fixes, unsigned n, const struct words *words, int64_t now_s,
		      unsigned max, struct buf *out)
{
	unsigned each = max / n > AROUND + 10 ? max / n - AROUND : 10;

	for (unsigned i = 0; i < n; i++) {
		buf_printf(out, "%s%s: ", i ? "; " : "", fixes[i].tag);
		put_fix(&fixes[i], words, now_s, each, out);
	}
}

/* So many characters, the last one an ellipsis where it is cut. */
static void put_at_most(const char *text, unsigned max, struct buf *out)
{
	const char *at = text;

	if (characters(text) <= max) {
		buf_str(out, text);
		return;
	}
	for (unsigned n = 1; n < max; n++)
		for (at++; ((unsigned char)*at & 0xc0) == 0x80;)
			at++;
	buf_add(out, text, (size_t)(at - text));
	buf_str(out, "…");
}

int core_last_text(struct core *c, uint64_t incident, unsigned account, unsigned max, const struct now *now,
		   struct buf *out)
{
	struct knowledge_about about = {.incident = incident, .now_s = now->wall_ms / 1000};
	static struct knowledge_fix fixes[LAST_MAX];
	struct incident_view v;
	struct buf text;
	int n;

	if (engine_view(c->engine, incident, &v)) {
		about.object = v.object;
		about.output = v.output;
		about.incident = v.open && v.state != 0 ? incident : 0; /* over: its own fix is known, too */
	} else if (store_incident_by_id(c->store, incident, last_about, &about, NULL) != 1) {
		return -1;
	} else {
		about.incident = 0;
	}
	buf_init(&text, out->max);
	n = knowledge_like(c->store, &about, fixes, LAST_MAX, NULL);
	for (int k = n; k > 0; k--) { /* rather fewer than half of each */
		buf_reset(&text);
		put_fixes(fixes, (unsigned)k, c->accounts.words[account], about.now_s, max, &text);
		if (characters(buf_text(&text)) <= max)
			break;
	}
	put_at_most(buf_text(&text), max, out); /* one alone is too long where a name is */
	buf_finish(&text);
	return n > 0 ? 0 : 1;
}

/* What is older than `keep` goes, a little at a time, and nobody waits for it. */
static void keep_history(struct core *c)
{
	int gone = 0;

	if (c->now.boot_ms < c->purge_boot_ms)
		return;
	gone = store_purge(c->store, c->now.wall_ms - c->config->keep_ms, PURGE_ROWS);
	c->purge_boot_ms = c->now.boot_ms + (gone ? HOUSE_MS : PURGE_MS);
}

void core_keep_house(struct core *c)
{
	if (c->now.boot_ms < c->house_boot_ms)
		return;
	c->house_boot_ms = c->now.boot_ms + HOUSE_MS;
	store_read_stories(c->store, HOUSE_STORIES);
	store_merge_story(c->store);
	keep_history(c);
}

/*
 * What was learnt, kept and found again. Called by core_knowledge.c and the control socket.
 * It must never guess: a fix of another object is told only where the outputs are alike.
 */
#include "agent/knowledge.h"

#include "agent/fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * When two outputs are alike. Words like "connection refused" stand in many: where the other
 * object is not the same service elsewhere, or of the same host, nearly all must be there.
 */
#define ALIKE_KIN 50 /* percent of the words */
#define ALIKE_ANY 80
#define ALIKE_KIN_WORDS 2 /* at least, that both have */
#define ALIKE_ANY_WORDS 4

/*
 * Of all objects: some milliseconds, in the turn that tells the problem. The index would weigh every
 * incident that has one of the words: with 20,000 of them that took most of a second.
 */
#define LOOK_AT_ALL 500
#define LOOK_AT 50 /* notes of one object; who has more said the same often */
#define FOLDED_MAX 65536
#define OUTPUT_BYTES 200 /* so much of an output does the timeline keep */

struct learnt {
	struct learnt *next;
	struct knowledge_row row;
	char *text[7];
};

struct knowledge {
	struct store *store;
	struct learnt *rows, **tail;
};

struct knowledge *knowledge_create(struct store *store)
{
	struct knowledge *k = calloc(1, sizeof *k);

	if (k) {
		k->store = store;
		k->tail = &k->rows;
	}
	return k;
}

static void learnt_free(struct learnt *l)
{
	for (size_t i = 0; i < sizeof l->text / sizeof *l->text; i++)
		free(l->text[i]);
	free(l);
}

void knowledge_saved(struct knowledge *k)
{
	struct learnt *next;

	for (struct learnt *l = k->rows; l; l = next) {
		next = l->next;
		learnt_free(l);
	}
	k->rows = NULL;
	k->tail = &k->rows;
}

void knowledge_destroy(struct knowledge *k)
{
	if (!k)
		return;
	knowledge_saved(k);
	free(k);
}

int knowledge_keep(struct knowledge *k, const struct knowledge_row *row)
{
	struct learnt *l = calloc(1, sizeof *l);
	struct buf same;
	bool is_whole = true;

	if (!l)
		return -1;
	l->row = *row;
	buf_init(&same, FOLDED_MAX);
	fold_words(row->text, &same);
	{
		const char *from[] = {row->tag, row->node, row->object, row->kind, row->text,
				      buf_text(&same), row->by};
		const char **to[] = {&l->row.tag,  &l->row.node, &l->row.object, &l->row.kind,
				     &l->row.text, &l->row.same, &l->row.by};

		for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
			*to[i] = l->text[i] = strdup(from[i] ? from[i] : "");
			is_whole = is_whole && l->text[i];
		}
	}
	buf_finish(&same);
	if (!is_whole) {
		learnt_free(l);
		return -1;
	}
	*k->tail = l;
	k->tail = &l->next;
	return 0;
}

void knowledge_save(struct knowledge *k)
{
	for (const struct learnt *l = k->rows; l; l = l->next)
		if (store_put_knowledge(k->store, &l->row) == 0)
			store_read_story(k->store, l->row.incident);
}

/* --- what is like it ----------------------------------------------------------------------- */

struct liking {
	struct store *store;
	const struct knowledge_about *about;
	struct buf folded; /* its output, once it is asked for */
	struct knowledge_fix *out;
	unsigned n, max;
	struct err *err;
	bool is_folded, failed;
};

static bool is_told(const struct liking *l, const struct knowledge_row *row)
{
	for (unsigned i = 0; i < l->n; i++)
		if (strcmp(l->out[i].tag, row->tag) == 0)
			return true;
	return false;
}

static void take(struct liking *l, const struct knowledge_row *row)
{
	struct knowledge_fix *f = &l->out[l->n];
	int held = 0;

	if (strcmp(row->kind, "fixed") == 0)
		held = store_fix_held(l->store, row->object, row->same, l->about->now_s, NULL, NULL, l->err);
	if (held == -1) {
		l->failed = true;
		return;
	}
	*f = (struct knowledge_fix){.at_s = row->at_s, .held = (unsigned)held,
				    .is_same = strcmp(row->object, l->about->object) == 0};
	snprintf(f->tag, sizeof f->tag, "%s", row->tag);
	snprintf(f->object, sizeof f->object, "%s", row->object);
	snprintf(f->text, sizeof f->text, "%s", row->text);
	snprintf(f->by, sizeof f->by, "%s", row->by);
	snprintf(f->kind, sizeof f->kind, "%s", row->kind);
	l->n++;
}

static int of_same_object(void *arg, const struct knowledge_row *row)
{
	struct liking *l = arg;

	if (row->incident != l->about->incident && strcmp(row->kind, "cause") != 0 && !is_told(l, row))
		take(l, row);
	return l->failed || l->n == l->max;
}

/* The same service elsewhere, or the same host. */
static bool is_kin(const char *a, const char *b)
{
	const char *a_service = strchr(a, '/'), *b_service = strchr(b, '/');
	size_t a_host = strcspn(a, "/"), b_host = strcspn(b, "/");

	if (a_service && b_service && strcmp(a_service, b_service) == 0)
		return true;
	return a_host == b_host && memcmp(a, b, a_host) == 0;
}

static bool is_line_alike(const struct liking *l, const char *line, bool kin)
{
	unsigned common, percent = fold_alike(buf_text(&l->folded), line, &common);

	return kin ? percent >= ALIKE_KIN && common >= ALIKE_KIN_WORDS
		   : percent >= ALIKE_ANY && common >= ALIKE_ANY_WORDS;
}

/* Is one of the outputs that incident had, a line each, like ours? */
static bool is_alike(struct liking *l, const struct knowledge_row *row)
{
	bool kin = is_kin(row->object, l->about->object), alike = false;
	struct buf outputs;
	char *line, *rest;

	buf_init(&outputs, FOLDED_MAX);
	if (store_story_output(l->store, row->incident, &outputs, l->err) == -1)
		l->failed = true;
	line = buf_steal(&outputs);
	for (char *at = line; at && *at && !alike; at = rest) {
		rest = at + strcspn(at, "\n");
		if (*rest)
			*rest++ = '\0';
		alike = is_line_alike(l, at, kin);
	}
	free(line);
	buf_finish(&outputs);
	return alike;
}

/* Most have nobody to be compared with: only then. False: there are no words in it. */
static bool fold_about(struct liking *l)
{
	char output[OUTPUT_BYTES + 1];

	if (!l->is_folded) {
		snprintf(output, sizeof output, "%s", l->about->output ? l->about->output : "");
		fold_output(output, &l->folded);
	}
	l->is_folded = true;
	return l->folded.len != 0;
}

static int of_other_object(void *arg, const struct knowledge_row *row)
{
	struct liking *l = arg;

	if (!fold_about(l))
		return 1;
	if (row->incident != l->about->incident && strcmp(row->kind, "cause") != 0 && !is_told(l, row) &&
	    is_alike(l, row))
		take(l, row);
	return l->failed || l->n == l->max;
}

int knowledge_like(struct store *s, const struct knowledge_about *about, struct knowledge_fix *out, unsigned max,
		   struct err *err)
{
	struct liking l = {.store = s, .about = about, .out = out, .max = max, .err = err};
	int rc;

	if (!max || !about->object)
		return 0;
	rc = store_knowledge_of_object(s, about->object, LOOK_AT, of_same_object, &l, err);
	if (rc == -1 || l.failed || l.n)
		return rc == -1 || l.failed ? -1 : (int)l.n;
	buf_init(&l.folded, FOLDED_MAX);
	rc = store_knowledge_recent(s, LOOK_AT_ALL, of_other_object, &l, err);
	buf_finish(&l.folded);
	return rc == -1 || l.failed ? -1 : (int)l.n;
}

unsigned knowledge_confirmed(const int64_t *reports, unsigned n_reports, const int64_t *troubles, unsigned n_troubles)
{
	unsigned confirmed = 0;

	for (unsigned i = 0; i < n_reports; i++)
		for (unsigned k = 0; k < n_troubles; k++)
			if (llabs(troubles[k] - reports[i]) <= KNOWLEDGE_CONFIRM_S) {
				confirmed++;
				break;
			}
	return confirmed;
}

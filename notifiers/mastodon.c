/*
 * The Mastodon client API as a notifier: Mastodon 4.2 to 4.5, GoToSocial, snac,
 * Pleroma-likes. Called by the agent through notifier.h. This file is the frame,
 * the jobs are in mastodon_*.c. It must never do I/O, wait, or retry.
 */
#include "notifiers/mastodon.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* An instance may promise more, but nobody reads it, and one row must stay small. */
#define CHARACTERS_MAX 5000

/* Code points of n bytes; a byte that is no UTF-8 counts as one. */
static unsigned count_points(const char *s, size_t n)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t len;
	unsigned count = 0;

	for (; n; count++) {
		len = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &c);
		len = len > 0 ? len : 1;
		s += len;
		n -= (size_t)len;
	}
	return count;
}

static bool is_url(const char *s)
{
	if (*s != 'h' && *s != 'H')
		return false; /* asked at each character of each text */
	return strncasecmp(s, "https://", 8) == 0 || strncasecmp(s, "http://", 7) == 0;
}

/*
 * The safe side of what servers count (facts/MASTODON.md, "Length"): code points,
 * a URL as its real length or the reserved one, whichever is more, a mention in full.
 */
static void
mastodon_measure(const struct account *a, const char *text, unsigned *units, unsigned *limit)
{
	unsigned count, total = 0;
	size_t n;

	while (*text) {
		if (is_url(text)) {
			n = strcspn(text, " \t\r\n");
			count = count_points(text, n);
			total += count > a->url_characters ? count : a->url_characters;
		} else {
			for (n = 1; text[n] && !is_url(text + n); n++)
				;
			total += count_points(text, n);
		}
		text += n;
	}
	*units = total;
	*limit = a->characters < CHARACTERS_MAX ? a->characters : CHARACTERS_MAX;
}

static bool is_id(const char *id)
{
	return id && *id && strlen(id) < MASTODON_ID_MAX && strcmp(id, ".") != 0 &&
	       strcmp(id, "..") != 0;
}

static bool is_header_safe(const char *s)
{
	for (; *s; s++) {
		if (!isgraph((unsigned char)*s))
			return false;
	}
	return true;
}

static int check_job(const struct job *job, struct err *err)
{
	switch (job->type) {
	case JOB_POST:
		if (job->parent_id && *job->parent_id && !is_id(job->parent_id))
			return err_set(err, "\"%.200s\" is no id to answer", job->parent_id);
		if (job->key && (!is_header_safe(job->key) || strlen(job->key) > 200))
			return err_set(err, "\"%.200s\" is no idempotency key", job->key);
		return 0;
	case JOB_EDIT:
	case JOB_DELETE:
	case JOB_FAVOURITE:
	case JOB_BOOST:
	case JOB_THREAD:
	case JOB_GET:
		if (!is_id(job->target_id))
			return err_set(
			    err, "\"%.200s\" is no id of a post",
			    job->target_id ? job->target_id : "");
		return 0;
	case JOB_LOOKUP:
		if (!job->to || !strchr(job->to, '@'))
			return err_set(
			    err, "\"%.200s\" is not name@server", job->to ? job->to : "");
		return 0;
	case JOB_VERIFY:
	case JOB_RECENT:
	case JOB_COLLECT: return 0;
	case JOB_TICKET:
	case JOB_TICKET_NOTE:
	case JOB_TICKET_FIND:
	case JOB_TICKET_ANSWERS: return err_set(err, "Mastodon is no ticket desk");
	}
	return err_set(err, "job %d is not known", (int)job->type);
}

static enum op_step (*run_of(enum job_type type))(struct op *, struct turn *)
{
	switch (type) {
	case JOB_VERIFY: return mastodon_verify;
	case JOB_POST: return mastodon_post;
	case JOB_EDIT: return mastodon_edit;
	case JOB_DELETE: return mastodon_delete;
	case JOB_FAVOURITE: return mastodon_favourite;
	case JOB_BOOST: return mastodon_boost;
	case JOB_RECENT: return mastodon_recent;
	case JOB_COLLECT: return mastodon_collect;
	case JOB_THREAD: return mastodon_thread;
	case JOB_GET: return mastodon_get;
	case JOB_LOOKUP: return mastodon_lookup;
	case JOB_TICKET:
	case JOB_TICKET_NOTE:
	case JOB_TICKET_FIND:
	case JOB_TICKET_ANSWERS: break;
	}
	return NULL;
}

static struct op *mastodon_begin(struct account *a, const struct job *job, struct err *err)
{
	struct op *op;

	if (check_job(job, err) == -1)
		return NULL;
	op = calloc(1, sizeof *op);
	if (!op) {
		err_set(err, "out of memory");
		return NULL;
	}
	op->account = a;
	op->job = job;
	op->run = run_of(job->type);
	return op;
}

/* snac says its name in every answer, and differs too much to wait for a VERIFY. */
static void learn_software(struct account *a, const struct answer *answer)
{
	char creator[32];

	if (a->software == MASTODON_UNKNOWN &&
	    answer_header(answer, "X-Creator", creator, sizeof creator) &&
	    strncmp(creator, "snac/", 5) == 0)
		a->software = MASTODON_SNAC;
}

static enum op_step mastodon_step(
    struct op *op, const struct answer *answer, const struct op_env *env, struct request *request,
    struct result *result)
{
	struct turn turn = {.answer = answer, .env = env, .request = request, .result = result};
	enum op_step step;

	*result = (struct result){.class = RESULT_BUG};
	if (!op->account->authorization)
		return mastodon_finish(op, &turn, RESULT_AUTH, "no token yet");
	if (op->is_done || op->is_sent == !answer)
		return mastodon_finish(op, &turn, RESULT_BUG, "the caller lost its place");
	op->is_sent = false;
	if (answer && answer->transport == TRANSPORT_ANSWERED)
		learn_software(op->account, answer);
	step = op->run(op, &turn);
	op->is_done = step == OP_DONE;
	return step;
}

static void mastodon_end(struct op *op)
{
	if (!op)
		return;
	buf_finish(&op->url);
	buf_finish(&op->body);
	json_decref(op->self);
	json_decref(op->policy);
	free(op);
}

const struct notifier notifier_mastodon = {
    .name = "mastodon",
    .caps = NOTIFIER_THREADS | NOTIFIER_EDITS | NOTIFIER_DELETES | NOTIFIER_FAVOURITES | NOTIFIER_BOOSTS |
	    NOTIFIER_KEYS | NOTIFIER_DIRECT | NOTIFIER_COLLECTS | NOTIFIER_ANSWERS,
    .check = mastodon_check,
    .open = mastodon_open,
    .close = mastodon_close,
    .measure = mastodon_measure,
    .begin = mastodon_begin,
    .step = mastodon_step,
    .end = mastodon_end,
};

/*
 * What the ticket desks share. Called by notifiers/desk_*.c.
 * It must never let a stranger's text become a header, a second line of a subject, or
 * part of an address.
 */
#include "notifiers/desk.h"
#include "notifiers/answer.h"
#include "notifiers/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"

bool desk_is_number(const char *id)
{
	size_t n = id ? strspn(id, "0123456789") : 0;

	return n > 0 && n < 19 && !id[n] && id[0] != '0';
}

bool desk_is_link(const char *link)
{
	return link && (strncmp(link, "https://", 8) == 0 || strncmp(link, "http://", 7) == 0);
}

int desk_key(const char *key, char ticket[DESK_TICKET_MAX], unsigned *number)
{
	size_t n = key ? strspn(key, NAME_CHARS) : 0;

	*number = 0;
	if (!n || n >= DESK_TICKET_MAX)
		return -1;
	snprintf(ticket, DESK_TICKET_MAX, "%.*s", (int)n, key);
	if (!key[n])
		return 0;
	if (key[n] != '.' || !desk_is_number(key + n + 1) || strlen(key + n + 1) > 6)
		return -1;
	*number = (unsigned)strtoul(key + n + 1, NULL, 10);
	return 0;
}

static bool is_given(const char *s)
{
	return s && s[strspn(s, " \t\r\n")];
}

static int check_key(const struct job *job, bool of_note, struct err *err)
{
	char ticket[DESK_TICKET_MAX];
	unsigned number;

	if (desk_key(job->key, ticket, &number) == -1 || of_note != (number > 0))
		return err_set(
		    err, "\"%.60s\" is no key of a %s", job->key ? job->key : "",
		    of_note ? "note" : "ticket");
	return 0;
}

static int check_words(const struct job *job, bool of_note, struct err *err)
{
	if (check_key(job, of_note, err) == -1)
		return -1;
	return is_given(job->text) ? 0 : err_set(err, "a ticket or note needs a text");
}

static int check_target(const struct job *job, struct err *err)
{
	return is_given(job->target_id) ? 0 : err_set(err, "of which ticket of the desk?");
}

int desk_check_job(const struct job *job, unsigned caps, struct err *err)
{
	switch (job->type) {
	case JOB_VERIFY: return 0;
	case JOB_TICKET: return check_words(job, false, err);
	case JOB_TICKET_NOTE:
		return check_target(job, err) == -1 ? -1 : check_words(job, true, err);
	case JOB_TICKET_FIND:
		if (!(caps & NOTIFIER_DESK_FINDS))
			break;
		return check_key(job, is_given(job->target_id), err);
	case JOB_TICKET_ANSWERS:
		if (!(caps & NOTIFIER_DESK_READS))
			break;
		return check_target(job, err);
	case JOB_POST:
	case JOB_EDIT:
	case JOB_DELETE:
	case JOB_FAVOURITE:
	case JOB_BOOST:
	case JOB_RECENT:
	case JOB_COLLECT:
	case JOB_THREAD:
	case JOB_GET:
	case JOB_LOOKUP: return err_set(err, "a ticket desk takes tickets only");
	}
	return err_set(err, "this desk can only be written to");
}

void desk_measure(const struct account *a, const char *text, unsigned *units, unsigned *limit)
{
	(void)a;
	*units = (unsigned)strlen(text);
	*limit = DESK_TEXT_MAX;
}

/* --- texts of strangers ------------------------------------------------------------------- */

static bool is_control(utf8proc_int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static void add_clean(struct buf *out, const char *text, size_t max, bool keeps_lines)
{
	const char *in = text ? text : "";
	size_t left = strlen(in), used = 0;
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	for (; left; in += n, left -= (size_t)n) {
		n = utf8proc_iterate((const utf8proc_uint8_t *)in, (utf8proc_ssize_t)left, &c);
		if (used + (n > 0 ? (size_t)n : 1) > max)
			return;
		used += n > 0 ? (size_t)n : 1;
		if (n <= 0)
			buf_char(out, '?'), n = 1;
		else if (c == '\n' && keeps_lines)
			buf_char(out, '\n');
		else if (c == '\r' && keeps_lines)
			used--;
		else if (is_control(c))
			buf_char(out, ' ');
		else
			buf_add(out, in, (size_t)n);
	}
}

void desk_line(struct buf *out, const char *text, size_t max)
{
	add_clean(out, text, max, false);
}

void desk_text(struct buf *out, const char *text, size_t max)
{
	add_clean(out, text, max, true);
}

void desk_tag(struct buf *out, const char *key)
{
	buf_printf(out, "[twicket %s]", key);
}

void desk_subject(struct buf *out, const char *key, const char *subject)
{
	desk_tag(out, key);
	if (!is_given(subject))
		return;
	buf_char(out, ' ');
	desk_line(out, subject + strspn(subject, " \t\r\n"), DESK_SUBJECT_MAX - out->len);
}

static void add_line(struct buf *out, const char *what, const char *value)
{
	if (!is_given(value))
		return;
	buf_str(out, what);
	desk_line(out, value, 1024);
	buf_char(out, '\n');
}

void desk_report(struct buf *out, const struct job *job)
{
	desk_text(out, job->text, DESK_TEXT_MAX);
	if (out->len && out->data[out->len - 1] != '\n')
		buf_char(out, '\n');
	if (job->type != JOB_TICKET || (!is_given(job->to) && !is_given(job->link)))
		return;
	buf_char(out, '\n');
	add_line(out, "Reporter: ", job->to);
	add_line(out, "Report: ", job->link);
}

/* --- verdicts ------------------------------------------------------------------------------- */

enum op_step desk_finish(
    struct result *result, const char *secret, enum result_class class, const char *format, ...)
{
	const char *const secrets[] = {secret ? secret : "", NULL};
	va_list ap;

	va_start(ap, format);
	result_words(result, secrets, format, ap);
	va_end(ap);
	result->class = class;
	return OP_DONE;
}

bool desk_is_ok(const struct answer *answer)
{
	return answer->transport == TRANSPORT_ANSWERED && answer->status >= 200 &&
	       answer->status < 300;
}

/* SPEC 4.3 rule 2: what was written and not answered readably may have happened. */
static enum result_class unread(enum effect effect)
{
	return effect == EFFECT_CREATES ? RESULT_UNKNOWN : RESULT_RETRY;
}

static enum result_class class_of(int status, enum effect effect)
{
	switch (status) {
	case 401:
	case 402:
	case 403: return RESULT_AUTH;
	case 408: /* the request did not arrive whole */
	case 425: return RESULT_RETRY;
	case 429: return RESULT_LIMIT;
	}
	if (status >= 400 && status < 500)
		return RESULT_PERMANENT;
	if (status >= 300 && status < 400)
		return RESULT_RETRY; /* a redirect made nothing */
	return unread(effect);
}

/* What the desk says itself ("message", "error"), else nothing. */
static void own_words(const struct answer *answer, char *out, size_t size)
{
	json_t *json = answer->truncated ? NULL : answer_json(answer);

	json_text(json, "message", out, size);
	if (!*out)
		json_text(json, "error", out, size);
	json_decref(json);
}

static int64_t wait_until(const struct answer *answer, const struct op_env *env)
{
	char value[32];
	int64_t wait = DESK_WAIT_MS;

	if (answer_header(answer, "Retry-After", value, sizeof value) && desk_is_number(value) &&
	    strlen(value) < 10)
		wait = strtoll(value, NULL, 10) * 1000;
	return env->wall_ms + (wait > DESK_WAIT_LONGEST_MS ? DESK_WAIT_LONGEST_MS : wait);
}

enum op_step desk_refuse(
    struct result *result, const char *secret, const struct answer *answer, enum effect effect,
    const struct op_env *env)
{
	char words[512], location[256] = "";
	enum result_class class;

	if (answer->transport == TRANSPORT_NOT_SENT)
		return desk_finish(
		    result, secret, RESULT_RETRY, "could not connect: %s", answer->error);
	if (answer->transport == TRANSPORT_NO_ANSWER)
		return desk_finish(result, secret, unread(effect), "no answer: %s", answer->error);
	own_words(answer, words, sizeof words);
	class = class_of(answer->status, effect);
	if (class == RESULT_LIMIT)
		result->not_before_ms = wait_until(answer, env);
	if (answer->status >= 300 && answer->status < 400)
		answer_header(answer, "Location", location, sizeof location);
	return desk_finish(
	    result, secret, class, "%d%s%s%s%s", answer->status,
	    *words ? ": " : " without explanation", words, *location ? ", sent on to " : "",
	    location);
}

json_t *desk_json(
    struct result *result, const char *secret, const struct answer *answer, enum effect effect)
{
	json_t *json = answer->truncated ? NULL : answer_json(answer);

	if (json_is_object(json))
		return json;
	if (json)
		desk_finish(
		    result, secret, effect == EFFECT_CREATES ? RESULT_UNKNOWN : RESULT_BUG,
		    "%d, but the answer is not what the API promises: %.300s", answer->status,
		    answer->body);
	else
		desk_finish(
		    result, secret, unread(effect), "%d, but %s: %.300s", answer->status,
		    answer_fault(answer),
		    answer->body);
	json_decref(json);
	return NULL;
}

char *desk_base_url(const struct notifier_settings *s, struct err *err)
{
	const char *url = s->url ? s->url : "";
	char host[256], *base;

	if (!*url) {
		err_set(err, "url is missing");
		return NULL;
	}
	if (base_url_host(url, host, sizeof host, err) == -1)
		return NULL;
	base = strdup(url);
	if (base)
		base_url_trim(base);
	else
		err_set(err, "out of memory");
	return base;
}

/*
 * A ticket desk that eats mail. Called by the agent through notifier.h.
 * It must never let a report choose a header, a recipient, or another Message-ID.
 *
 * The Message-ID of a ticket and of each note follows from its key, so that a mail which
 * is sent again (its answer was lost) is the same one: no server says whether it has it
 * already, but desks and mailboxes know it by that. A lost answer is a RETRY here.
 */
#include "notifiers/desk.h"
#include "notifiers/mime.h"

#include <curl/curl.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ADDRESS_MAX 255
#define MAIL_MAX (5 * DESK_TEXT_MAX)
#define WORDS_MAX 4096 /* of a reply */
#define TIMEOUT_MS 120000 /* servers look for viruses before they take a mail */
#define CAPS NOTIFIER_DESK

struct account {
	char *url;
	char *to, *from;
	char *user, *password; /* password: a secret; both NULL = no login */
	bool is_local; /* this machine itself */
};

struct op {
	struct account *account;
	const struct job *job;
	bool is_sent;
	struct envelope envelope;
	struct buf mail;
	char id[ADDRESS_MAX + 64]; /* the Message-ID without < > */
};

/* --- settings --------------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

static bool has(CURLU *u, CURLUPart part, const char *nothing)
{
	char *s = NULL;
	bool found = curl_url_get(u, part, &s, 0) == CURLUE_OK && s && strcmp(s, nothing) != 0;

	curl_free(s);
	return found;
}

static int read_url(const char *url, bool *is_local, struct err *err)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL;
	int rc = -1;

	if (!u || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    (strcmp(scheme, "smtp") != 0 && strcmp(scheme, "smtps") != 0)) {
		err_set(err, "url = \"%s\" is not smtp://host or smtps://host", url);
		goto out;
	}
	if (has(u, CURLUPART_USER, "") || has(u, CURLUPART_PASSWORD, "") ||
	    has(u, CURLUPART_QUERY, "") || has(u, CURLUPART_FRAGMENT, "") ||
	    has(u, CURLUPART_PATH, "/")) {
		err_set(err, "url = \"%s\" must be a server only: the login is in token_file", url);
		goto out;
	}
	*is_local = is_loopback(host);
	rc = 0;
out:
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return rc;
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static int check_addresses(const struct notifier_settings *s, struct err *err)
{
	if (!mime_is_address(or_empty(s->handle)))
		return err_set(
		    err, "queue = \"%s\" is no address that could get the mail",
		    or_empty(s->handle));
	if (!mime_is_address(or_empty(s->from)))
		return err_set(err, "from = \"%s\" is no mail address", or_empty(s->from));
	return 0;
}

static int check_login(const struct notifier_settings *s, struct err *err)
{
	const char *token = or_empty(s->token), *colon = strchr(token, ':');

	if (*token && (!colon || colon == token || !colon[1]))
		return err_set(err, "token_file does not hold user:password");
	return 0;
}

static int mail_check(const struct notifier_settings *s, struct err *err)
{
	bool is_local;

	if (read_url(or_empty(s->url), &is_local, err) == -1 || check_addresses(s, err) == -1)
		return -1;
	return check_login(s, err);
}

static void mail_close(struct account *a)
{
	if (!a)
		return;
	if (a->password)
		explicit_bzero(a->password, strlen(a->password));
	free(a->password);
	free(a->user);
	free(a->url);
	free(a->to);
	free(a->from);
	free(a);
}

static struct account *mail_open(const struct notifier_settings *s, struct err *err)
{
	const char *token = or_empty(s->token), *colon = strchr(token, ':');
	struct account *a = calloc(1, sizeof *a);

	if (!a) {
		err_set(err, "out of memory");
		return NULL;
	}
	if (mail_check(s, err) == -1 || read_url(s->url, &a->is_local, err) == -1)
		goto out;
	a->url = strdup(s->url);
	a->to = strdup(s->handle);
	a->from = strdup(s->from);
	if (colon) {
		a->user = strndup(token, (size_t)(colon - token));
		a->password = strdup(colon + 1);
	}
	if (a->url && a->to && a->from && (!colon || (a->user && a->password)))
		return a;
	err_set(err, "out of memory");
out:
	mail_close(a);
	return NULL;
}

static struct op *mail_begin(struct account *a, const struct job *job, struct err *err)
{
	struct op *op;

	if (desk_check_job(job, CAPS, err) == -1)
		return NULL;
	op = calloc(1, sizeof *op);
	if (!op) {
		err_set(err, "out of memory");
		return NULL;
	}
	op->account = a;
	op->job = job;
	return op;
}

static void mail_end(struct op *op)
{
	if (!op)
		return;
	buf_finish(&op->mail);
	free(op);
}

/* --- the mail ------------------------------------------------------------------------------------ */

static void add_ids(struct op *op, const char *ticket, unsigned number)
{
	const char *host = strchr(op->account->from, '@') + 1;
	char first[sizeof op->id + 2], field[sizeof op->id + 2];

	snprintf(op->id, sizeof op->id, "%s.%u@%s", ticket, number, host);
	snprintf(field, sizeof field, "<%s>", op->id);
	mime_field(&op->mail, "Message-ID", field);
	if (!number)
		return;
	snprintf(first, sizeof first, "<%s.0@%s>", ticket, host);
	mime_field(&op->mail, "In-Reply-To", first);
	mime_field(&op->mail, "References", first);
}

static void add_clean_field(struct buf *mail, const char *name, const char *value, size_t max)
{
	struct buf line;

	if (!value || !*value)
		return;
	buf_init(&line, max);
	desk_line(&line, value, max);
	mime_words(mail, name, buf_text(&line));
	buf_finish(&line);
}

static void add_head(struct op *op, const struct op_env *env)
{
	const struct job *job = op->job;
	char ticket[DESK_TICKET_MAX] = "", from[ADDRESS_MAX + 16], to[ADDRESS_MAX + 2];
	bool is_note = job->type == JOB_TICKET_NOTE;
	struct buf subject;
	unsigned number;

	desk_key(job->key, ticket, &number);
	snprintf(from, sizeof from, "twicket <%s>", op->account->from);
	snprintf(to, sizeof to, "<%s>", op->account->to);
	buf_init(&subject, DESK_SUBJECT_MAX + 4);
	if (is_note)
		buf_str(&subject, "Re: ");
	desk_subject(&subject, ticket, job->subject);
	mime_date(&op->mail, env->wall_ms);
	mime_field(&op->mail, "From", from);
	mime_field(&op->mail, "To", to);
	mime_words(&op->mail, "Subject", buf_text(&subject));
	add_ids(op, ticket, number);
	mime_field(&op->mail, "Auto-Submitted", "auto-generated");
	mime_field(&op->mail, "X-Twicket-Ticket", ticket);
	add_clean_field(&op->mail, "X-Twicket-Reporter", job->to, 256);
	if (is_note)
		mime_field(
		    &op->mail, "X-Twicket-Note",
		    job->note_for == NOTE_INTERNAL ? "internal" : "reporter");
	mime_field(&op->mail, "MIME-Version", "1.0");
	mime_field(&op->mail, "Content-Type", "text/plain; charset=utf-8");
	mime_field(&op->mail, "Content-Transfer-Encoding", "quoted-printable");
	buf_finish(&subject);
}

static int make_mail(struct op *op, const struct op_env *env)
{
	struct buf text;
	int rc;

	buf_init(&text, DESK_REPORT_MAX);
	desk_report(&text, op->job);
	buf_init(&op->mail, MAIL_MAX);
	add_head(op, env);
	buf_str(&op->mail, "\r\n");
	mime_text(&op->mail, buf_text(&text));
	rc = op->mail.cut || text.cut ? -1 : 0;
	buf_finish(&text);
	return rc;
}

static enum op_step
send_mail(struct op *op, const struct op_env *env, struct request *request, struct result *result)
{
	const struct account *a = op->account;
	bool is_verify = op->job->type == JOB_VERIFY;

	if (!is_verify && make_mail(op, env) == -1)
		return desk_finish(result, "", RESULT_PERMANENT, "too long, or memory ran out");
	op->envelope = (struct envelope){
	    .from = is_verify ? "" : a->from,
	    .to = is_verify ? "" : a->to,
	    .user = or_empty(a->user),
	    .password = or_empty(a->password),
	    .is_local = a->is_local};
	*request = (struct request){
	    .method = is_verify ? "NOOP" : "MAIL",
	    .url = a->url,
	    .envelope = &op->envelope,
	    .body = is_verify ? NULL : buf_text(&op->mail),
	    .body_len = op->mail.len,
	    .effect = EFFECT_NONE,
	    .max_body = WORDS_MAX,
	    .timeout_ms = is_verify ? DESK_TIMEOUT_MS : TIMEOUT_MS};
	op->is_sent = true;
	return OP_SEND;
}

/* --- the answer ------------------------------------------------------------------------------------- */

/*
 * Sender and recipient are the same for all tickets: a server that refuses them, or us, refuses
 * all of them until somebody has looked. What it says behind the text (spam) is about that one:
 * a report must not be able to hold up all others. So is a size that it refuses before.
 */
static enum result_class class_of(const struct answer *answer)
{
	if (answer->status < 500)
		return RESULT_RETRY;
	return answer->is_of_text || answer->status == 552 ? RESULT_PERMANENT : RESULT_AUTH;
}

static enum op_step take(const struct op *op, const struct answer *answer, struct result *result)
{
	const char *secret = or_empty(op->account->password);

	if (answer->transport == TRANSPORT_NOT_SENT)
		return desk_finish(
		    result, secret, RESULT_RETRY, "could not send: %s", answer->error);
	if (answer->transport == TRANSPORT_NO_ANSWER)
		return desk_finish(result, secret, RESULT_RETRY, "no answer: %s", answer->error);
	if (!desk_is_ok(answer))
		return desk_finish(
		    result, secret, class_of(answer), "%d: %.300s", answer->status,
		    answer->body);
	result->found = true;
	if (op->job->type == JOB_VERIFY)
		return desk_finish(
		    result, secret, RESULT_OK, "%s", *secret ? "logged in" : "answers");
	snprintf(result->id, sizeof result->id, "%.*s", (int)sizeof result->id - 1, op->id);
	return desk_finish(result, secret, RESULT_OK, "mailed");
}

static enum op_step mail_step(
    struct op *op, const struct answer *answer, const struct op_env *env, struct request *request,
    struct result *result)
{
	*result = (struct result){.class = RESULT_BUG};
	if (op->is_sent == !answer)
		return desk_finish(result, "", RESULT_BUG, "the caller lost its place");
	return answer ? take(op, answer, result) : send_mail(op, env, request, result);
}

const struct notifier desk_mail = {
    .name = "mail",
    .caps = CAPS,
    .check = mail_check,
    .open = mail_open,
    .close = mail_close,
    .measure = desk_measure,
    .begin = mail_begin,
    .step = mail_step,
    .end = mail_end,
};

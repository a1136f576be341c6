/*
 * One mail, or a look at a mail server: the options of SMTP, and what its replies mean.
 * Called by http_call.c only.
 * It must never say NOT_SENT of a mail that a server may have taken, and never let an
 * address become a second command.
 *
 * When was it taken? Nothing is before the server has asked for the text (354), all is
 * with the reply to its end. A connection that breaks between the two leaves it open.
 */
#include "agent/http_internal.h"

#include <string.h>

#define REPLY_S 60L /* servers look for viruses before they take a mail */

/*
 * libcurl says goodbye (QUIT) and waits for the reply to it even in the multi handle: the
 * loop stands still for so long when a server has answered and then hangs. Connections
 * are not kept, or that would come with the end of the program.
 */
#define GOODBYE_S 2L

static bool is_safe(const char *s)
{
	return !s || !strpbrk(s, "\r\n<>");
}

int http_mail_check(const struct request *r, struct err *err)
{
	const struct envelope *e = r->envelope;
	bool is_mail = strcmp(r->method, "MAIL") == 0;

	if (!e || (!is_mail && strcmp(r->method, "NOOP") != 0))
		return err_set(
		    err, "http: %s %s: a mail server knows MAIL and NOOP, by an envelope",
		    r->method, r->url);
	if (is_mail && (!r->body || !e->from || !*e->from || !e->to || !*e->to))
		return err_set(
		    err, "http: %s: a mail needs a text, a sender and a recipient", r->url);
	if (!is_safe(e->from) || !is_safe(e->to) || !is_safe(e->user) || !is_safe(e->password))
		return err_set(err, "http: %s: line break or < > in an address or a login", r->url);
	return 0;
}

static size_t give_body(char *to, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;
	size_t len = size * n, left = c->body_len - c->body_at;

	if (len > left)
		len = left;
	memcpy(to, c->body + c->body_at, len);
	c->body_at += len;
	return len;
}

/* "250-first line", "250 last line": kept are the words of the last reply. */
static size_t on_reply(char *line, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;
	size_t len = size * n;
	int status = 0;

	for (size_t i = 0; i < 3; i++) {
		if (len < 3 || line[i] < '0' || line[i] > '9')
			return size * n;
		status = status * 10 + line[i] - '0';
	}
	if (status == 221) /* the goodbye, after it all */
		return size * n;
	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (!c->is_replying)
		buf_reset(&c->content);
	else
		buf_char(&c->content, ' ');
	if (len > 4)
		buf_add(&c->content, line + 4, len - 4);
	c->is_replying = len > 3 && line[3] == '-';
	c->status = status;
	c->is_data = c->is_data || status == 354;
	if (!c->is_replying && (status >= 400 || (c->is_data && status == 250)))
		curl_easy_setopt(c->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, GOODBYE_S);
	return size * n;
}

static CURLcode set_login(struct http_call *c, const struct envelope *e)
{
	CURLcode rc = CURLE_OK;

	if (!e->user || !*e->user)
		return rc;
	SET(CURLOPT_USERNAME, e->user);
	SET(CURLOPT_PASSWORD, e->password ? e->password : "");
	return rc;
}

static CURLcode set_mail(struct http_call *c, const struct envelope *e)
{
	CURLcode rc = CURLE_OK;

	c->recipient = curl_slist_append(NULL, e->to);
	if (!c->recipient)
		return CURLE_OUT_OF_MEMORY;
	SET(CURLOPT_MAIL_FROM, e->from);
	SET(CURLOPT_MAIL_RCPT, c->recipient);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)c->body_len);
	SET(CURLOPT_READFUNCTION, give_body);
	SET(CURLOPT_READDATA, c);
	return rc;
}

CURLcode http_mail_set(struct http_call *c, const struct request *r)
{
	const struct envelope *e = r->envelope;
	bool is_mail = strcmp(r->method, "MAIL") == 0;
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_USE_SSL, (long)(e->is_local ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	SET(CURLOPT_HEADERFUNCTION, on_reply);
	SET(CURLOPT_HEADERDATA, c);
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, REPLY_S);
	SET(CURLOPT_FORBID_REUSE, 1L);
	if (rc == CURLE_OK)
		rc = set_login(c, e);
	if (rc == CURLE_OK && is_mail)
		return set_mail(c, e);
	SET(CURLOPT_NOBODY, 1L);
	SET(CURLOPT_CUSTOMREQUEST, "NOOP");
	return rc;
}

void http_mail_judge(const struct http_call *c, struct answer *a)
{
	if (c->code == CURLE_OK || c->status >= 400) {
		a->transport = TRANSPORT_ANSWERED;
		a->status = c->status;
		a->is_of_text = c->is_data;
		return;
	}
	a->transport = c->is_data ? TRANSPORT_NO_ANSWER : TRANSPORT_NOT_SENT;
	a->error = c->error[0] ? c->error : curl_easy_strerror(c->code);
}

/*
 * What http.c (the multi handle, the loop's side), http_call.c (one request) and
 * http_mail.c (one that speaks SMTP) share. Included by these only.
 * Nothing outside may rely on it; the contract is http.h.
 */
#ifndef TWICKET_HTTP_INTERNAL_H
#define TWICKET_HTTP_INTERNAL_H

#include "agent/http.h"
#include "common/buf.h"

#include <curl/curl.h>
#include <stdbool.h>

#define HTTP_CLOSERS 16
#define HTTP_HOST_SIZE 256 /* "https://name:port" */

struct http {
	CURLM *multi;
	char *user_agent;
	struct http_call *flying, *waiting, *done; /* lists */
	/* Servers that hang up on kept connections without a word (snac does): a request that
	 * creates gets a connection of its own there, or every other one would end unanswered. */
	char closers[HTTP_CLOSERS][HTTP_HOST_SIZE];
	unsigned n_closers;
};

struct http_call {
	struct http_call *prev, *next;
	struct http_call **list; /* which of these it is on */
	struct http *http;
	http_done_fn *fn;
	void *arg;
	char *body;
	size_t body_len;

	/* http:// and https:// */
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	http_bytes_fn *bytes; /* NULL: no stream */
	bool is_once; /* may leave once only, whatever becomes of its connection */
	unsigned attempts;
	char host[HTTP_HOST_SIZE];
	CURLcode code;
	char error[CURL_ERROR_SIZE];
	int status; /* of the last status line; 0 = none yet */
	bool in_head, head_done;
	struct buf head;
	struct buf content; /* file: too */

	/* smtp:// and smtps:// */
	bool is_mail;
	struct curl_slist *recipient;
	size_t body_at;	  /* so much of the body was handed to libcurl */
	bool is_data;	  /* the server has asked for the text: from here on it may have taken it */
	bool is_replying; /* within a reply of several lines */

	bool is_knock; /* CONNECT: nothing is asked */

	/* file:// */
	char *path;
	bool append;
};

/* Collects the first failure, so that tables of options read as such. */
#define SET(option, value)                                                                         \
	do {                                                                                       \
		if (rc == CURLE_OK)                                                                \
			rc = curl_easy_setopt(c->easy, option, value);                             \
	} while (0)

/* A call with a copy of the body, on no list yet. NULL: out of memory. */
struct http_call *http_call_create(struct http *h, const struct request *r);
void http_call_destroy(struct http_call *c); /* takes it out of the multi handle */

/* Makes its easy handle, with all options. 0 or -1 with err. */
int http_call_prepare(
    struct http_call *c, const struct request *r, const struct http_route *route, struct err *err);

/* What the transfer came to, once it is over; the texts stay the call's. */
void http_call_judge(const struct http_call *c, struct answer *a);

/* The same of a mail (http_mail.c). */
int http_mail_check(const struct request *r, struct err *err);
CURLcode http_mail_set(struct http_call *c, const struct request *r);
void http_mail_judge(const struct http_call *c, struct answer *a);

#endif

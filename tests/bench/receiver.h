/*
 * What the two halves of the benchmarks' Mastodon server share: receiver.c speaks HTTP,
 * receiver_api.c answers. Run by the Python side of `make bench`; listens on loopback only.
 * Must never cost so much that it is what is measured: one thread, no parsing beyond need.
 */
#ifndef TWICKET_RECEIVER_H
#define TWICKET_RECEIVER_H

#include <stddef.h>
#include <stdint.h>

struct text { /* grows; never freed but with the process */
	char *data;
	size_t len, cap;
};

void text_add(struct text *t, const void *bytes, size_t n);
void text_format(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct asked {
	const char *method, *path, *query; /* NUL-terminated, the query without its "?" */
	const char *user; /* of the token "token-USER" */
	const char *body;
	size_t body_len;
	uint64_t at_ns; /* CLOCK_MONOTONIC when the last byte of it was read */
};

struct answer {
	int status;
	struct text body, headers; /* kept from one answer to the next */
	unsigned replies; /* in this page: its sending is logged */
	unsigned delay_ms;
};

uint64_t clock_ns(void);

/* Fills the answer, whose texts are empty. */
void api_answer(const struct asked *asked, struct answer *answer, unsigned port);
/* Called right before an answer with replies is written. */
void api_serving(const struct asked *asked, const struct answer *answer);

#endif

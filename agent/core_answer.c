/*
 * What the desk or somebody by hand answers the writer of a ticket: in one post, or in a few where that
 * costs nothing. Called by core_ticket.c for ticket.c. It must never leave out words that whoever wrote
 * them is not told of.
 */
#include "agent/core_answer.h"

#include <stdio.h>
#include <string.h>

#define PARTS 3
#define MARK_SIZE 40 /* "(1/3) " and more room than it needs */
#define REST "…"
#define TEXT_MAX 16384

/* How an answer is said: pieces of it, and where what is not said begins. */
struct pieces {
	size_t at[PARTS], len[PARTS];
	unsigned n;
	size_t said; /* bytes */
};

static struct say answer_of(const struct core *c, const struct ticket_row *ticket, const char *text)
{
	struct say say = reporter_no_facts(c, SAY_ANSWER);

	say.ticket = ticket->name;
	say.text = text;
	return say;
}

/* Does a post of it hold all of that text? */
static bool holds(struct core *c, const struct said_to *to, const struct ticket_row *ticket, const char *text)
{
	struct say say = answer_of(c, ticket, text);
	struct buf whole, post;
	bool is_all;

	buf_init(&whole, 4 * TEXT_MAX);
	buf_init(&post, 4 * TEXT_MAX);
	words_neutralise(text, &whole);
	is_all = reporter_render(c, to, &say, &post) == 0 && strstr(buf_text(&post), buf_text(&whole));
	buf_finish(&whole);
	buf_finish(&post);
	return is_all;
}

static bool holds_piece(struct core *c, const struct said_to *to, const struct ticket_row *ticket, const char *mark,
			const char *text, size_t n)
{
	char piece[TEXT_MAX];

	snprintf(piece, sizeof piece, "%s%.*s", mark, (int)n, text);
	return holds(c, to, ticket, piece);
}

/* Back to where a character begins, or better a word. */
static size_t whole_words(const char *text, size_t n)
{
	size_t at = n;

	if (!text[n])
		return n;
	while (at && text[at] != ' ' && text[at] != '\n')
		at--;
	if (at > n / 2)
		return at;
	while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* So many bytes of the text fit behind the mark. */
static size_t fitting(struct core *c, const struct said_to *to, const struct ticket_row *ticket, const char *mark,
		      const char *text)
{
	size_t low = 0, high = strnlen(text, TEXT_MAX - MARK_SIZE);

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (holds_piece(c, to, ticket, mark, text, middle))
			low = middle;
		else
			high = middle - 1;
	}
	return whole_words(text, low);
}

static void cut(struct core *c, const struct said_to *to, const struct ticket_row *ticket, const char *text,
		struct pieces *p)
{
	unsigned most = c->config->accounts[to->account].is_metered ? 1 : PARTS;

	*p = (struct pieces){.n = 0};
	if (holds(c, to, ticket, text)) {
		p->len[p->n++] = p->said = strlen(text);
		return;
	}
	while (text[p->said] && p->n < most) {
		size_t n = fitting(c, to, ticket, most > 1 ? "(1/3) " REST : REST, text + p->said);

		if (!n)
			return;
		p->at[p->n] = p->said;
		p->len[p->n++] = n;
		p->said += n;
		p->said += strspn(text + p->said, " \n");
	}
}

unsigned answer_unsent(struct core *c, const struct said_to *to, const struct ticket_row *ticket, const char *text)
{
	struct pieces p;
	unsigned n = 0;

	cut(c, to, ticket, text, &p);
	for (const char *at = text + p.said; *at; at++)
		n += ((unsigned char)*at & 0xc0) != 0x80;
	return n;
}

void answer_say(struct core *c, const struct said_to *to, const struct ticket_row *ticket, const char *text)
{
	char piece[TEXT_MAX], mark[MARK_SIZE] = "";
	struct pieces p;

	cut(c, to, ticket, text, &p);
	for (unsigned k = 0; k < p.n; k++) {
		struct say say = answer_of(c, ticket, piece);

		if (p.n > 1)
			snprintf(mark, sizeof mark, "(%u/%u) ", k + 1, p.n);
		snprintf(piece, sizeof piece, "%s%.*s%s", mark, (int)p.len[k], text + p.at[k],
			 k + 1 == p.n && text[p.said] ? REST : "");
		reporter_say(c, to, &say, SAY_ANSWER);
	}
}

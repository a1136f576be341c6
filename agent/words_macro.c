/*
 * The value of each macro. Called by words.c while it renders. Must never put a foreign
 * byte into a post but through words_neutralise().
 */
#include "agent/words_internal.h"

#include <string.h>

void words_put_word(const struct render *r, const char *text, struct buf *out)
{
	struct buf b;
	size_t n;

	if (!text || !*text)
		return;
	buf_init(&b, WORDS_VALUE_MAX);
	words_neutralise(text, &b);
	n = r->name_max ? words_graphemes(buf_text(&b), r->name_max) : b.len;
	buf_add(out, buf_text(&b), n);
	if (n < b.len)
		buf_str(out, "…");
	buf_finish(&b);
}

/* Is it one of our own tags, "T7K2", and nothing more? SPEC section 1 has the alphabet. */
bool words_is_tag(const char *s)
{
	return *s == 'T' && strspn(s + 1, "23456789BCDFGHJKMNPQRSTVWXZ") == 3 &&
	       (!s[4] || strchr(" ,.", s[4]));
}

/* Our own words about other incidents, "mx1 #T9QM": tags stay live as SURFACE prints them. */
static void put_tagged(const char *text, struct buf *out)
{
	const char *hash;
	struct buf b;

	buf_init(&b, WORDS_VALUE_MAX);
	if (text)
		words_neutralise(text, &b);
	for (text = buf_text(&b); (hash = strstr(text, "[#]")); text = hash + 3) {
		buf_add(out, text, (size_t)(hash - text));
		buf_str(out, words_is_tag(hash + 3) ? "#" : "[#]");
	}
	buf_str(out, text);
	buf_finish(&b);
}

/* The incident that this one is part of; the public gets its tag and no name. */
static void put_parent(const struct render *r, struct buf *out)
{
	const char *hash = r->say->parent ? strrchr(r->say->parent, '#') : NULL;

	if (r->base == BASE_OPERATORS)
		put_tagged(r->say->parent, out);
	else if (hash && words_is_tag(hash + 1))
		buf_add(out, hash, 5);
}

static void put_cut(const struct cut *c, struct buf *out)
{
	buf_add(out, buf_text(&c->all), c->shown);
	if (c->shown && c->shown < c->all.len)
		buf_str(out, "…");
}

static void put_time(const struct render *r, int64_t at, int64_t now, struct buf *out)
{
	if (at > 0)
		words_time(r->want->words, at, now, out);
}

/* "22:00 to 07:00", "Sat 28 Nov 22:00 to 23:30": the end of a span says no day twice. */
static void put_to(const struct render *r, struct buf *out)
{
	const struct say *s = r->say;
	bool same = r->has_from && s->since > 0 && words_same_day(s->since, s->until);

	put_time(r, s->until, same ? s->since : s->now, out);
}

/* A span of less than a day that ends today needs no day at all. */
static void put_from(const struct render *r, struct buf *out)
{
	const struct say *s = r->say;
	bool near =
	    s->until > s->since && s->until - s->since < 86400 && words_same_day(s->until, s->now);

	put_time(r, s->since, near ? s->since : s->now, out);
}

static void put_symbol(enum say_symbol symbol, struct buf *out)
{
	static const char *const signs[] = {
	    [SYMBOL_RED] = "🔴",
	    [SYMBOL_YELLOW] = "🟡",
	    [SYMBOL_GREEN] = "🟢",
	    [SYMBOL_WHITE] = "⚪"};

	if ((unsigned)symbol < sizeof signs / sizeof *signs)
		buf_str(out, signs[symbol]);
}

void words_put_live(const char *text, const char *allowed, struct buf *out)
{
	for (; text && *text; text++)
		if (strchr(allowed, *text))
			buf_char(out, *text);
}

static void put_tag(const struct render *r, struct buf *out)
{
	if (!r->say->tag || !*r->say->tag)
		return;
	buf_char(out, '#');
	words_put_live(r->say->tag, WORDS_TAG_BYTES, out);
}

static void put_who(const struct render *r, struct buf *out)
{
	const struct words *w = r->want->words;
	struct buf owner;

	if (r->base == BASE_PUBLIC) {
		buf_str(out, r->say->acked ? w->working : "");
		return;
	}
	if (r->say->event == SAY_STATUS && r->say->symbol == SYMBOL_GREEN)
		return; /* nothing to have any more */
	buf_init(&owner, WORDS_VALUE_MAX);
	words_put_word(r, r->say->owner, &owner);
	if (!r->say->acked)
		buf_str(out, w->nobody);
	else
		words_bit(owner.len ? w->has : w->somebody, 0, NULL, buf_text(&owner), out);
	buf_finish(&owner);
}

static void put_counted(const char *const *forms, unsigned last, unsigned n, struct buf *out)
{
	if (n)
		words_bit(forms[n <= last ? n - 1 : last], n, NULL, NULL, out);
}

static void put_number(unsigned n, struct buf *out)
{
	if (n)
		buf_printf(out, "%u", n);
}

/* A reason that the catalogue does not know is still told: as "other". */
static void put_reason(struct render *r, struct buf *out)
{
	const char *const *names = words_reasons();
	int i = 0;

	if (!r->say->reason || !*r->say->reason)
		return;
	while (i + 1 < WORDS_REASONS && strcmp(names[i], r->say->reason))
		i++;
	words_put_template(r, r->want->words->reason[r->base][i], true, out);
}

/* A value in a link: percent-encoded, so that no name can change what the link means. */
static void put_encoded(const char *text, struct buf *out)
{
	for (; text && *text; text++) {
		if (strchr(WORDS_TAG_BYTES "abcdefghijklmnopqrstuvwxyz-._~", *text))
			buf_char(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

static void put_link(const struct render *r, struct buf *out)
{
	const char *at = r->want->link ? r->want->link : "";
	struct piece p;

	if (!r->say->host || !*r->say->host)
		return;
	for (p = words_piece(&at); p.kind != PIECE_END; p = words_piece(&at)) {
		if (p.macro == MACRO_HOSTNAME)
			put_encoded(r->say->host, out);
		else if (p.macro == MACRO_SERVICEDESC)
			put_encoded(r->say->service, out);
		else if (p.macro == MACRO_TAG)
			put_encoded(r->say->tag, out);
		else if (p.kind != PIECE_MACRO)
			buf_add(out, p.at, p.len);
	}
}

static bool of_service(const struct say *s)
{
	return s->service && *s->service;
}

void words_put_macro(struct render *r, enum macro macro, struct buf *out)
{
	const struct say *s = r->say;
	const struct words *w = r->want->words;

	switch (macro) {
	case MACRO_SYMBOL: put_symbol(s->symbol, out); break;
	case MACRO_NAME: words_put_names(r, s->names, s->n_names, out); break;
	case MACRO_TAG: put_tag(r, out); break;
	case MACRO_FROM: put_from(r, out); break;
	case MACRO_TO: put_to(r, out); break;
	case MACRO_SINCE: put_time(r, s->since, s->now, out); break;
	case MACRO_UNTIL: put_time(r, s->until, s->now, out); break;
	case MACRO_AT: put_time(r, s->at, s->now, out); break;
	case MACRO_ETA: put_time(r, s->eta, s->now, out); break;
	case MACRO_NEXT: put_time(r, s->next, s->now, out); break;
	case MACRO_ASKED: put_time(r, s->asked, s->now, out); break;
	case MACRO_DURATION: words_duration_in(w, s->duration, out); break;
	case MACRO_TIMES: put_counted(w->times, 3, s->times, out); break;
	case MACRO_HOW: buf_str(out, s->by_restart ? w->restarted : ""); break;
	case MACRO_NTH: put_counted(w->times, 3, s->nth, out); break;
	case MACRO_WENT: put_counted(w->went, 1, s->count, out); break;
	case MACRO_WITH: put_counted(w->with, 1, s->with_services, out); break;
	case MACRO_COUNT: put_number(s->count, out); break;
	case MACRO_WHO: put_who(r, out); break;
	case MACRO_WRITER: words_put_live(s->writer, WORDS_ADDRESS_BYTES, out); break;
	case MACRO_REASON: put_reason(r, out); break;
	case MACRO_INTERVAL: words_duration_in(w, s->interval ? s->interval : -1, out); break;
	case MACRO_TICKET: words_put_word(r, s->ticket, out); break;
	case MACRO_LIST: words_put_list(r, out); break;
	case MACRO_NOW: words_put_now(r, out); break;
	case MACRO_LOST: put_number(s->lost, out); break;
	case MACRO_TOTAL: put_number(s->total, out); break;
	case MACRO_MENTIONS: words_put_mentions(r, out); break;
	case MACRO_LONGEST: words_put_longest(r, out); break;
	case MACRO_OBJECT: words_put_word(r, s->object, out); break;
	case MACRO_STATE: words_put_word(r, s->state, out); break;
	case MACRO_WAS: words_put_word(r, s->was, out); break;
	case MACRO_OUTPUT: put_cut(&r->output, out); break;
	case MACRO_TEXT: put_cut(&r->text, out); break;
	case MACRO_MEMBERS: words_put_names(r, s->members, s->n_members, out); break;
	case MACRO_OWNER: words_put_word(r, s->owner, out); break;
	case MACRO_PARENT: put_parent(r, out); break;
	case MACRO_LINK: put_link(r, out); break;
	case MACRO_LASTFIX: words_put_word(r, s->last_fix, out); break;
	case MACRO_HOSTNAME: words_put_word(r, s->host, out); break;
	case MACRO_SERVICEDESC: words_put_word(r, s->service, out); break;
	case MACRO_HOSTSTATE: words_put_word(r, of_service(s) ? NULL : s->state, out); break;
	case MACRO_SERVICESTATE: words_put_word(r, of_service(s) ? s->state : NULL, out); break;
	case MACRO_HOSTOUTPUT:
		if (!of_service(s))
			put_cut(&r->output, out);
		break;
	case MACRO_SERVICEOUTPUT:
		if (of_service(s))
			put_cut(&r->output, out);
		break;
	case MACROS: break;
	}
}

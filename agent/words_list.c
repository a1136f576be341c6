/*
 * The macros that are lists: names, what came and went, what is still so, who is called.
 * Called by words_macro.c. Must never say a state or tag to the public, nor put a foreign
 * byte into a post but through words_put_word() and words_put_live().
 */
#include "agent/words_internal.h"

#include <string.h>

#define A_DAY 86400

/* Never "and 1 more": that one has room as well. */
static unsigned shown_of(const struct render *r, unsigned n)
{
	return n <= r->list_max + 1 ? n : r->list_max;
}

/* The list, with "and 4 more" when not all are in it. */
static void put_rest(const struct render *r, const struct buf *list, unsigned rest, struct buf *out)
{
	if (rest)
		words_bit(r->want->words->more, rest, buf_text(list), NULL, out);
	else
		buf_str(out, buf_text(list));
}

void words_put_names(const struct render *r, const char *const *names, unsigned n, struct buf *out)
{
	unsigned shown = shown_of(r, n);
	struct buf b;

	buf_init(&b, WORDS_TEXT_MAX);
	for (unsigned i = 0; i < shown; i++) {
		if (i)
			buf_str(&b, i + 1 == n ? r->want->words->and : ", ");
		words_put_word(r, names[i], &b);
	}
	put_rest(r, &b, n - shown, out);
	buf_finish(&b);
}

static bool is_short(const struct say_span *s)
{
	return s->until - s->since < A_DAY;
}

/* "02:10–02:52", "Sat 23:10–00:20", "since 04:00"; an end within a day needs no day. */
static void
put_times(const struct render *r, const struct say_span *s, int64_t before, struct buf *out)
{
	const struct words *w = r->want->words;
	int64_t now = r->say->now;
	struct buf start;

	buf_init(&start, 200);
	words_span_time(w, s->since, s->until > 0 ? before : now, now, &start);
	if (s->until <= 0) {
		words_bit(w->still, 0, buf_text(&start), NULL, out);
	} else {
		buf_str(out, buf_text(&start));
		buf_str(out, "–");
		words_span_time(w, s->until, is_short(s) ? s->until : s->since, now, out);
	}
	buf_finish(&start);
}

/* What went twice is named once: "E-mail 02:10–02:52, 04:00–04:20". */
static bool is_same_thing(
    const struct render *r, const struct say_span *s, const struct say_span *last, bool timed)
{
	return last && timed && r->base == BASE_PUBLIC && s->since > 0 && last->since > 0 &&
	       s->name && last->name && !strcmp(s->name, last->name);
}

static void put_span(
    const struct render *r, const struct say_span *s, int64_t before, bool timed, struct buf *out)
{
	bool internal = r->base == BASE_OPERATORS;

	words_put_word(r, s->name, out);
	if (internal && s->state && *s->state) {
		buf_char(out, ' ');
		words_put_word(r, s->state, out);
	}
	if (timed && s->since > 0) {
		buf_char(out, ' ');
		put_times(r, s, before, out);
	}
	if (internal && s->tag && words_is_tag(s->tag))
		buf_printf(out, " #%.4s", s->tag);
}

/* The reader thinks of today, from then on of the day that was said last. */
static void put_spans(
    const struct render *r, const struct say_span *spans, unsigned n, bool timed, struct buf *out)
{
	unsigned shown = shown_of(r, n);
	int64_t before = r->say->now;
	struct buf b;

	buf_init(&b, WORDS_TEXT_MAX);
	for (unsigned i = 0; i < shown; i++) {
		if (i)
			buf_str(&b, ", ");
		if (is_same_thing(r, &spans[i], i ? &spans[i - 1] : NULL, timed))
			put_times(r, &spans[i], before, &b);
		else
			put_span(r, &spans[i], before, timed, &b);
		if (spans[i].since > 0)
			before = is_short(&spans[i]) ? spans[i].since : spans[i].until;
	}
	put_rest(r, &b, n - shown, out);
	buf_finish(&b);
}

void words_put_list(const struct render *r, struct buf *out)
{
	put_spans(r, r->say->spans, r->say->n_spans, true, out);
}

/* That all works is news for the public only: operators have the recoveries. */
void words_put_now(const struct render *r, struct buf *out)
{
	const struct words *w = r->want->words;
	const struct say *s = r->say;
	bool internal = r->base == BASE_OPERATORS;
	struct buf list;

	if (!s->has_now)
		return;
	buf_init(&list, WORDS_TEXT_MAX);
	put_spans(r, s->open, s->n_open, false, &list);
	if (list.len)
		words_bit(internal ? w->open : w->disrupted, 0, buf_text(&list), NULL, out);
	else if (!internal && !s->n_open)
		buf_str(out, w->all_ok);
	buf_finish(&list);
}

void words_put_longest(const struct render *r, struct buf *out)
{
	const struct say_span *s = &r->say->longest;
	int64_t end = s->until > 0 ? s->until : r->say->now;

	words_put_word(r, s->name, out);
	if (s->name && *s->name && s->since > 0 && end >= s->since) {
		buf_char(out, ' ');
		words_duration_in(r->want->words, end - s->since, out);
	}
}

void words_put_mentions(const struct render *r, struct buf *out)
{
	struct buf b;

	buf_init(&b, WORDS_VALUE_MAX);
	for (unsigned i = 0; i < r->say->n_mentions; i++) {
		size_t before;

		if (b.len && b.data[b.len - 1] != ' ')
			buf_char(&b, ' ');
		before = b.len;
		words_put_live(r->say->mentions[i], WORDS_ADDRESS_BYTES, &b);
		if (b.len == before && before)
			buf_truncate(&b, before - 1);
	}
	buf_str(out, buf_text(&b));
	buf_finish(&b);
}

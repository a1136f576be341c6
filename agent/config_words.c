/*
 * Sentences in an audience's own words. Called by config_audience.c. Must never take a
 * sentence that its audience is not allowed to say.
 */
#include "agent/config_internal.h"
#include "agent/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_word(
    struct reader *r, const config_setting_t *s, struct config_audience *a, const char *language)
{
	struct config_word *more = realloc(a->words, (a->n_words + 1) * sizeof *more);
	struct config_word *w;

	r->no_memory = r->no_memory || !more;
	if (!more)
		return;
	a->words = more;
	w = &a->words[a->n_words++];
	*w = (struct config_word){.line = (int)config_setting_source_line(s)};
	config_keep(r, &w->language, language);
	config_keep(r, &w->event, config_setting_name(s));
	config_keep(r, &w->text, config_setting_get_string(s));
}

static void unknown_sentence(struct reader *r, const config_setting_t *s, const char *event)
{
	const char *names[SAY_EVENTS + 1] = {NULL};

	for (int e = 0; e < SAY_EVENTS; e++)
		names[e] = words_event_name((enum say_event)e);
	config_unknown(r, s, "no such sentence", config_nearest(event, names));
}

#define SENTENCE_MAX 200u /* characters; X takes 280, and names and times have to fit in, too */

/* As X counts: what is neither Latin nor common punctuation weighs two. At the first byte. */
static unsigned weight(const char *at)
{
	const unsigned char *c = (const unsigned char *)at;
	bool is_sign = c[0] == 0xe2 && (c[1] & 0xfe) == 0x80; /* dashes, quotes, the ellipsis */

	if ((c[0] & 0xc0) == 0x80)
		return 0; /* inside of one */
	return c[0] > 0xe0 && !is_sign ? 2 : 1;
}

/* What no shortening takes away. */
static unsigned fixed_length(const char *text)
{
	unsigned n = 0, depth = 0;

	for (; *text; text++) {
		if (*text == '$') { /* words_check() has seen its partner */
			text = strchr(text + 1, '$');
			continue;
		}
		depth += *text == '[';
		depth -= *text == ']' && depth;
		if (!depth && *text != ']')
			n += weight(text);
	}
	return n;
}

static void read_sentence(
    struct reader *r, const config_setting_t *s, struct config_audience *a, const char *language)
{
	const char *name = config_setting_name(s), *text = config_text(r, s);
	int event = words_event_find(name);
	struct err err;

	if (event == -1)
		unknown_sentence(r, s, name);
	else if (text && !*text && event == SAY_PROBLEM)
		config_fault(r, s, "cannot be empty: without it there is no thread");
	else if (text && *text && words_check(text, (enum say_event)event, true, &err) == -1)
		config_fault(r, s, "%s", err.text);
	else if (text && fixed_length(text) > SENTENCE_MAX)
		config_fault(
		    r, s, "%u characters, as X counts them, stand outside of [ ] and macros; with more than %u no post has "
		    "room left",
		    fixed_length(text), SENTENCE_MAX);
	else if (text)
		add_word(r, s, a, language);
}

void config_drop_words(struct config_audience *a)
{
	for (unsigned i = 0; i < a->n_words; i++) {
		free(a->words[i].language);
		free(a->words[i].event);
		free(a->words[i].text);
	}
	free(a->words);
	a->words = NULL;
	a->n_words = 0;
}

/* "no such language; there are en, de and fr" */
static void unknown_language(struct reader *r, const config_setting_t *s)
{
	const char *const *known = words_languages();
	char all[200] = "";

	for (int i = 0; known[i]; i++) {
		size_t n = strlen(all);
		const char *between = !i ? "" : known[i + 1] ? ", " : " and ";

		snprintf(all + n, sizeof all - n, "%s%s", between, known[i]);
	}
	config_fault(r, s, "no such language; there are %s", all);
}

/* words = { en = { problem = "..."; }; }; */
void config_read_words(struct reader *r, const config_setting_t *s, void *into)
{
	struct config_audience *a = into;
	unsigned n = config_named_groups(r, s);

	config_drop_words(a);
	for (unsigned i = 0; i < n; i++) {
		const config_setting_t *in = config_setting_get_elem(s, i);
		const char *language = config_setting_name(in), *const *known = words_languages();

		while (*known && strcmp(*known, language))
			known++;
		if (!*known)
			unknown_language(r, in);
		for (int k = 0;
		     *known && config_setting_is_group(in) && k < config_setting_length(in); k++)
			read_sentence(r, config_setting_get_elem(in, (unsigned)k), a, language);
	}
}

void config_check_words(struct reader *r, const struct config_audience *a)
{
	struct err err;

	for (unsigned i = 0; i < a->n_words; i++) {
		const struct config_word *w = &a->words[i];
		int event = words_event_find(w->event);

		if (*w->text && words_check(w->text, (enum say_event)event, false, &err) == -1)
			config_fault_line(
			    r, w->line, "audiences.%s.words.%s.%s: %s and %s has internals = false",
			    a->name, w->language, w->event, err.text, a->name);
	}
}

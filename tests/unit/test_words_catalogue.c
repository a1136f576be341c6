/*
 * The catalogues against the rules of SURFACE section 3: what a public sentence may hold
 * and in which order, and that a translation says what the English sentence says. They
 * are read here with libconfig, not by the program.
 */
#include "tests/unit/words_example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libconfig.h>
#include <stdio.h>
#include <string.h>

#define NBSP "\xc2\xa0"
#define NNBSP "\xe2\x80\xaf"

static const char *const bases[] = {"public", "operators"};

struct catalogue {
	const char *language;
	config_t file;
};

static void catalogue_open(struct catalogue *c, const char *language)
{
	char path[100];

	c->language = language;
	snprintf(path, sizeof path, "agent/words/%s.cfg", language);
	config_init(&c->file);
	if (!config_read_file(&c->file, path))
		fail_msg("%s: %s", path, config_error_text(&c->file));
}

static void catalogue_close(struct catalogue *c)
{
	config_destroy(&c->file);
}

/* "public.problem"; never NULL. */
static const char *text_of(const struct catalogue *c, const char *group, const char *name)
{
	const char *text = NULL;
	char path[100];

	snprintf(path, sizeof path, "%s.%s", group, name);
	if (!config_lookup_string(&c->file, path, &text))
		fail_msg("%s: %s is missing", c->language, path);
	return text;
}

static void for_languages(void (*fn)(const struct catalogue *c))
{
	for (const char *const *l = words_languages(); *l; l++) {
		struct catalogue c;

		catalogue_open(&c, *l);
		fn(&c);
		catalogue_close(&c);
	}
}

/* ---- the rules of a public sentence ---- */

#define BROKEN(c, e, why)                                                                          \
	fail_msg("%s: public.%s %s", (c)->language, words_event_name((enum say_event)(e)), why)

static const char *behind(const char *text, const char *start)
{
	size_t n = strlen(start);

	return strncmp(text, start, n) ? NULL : text + n;
}

/* Behind the symbol, or NULL when there is none. */
static const char *behind_symbol(const char *text)
{
	static const char *const symbols[] = {"$SYMBOL$ ", "🔴 ", "🟡 ", "🟢 ", "⚪ ",
					      "👷 ",        "🔧 ", "📣 ",    "📋 ",    "↪ "};
	const char *rest = behind(text, "[$WRITER$ ]");

	text = rest ? rest : text;
	for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
		if ((rest = behind(text, symbols[i])))
			return rest;
	return NULL;
}

/* To one who is no person: his name comes first. */
static bool is_to_stranger(int e)
{
	return e == SAY_KNOWN || e == SAY_OVER || e == SAY_TICKET || e == SAY_ANSWER;
}

/* Symbol, thing, and the rest; the thing may be unknown only where somebody spoke by hand. */
static void check_start(const struct catalogue *c, int e, const char *text)
{
	const char *at = behind_symbol(text);

	if (e == SAY_TROUBLE || e == SAY_APPROVE || is_to_stranger(e)) /* that one begins: for whom */
		return;
	if (!at)
		BROKEN(c, e, "does not begin with a symbol");
	if (e != SAY_DIGEST && e != SAY_STORM && !behind(at, "$NAME$") && !behind(at, "[$NAME$"))
		BROKEN(c, e, "does not say what it is about, right behind its symbol");
	if (e == SAY_STORM && !strstr(at, "$NAME$"))
		BROKEN(c, e, "names nothing");
}

static void check_tag(const struct catalogue *c, int e, const char *text)
{
	const char *end = e == SAY_TROUBLE ? "[\n$TAG$]" : "\n$TAG$",
		   *first = strstr(text, "$TAG$");
	size_t n = strlen(text), m = strlen(end);

	if (e == SAY_TICKET || e == SAY_ANSWER) { /* about no incident */
		if (!strstr(text, "$TICKET$") || first)
			BROKEN(c, e, "has no number of a ticket, or a tag beside it");
		return;
	}

	if (n < m || strcmp(text + n - m, end))
		BROKEN(c, e, "has no tag alone in its last line");
	if (strstr(first + 1, "$TAG$"))
		BROKEN(c, e, "says its tag twice");
}

/* Whole words, so that DOWN is not found in "Downs". */
static bool has_word(const char *text, const char *word)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$_";
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if ((at == text || !strchr(letters, at[-1])) && (!at[n] || !strchr(letters, at[n])))
			return true;
	return false;
}

static bool has_internal_word(const char *text)
{
	static const char *const never[] = {
	    "OK",          "UP",       "DOWN",     "WARNING",  "CRITICAL",     "UNKNOWN",
	    "UNREACHABLE", "HARD",     "SOFT",     "Nagios",   "Naemon",       "Icinga",
	    "downtime",    "Downtime", "flapping", "Flapping", "host",         "Host",
	    "hosts",       "Hosts",    "service",  "services", "Service",      "Services",
	    "check",       "plugin",   "ack",      "acked",    "acknowledged", "core",
	    "Core"};

	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (has_word(text, never[i]))
			return true;
	return false;
}

static void check_person(const struct catalogue *c, int e, const char *text)
{
	bool answer = e == SAY_STATUS || e == SAY_TROUBLE ||
		      e == SAY_RETRACT || e == SAY_GONE; /* to whom its end was promised, too */

	if (strstr(text, "$OWNER$") || strstr(text, "$MENTIONS$"))
		BROKEN(c, e, "names a person");
	if (is_to_stranger(e)) {
		if (!behind(text, "$WRITER$ "))
			BROKEN(c, e, "does not begin with whom it is for");
		return;
	}
	if (answer ? !behind(text, "[$WRITER$ ]") : strstr(text, "$WRITER$") != NULL)
		BROKEN(c, e, "addresses somebody, or answers nobody");
}

static void check_public(const struct catalogue *c)
{
	/* What the public is not told at all; adding to it is a decision. */
	static const enum say_event silent[] = {
	    SAY_WORSE,      SAY_UNACK,     SAY_ADOPTED,  SAY_LOST,        SAY_ALARM,
	    SAY_ALARM_OVER, SAY_FIXED,     SAY_ESCALATE, SAY_CUT_OFF,     SAY_REJOINED,
	    SAY_MAJOR,      SAY_NOT_MAJOR, SAY_ETA_NEAR, SAY_KNOWN_ERROR, SAY_DISAGREE};

	for (int e = 0; e < SAY_EVENTS; e++) {
		const char *text = text_of(c, "public", words_event_name((enum say_event)e));
		bool is_silent = false;

		for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
			is_silent = is_silent || (int)silent[i] == e;
		if (!*text != is_silent)
			BROKEN(c, e, *text ? "must be silent" : "must not be silent");
		if (!*text)
			continue;
		check_start(c, e, text);
		check_tag(c, e, text);
		check_person(c, e, text);
		if (has_internal_word(text))
			BROKEN(c, e, "has a word of Nagios");
	}
}

static void check_public_bits(const struct catalogue *c)
{
	static const char *const bits[] = {"more",   "and",       "working",
					   "all_ok", "disrupted", "still"};

	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
		if (has_internal_word(text_of(c, "bits", bits[i])))
			fail_msg("%s: bits.%s has a word of Nagios", c->language, bits[i]);
}

static void test_public_rules(void **state)
{
	(void)state;
	for_languages(check_public);
	for_languages(check_public_bits);
}

/* ---- a translation says what the English sentence says ---- */

/* The macros of a text, sorted by their place in the alphabet, each once. */
static void macros_of(const char *text, char *out, size_t size)
{
	char found[40][20];
	int n = 0, len;
	size_t used = 0;

	for (const char *at = strchr(text, '$'); at; at = strchr(at + 1, '$')) {
		char name[20];

		if (sscanf(at, "$%19[A-Z]%n", name, &len) != 1 || at[len] != '$')
			continue;
		at += len;
		for (len = n; len && strcmp(found[len - 1], name) > 0; len--)
			memcpy(found[len], found[len - 1], sizeof *found);
		if (len && !strcmp(found[len - 1], name)) {
			memmove(found[len], found[len + 1], (size_t)(n - len) * sizeof *found);
			continue;
		}
		snprintf(found[len], sizeof *found, "%s", name);
		n++;
	}
	*out = '\0';
	for (int i = 0; i < n; i++)
		used += (size_t)snprintf(out + used, size - used, "%s ", found[i]);
}

static void same_macros(
    const struct catalogue *c, const struct catalogue *english, const char *group, const char *name)
{
	char ours[800], theirs[800];

	macros_of(text_of(english, group, name), theirs, sizeof theirs);
	macros_of(text_of(c, group, name), ours, sizeof ours);
	if (strcmp(ours, theirs))
		fail_msg("%s: %s.%s has %s, in English %s", c->language, group, name, ours, theirs);
}

static void check_translation(const struct catalogue *c)
{
	struct catalogue english;
	char group[40];

	catalogue_open(&english, "en");
	for (int b = 0; b < 2; b++) {
		for (int e = 0; e < SAY_EVENTS; e++)
			same_macros(c, &english, bases[b], words_event_name((enum say_event)e));
		snprintf(group, sizeof group, "trouble.%s", bases[b]);
		for (const char *const *r = words_reasons(); *r; r++)
			same_macros(c, &english, group, *r);
	}
	catalogue_close(&english);
}

/* Every text of a catalogue, wherever it stands. */
static void
for_texts(const config_setting_t *s, const char *language, void (*fn)(const char *, const char *))
{
	if (config_setting_type(s) == CONFIG_TYPE_STRING)
		fn(language, config_setting_get_string(s));
	for (int i = 0; config_setting_is_aggregate(s) && i < config_setting_length(s); i++)
		for_texts(config_setting_get_elem(s, (unsigned)i), language, fn);
}

/* French: a space that does not break before : ; ! ? and inside of guillemets. */
static void check_typography(const char *language, const char *text)
{
	static const char *const wrong[] = {" :", " ;", " !", " ?", "« ", " »",
					    "'",  "\"", "$:", "$;", "$?"};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (!strcmp(language, "fr") && strstr(text, wrong[i]))
			fail_msg("%s: \"%s\" in: %s", language, wrong[i], text);
	if (!strcmp(language, "fr") &&
	    (strstr(text, NBSP "?") || strstr(text, NBSP ";") || strstr(text, NNBSP ":")))
		fail_msg("%s: the wrong space in: %s", language, text);
	if (strcmp(language, "fr") && (strstr(text, NBSP) || strstr(text, NNBSP)))
		fail_msg("%s: a space that is none in: %s", language, text);
	if (strchr(text, '@') || strchr(text, '#') || strstr(text, "  fixed") != strstr(text, "  "))
		fail_msg("%s: @, # or two blanks in: %s", language, text);
}

/* Each language has its own marks around what is quoted. */
static void check_quotes(const char *language, const char *text)
{
	bool is_english = !strcmp(language, "en"), is_german = !strcmp(language, "de");

	if ((!is_english && strstr(text, "”")) || (!is_german && strstr(text, "„")) ||
	    (is_english || is_german ? strstr(text, "«") : strstr(text, "“")))
		fail_msg("%s: marks of another language in: %s", language, text);
}

/* Spanish times begin with their article, which "a" and "de" would swallow: "al sáb". */
static void check_articles(const char *language, const char *text)
{
	static const char *const times[] = {"$SINCE$", "$UNTIL$", "$AT$",  "$ETA$",
					    "$FROM$",  "$TO$",    "$NEXT$", "$ASKED$"};
	static const char *const before[] = {"desde ", "Desde ", "hasta ", "hacia ", "para "};

	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		for (const char *at = text; (at = strstr(at, times[i])); at++) {
			bool good = strcmp(language, "es") != 0;

			for (size_t k = 0; k < sizeof before / sizeof *before; k++) {
				size_t n = strlen(before[k]);

				good = good ||
				       ((size_t)(at - text) >= n && !strncmp(at - n, before[k], n));
			}
			if (!good)
				fail_msg(
				    "%s: no preposition before %s in: %s", language, times[i],
				    text);
		}
}

static void check_texts(const struct catalogue *c)
{
	for_texts(config_root_setting(&c->file), c->language, check_typography);
	for_texts(config_root_setting(&c->file), c->language, check_quotes);
	for_texts(config_root_setting(&c->file), c->language, check_articles);
}

static void test_translations(void **state)
{
	(void)state;
	for_languages(check_translation);
	for_languages(check_texts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public_rules),
	    cmocka_unit_test(test_translations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

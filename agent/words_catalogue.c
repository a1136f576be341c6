/*
 * The catalogues, the .cfg files of agent/words, are built into the program, so that
 * no sentence can be missing at run time. Called by whoever opens a language.
 * Must never take a catalogue with a gap: an empty sentence is a decision, a lost one not.
 */
#include "agent/words_internal.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The assembler brings the file in; the Makefile knows that this object depends on it. */
#define EMBED(symbol, file)                                                                        \
	__asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"" file                              \
		"\"\n.byte 0\n.popsection\n");                                                     \
	extern const char symbol[] __attribute__((visibility("hidden")))

EMBED(words_file_en, "agent/words/en.cfg");
EMBED(words_file_de, "agent/words/de.cfg");
EMBED(words_file_fr, "agent/words/fr.cfg");
EMBED(words_file_es, "agent/words/es.cfg");

static const char *const languages[] = {"en", "de", "fr", "es", NULL};
static const char *const files[] = {words_file_en, words_file_de, words_file_fr, words_file_es};
static const char *const base_names[BASES] = {"public", "operators"};

const char *const *words_languages(void)
{
	return languages;
}

enum words_base words_base_find(const char *name)
{
	return name && !strcmp(name, base_names[BASE_OPERATORS]) ? BASE_OPERATORS : BASE_PUBLIC;
}

static const char *text_at(const config_t *cfg, const char *path, struct err *err)
{
	const char *text = NULL;

	if (!config_lookup_string(cfg, path, &text)) {
		err_set(err, "%s is missing", path);
		return NULL;
	}
	return text;
}

static int take_bits(const config_t *cfg, struct words *w, struct err *err)
{
	const struct {
		const char *name;
		const char **to;
	} bits[] = {
	    {"bits.more", &w->more},     {"bits.and", &w->and },
	    {"bits.has", &w->has},       {"bits.somebody", &w->somebody},
	    {"bits.restarted", &w->restarted},
	    {"bits.nobody", &w->nobody}, {"bits.working", &w->working},
	    {"bits.all_ok", &w->all_ok}, {"bits.disrupted", &w->disrupted},
	    {"bits.open", &w->open},     {"bits.still", &w->still},
	    {"bits.picture", &w->picture},
	    {"bits.time", &w->time},     {"bits.day", &w->day},
	    {"bits.date", &w->date},     {"bits.on_day", &w->on_day},
	};

	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
		*bits[i].to = text_at(cfg, bits[i].name, err);
		if (!*bits[i].to)
			return -1;
	}
	return 0;
}

static int
take_array(const config_t *cfg, const char *path, const char **to, int n, struct err *err)
{
	const config_setting_t *array = config_lookup(cfg, path);

	if (!array || config_setting_length(array) != n)
		return err_set(err, "%s must have %d texts", path, n);
	for (int i = 0; i < n; i++) {
		to[i] = config_setting_get_string_elem(array, i);
		if (!to[i])
			return err_set(err, "%s must have %d texts", path, n);
	}
	return 0;
}

static int take_arrays(const config_t *cfg, struct words *w, struct err *err)
{
	const struct {
		const char *name;
		const char **to;
		int n;
	} arrays[] = {
	    {"bits.with", w->with, 2},      {"bits.times", w->times, 4}, {"bits.went", w->went, 2},
	    {"bits.held", w->held, 2},
	    {"bits.span", w->span, 3},      {"bits.units", w->units, 4}, {"bits.days", w->days, 7},
	    {"bits.months", w->months, 12},
	};

	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		if (take_array(cfg, arrays[i].name, arrays[i].to, arrays[i].n, err) == -1)
			return -1;
	return 0;
}

static int take_sentences(const config_t *cfg, struct words *w, int base, struct err *err)
{
	char path[80];
	struct err why;

	for (int e = 0; e < SAY_EVENTS; e++) {
		const char *text;

		snprintf(
		    path, sizeof path, "%s.%s", base_names[base],
		    words_event_name((enum say_event)e));
		text = text_at(cfg, path, err);
		if (!text)
			return -1;
		if (*text &&
		    words_check(text, (enum say_event)e, base == BASE_OPERATORS, &why) == -1)
			return err_set(err, "%s: %s", path, why.text);
		w->sentence[base][e] = text;
	}
	return 0;
}

static int take_reasons(const config_t *cfg, struct words *w, int base, struct err *err)
{
	const char *const *name = words_reasons();
	bool tag = false;
	char path[80];
	struct err why;

	for (int i = 0; name[i]; i++) {
		const char *text;

		snprintf(path, sizeof path, "trouble.%s.%s", base_names[base], name[i]);
		text = text_at(cfg, path, err);
		if (!text)
			return -1;
		if (words_check_pieces(text, SAY_TROUBLE, base == BASE_OPERATORS, &tag, &why) == -1)
			return err_set(err, "%s: %s", path, why.text);
		if (strstr(text, "$REASON$"))
			return err_set(err, "%s: $REASON$ inside of itself", path);
		w->reason[base][i] = text;
	}
	return 0;
}

static int take_all(const config_t *cfg, struct words *w, struct err *err)
{
	for (int base = 0; base < BASES; base++)
		if (take_sentences(cfg, w, base, err) == -1 ||
		    take_reasons(cfg, w, base, err) == -1)
			return -1;
	return take_bits(cfg, w, err) == -1 ? -1 : take_arrays(cfg, w, err);
}

static struct words *load(const char *language, const char *text, struct err *err)
{
	struct words *w = calloc(1, sizeof *w);
	config_t *cfg = calloc(1, sizeof *cfg);
	struct err why;

	if (!w || !cfg) {
		err_set(err, "out of memory");
		free(w);
		free(cfg);
		return NULL;
	}
	config_init(cfg);
	w->catalogue = cfg;
	if (!config_read_string(cfg, text))
		err_set(
		    err, "words %s: line %d: %s", language, config_error_line(cfg),
		    config_error_text(cfg));
	else if (take_all(cfg, w, &why) == -1)
		err_set(err, "words %s: %s", language, why.text);
	else
		return w;
	words_close(w);
	return NULL;
}

struct words *words_open(const char *language, struct err *err)
{
	for (int i = 0; languages[i]; i++)
		if (!strcmp(languages[i], language))
			return load(language, files[i], err);
	err_set(err, "no language \"%s\"", language);
	return NULL;
}

static int
each_text(const config_setting_t *list, words_list_fn *fn, void *arg, struct err *err)
{
	const char *name = config_setting_name(list);

	for (int i = 0; i < config_setting_length(list); i++) {
		const char *text = config_setting_get_string_elem(list, i);

		if (!text)
			return err_set(err, "%s is not a list of texts", name);
		if (fn(arg, name, text, err) == -1)
			return -1;
	}
	return 0;
}

int words_lists(
    const struct words *w, const char *group, words_list_fn *fn, void *arg, struct err *err)
{
	const config_setting_t *lists = config_lookup(w->catalogue, group);

	if (!lists)
		return err_set(err, "%s is missing", group);
	for (int i = 0; i < config_setting_length(lists); i++)
		if (each_text(config_setting_get_elem(lists, (unsigned)i), fn, arg, err) == -1)
			return -1;
	return 0;
}

const char *words_picture(const struct words *w)
{
	return w->picture;
}

void words_close(struct words *w)
{
	if (!w)
		return;
	config_destroy(w->catalogue);
	free(w->catalogue);
	free(w);
}

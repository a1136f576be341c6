/*
 * The phrases of all catalogues, one by one: each means one thing, none is a word too
 * short, and none is a command any more inside of a sentence. They are read here with
 * libconfig, not by the program. Run by make check; must know nothing of single phrases.
 */
#include "agent/reply.h"
#include "agent/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct now noon = {.wall_ms = 1795348800000};
static struct reply_lexicon *lexicon;

/* What each list of the catalogues is for, and an argument that its phrases need. */
struct list {
	const char *name;
	enum reply_verb verb;
	const char *word;
	const char *argument;
};

static const struct list lists[] = {
    {"ack", REPLY_VERB_ACK, "ack", ""},
    {"ack_all", REPLY_VERB_ACK_ALL, "ack all", ""},
    {"take", REPLY_VERB_TAKE, "take", ""},
    {"unack", REPLY_VERB_UNACK, "unack", ""},
    {"status", REPLY_VERB_STATUS, "?", ""},
    {"note", REPLY_VERB_COMMENT, "", " the fan"},
    {"downtime", REPLY_VERB_DOWNTIME, "downtime", " 2h"},
    {"downtime_cancel", REPLY_VERB_DOWNTIME_CANCEL, "downtime cancel", ""},
    {"recheck", REPLY_VERB_RECHECK, "recheck", ""},
    {"last", REPLY_VERB_LAST, "last", ""},
    {"quiet", REPLY_VERB_QUIET, "quiet", " 2h"},
    {"eta", REPLY_VERB_ETA, "eta", " 14:00"},
    {"major", REPLY_VERB_MAJOR, "major", ""},
    {"not_major", REPLY_VERB_NOT_MAJOR, "not major", ""},
    {"known", REPLY_VERB_KNOWN, "known", " T7K2"},
    {"part_of", REPLY_VERB_PART_OF, "part of", " T7K2"},
    {"say", REPLY_VERB_SAY, "say", " the fan"},
    {"fixed", REPLY_VERB_FIXED, "fixed", " the fan"},
    {"cause", REPLY_VERB_FIXED, "cause", " the fan"},
    {"workaround", REPLY_VERB_FIXED, "workaround", " the fan"},
    {"ticket", REPLY_VERB_TICKET, "ticket", " INC123"},
    {"endorse", REPLY_VERB_ENDORSE, "endorse", ""},
    {"undo", REPLY_VERB_UNDO, "undo", ""},
    {"pause", REPLY_VERB_PAUSE, "pause", ""},
    {"help", REPLY_VERB_HELP, "help", ""},
    {"stop", REPLY_VERB_STOP, "stop", ""},
    {"start", REPLY_VERB_START, "start", ""},
    {"me_too", REPLY_VERB_ME_TOO, "me too", ""},
    {"yes", REPLY_VERB_YES, "yes", ""},
    {"no", REPLY_VERB_NO, "no", ""},
    {"go", REPLY_VERB_GO, "go", ""},
    {"edit", REPLY_VERB_EDIT, "edit", " the fan"},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct phrase {
	char text[80]; /* without the mark of its form */
	char form;     /* '.' for "…", ':', '?', or 0 */
	const char *language;
	const struct list *list;
};

static struct phrase phrases[2000];
static size_t n_phrases;

static const struct list *list_of(const char *name)
{
	for (size_t i = 0; i < COUNT(lists); i++)
		if (strcmp(lists[i].name, name) == 0)
			return &lists[i];
	return NULL;
}

static void take(const char *language, const struct list *list, const char *text)
{
	struct phrase *p = &phrases[n_phrases++];
	size_t n = strlen(text), dots = strlen(" …");

	assert_true(n_phrases < COUNT(phrases) && n < sizeof(p->text));
	*p = (struct phrase){.language = language, .list = list};
	memcpy(p->text, text, n);
	if (n > dots && strcmp(text + n - dots, " …") == 0) {
		p->form = '.';
		p->text[n - dots] = '\0';
	} else if (n > 1 && strchr(":?", text[n - 1])) {
		p->form = text[n - 1];
		p->text[n - 1] = '\0';
	}
}

static void read_language(const char *language)
{
	const config_setting_t *replies, *list;
	char path[100];
	config_t file;

	snprintf(path, sizeof(path), "agent/words/%s.cfg", language);
	config_init(&file);
	if (!config_read_file(&file, path))
		fail_msg("%s: %s", path, config_error_text(&file));
	replies = config_lookup(&file, "replies");
	assert_non_null(replies);
	for (int i = 0; i < config_setting_length(replies); i++) {
		list = config_setting_get_elem(replies, (unsigned)i);
		if (!list_of(config_setting_name(list)))
			fail_msg("%s: no such list: %s", language, config_setting_name(list));
		for (int k = 0; k < config_setting_length(list); k++)
			take(
			    language, list_of(config_setting_name(list)),
			    config_setting_get_string_elem(list, k));
	}
	config_destroy(&file);
}

static int start(void **state)
{
	struct err err = {""};

	(void)state;
	for (const char *const *l = words_languages(); *l; l++)
		read_language(*l);
	lexicon = reply_lexicon_create(&err);
	if (!lexicon)
		print_error("%s\n", err.text);
	return lexicon ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	reply_lexicon_destroy(lexicon);
	return 0;
}

/* ---- what is asked of each ---- */

/* before + phrase + the mark of its form + behind */
static void say(
    const struct phrase *p, const char *before, const char *behind, struct reply_parsed *out,
    char text[200])
{
	char form[2] = {p->form == '.' ? '\0' : p->form, '\0'};

	snprintf(text, 200, "%s%s%s%s", before, p->text, form, behind);
	reply_parse(lexicon, text, &noon, out);
}

static void must_mean(const struct phrase *p, const char *text, const struct reply_parsed *got)
{
	if (got->verb != p->list->verb || strcmp(got->word, p->list->word) != 0)
		fail_msg(
		    "%s, %s: \"%s\" means \"%s\"", p->language, p->list->name, text,
		    reply_verb_name(got->verb));
}

static void test_each_language_has_all(void **state)
{
	(void)state;
	for (const char *const *l = words_languages(); *l; l++)
		for (size_t i = 0; i < COUNT(lists); i++) {
			bool has = false;

			for (size_t k = 0; k < n_phrases; k++)
				has = has ||
				      (phrases[k].language == *l && phrases[k].list == &lists[i]);
			if (!has)
				fail_msg("%s has no word for %s", *l, lists[i].name);
		}
	print_message("%zu phrases\n", n_phrases);
}

static void test_one_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_phrases; i++)
		for (size_t k = 0; k < i; k++)
			if (phrases[i].list != phrases[k].list &&
			    strcmp(phrases[i].text, phrases[k].text) == 0)
				fail_msg(
				    "\"%s\" means %s and %s", phrases[i].text,
				    phrases[i].list->name, phrases[k].list->name);
}

static void test_meaning(void **state)
{
	struct reply_parsed got;
	char text[200];

	(void)state;
	for (size_t i = 0; i < n_phrases; i++) {
		say(&phrases[i], "", phrases[i].list->argument, &got, text);
		must_mean(&phrases[i], text, &got);
		phrases[i].text[0] = (char)toupper((unsigned char)phrases[i].text[0]);
		say(&phrases[i], "@status ", phrases[i].list->argument, &got, text);
		must_mean(&phrases[i], text, &got);
		phrases[i].text[0] = (char)tolower((unsigned char)phrases[i].text[0]);
	}
}

/* A word of one or two letters is typed by chance; "yes" and "no" are never commands by themselves. */
static void test_not_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_phrases; i++) {
		const struct phrase *p = &phrases[i];
		unsigned letters = 0;
		bool is_sign = true;

		for (const char *s = p->text; *s; s++) {
			letters += isalpha((unsigned char)*s) || ((unsigned char)*s & 0xc0) == 0xc0;
			is_sign = is_sign && !isalpha((unsigned char)*s);
		}
		if (letters < 3 && !is_sign && strcmp(p->text, "dt") != 0 &&
		    p->list->verb != REPLY_VERB_YES && p->list->verb != REPLY_VERB_NO &&
		    p->list->verb != REPLY_VERB_GO)
			fail_msg("%s, %s: \"%s\" is too short", p->language, p->list->name, p->text);
		if (p->form == '.' && p->list->verb != REPLY_VERB_ACK &&
		    p->list->verb != REPLY_VERB_UNACK && p->list->verb != REPLY_VERB_DOWNTIME &&
		    p->list->verb != REPLY_VERB_RECHECK)
			fail_msg("%s, %s: \"%s …\"", p->language, p->list->name, p->text);
	}
}

/* Some command word that takes text is its first word: what follows is that text. */
static bool is_taken(const char *text)
{
	static const char *const words[] = {"ack", "unack", "recheck"};

	for (size_t i = 0; i < COUNT(words); i++) {
		size_t n = strlen(words[i]);

		if (strncmp(text, words[i], n) == 0 && strchr(" ,", text[n]))
			return true;
	}
	return false;
}

static bool is_phrase(const char *text)
{
	for (size_t i = 0; i < n_phrases; i++)
		if (strcasecmp(phrases[i].text, text) == 0)
			return true;
	return false;
}

static void must_be_comment(const struct phrase *p, const char *before, const char *behind)
{
	struct reply_parsed got;
	char text[200];

	say(p, before, behind, &got, text);
	if (got.verb != REPLY_VERB_COMMENT && !is_phrase(text) && !is_taken(text))
		fail_msg("%s: \"%s\" is %s", p->language, text, reply_verb_name(got.verb));
}

static void test_sentences(void **state)
{
	static const char *const before[] = {
	    "not ",   "I’ll ", "please ", "bob: ",   "so ",  "nicht ", "ich werde ",
	    "bitte ", "pas ",  "je vais ", "s’il te plaît ", "no ", "voy a ", "ya no ", "“"};
	static const char *const behind[] = {
	    " later", " at night", " and more", ", bob",  " später", " und mehr",
	    " heute", " plus tard", " bientôt", " luego", " mañana", " y más", "s", " 👍"};

	(void)state;
	for (size_t i = 0; i < n_phrases; i++) {
		const struct phrase *p = &phrases[i];

		for (size_t k = 0; k < COUNT(before); k++)
			must_be_comment(p, before[k], p->list->argument);
		for (size_t k = 0; k < COUNT(behind) && p->form != '.' && p->form != ':'; k++)
			must_be_comment(p, "", behind[k]);
	}
}

/* Every command with a question mark asks how it stands; an answer with one is none. */
static void test_questions(void **state)
{
	struct reply_parsed got;
	char text[200];

	(void)state;
	for (size_t i = 0; i < n_phrases; i++) {
		const struct phrase *p = &phrases[i];
		bool is_answer = p->list->verb == REPLY_VERB_ME_TOO ||
				 p->list->verb == REPLY_VERB_YES || p->list->verb == REPLY_VERB_NO ||
				 p->list->verb == REPLY_VERB_GO;

		if (p->form == ':' || p->form == '?')
			continue;
		say(p, "", "?", &got, text);
		if (got.verb != (is_answer ? REPLY_VERB_COMMENT : REPLY_VERB_STATUS))
			fail_msg("\"%s\" is %s", text, reply_verb_name(got.verb));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_language_has_all),
	    cmocka_unit_test(test_one_meaning),
	    cmocka_unit_test(test_meaning),
	    cmocka_unit_test(test_not_short),
	    cmocka_unit_test(test_sentences),
	    cmocka_unit_test(test_questions),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, start, stop);
}

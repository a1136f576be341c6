/*
 * What people say, in every language, as one sorted list: compiled from the catalogues'
 * groups `replies` and `times` when the inbox is made. It must never let one phrase mean
 * two things, nor a language lack a command.
 */
#include "agent/reply_lexicon.h"
#include "agent/reply_text.h"
#include "agent/words.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct reply_command reply_commands[] = {
    {"ack", REPLY_VERB_ACK, ARGS_TIMED, "ack"},
    {"ack_all", REPLY_VERB_ACK_ALL, ARGS_TIMED, "ack all"},
    {"take", REPLY_VERB_TAKE, ARGS_TIMED, "take"},
    {"unack", REPLY_VERB_UNACK, ARGS_TEXT, "unack"},
    {"status", REPLY_VERB_STATUS, ARGS_NONE, "?"},
    {"note", REPLY_VERB_COMMENT, ARGS_COLON, ""},
    {"downtime", REPLY_VERB_DOWNTIME, ARGS_DOWNTIME, "downtime"},
    {"downtime_cancel", REPLY_VERB_DOWNTIME_CANCEL, ARGS_NONE, "downtime cancel"},
    {"recheck", REPLY_VERB_RECHECK, ARGS_TEXT, "recheck"},
    {"last", REPLY_VERB_LAST, ARGS_NONE, "last"},
    {"quiet", REPLY_VERB_QUIET, ARGS_TIME, "quiet"},
    {"eta", REPLY_VERB_ETA, ARGS_ETA, "eta"},
    {"major", REPLY_VERB_MAJOR, ARGS_NONE, "major"},
    {"not_major", REPLY_VERB_NOT_MAJOR, ARGS_NONE, "not major"},
    {"known", REPLY_VERB_KNOWN, ARGS_KNOWN, "known"},
    {"part_of", REPLY_VERB_PART_OF, ARGS_TAG, "part of"},
    {"say", REPLY_VERB_SAY, ARGS_COLON, "say"},
    {"fixed", REPLY_VERB_FIXED, ARGS_COLON, "fixed"},
    {"cause", REPLY_VERB_FIXED, ARGS_COLON, "cause"},
    {"workaround", REPLY_VERB_FIXED, ARGS_COLON, "workaround"},
    {"ticket", REPLY_VERB_TICKET, ARGS_NUMBER, "ticket"},
    {"endorse", REPLY_VERB_ENDORSE, ARGS_NONE, "endorse"},
    {"undo", REPLY_VERB_UNDO, ARGS_NONE, "undo"},
    {"pause", REPLY_VERB_PAUSE, ARGS_NONE, "pause"},
    {"help", REPLY_VERB_HELP, ARGS_NONE, "help"},
    {"stop", REPLY_VERB_STOP, ARGS_NONE, "stop"},
    {"start", REPLY_VERB_START, ARGS_NONE, "start"},
    {"me_too", REPLY_VERB_ME_TOO, ARGS_ANSWER, "me too"},
    {"yes", REPLY_VERB_YES, ARGS_ANSWER, "yes"},
    {"no", REPLY_VERB_NO, ARGS_ANSWER, "no"},
    {"go", REPLY_VERB_GO, ARGS_ANSWER, "go"},
    {"edit", REPLY_VERB_EDIT, ARGS_COLON, "edit"},
};

static const char *const reply_time_lists[REPLY_TIMES] = {
    "minutes", "hours", "days", "for", "in", "until", "at", "clock", "am", "pm", "morning",
    "evening", "tomorrow", "ago", "other"};

struct reply_time_word {
	char say[REPLY_PHRASE_SIZE];
	enum reply_time time;
};

struct reply_lexicon {
	struct reply_phrase *phrases; /* sorted by say, each once */
	size_t n_phrases, cap_phrases;
	struct reply_time_word *times;
	size_t n_times, cap_times;
	unsigned language; /* REPLY_FORM_ENGLISH while that one is read, else 0 */
	unsigned has_command[COUNT(reply_commands)]; /* in the language that is read just now */
	unsigned has_time[REPLY_TIMES];
};

/* ---- reading ---- */

static bool reply_grow(void **array, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 256;
	void *moved;

	if (n < *cap)
		return true;
	moved = realloc(*array, more * size);
	if (!moved)
		return false;
	*array = moved;
	*cap = more;
	return true;
}

static int reply_add_phrase(
    struct reply_lexicon *l, const char *say, const struct reply_command *command, unsigned forms,
    struct err *err)
{
	struct reply_phrase *p;

	if (!reply_grow((void **)&l->phrases, l->n_phrases, &l->cap_phrases, sizeof(*l->phrases)))
		return err_set(err, "out of memory");
	p = &l->phrases[l->n_phrases++];
	p->command = command;
	p->forms = forms;
	reply_copy(p->say, sizeof(p->say), say);
	return 0;
}

static int
reply_add_time(struct reply_lexicon *l, const char *say, enum reply_time time, struct err *err)
{
	struct reply_time_word *t;

	if (!reply_grow((void **)&l->times, l->n_times, &l->cap_times, sizeof(*l->times)))
		return err_set(err, "out of memory");
	t = &l->times[l->n_times++];
	t->time = time;
	reply_copy(t->say, sizeof(t->say), say);
	return 0;
}

/* "ack …", "note:", "last?": the mark that shows how it may stand is cut off. */
static unsigned reply_take_form(char *say)
{
	size_t n = strlen(say), text = strlen(" …");
	unsigned form = REPLY_FORM_LINE;

	if (n > text && strcmp(say + n - text, " …") == 0) {
		say[n - text] = '\0';
		return REPLY_FORM_LINE | REPLY_FORM_TEXT;
	}
	if (n > 1 && say[n - 1] == ':')
		form = REPLY_FORM_COLON;
	else if (n > 1 && say[n - 1] == '?')
		form = REPLY_FORM_ASKS;
	if (form != REPLY_FORM_LINE)
		say[n - 1] = '\0';
	return form;
}

/* The ways in which a text is typed. */
struct reply_spellings {
	char say[REPLY_SPELLINGS][REPLY_PHRASE_SIZE];
};

static int reply_spell(const char *text, struct reply_spellings *out, struct err *err)
{
	char *clean = reply_clean(text);
	unsigned words = 1;

	for (size_t i = 0; clean && i < COUNT(out->say); i++)
		reply_fold(
		    clean, strlen(clean), (enum reply_spelling)i, out->say[i], sizeof(out->say[i]));
	for (const char *s = clean ? clean : ""; *s; s++)
		words += *s == ' ';
	free(clean);
	if (!clean || !out->say[0][0] || words > REPLY_PHRASE_WORDS)
		return err_set(err, "\"%s\" is not a phrase, or is too long", text);
	return 0;
}

static int reply_take_phrase(void *arg, const char *list, const char *text, struct err *err)
{
	struct reply_lexicon *l = arg;
	struct reply_spellings spellings;
	size_t c;

	for (c = 0; c < COUNT(reply_commands) && strcmp(reply_commands[c].list, list) != 0; c++)
		;
	if (c == COUNT(reply_commands))
		return err_set(err, "replies.%s: no such command", list);
	if (reply_spell(text, &spellings, err) == -1)
		return -1;
	for (size_t i = 0; i < COUNT(spellings.say); i++) {
		char *say = spellings.say[i];
		unsigned forms = reply_take_form(say);

		if ((i == 0 || strcmp(say, spellings.say[0]) != 0) &&
		    reply_add_phrase(l, say, &reply_commands[c], forms | l->language, err) == -1)
			return -1;
	}
	l->has_command[c]++;
	return 0;
}

static int reply_take_time(void *arg, const char *list, const char *text, struct err *err)
{
	struct reply_lexicon *l = arg;
	struct reply_spellings spellings;
	size_t t;

	for (t = 0; t < REPLY_TIMES && strcmp(reply_time_lists[t], list) != 0; t++)
		;
	if (t == REPLY_TIMES)
		return err_set(err, "times.%s: no such list", list);
	if (reply_spell(text, &spellings, err) == -1)
		return -1;
	for (size_t i = 0; i < COUNT(spellings.say); i++)
		if (reply_add_time(l, spellings.say[i], (enum reply_time)t, err) == -1)
			return -1;
	l->has_time[t]++;
	return 0;
}

static int reply_take_language(struct reply_lexicon *l, const struct words *w, struct err *err)
{
	memset(l->has_command, 0, sizeof(l->has_command));
	memset(l->has_time, 0, sizeof(l->has_time));
	if (words_lists(w, "replies", reply_take_phrase, l, err) == -1 ||
	    words_lists(w, "times", reply_take_time, l, err) == -1)
		return -1;
	for (size_t c = 0; c < COUNT(reply_commands); c++)
		if (!l->has_command[c])
			return err_set(err, "replies.%s is missing", reply_commands[c].list);
	for (size_t t = 0; t < REPLY_TIMES; t++)
		if (!l->has_time[t])
			return err_set(err, "times.%s is missing", reply_time_lists[t]);
	return 0;
}

/* ---- sorting and finding ---- */

static int reply_compare(const void *a, const void *b)
{
	return strcmp(
	    ((const struct reply_phrase *)a)->say, ((const struct reply_phrase *)b)->say);
}

/* Sorted; what several languages or spellings share becomes one. */
static int reply_settle(struct reply_lexicon *l, struct err *err)
{
	size_t kept = 0;

	qsort(l->phrases, l->n_phrases, sizeof(*l->phrases), reply_compare);
	for (size_t i = 0; i < l->n_phrases; i++) {
		struct reply_phrase *last = kept ? &l->phrases[kept - 1] : NULL;
		const struct reply_phrase *p = &l->phrases[i];

		if (!last || strcmp(last->say, p->say) != 0)
			l->phrases[kept++] = *p;
		else if (last->command == p->command)
			last->forms |= p->forms;
		else
			return err_set(
			    err, "\"%s\" means %s and %s", p->say, last->command->list,
			    p->command->list);
	}
	l->n_phrases = kept;
	return 0;
}

const struct reply_phrase *
reply_lexicon_find(const struct reply_lexicon *lexicon, const char *folded)
{
	struct reply_phrase key;

	if (strlen(folded) >= sizeof(key.say))
		return NULL;
	reply_copy(key.say, sizeof(key.say), folded);
	return bsearch(
	    &key, lexicon->phrases, lexicon->n_phrases, sizeof(*lexicon->phrases), reply_compare);
}

bool reply_lexicon_is_time(
    const struct reply_lexicon *lexicon, enum reply_time time, const char *folded)
{
	for (size_t i = 0; i < lexicon->n_times; i++)
		if (lexicon->times[i].time == time && strcmp(lexicon->times[i].say, folded) == 0)
			return true;
	return false;
}

struct reply_lexicon *reply_lexicon_create(struct err *err)
{
	struct reply_lexicon *l = calloc(1, sizeof(*l));
	struct err why;

	if (!l)
		err_set(err, "out of memory");
	for (const char *const *language = words_languages(); l && *language; language++) {
		struct words *w = words_open(*language, err);
		int rc;

		l->language = strcmp(*language, "en") == 0 ? REPLY_FORM_ENGLISH : 0;
		rc = w ? reply_take_language(l, w, &why) : -1;

		if (w && rc == -1)
			err_set(err, "words %s: %s", *language, why.text);
		words_close(w);
		if (rc == -1)
			goto fail;
	}
	if (l && reply_settle(l, err) == 0)
		return l;
fail:
	reply_lexicon_destroy(l);
	return NULL;
}

void reply_lexicon_destroy(struct reply_lexicon *lexicon)
{
	if (!lexicon)
		return;
	free(lexicon->phrases);
	free(lexicon->times);
	free(lexicon);
}

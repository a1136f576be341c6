/*
 * The reply language: the rules of SPEC 5.1 over the lexicon's words. Called by inbox.c
 * with the text of one post. It must never guess: what is not exactly a command is a
 * comment, in whatever language.
 */
#include "agent/reply.h"
#include "agent/reply_lexicon.h"
#include "agent/reply_text.h"
#include "agent/reply_time.h"

#include <stdlib.h>
#include <string.h>

/* One try to read the line as one command. */
struct reply_try {
	const struct reply_lexicon *lexicon;
	const struct now *now;
	const struct reply_phrase *phrase;
	const char *marks; /* the punctuation of the phrase's last word */
	const char *args;  /* what stands behind the phrase, and behind a tag there */
	const char *text;  /* the free words */
};

static bool reply_is_only(const char *s, const char *marks)
{
	return s[strspn(s, marks)] == '\0';
}

static const char *reply_end(const char *s)
{
	return s + strlen(s);
}

/* ---- arguments ---- */

/* The phrase and nothing else, apart from a final `.` or `!`. */
static bool reply_is_alone(const struct reply_try *t)
{
	return reply_is_only(t->args, ".! ") && reply_is_only(t->marks, ".!");
}

/* May an argument follow? "eta: 2h" is as good as "eta 2h". */
static bool reply_is_open(const struct reply_try *t)
{
	return !*t->marks || strcmp(t->marks, ":") == 0;
}

static bool reply_takes_text(const struct reply_try *t)
{
	return (t->phrase->forms & REPLY_FORM_TEXT) != 0;
}

/* "INC123": one word with a digit. */
static bool reply_is_one(const char *s)
{
	return !strchr(s, ' ') && strpbrk(s, "0123456789");
}

static bool reply_is_bare_number(const char *s)
{
	int64_t number;
	const char *end = reply_number(s, &number);

	return end && reply_is_only(end, ".!");
}

static bool reply_ask_unit(struct reply_try *t, struct reply_parsed *out)
{
	out->verb = REPLY_VERB_BARE_NUMBER;
	t->text = t->args;
	return true;
}

/* "fin prévue 18h" is no duration, but "eta 18h" is; "eta d’ici 18h" is neither. */
static bool reply_is_local_time(const struct reply_try *t)
{
	const char *end = reply_odd_span(t->lexicon, t->args);

	if (t->phrase->command->args == ARGS_ETA && reply_is_either_behind(t->lexicon, t->args))
		return true;
	return !(t->phrase->forms & REPLY_FORM_ENGLISH) && end && !*end && reply_is_either(t->args);
}

/*
 * A time that cannot be kept. Where text may follow, something may stand behind it, too; "I'm
 * looking 18:00" and "on it in 2h" are sentences.
 */
static bool reply_is_odd(const struct reply_try *t)
{
	bool is_timed = t->phrase->command->args == ARGS_TIMED;
	const char *end;

	if (reply_takes_text(t))
		return reply_odd_words(t->lexicon, t->args) != NULL;
	if (reply_is_local_time(t))
		return reply_is_open(t);
	end = is_timed ? reply_odd_span(t->lexicon, t->args) : reply_odd_time(t->lexicon, t->args);
	return reply_is_open(t) && end && !*end;
}

static bool reply_ask_time(struct reply_try *t, struct reply_parsed *out)
{
	out->verb = REPLY_VERB_BAD_TIME;
	out->duration_s = 0;
	t->text = t->args;
	return true;
}

/* The incident that the words name, T7K2 or #T7K2, and nothing else behind it. */
static bool reply_is_other(const char *s, struct reply_parsed *out)
{
	struct reply_parsed found = {.tag_sure = true};
	const char *end = reply_take_bare(s + (*s == '#'), &found);

	if (!found.tag[0] || *end)
		return false;
	memcpy(out->other, found.tag, TAG_SIZE);
	memcpy(out->other_bare, *s == '#' ? "" : found.bare, *s == '#' ? 1 : TAG_SIZE);
	out->is_other_sure = *s == '#' || found.tag_sure;
	return true;
}

/* "known #T7K2": what was taken for the incident that is meant is the one that is named. */
static void reply_take_other(struct reply_parsed *out)
{
	if (out->other[0] || !out->is_tag_inside)
		return;
	memcpy(out->other, out->tag, TAG_SIZE);
	out->is_other_sure = true;
	out->tag[0] = '\0';
}

/* A duration that may follow; where the words behind it go on. */
static const char *reply_for(const struct reply_try *t, struct reply_parsed *out)
{
	bool is_eta = t->phrase->command->args == ARGS_ETA;
	const char *end = reply_duration(t->lexicon, t->args, t->now, &out->duration_s);

	if (reply_is_local_time(t))
		end = NULL;
	else if (!end)
		end = reply_duration_behind(
		    t->lexicon, is_eta ? REPLY_TIME_IN : REPLY_TIME_FOR, t->args,
		    &out->duration_s);
	if (!end && is_eta && !reply_is_local_time(t))
		end = reply_time_of_day(t->lexicon, t->args, t->now, &out->duration_s);
	if (!end)
		out->duration_s = 0;
	return end;
}

/* [duration] [text], the text only behind the command word itself. */
static bool reply_suits_timed(struct reply_try *t, struct reply_parsed *out)
{
	const char *end = reply_for(t, out);
	bool takes_text = reply_takes_text(t);

	if (!end && (takes_text || !*t->marks) && reply_is_bare_number(t->args))
		return reply_ask_unit(t, out);
	if (!end && reply_is_odd(t))
		return reply_ask_time(t, out);
	if (!takes_text)
		return reply_is_alone(t) || (!*t->marks && end && !*end);
	t->text = end ? end : t->args;
	t->text += strspn(t->text, "-:, ");
	return true;
}

/* duration [text], or nothing at all: then it is asked for. */
static bool reply_suits_downtime(struct reply_try *t, struct reply_parsed *out)
{
	const char *end = reply_for(t, out);
	bool takes_text = reply_takes_text(t);

	if (!takes_text && !reply_is_open(t))
		return false;
	if (end && (takes_text || !*end)) {
		t->text = end + strspn(end, "-:, ");
		return true;
	}
	if (!end && reply_is_bare_number(t->args))
		return reply_ask_unit(t, out);
	if (!end && reply_is_odd(t))
		return reply_ask_time(t, out);
	return takes_text && reply_is_alone(t);
}

/* A duration or time that is the whole rest; a bare number, or none, asks for its unit. */
static bool reply_suits_time(struct reply_try *t, struct reply_parsed *out)
{
	const char *end = reply_for(t, out);

	if (reply_is_open(t) && end && !*end)
		return true;
	out->duration_s = 0;
	if (reply_is_alone(t) || (reply_is_open(t) && reply_is_bare_number(t->args)))
		return reply_ask_unit(t, out);
	return !end && reply_is_odd(t) && reply_ask_time(t, out);
}

static bool reply_suits_number(struct reply_try *t)
{
	if (reply_is_alone(t))
		return true;
	t->text = t->args;
	return reply_is_open(t) && reply_is_one(t->args) && !strchr(t->args, '?');
}

/* "known: text", and "known: T7K2". */
static bool reply_suits_colon(struct reply_try *t, struct reply_parsed *out)
{
	t->text = t->args + strspn(t->args, ": ");
	if (reply_is_only(t->text, "?!. ")) /* "cause: ?" is nothing to keep, nor to say */
		t->text = reply_end(t->text);
	if (t->phrase->command->args == ARGS_KNOWN && reply_is_other(t->text, out))
		t->text = reply_end(t->text);
	return true;
}

/* "note:", "note :": what follows is text, whatever it is. */
static bool reply_is_headed(const struct reply_try *t)
{
	return (t->phrase->forms & REPLY_FORM_COLON) && (strchr(t->marks, ':') || *t->args == ':');
}

/* Do the arguments suit? Fills in what they say, and where the free words begin. */
static bool reply_suits(struct reply_try *t, struct reply_parsed *out)
{
	t->text = reply_end(t->args);
	if (reply_is_headed(t))
		return reply_suits_colon(t, out);
	if (!(t->phrase->forms & REPLY_FORM_LINE))
		return false;
	switch (t->phrase->command->args) {
	case ARGS_NONE:
	case ARGS_ANSWER: return reply_is_alone(t);
	case ARGS_TIMED: return reply_suits_timed(t, out);
	case ARGS_TEXT:
		if (!reply_takes_text(t))
			return reply_is_alone(t);
		t->text = t->args + strspn(t->args, "-:, ");
		return true;
	case ARGS_COLON: return false;
	case ARGS_DOWNTIME: return reply_suits_downtime(t, out);
	case ARGS_TIME:
	case ARGS_ETA: return reply_suits_time(t, out);
	case ARGS_TAG:
	case ARGS_KNOWN:
		return reply_is_alone(t) || (reply_is_open(t) && reply_is_other(t->args, out));
	case ARGS_NUMBER: return reply_suits_number(t);
	}
	return false;
}

/* ---- questions ---- */

static bool reply_is_timed(const struct reply_try *t)
{
	switch (t->phrase->command->args) {
	case ARGS_TIMED:
	case ARGS_DOWNTIME:
	case ARGS_TIME:
	case ARGS_ETA: return true;
	case ARGS_NONE:
	case ARGS_TEXT:
	case ARGS_COLON:
	case ARGS_TAG:
	case ARGS_KNOWN:
	case ARGS_NUMBER:
	case ARGS_ANSWER: return false;
	}
	return false;
}

/* "ack 2h?", "quiet 30?": a time and nothing else in front of the question mark. */
static bool reply_is_time_asked(const struct reply_try *t)
{
	size_t n = strlen(t->args);
	struct reply_parsed out;
	struct reply_try asked = *t;
	char args[REPLY_PHRASE_SIZE];
	const char *end;

	if (n == 0 || t->args[n - 1] != '?' || n >= sizeof(args) || !reply_is_timed(t))
		return false;
	reply_copy(args, sizeof(args), t->args);
	while (n > 0 && strchr("? ", args[n - 1]))
		args[--n] = '\0';
	asked.args = args;
	end = reply_for(&asked, &out);
	end = end ? end : reply_odd_time(t->lexicon, args);
	return n > 0 && end && !*end;
}

/* A question mark and nothing else behind the phrase. */
static bool reply_is_asked(const struct reply_try *t)
{
	if (reply_is_headed(t))
		return false;
	return ((*t->args || strchr(t->marks, '?')) && reply_is_only(t->args, "? ")) ||
	       reply_is_time_asked(t);
}

/* "last?"; "ack?" and every other command word: how does it stand? "yes?" is none. */
static bool reply_asks(struct reply_try *t, struct reply_parsed *out)
{
	const struct reply_phrase *p = t->phrase;
	bool is_state = (p->forms & REPLY_FORM_LINE) && p->command->args != ARGS_ANSWER;

	t->text = reply_end(t->args);
	if (p->forms & REPLY_FORM_ASKS)
		return true;
	out->verb = REPLY_VERB_STATUS;
	reply_copy(out->word, sizeof(out->word), "?");
	return is_state;
}

/* "?" alone. */
static bool reply_is_question(const char *line, struct reply_parsed *out)
{
	if (*line != '?' || !reply_is_only(reply_take_bare(line + strspn(line, "? "), out), "?! "))
		return false;
	out->verb = REPLY_VERB_STATUS;
	reply_copy(out->word, sizeof(out->word), "?");
	return true;
}

/* ---- the line ---- */

/* Is its argument an incident of its own, not the one that is meant? */
static bool reply_names_other(const struct reply_command *c)
{
	return c->args == ARGS_TAG || c->args == ARGS_KNOWN;
}

/* Is the line this command? Fills out but for its text. */
static bool reply_is(struct reply_try *t, const char *rest, struct reply_parsed *out)
{
	const struct reply_command *c = t->phrase->command;

	t->args = reply_names_other(c) ? rest : reply_take_bare(rest, out);
	out->verb = c->verb;
	reply_copy(out->word, sizeof(out->word), c->word);
	if (!*t->marks && *t->args == ':') { /* "eta : 16:00", as the French type it */
		t->marks = ":";
		t->args += strspn(t->args, ": ");
	}
	if (reply_is_asked(t))
		return reply_asks(t, out);
	if (strchr(t->marks, '?') || !reply_suits(t, out))
		return false;
	if (reply_is_only(t->text, ".! ")) /* "ack !", "ack #T9QM." */
		t->text = reply_end(t->text);
	if (reply_names_other(c))
		reply_take_other(out);
	return true;
}

/* Where nothing was asked it is no command: all of it is kept. */
static bool is_answer(const struct reply_command *c)
{
	return c->args == ARGS_ANSWER || c->verb == REPLY_VERB_EDIT;
}

/* Decides by the first line, the longest phrase first; returns its free words. */
static const char *reply_decide(
    const struct reply_lexicon *lexicon, const char *line, const struct now *now,
    struct reply_parsed *out)
{
	const struct reply_parsed was = *out;
	const char *start = reply_behind_opening(line), *rest;
	char folded[REPLY_PHRASE_SIZE], marks[REPLY_MARKS_SIZE];

	for (unsigned n = REPLY_PHRASE_WORDS; n > 0; n--) {
		struct reply_try t = {.lexicon = lexicon, .now = now, .marks = marks};

		if (!reply_join(start, n, folded, sizeof(folded), &rest, marks))
			continue;
		t.phrase = reply_lexicon_find(lexicon, folded);
		if (t.phrase && reply_is(&t, rest, out))
			return is_answer(t.phrase->command) ? line : t.text;
		*out = was;
	}
	if (reply_is_question(start, out))
		return "";
	*out = was;
	return line;
}

/* "T9QM known #T7K2": the incident that is meant comes first, whichever has the `#`. */
static char *reply_take_lead(char *line, struct reply_parsed *out)
{
	const struct reply_parsed was = *out;
	const char *end = reply_take_bare(line, out);

	if (out->tag_sure)
		return line + (end - line);
	*out = was;
	return line;
}

/* The next line that has words; tags in it are taken out. *more is what follows it. */
static char *reply_line(char *text, char **more, struct reply_parsed *out)
{
	char *line;

	do {
		bool has_tag = out->tag[0] != '\0';

		line = text;
		text += strcspn(text, "\n");
		if (*text)
			*text++ = '\0';
		line += strspn(line, ":, ");
		line = reply_take_lead(line, out);
		out->is_tag_inside = !has_tag && !out->bare[0] && *line != '#';
		reply_take_tags(line, out->tag);
		out->is_tag_inside = out->is_tag_inside && out->tag[0];
		line += strspn(line, ":, ");
		reply_collapse(line);
	} while (!*line && *text);
	*more = text;
	return line;
}

/* "30.", "INC123!": the number is said back and kept without them. */
static void reply_cut_number(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && strchr(".! ", s[n - 1]))
		s[--n] = '\0';
}

/* Mentions at the end of the line, and the other lines. */
static void reply_add_rest(struct reply_parsed *out, const char *tail, const char *more)
{
	if (out->text[0]) /* "ack @status" has no text; "ack ask @bob" has */
		reply_append(out->text, sizeof(out->text), tail);
	reply_append(out->text, sizeof(out->text), more);
}

void reply_parse(
    const struct reply_lexicon *lexicon, const char *text, const struct now *now,
    struct reply_parsed *out)
{
	char *clean = reply_clean(text), *line, *more, tail[256];
	const char *words;
	bool has_tag;

	*out = (struct reply_parsed){.verb = REPLY_VERB_COMMENT, .tag_sure = true};
	if (clean) {
		line = reply_line(reply_behind_mentions(clean), &more, out);
		has_tag = out->tag[0] != '\0';
		reply_take_tags(more, out->tag);
		out->is_tag_inside = out->is_tag_inside || (!has_tag && out->tag[0]);
		reply_cut_tail(line, tail, sizeof(tail));
		words = reply_decide(lexicon, reply_take_bare(line, out), now, out);
		reply_take_tags(more, out->tag); /* "known #T7K2": the tag before was another's */
		reply_collapse(more);
		reply_copy(out->text, sizeof(out->text), words);
		if (out->verb == REPLY_VERB_TICKET || out->verb == REPLY_VERB_BARE_NUMBER ||
		    out->verb == REPLY_VERB_BAD_TIME)
			reply_cut_number(out->text);
		else
			reply_add_rest(out, tail, more);
		out->is_cut = out->verb == REPLY_VERB_SAY && *more;
		if (out->verb == REPLY_VERB_SAY)
			reply_spoken(lexicon, REPLY_VERB_SAY, text, out);
	}
	if (out->verb == REPLY_VERB_COMMENT && !out->text[0])
		out->verb = REPLY_VERB_EMPTY;
	free(clean);
}

void reply_other_words(
    const struct reply_lexicon *lexicon, const char *text, char out[REPLY_TEXT_MAX + 1])
{
	struct reply_parsed p = {.tag_sure = true};

	reply_spoken(lexicon, REPLY_VERB_EDIT, text, &p);
	reply_copy(out, REPLY_TEXT_MAX + 1, p.text);
}

/*
 * The reply language: the word table and the rules of SPEC 5.1 over it. Called by
 * inbox.c with the text of one post. It must never guess: what is not exactly a
 * command is a comment, and a word of a later version is said to be one.
 */
#include "agent/reply_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#define REPLY_DURATION_MAX (366 * 86400) /* an acknowledgement for longer is a slip of the finger */

/* What may follow a command word (rule 2). */
enum reply_args {
	ARGS_NONE, /* the word is the whole line */
	ARGS_TIMED, /* the word, or the word and a duration, is the whole line */
	ARGS_ACK, /* [duration] [text] */
	ARGS_TEXT, /* [text] */
	ARGS_COLON, /* the word has a colon; [text] */
	ARGS_DOWNTIME, /* nothing, `cancel`, or a duration and then [text] */
	ARGS_TIME, /* a duration */
	ARGS_ETA, /* a duration or HH:MM */
	ARGS_TAG, /* a tag */
	ARGS_KNOWN, /* a tag, or a colon and text */
	ARGS_ONE /* nothing or one word with a digit in it */
};

struct reply_word {
	const char *say;
	enum reply_verb verb;
	enum reply_args args;
	const char *word; /* its name in struct reply_parsed */
};

/* One row per way to say it, longer ones before their beginnings; a language is more rows. */
static const struct reply_word reply_words[] = {
    {"ack all", REPLY_VERB_LATER, ARGS_NONE, "ack all"},
    {"ack", REPLY_VERB_ACK, ARGS_ACK, "ack"},
    {"on it", REPLY_VERB_ACK, ARGS_TIMED, "ack"},
    {"onit", REPLY_VERB_ACK, ARGS_TIMED, "ack"},
    {"mine", REPLY_VERB_ACK, ARGS_TIMED, "ack"},
    {"taking it", REPLY_VERB_ACK, ARGS_TIMED, "ack"},
    {"looking into it", REPLY_VERB_ACK, ARGS_TIMED, "ack"},
    {"looking", REPLY_VERB_ACK, ARGS_TIMED, "ack"},
    {"👀", REPLY_VERB_ACK, ARGS_TIMED, "ack"},
    {"🙋", REPLY_VERB_ACK, ARGS_TIMED, "ack"},
    {"unack", REPLY_VERB_UNACK, ARGS_TEXT, "unack"},
    {"release", REPLY_VERB_UNACK, ARGS_NONE, "unack"},
    {"drop", REPLY_VERB_UNACK, ARGS_NONE, "unack"},
    {"not me", REPLY_VERB_UNACK, ARGS_NONE, "unack"},
    {"status", REPLY_VERB_STATUS, ARGS_NONE, "?"},
    {"❓", REPLY_VERB_STATUS, ARGS_NONE, "?"},
    {"❔", REPLY_VERB_STATUS, ARGS_NONE, "?"},
    {"note", REPLY_VERB_COMMENT, ARGS_COLON, ""},
    {"take", REPLY_VERB_LATER, ARGS_NONE, "take"},
    {"steal", REPLY_VERB_LATER, ARGS_NONE, "take"},
    {"downtime", REPLY_VERB_LATER, ARGS_DOWNTIME, "downtime"},
    {"dt", REPLY_VERB_LATER, ARGS_DOWNTIME, "downtime"},
    {"quiet", REPLY_VERB_QUIET, ARGS_TIME, "quiet"},
    {"recheck", REPLY_VERB_LATER, ARGS_TEXT, "recheck"},
    {"fixed", REPLY_VERB_FIXED, ARGS_COLON, "fixed"},
    {"cause", REPLY_VERB_FIXED, ARGS_COLON, "cause"},
    {"workaround", REPLY_VERB_FIXED, ARGS_COLON, "workaround"},
    {"say", REPLY_VERB_SAY, ARGS_COLON, "say"},
    {"eta", REPLY_VERB_ETA, ARGS_ETA, "eta"},
    {"not major", REPLY_VERB_NOT_MAJOR, ARGS_NONE, "not major"},
    {"major", REPLY_VERB_MAJOR, ARGS_NONE, "major"},
    {"known", REPLY_VERB_KNOWN, ARGS_KNOWN, "known"},
    {"part of", REPLY_VERB_PART_OF, ARGS_TAG, "part of"},
    {"ticket", REPLY_VERB_LATER, ARGS_ONE, "ticket"},
    {"endorse", REPLY_VERB_LATER, ARGS_NONE, "endorse"},
    {"undo", REPLY_VERB_LATER, ARGS_NONE, "undo"},
    {"pause", REPLY_VERB_LATER, ARGS_NONE, "pause"},
    {"help", REPLY_VERB_LATER, ARGS_NONE, "help"},
    {"stop", REPLY_VERB_LATER, ARGS_NONE, "stop"},
    {"start", REPLY_VERB_LATER, ARGS_NONE, "start"},
    {"unsubscribe", REPLY_VERB_LATER, ARGS_NONE, "stop"},
};

/* Words whose `?` is part of them, not a question about the state. */
static const char *const reply_asked[] = {"last", "history"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *reply_verb_name(enum reply_verb verb)
{
	switch (verb) {
	case REPLY_VERB_COMMENT: return "comment";
	case REPLY_VERB_ACK: return "ack";
	case REPLY_VERB_UNACK: return "unack";
	case REPLY_VERB_STATUS: return "?";
	case REPLY_VERB_QUIET: return "quiet";
	case REPLY_VERB_ETA: return "eta";
	case REPLY_VERB_MAJOR: return "major";
	case REPLY_VERB_NOT_MAJOR: return "not major";
	case REPLY_VERB_KNOWN: return "known";
	case REPLY_VERB_PART_OF: return "part of";
	case REPLY_VERB_SAY: return "say";
	case REPLY_VERB_FIXED: return "fixed";
	case REPLY_VERB_LATER: return "later";
	case REPLY_VERB_BARE_NUMBER: return "ack";
	case REPLY_VERB_EMPTY: return "";
	}
	return "";
}

/* ---- times ---- */

static bool reply_is_end(char c)
{
	return c == '\0' || strchr(" .,!;:", c) != NULL;
}

static const char *reply_behind(const char *s)
{
	s += strspn(s, ".,!;:");
	return s + strspn(s, " ");
}

/* Up to six digits; NULL when there is none or more. */
static const char *reply_number(const char *s, int64_t *n)
{
	const char *start = s;

	for (*n = 0; reply_is_digit(*s) && s - start < 6; s++)
		*n = *n * 10 + (*s - '0');
	return s == start || reply_is_digit(*s) ? NULL : s;
}

/* Seconds of d, h, m, min; NULL for another word. */
static const char *reply_unit(const char *s, int64_t *seconds)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}};

	for (size_t i = 0; i < COUNT(units); i++) {
		size_t n = strlen(units[i].name);

		if (strncasecmp(s, units[i].name, n) == 0) {
			*seconds = units[i].seconds;
			return s + n;
		}
	}
	return NULL;
}

/* "18:00"; minutes of the day. */
static const char *reply_clock(const char *s, int64_t *minutes)
{
	int64_t h, m;

	s = reply_number(s, &h);
	if (!s || *s != ':' || !(s = reply_number(s + 1, &m)) || h > 23 || m > 59 ||
	    !reply_is_end(*s))
		return NULL;
	*minutes = h * 60 + m;
	return s;
}

/* Seconds from now until the next time that the clock shows so many minutes. */
static int64_t reply_until(int64_t minutes, const struct now *now)
{
	time_t t = (time_t)(now->wall_ms / 1000), at;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return 0;
	tm.tm_hour = (int)(minutes / 60);
	tm.tm_min = (int)(minutes % 60);
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	at = mktime(&tm);
	if (at <= t) {
		tm.tm_mday++;
		tm.tm_hour = (int)(minutes / 60);
		tm.tm_min = (int)(minutes % 60);
		tm.tm_isdst = -1;
		at = mktime(&tm);
	}
	return at > t ? (int64_t)(at - t) : 0;
}

/* `30m 2h 1d 1h30 45min`, "30 min". Where the text goes on, NULL when s begins otherwise. */
static const char *reply_span(const char *s, int64_t *seconds)
{
	int64_t n, unit, last = INT64_MAX;

	*seconds = 0;
	do {
		const char *after;

		s = reply_number(s, &n);
		if (!s)
			return NULL;
		after = reply_unit(s, &unit);
		if (!after && last == 3600 && reply_is_end(*s)) {
			after = s; /* the 30 of 1h30 */
			unit = 60;
		} else if (!after && last == INT64_MAX && *s == ' ') {
			after = reply_unit(s + 1, &unit);
			if (after && unit == 60 && after - s == 2)
				after = NULL; /* "5 m away" */
		}
		if (!after || unit >= last)
			return NULL;
		*seconds += n * unit;
		last = unit;
		s = after;
	} while (!reply_is_end(*s));
	return reply_behind(s);
}

static const char *reply_duration(const char *s, const struct now *now, int64_t *seconds)
{
	int64_t minutes;
	const char *end;

	if (strncasecmp(s, "until ", 6) == 0) {
		end = reply_clock(s + 6, &minutes);
		*seconds = end ? reply_until(minutes, now) : 0;
		end = end ? reply_behind(end) : NULL;
	} else {
		end = reply_span(s, seconds);
	}
	return end && *seconds > 0 && *seconds <= REPLY_DURATION_MAX ? end : NULL;
}

/* ---- words ---- */

/* Lower case, without skin tones and the like behind an emoji. "" when it is too long. */
static void reply_fold(const char *s, size_t len, char *out, size_t size)
{
	const utf8proc_uint8_t *in = (const utf8proc_uint8_t *)s;
	size_t n = 0, at = 0;
	utf8proc_int32_t c;

	while (at < len && n + 4 < size) {
		utf8proc_ssize_t used = utf8proc_iterate(in + at, (utf8proc_ssize_t)(len - at), &c);

		if (used <= 0)
			break;
		at += (size_t)used;
		if (n > 0 && ((c >= 0x1f3fb && c <= 0x1f3ff) || c == 0x2640 || c == 0x2642))
			continue;
		n += (size_t)utf8proc_encode_char(utf8proc_tolower(c), (utf8proc_uint8_t *)out + n);
	}
	out[at < len ? 0 : n] = '\0';
}

/* Does the line begin with these words? marks: the punctuation of the last one. */
static bool reply_says(const char *line, const char *say, const char **rest, char marks[8])
{
	for (;;) {
		size_t want = strcspn(say, " "), len = strcspn(line, " :"), stem;
		char folded[48];

		len += line[len] == ':';
		for (stem = len; stem > 0 && strchr(".!?:,", line[stem - 1]); stem--)
			;
		if (say[want] != '\0' && stem != len)
			return false;
		reply_fold(line, stem, folded, sizeof(folded));
		if (strlen(folded) != want || strncmp(folded, say, want) != 0 || len - stem > 7)
			return false;
		memcpy(marks, line + stem, len - stem);
		marks[len - stem] = '\0';
		line += len;
		line += *line == ' ';
		*rest = line;
		if (say[want] == '\0')
			return true;
		say += want + 1;
	}
}

static bool reply_is_only(const char *s, const char *marks)
{
	return s[strspn(s, marks)] == '\0';
}

/* "INC123" */
static bool reply_is_one(const char *s)
{
	return !strchr(s, ' ') && strpbrk(s, "0123456789");
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

/* A duration or time that is the whole rest; a bare number, or none, asks for its unit. */
static bool reply_is_time(const char *s, const char *end, bool alone, struct reply_parsed *out, const char **text)
{
	int64_t number;
	const char *behind = reply_number(s, &number);

	if (end && !*end)
		return true;
	if (!alone && !(behind && reply_is_only(behind, ".!")))
		return false;
	out->verb = REPLY_VERB_BARE_NUMBER;
	*text = s;
	return true;
}

/* Do the arguments suit? text: where the free words begin. */
static bool reply_suits(
    enum reply_args args, const char *s, const char *marks, const struct now *now,
    struct reply_parsed *out, const char **text)
{
	bool alone = reply_is_only(s, ".! ") && reply_is_only(marks, ".!");
	bool plain = alone || !*marks || strcmp(marks, ":") == 0; /* "eta: 2h" */
	const char *end = reply_duration(s, now, &out->duration_s), *clock;
	int64_t number;

	*text = s + strlen(s);
	if (!end)
		out->duration_s = 0;
	switch (args) {
	case ARGS_NONE: return alone;
	case ARGS_TIMED: return alone || (!*marks && end && !*end);
	case ARGS_ACK:
		*text = end ? end : s;
		*text += strspn(*text, "-:, ");
		s = reply_number(s, &number);
		if (!end && s && reply_is_only(s, ".!"))
			out->verb = REPLY_VERB_BARE_NUMBER;
		return true;
	case ARGS_TEXT: *text = s + strspn(s, "-:, "); return true;
	case ARGS_COLON: *text = s + strspn(s, ": "); return strchr(marks, ':') || *s == ':';
	case ARGS_DOWNTIME:
		*text = end ? end : *text;
		return alone || end || strcasecmp(s, "cancel") == 0;
	case ARGS_TIME: return plain && reply_is_time(s, end, alone, out, text);
	case ARGS_ETA:
		clock = reply_clock(s, &number);
		if (!clock || !reply_is_only(clock, ".!"))
			return plain && reply_is_time(s, end, alone, out, text);
		out->duration_s = reply_until(number, now);
		return plain && out->duration_s > 0;
	case ARGS_TAG: return alone || (plain && reply_is_other(s, out));
	case ARGS_KNOWN:
		if (!strchr(marks, ':') && *s != ':')
			return alone || (plain && reply_is_other(s, out));
		s += strspn(s, ": ");
		*text = reply_is_other(s, out) ? s + strlen(s) : s;
		return true;
	case ARGS_ONE: return alone || reply_is_one(s);
	}
	return false;
}

/* Is its argument an incident of its own, not the one that is meant? */
static bool reply_names_other(enum reply_args args)
{
	return args == ARGS_TAG || args == ARGS_KNOWN;
}

/* Is the line this command? Fills out but for its text. */
static bool reply_try(
    const struct reply_word *w, const char *line, const struct now *now, struct reply_parsed *out,
    const char **text)
{
	const char *rest, *args;
	char marks[8];

	if (!reply_says(line, w->say, &rest, marks))
		return false;
	args = reply_names_other(w->args) ? rest : reply_take_bare(rest, out);
	*text = args;
	out->verb = w->verb;
	if (w->args != ARGS_COLON && (*args || strchr(marks, '?')) && reply_is_only(args, "? ")) {
		*text = args + strlen(args);
		out->verb = REPLY_VERB_STATUS;
		reply_copy(out->word, sizeof(out->word), "?");
		return true;
	}
	if (strchr(marks, '?') || !reply_suits(w->args, args, marks, now, out, text))
		return false;
	if (reply_names_other(w->args))
		reply_take_other(out);
	reply_copy(out->word, sizeof(out->word), w->word);
	return true;
}

/* "?" alone, "last?" and "history?": their mark is the word. */
static bool reply_asks(const char *line, struct reply_parsed *out)
{
	const char *rest;
	char marks[8];

	for (size_t i = 0; i < COUNT(reply_asked); i++) {
		if (reply_says(line, reply_asked[i], &rest, marks) && !*rest &&
		    strcmp(marks, "?") == 0) {
			out->verb = REPLY_VERB_LATER;
			reply_copy(out->word, sizeof(out->word), "last");
			return true;
		}
	}
	if (*line != '?' || !reply_is_only(reply_take_bare(line + strspn(line, "? "), out), "?! "))
		return false;
	out->verb = REPLY_VERB_STATUS;
	reply_copy(out->word, sizeof(out->word), "?");
	return true;
}

/* Decides by the first line; returns its free words. */
static const char *reply_decide(const char *line, const struct now *now, struct reply_parsed *out)
{
	const char *text = "";
	const struct reply_parsed was = *out;

	for (size_t i = 0; i < COUNT(reply_words); i++) {
		if (reply_try(&reply_words[i], line, now, out, &text))
			return text;
		*out = was;
	}
	if (reply_asks(line, out))
		return "";
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
		out->is_tag_inside = !has_tag && *line != '#';
		reply_take_tags(line, out->tag);
		out->is_tag_inside = out->is_tag_inside && out->tag[0];
		line += strspn(line, ":, ");
		reply_collapse(line);
	} while (!*line && *text);
	*more = text;
	return line;
}

void reply_parse(const char *text, const struct now *now, struct reply_parsed *out)
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
		words = reply_decide(reply_take_bare(line, out), now, out);
		reply_take_tags(more, out->tag); /* "known #T7K2": the tag before was another's */
		reply_collapse(more);
		reply_copy(out->text, sizeof(out->text), words);
		if (out->text[0]) /* "ack @status" has no text; "ack ask @bob" has */
			reply_append(out->text, sizeof(out->text), tail);
		reply_append(out->text, sizeof(out->text), more);
		if (out->verb == REPLY_VERB_SAY)
			reply_spoken(text, out);
	}
	if (out->verb == REPLY_VERB_COMMENT && !out->text[0])
		out->verb = REPLY_VERB_EMPTY;
	free(clean);
}

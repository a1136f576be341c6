/*
 * Templates: their pieces, their macros, and what is wrong with them. Called by
 * words.c, words_catalogue.c and config.c. Must never let an internal macro pass
 * where strangers read.
 */
#include "agent/incident.h" /* SAY_BIT */
#include "agent/words_internal.h"
#include "agent/config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const event_names[SAY_EVENTS] = {
    [SAY_PROBLEM] = "problem",
    [SAY_AGAIN] = "again",
    [SAY_WORSE] = "worse",
    [SAY_UPDATE] = "update",
    [SAY_ACK] = "ack",
    [SAY_UNACK] = "unack",
    [SAY_RECOVERY] = "recovery",
    [SAY_PAST] = "past",
    [SAY_FLAPPING] = "flapping",
    [SAY_STABLE] = "stable",
    [SAY_BEGUN] = "begun",
    [SAY_ENDED] = "ended",
    [SAY_ENDED_BAD] = "ended_bad",
    [SAY_PART_OF] = "part_of",
    [SAY_STATUS] = "status",
    [SAY_TROUBLE] = "trouble",
    [SAY_ADOPTED] = "adopted",
    [SAY_LOST] = "lost",
    [SAY_GONE] = "gone",
    [SAY_ALARM] = "alarm",
    [SAY_ALARM_OVER] = "alarm_over",
    [SAY_PLANNED] = "planned",
    [SAY_SOON] = "soon",
    [SAY_EXTENDED] = "extended",
    [SAY_CANCELLED] = "cancelled",
    [SAY_STORM] = "storm",
    [SAY_DIGEST] = "digest",
    [SAY_SAY] = "say",
    [SAY_RETRACT] = "retract",
    [SAY_FIXED] = "fixed",
    [SAY_ESCALATE] = "escalate",
    [SAY_CUT_OFF] = "cut_off",
    [SAY_REJOINED] = "rejoined",
    [SAY_OPENED] = "opened",
    [SAY_CLOSED] = "closed",
    [SAY_MAJOR] = "major",
    [SAY_NOT_MAJOR] = "not_major",
    [SAY_ETA] = "eta",
    [SAY_ETA_NEAR] = "eta_near",
    [SAY_KNOWN_ERROR] = "known_error",
    [SAY_UNREACHABLE] = "unreachable",
    [SAY_MOVED] = "moved",
    [SAY_RECALLED] = "recalled",
    [SAY_DISAGREE] = "disagree",
    [SAY_KNOWN] = "known",
    [SAY_OVER] = "known_over",
    [SAY_TICKET] = "ticket",
    [SAY_ANSWER] = "answer",
    [SAY_APPROVE] = "approve",
};

/* The last one stands for what is none of them. */
static const char *const reason_names[WORDS_REASONS + 1] = {
    "already_ok",     "not_acked",     "refused_by_core",
    "not_confirmed",  "not_yours",     "source_lost",
    "already_yours",  "closed",        "bare_number",
    "no_object",      "already_acked", "also_looking",
    "expired",        "edited",        "too_many",
    "no_incident",    "which",         "later",
    "eta_noted",      "major_now",     "not_major_now",
    "known_noted",    "said",          "part_of_done",
    "part_of_itself", "quiet_until",   "quiet_too_long",
    "no_such_tag",    "not_public",    "by_hand_only",
    "retracted",      "closed_now",    "passed",
    "fixed_noted",    "opened_by_hand", "no_words",
    "enrolled",       "taken",         "taken_away",
    "downtime_until", "downtime_cancelled", "downtime_how_long",
    "downtime_stale", "downtime_asks", "downtime_too_long",
    "no_downtime",    "checked",       "still_bad",
    "no_result",      "old_module",    "all_done",
    "all_partly",     "all_taken",     "all_too_many",
    "all_no_time",    "stopped",       "started",
    "last",           "nothing_known",  "ticket_noted",  "endorsed",
    "endorse_what",   "no_boost",      "undone",	     "unsaid",
    "nothing_to_undo", "cannot_undo",  "paused",  "sure_pause",
    "sure_stop",      "bad_time", "was_anothers", "said_first", "say_stale", "all_none",      "help_operator", "help_lead",
    "help_communicator", "approved",   "declined",  "asked_anew",
    "words_changed",  "own_words",     "nothing_waits", "say_asked",
    "not_now",
    "other",          NULL};

/* In the order of enum macro; config_nearest() reads it too, hence the NULL. */
static const char *const macro_names[MACROS + 1] = {
    "SYMBOL",        "NAME",     "TAG",         "SINCE",     "UNTIL",        "AT",
    "ETA",           "FROM",     "TO",          "NEXT",      "ASKED",    "DURATION",     "TIMES",
    "NTH",           "HOW",      "COUNT",    "WHO",         "WRITER",    "REASON",       "INTERVAL",
    "TICKET",        "LIST",     "NOW",         "PARENT",    "TEXT",         "OBJECT",
    "STATE",         "WAS",      "OUTPUT",      "WENT",      "LOST",         "TOTAL",
    "MENTIONS",      "MEMBERS",  "WITH",        "OWNER",     "LINK",         "LASTFIX",
    "LONGEST",       "HOSTNAME", "SERVICEDESC", "HOSTSTATE", "SERVICESTATE", "HOSTOUTPUT",
    "SERVICEOUTPUT", NULL};

const char *words_event_name(enum say_event event)
{
	return event_names[event];
}

int words_event_find(const char *name)
{
	for (int e = 0; e < SAY_EVENTS; e++)
		if (!strcmp(event_names[e], name))
			return e;
	return -1;
}

const char *const *words_reasons(void)
{
	return reason_names;
}

int words_macro_find(const char *name, size_t len)
{
	for (int m = 0; m < MACROS; m++)
		if (macro_names[m][0] == name[0] && !strncmp(macro_names[m], name, len) && !macro_names[m][len])
			return m; /* the first letter tells most of them apart, without a call */
	return -1;
}

struct piece words_piece(const char **at)
{
	struct piece p = {.at = *at, .len = 1, .macro = -1};
	const char *end;

	switch (**at) {
	case '\0': return p;
	case '[': p.kind = PIECE_OPEN; break;
	case ']': p.kind = PIECE_CLOSE; break;
	case '$':
		if ((*at)[1] == '$') { /* a dollar, as in Nagios */
			*at += 2;
			return (struct piece){.kind = PIECE_TEXT, .at = *at - 1, .len = 1, .macro = -1};
		}
		end = *at + 1;
		while (isupper((unsigned char)*end) || isdigit((unsigned char)*end) || *end == '_')
			end++;
		p.kind = *end == '$' && end > *at + 1 ? PIECE_MACRO : PIECE_BAD;
		p.at = *at + 1;
		p.len = (size_t)(end - p.at);
		*at = p.kind == PIECE_MACRO ? end + 1 : end;
		p.macro = words_macro_find(p.at, p.len);
		return p;
	default: p.kind = PIECE_TEXT; p.len = strcspn(*at, "[]$");
	}
	*at += p.len;
	return p;
}

/* Where $TEXT$ is what a person wants the public to read; elsewhere it may be a comment. */
static bool is_official(enum say_event event)
{
	const uint64_t official = SAY_BIT(SAY_SAY) | SAY_BIT(SAY_RETRACT) | SAY_BIT(SAY_OPENED) |
				  SAY_BIT(SAY_CLOSED) | SAY_BIT(SAY_PLANNED) | SAY_BIT(SAY_BEGUN) |
				  SAY_BIT(SAY_CANCELLED) | SAY_BIT(SAY_RECALLED) |
				  SAY_BIT(SAY_ENDED) | SAY_BIT(SAY_ENDED_BAD) | SAY_BIT(SAY_ANSWER) |
				  SAY_BIT(SAY_APPROVE);

	return (official & SAY_BIT(event)) != 0;
}

static int check_macro(const struct piece *p, enum say_event event, bool internals, struct err *err)
{
	char name[64];
	const char *near;

	if (p->macro == -1) {
		snprintf(name, sizeof name, "%.*s", (int)(p->len < 60 ? p->len : 60), p->at);
		near = config_nearest(name, macro_names);
		if (near)
			return err_set(
			    err, "no such macro as $%s$; did you mean $%s$?", name, near);
		return err_set(err, "no such macro as $%s$", name);
	}
	if (!internals && p->macro >= MACRO_OBJECT)
		return err_set(err, "$%s$ is internal", macro_names[p->macro]);
	if (!internals && p->macro == MACRO_TEXT && !is_official(event))
		return err_set(
		    err,
		    "$TEXT$ is public only in what is said by hand and of maintenance, elsewhere it is "
		    "internal");
	return 0;
}

static int check_piece(
    const struct piece *p, enum say_event event, bool internals, unsigned *depth, bool *tag,
    struct err *err)
{
	switch (p->kind) {
	case PIECE_OPEN:
		if ((*depth)++)
			return err_set(err, "a [ inside of [ ]");
		break;
	case PIECE_CLOSE:
		if (!(*depth)--)
			return err_set(err, "a ] without its [");
		break;
	case PIECE_MACRO:
		*tag = *tag || p->macro == MACRO_TAG ||
		       (p->macro == MACRO_TICKET && (event == SAY_TICKET || event == SAY_ANSWER));
		return check_macro(p, event, internals, err);
	case PIECE_BAD:
		return err_set(
		    err, "a $ without its partner before \"%.20s\"; a mere dollar is $$", p->at);
	case PIECE_TEXT:
	case PIECE_END: break;
	}
	return 0;
}

int words_check_pieces(
    const char *text, enum say_event event, bool internals, bool *tag, struct err *err)
{
	unsigned depth = 0;
	struct piece p;

	do {
		p = words_piece(&text);
		if (check_piece(&p, event, internals, &depth, tag, err) == -1)
			return -1;
	} while (p.kind != PIECE_END);
	if (depth)
		return err_set(err, "a [ without its ]");
	return 0;
}

int words_check(const char *text, enum say_event event, bool internals, struct err *err)
{
	bool tag = false;

	if (words_check_pieces(text, event, internals, &tag, err) == -1)
		return -1;
	if (!tag)
		return err_set(err, "$TAG$ is missing: without it no answer finds its incident");
	return 0;
}

int words_check_link(const char *pattern, struct err *err)
{
	struct piece p;

	if (strncmp(pattern, "https://", 8) && strncmp(pattern, "http://", 7))
		return err_set(err, "\"%s\" does not begin with https://", pattern);
	if (strpbrk(pattern, " \t\n\r"))
		return err_set(err, "a blank in \"%s\"; write %%20", pattern);
	do {
		p = words_piece(&pattern);
		if (p.kind == PIECE_BAD)
			return err_set(
			    err, "a $ without its partner before \"%.20s\"; a mere dollar is $$", p.at);
		if (p.kind == PIECE_MACRO && p.macro != MACRO_HOSTNAME &&
		    p.macro != MACRO_SERVICEDESC && p.macro != MACRO_TAG)
			return err_set(
			    err,
			    "$%.*s$ cannot be in a link; $HOSTNAME$, $SERVICEDESC$ and "
			    "$TAG$ can",
			    (int)p.len, p.at);
	} while (p.kind != PIECE_END);
	return 0;
}

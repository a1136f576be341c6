/*
 * The names of what people can say, as a reply's row, the audit and the timeline have them.
 * Called by whoever shows one. Must never be a language of its own: these names are stored.
 */
#include "agent/reply.h"

const char *reply_verb_name(enum reply_verb verb)
{
	switch (verb) {
	case REPLY_VERB_COMMENT: return "comment";
	case REPLY_VERB_ACK: return "ack";
	case REPLY_VERB_ACK_ALL: return "ack all";
	case REPLY_VERB_TAKE: return "take";
	case REPLY_VERB_UNACK: return "unack";
	case REPLY_VERB_STATUS: return "?";
	case REPLY_VERB_DOWNTIME: return "downtime";
	case REPLY_VERB_DOWNTIME_CANCEL: return "downtime cancel";
	case REPLY_VERB_RECHECK: return "recheck";
	case REPLY_VERB_LAST: return "last";
	case REPLY_VERB_QUIET: return "quiet";
	case REPLY_VERB_ETA: return "eta";
	case REPLY_VERB_MAJOR: return "major";
	case REPLY_VERB_NOT_MAJOR: return "not major";
	case REPLY_VERB_KNOWN: return "known";
	case REPLY_VERB_PART_OF: return "part of";
	case REPLY_VERB_SAY: return "say";
	case REPLY_VERB_FIXED: return "fixed";
	case REPLY_VERB_TICKET: return "ticket";
	case REPLY_VERB_ENDORSE: return "endorse";
	case REPLY_VERB_UNDO: return "undo";
	case REPLY_VERB_PAUSE: return "pause";
	case REPLY_VERB_HELP: return "help";
	case REPLY_VERB_STOP: return "stop";
	case REPLY_VERB_START: return "start";
	case REPLY_VERB_ME_TOO: return "me too";
	case REPLY_VERB_YES: return "yes";
	case REPLY_VERB_NO: return "no";
	case REPLY_VERB_GO: return "go";
	case REPLY_VERB_EDIT: return "edit";
	case REPLY_VERB_BARE_NUMBER:
	case REPLY_VERB_BAD_TIME: return "ack";
	case REPLY_VERB_EMPTY: return "";
	}
	return "";
}

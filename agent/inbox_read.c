/*
 * A reply is read: when it was said, what its words mean, and which commands are not
 * carried out yet. Called by inbox*.c. It must never act.
 */
#include "agent/inbox_internal.h"

#define INBOX_OLDEST_MS 86400000 /* an older date of a reply is not believed */

/* When it was said: by the author's server, but not before yesterday and not in the future. */
int64_t inbox_said_ms(const struct inbox_reply *r)
{
	int64_t said = r->row.created_ms, seen = r->row.seen_ms;

	return said > seen || said < seen - INBOX_OLDEST_MS ? seen : said;
}

/* What they mean; nobody counts yet who is hit, too, nor asks what could be answered by a yes. */
void inbox_read(
    const struct inbox *b, const char *text, const struct now *said, struct reply_parsed *p)
{
	reply_parse(b->lexicon, text, said, p);
	if (p->verb != REPLY_VERB_ME_TOO && p->verb != REPLY_VERB_YES && p->verb != REPLY_VERB_NO &&
	    p->verb != REPLY_VERB_GO && p->verb != REPLY_VERB_EDIT)
		return;
	p->verb = REPLY_VERB_COMMENT;
	p->word[0] = '\0';
}

/* "until 18:00" counts from when it was said. */
void inbox_parse(const struct inbox *b, const struct inbox_reply *r, struct reply_parsed *p)
{
	const struct now said = {.wall_ms = inbox_said_ms(r)};

	inbox_read(b, r->row.text, &said, p);
}

/* About an account of ours, or what is said there: without one there is nothing to do. */
bool inbox_is_of_account(enum reply_verb verb)
{
	switch (verb) {
	case REPLY_VERB_PAUSE:
	case REPLY_VERB_STOP: return true;
	case REPLY_VERB_LAST:
	case REPLY_VERB_TICKET:
	case REPLY_VERB_ENDORSE:
	case REPLY_VERB_UNDO:
	case REPLY_VERB_HELP:
	case REPLY_VERB_START:
	case REPLY_VERB_COMMENT:
	case REPLY_VERB_ACK:
	case REPLY_VERB_ACK_ALL:
	case REPLY_VERB_TAKE:
	case REPLY_VERB_UNACK:
	case REPLY_VERB_DOWNTIME:
	case REPLY_VERB_DOWNTIME_CANCEL:
	case REPLY_VERB_RECHECK:
	case REPLY_VERB_STATUS:
	case REPLY_VERB_QUIET:
	case REPLY_VERB_ETA:
	case REPLY_VERB_MAJOR:
	case REPLY_VERB_NOT_MAJOR:
	case REPLY_VERB_KNOWN:
	case REPLY_VERB_PART_OF:
	case REPLY_VERB_SAY:
	case REPLY_VERB_FIXED:
	case REPLY_VERB_ME_TOO:
	case REPLY_VERB_YES:
	case REPLY_VERB_NO:
	case REPLY_VERB_GO:
	case REPLY_VERB_EDIT:
	case REPLY_VERB_BARE_NUMBER:
	case REPLY_VERB_BAD_TIME:
	case REPLY_VERB_EMPTY: return false;
	}
	return false;
}

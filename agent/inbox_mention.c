/*
 * Words of somebody who is no person, about nothing that we have said: whether anything comes
 * of them is core_ticket.c's. Called by inbox.c. What nobody takes stays a stranger's; it must
 * never hand on what could be a command, nor keep words that are kept elsewhere.
 */
#include "agent/inbox_internal.h"

bool inbox_mentions(
    struct inbox *b, struct inbox_reply *r, struct reply_parsed *p, const struct item *item)
{
	struct inbox_mention m = {
	    .reply = &r->row,
	    .link = item->url && item->url[0] ? item->url : item->uri,
	    .is_me_too = inbox_anybody_verb(b, r, p) == REPLY_VERB_ME_TOO,
	    .has_media = item->has_media};
	int account = config_account_index(b->config, r->row.account);
	bool has_said = p->verb == REPLY_VERB_COMMENT || (p->verb == REPLY_VERB_EMPTY && item->has_media);

	if (!has_said || !b->events.mention || account < 0)
		return false;
	if (inbox_match(b, r, p) != FOUND_NOTHING || r->row.incident)
		return false;
	m.account = (unsigned)account;
	b->events.mention(b->events.arg, &m);
	if (!m.reason)
		return false;
	r->row.incident = m.incident;
	if (m.incident)
		inbox_report(
		    b, &(struct inbox_reporter){
			   .account = m.account,
			   .author_id = r->row.author_id,
			   .acct = r->row.acct,
			   .incident = m.incident,
			   .at_ms = inbox_said_ms(r)});
	if (!m.incident || r->row.visibility == VISIBILITY_DIRECT)
		inbox_set(r, TEXT_TEXT, "");
	inbox_set(r, TEXT_VERB, "mention");
	inbox_finish(b, r, m.is_done ? REPLY_DONE : REPLY_IGNORED, m.reason);
	return true;
}

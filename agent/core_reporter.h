/*
 * Words of ours to somebody who is no person: what core_ticket.c and core_known.c share.
 * Whether he hears anything at all is asked here and nowhere else.
 */
#ifndef TWICKET_CORE_REPORTER_H
#define TWICKET_CORE_REPORTER_H

#include "agent/core_internal.h"
#include "agent/mention.h"

struct said_to {
	unsigned audience, account;
	const char *remote_id, *acct, *author_id, *tag;
	uint64_t reply, incident;
	enum visibility visibility;
};

/* To the first words of a mention: beside them, as far as those could be seen. */
struct said_to reporter_said_to(const struct core *c, const struct inbox_mention *m, unsigned audience);
struct say reporter_no_facts(const struct core *c, enum say_event event);

/* In the words of the public, addressed to him; as core_render(). */
int reporter_render(struct core *c, const struct said_to *to, struct say *say, struct buf *out);
void reporter_say(struct core *c, const struct said_to *to, struct say *say, enum say_event kept_as);

/* The one place that says whether a stranger hears from us at all. */
bool reporter_may_be_answered(struct core *c, unsigned audience, unsigned account, const char *author_id,
			      const char *acct);
bool reporter_has_answer_left(struct core *c, unsigned account); /* of this hour's; takes it */
bool reporter_one_more(struct core *c, struct hourly *h, unsigned most);

/* core_known.c: the live incident that the audience was told of and the words name best, at least so well; 0: none. */
uint64_t core_find_known(struct core *c, unsigned audience, const char *text, enum mention_fit least);
/* Does its writer know that it is known? Said within a day, and not called over since. */
bool core_has_told_known(struct core *c, const struct inbox_mention *m);
void core_tell_known(struct core *c, struct inbox_mention *m, unsigned audience);

#endif

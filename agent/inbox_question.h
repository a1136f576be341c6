/*
 * "Really?": a command that waits for its author's `yes`. Used by inbox*.c.
 * The reply itself is the question's row: it stays SUBMITTED with the reason "asked", so that
 * it survives a restart. One for each person.
 *
 * For a further command that asks back: where its rights say PEOPLE_MAY_ASKED and not
 * r->is_sure, call inbox_ask() with a key of the catalogue's `trouble` group and return. At
 * `yes` inbox_do() is called once more with the same reply, and r->is_sure.
 */
#ifndef TWICKET_INBOX_QUESTION_H
#define TWICKET_INBOX_QUESTION_H

#include "agent/inbox_internal.h"

#define QUESTION_MS 600000 /* so long is an answer waited for */

void inbox_ask(struct inbox *b, struct inbox_reply *r, const char *reason);
bool inbox_is_asked(const struct inbox_reply *r); /* it waits for a yes */

/*
 * A reply of a person: true when it was the yes or no to their open question, and is through.
 * Any other command of theirs ends the question.
 */
bool inbox_answers(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);

bool inbox_question_ends(struct inbox *b, struct inbox_reply *r); /* unanswered; false: it is none */
bool inbox_question_resumes(struct inbox *b, struct inbox_reply *r); /* after a start; likewise */

#endif

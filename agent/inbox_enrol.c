/*
 * A reply that is a one-time code: proof that its account is a person's. Called by inbox.c
 * before anybody asks what the words mean. It must never keep the code.
 */
#include "agent/inbox_internal.h"

static void enrol_name(struct inbox *b, struct inbox_reply *r, unsigned person)
{
	inbox_set(r, TEXT_TEXT, "");
	inbox_set(r, TEXT_VERB, "enrol");
	inbox_set(r, TEXT_PERSON, b->config->people[person].name);
}

bool inbox_enrols(
    struct inbox *b, struct inbox_reply *r, const struct people_proof *proof,
    const struct reply_parsed *p)
{
	if (p->verb != REPLY_VERB_COMMENT)
		return false;
	switch (people_code(b->people, proof, p->text, &b->now)) {
	case PEOPLE_NO_CODE: return false;
	case PEOPLE_CODE_WRONG:
		enrol_name(b, r, proof->person);
		inbox_denied(b, r, "wrong_code");
		return true;
	case PEOPLE_CODE_RIGHT:
		enrol_name(b, r, proof->person);
		inbox_finish(b, r, REPLY_DONE, "enrolled");
		inbox_thank(b, r);
		return true;
	}
	return false;
}

/*
 * What icinga_command.c (all commands) and icinga_recheck.c (those that wait for a check) share.
 */
#ifndef TWICKET_ICINGA_COMMAND_INTERNAL_H
#define TWICKET_ICINGA_COMMAND_INTERNAL_H

#include "agent/icinga_internal.h"

enum command_state {
	COMMAND_WAITING,
	COMMAND_SENT,
	COMMAND_LOOKING, /* until a look that began behind it is through */
	COMMAND_CHECKING, /* until a check has its result: asked again at at_ms */
	COMMAND_ASKED	  /* when the last check was */
};

struct icinga_command {
	struct icinga_command *next, *prev;
	enum command_state state;
	unsigned verb; /* of the action under way: UNACK before an ACK that takes over */
	unsigned tries;
	bool is_doubtful; /* it may have happened */
	bool is_second;	  /* what was not there is looked up, and sent without it */
	bool has_freed;	  /* took an acknowledgement away; its own, or why, comes now */
	bool was_acked;	  /* when it was asked for */
	int32_t code;	  /* of the result, once looked */
	int64_t at_ms, looked_from_ms;
	int64_t until_ms;   /* then nobody waits for it any more, and it is not begun */
	int64_t checked_us; /* before ours, by Icinga's clock; -1 = not known yet */
	char why[256];
	const char *owner; /* who had it when it was asked for */
	struct event ev;
	char strings[];
};

/* icinga_command.c */
struct event icinga_result_of(const struct icinga_command *c);
/* Taken out before it is said: whoever hears it may command again. */
void icinga_say_last(struct icinga *i, struct icinga_command *c, const struct event *ev);
void icinga_command_drop(struct icinga *i, struct icinga_command *c);
/* What was not accepted is tried some times. */
void icinga_again(struct icinga *i, struct icinga_command *c);

/* icinga_recheck.c */
/* When it was checked last, and what that gave. False: not asked, it comes again or has ended. */
bool icinga_ask_check(struct icinga *i, struct icinga_command *c, http_done_fn *done);
void icinga_ordered(struct icinga *i, struct icinga_command *c);
/* Its answer is in i->acted. */
void icinga_checked(struct icinga *i, struct icinga_command *c);

#endif

/*
 * What a local admin does to incidents by hand (incident_hand.h), with names instead of
 * indexes and a line in the audit. Called by control.c and by the tests; the caller has
 * seen to it that they may, and lets a turn follow before it says that it is done.
 *
 * `by` is the local user. All texts are copied. 0, or -1 with err.
 */
#ifndef TWICKET_CORE_HAND_H
#define TWICKET_CORE_HAND_H

#include "agent/core.h"
#include "agent/incident_hand.h"

/* audiences: names, comma between. order->audiences is filled in here. */
int core_open(struct core *c, struct open_order *order, const char *audiences, const struct now *now,
	      char tag[TAG_SIZE], struct err *err);
int core_close(struct core *c, const char *tag, const char *text, const char *by, const struct now *now,
	       struct err *err);
int core_retract(struct core *c, const char *tag, const char *text, const char *by, enum retract_how how,
		 const struct now *now, struct err *err);

/* until_s: wall seconds. */
int core_quiet(struct core *c, const char *match, int64_t until_s, const char *text, const char *by,
	       const struct now *now, uint64_t *id, struct err *err);
/* which: the number of a quiet, or the tag of an incident. */
int core_quiet_end(struct core *c, const char *which, const char *by, const struct now *now, struct err *err);

/* What a pause is about; both NULL: everything. Borrowed from the configuration. */
struct pause_target {
	const char *audience, *account;
};
/*
 * name: of an audience or an account, "audience:NAME", "account:NAME", "" = everything.
 * 0; -1 with err: there is none of that name, or one of each.
 */
int core_pause_target(const struct core *c, const char *name, struct pause_target *out, struct err *err);
/* Is there an audience or an account of that name? */
bool core_is_pause_name(const struct core *c, const char *name);
int core_pause(struct core *c, const struct pause_target *target, const char *text, const char *by,
	       const struct now *now, struct err *err);
int core_resume_pause(struct core *c, const struct pause_target *target, const char *by, const struct now *now,
		      struct err *err);

#endif

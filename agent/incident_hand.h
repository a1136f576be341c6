/*
 * What people do to incidents by hand, in a reply or on the command line: open, close,
 * retract, quiet, pause, eta, major, known, part of, say. The other half of incident.h's
 * engine. Who may do it is people.c's question; what it means is answered here. Pure.
 *
 * `by` is the person's name in the configuration or the local user; never NULL. All texts
 * are copied. 0, or -1 with err in words for the person who asked.
 */
#ifndef TWICKET_INCIDENT_HAND_H
#define TWICKET_INCIDENT_HAND_H

#include "agent/incident.h"
#include "common/err.h"

/* An incident that no monitoring sees; with from_s and to_s a planned maintenance. */
struct open_order {
	const char *text;	 /* said as it stands: by the public too, where it is told */
	const char *name;	 /* public name of the thing; "" = none */
	const char *by;
	const unsigned *audiences; /* indexes into the configuration */
	unsigned n_audiences;
	int64_t from_s, to_s;	 /* wall seconds; 0 = an incident, from now on */
};
int engine_open(struct engine *e, const struct open_order *order, const struct now *now, uint64_t *incident,
		struct err *err);
/* Ends what engine_open() opened; text may be "". */
int engine_close(struct engine *e, uint64_t incident, const char *text, const char *by, const struct now *now,
		 struct err *err);

/* "False alarm": said in every thread that was told, then closed for good. */
enum retract_how { RETRACT_BY_POST, RETRACT_BY_DELETING };
int engine_retract(struct engine *e, uint64_t incident, const char *text, const char *by, enum retract_how how,
		   const struct now *now, struct err *err);

/* Nothing but its end is said until then; 0 ends it. */
int engine_quiet(struct engine *e, uint64_t incident, int64_t until_s, const char *by, const struct now *now,
		 struct err *err);
/* Nothing is said of the objects of a match. -1 also where match does not parse. */
int engine_quiet_match(struct engine *e, const char *match, int64_t until_s, const char *text, const char *by,
		       const struct now *now, uint64_t *id, struct err *err);
int engine_quiet_end(struct engine *e, uint64_t id, const struct now *now, struct err *err);
void engine_quiets(const struct engine *e, void (*fn)(void *arg, const struct quiet_row *row), void *arg);

/* Says nothing at all: of one audience, on one account, or (both NULL) anywhere. */
int engine_pause(struct engine *e, const char *audience, const char *account, const char *text, const char *by,
		 const struct now *now, struct err *err);
/* Ends exactly that pause and tells what is still true, as one summary. */
int engine_resume(struct engine *e, const char *audience, const char *account, const char *by,
		  const struct now *now, struct err *err);
void engine_pauses(const struct engine *e, void (*fn)(void *arg, const struct pause_row *row), void *arg);
/* Is that audience, there, told nothing at all? */
bool engine_is_paused(const struct engine *e, unsigned audience, unsigned account);
/* Is nothing at all said on this account? */
bool engine_account_is_paused(const struct engine *e, unsigned account);
/* The same of a thread, those of summaries included. */
bool engine_thread_is_paused(const struct engine *e, uint64_t thread, unsigned account);

int engine_eta(struct engine *e, uint64_t incident, int64_t eta_s, const char *by, const struct now *now,
	       struct err *err);
int engine_major(struct engine *e, uint64_t incident, bool is_major, const char *by, const struct now *now,
		 struct err *err);
/* tag "" or of another incident, text "" or the workaround. */
int engine_known(struct engine *e, uint64_t incident, const char *tag, const char *text, const char *by,
		 const struct now *now, struct err *err);
int engine_part_of(struct engine *e, uint64_t incident, uint64_t parent, const char *by, const struct now *now,
		   struct err *err);
/* Its number at the desk; "" takes it back. Also when it is over, until it is closed. */
int engine_ticket(struct engine *e, uint64_t incident, const char *number, const char *by, const struct now *now,
		  struct err *err);

/* The inverse, where nothing else is one: no end is promised, it is no known error, it is part of nothing. */
int engine_undo_eta(struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err);
int engine_undo_known(struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err);
int engine_undo_part_of(struct engine *e, uint64_t incident, const char *by, const struct now *now, struct err *err);

/* One more says that he has it, too: operators hear of `first` people, and of each doubling. */
struct engine_reports {
	unsigned count, first; /* first 0: never */
	int64_t since_s;       /* the first of them */
};
void engine_reported(struct engine *e, uint64_t incident, const struct engine_reports *reports, const struct now *now);

/* A person's own words to everybody who was told in public; operators hear that they were said. */
int engine_say(struct engine *e, uint64_t incident, const char *text, const char *by, const struct now *now,
	       struct err *err);

/* An answer to words that wait for a `go`. */
enum answer_kind { ANSWER_GO, ANSWER_NO, ANSWER_EDIT };
struct go_or_no {
	enum answer_kind kind;
	const char *words; /* of EDIT */
	const char *by;
	int64_t said_ms;	 /* wall */
	int64_t question_ms; /* when the question that it stands under was asked; 0 = not known */
};
enum verdict {
	VERDICT_NOTHING, /* nothing waits */
	VERDICT_DONE,
	VERDICT_CHANGED, /* what was asked is not so any more: asked anew, or has been since */
	VERDICT_LATER,	  /* nothing may be said there just now: asked anew when it may */
	VERDICT_OWN,	  /* a person's words want the `go` of another one */
	VERDICT_OVER	  /* it has recovered meanwhile */
};
enum verdict engine_answer(struct engine *e, uint64_t incident, const struct go_or_no *answer, const struct now *now);
/* That person's own words, taken back before anybody answered; false: none of theirs wait. */
bool engine_withdraw(struct engine *e, uint64_t incident, const char *by, const struct now *now);

#endif

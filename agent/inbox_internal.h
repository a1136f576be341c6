/*
 * What inbox*.c share: a reply while it is under way, and the steps it goes through.
 * Included by inbox*.c only.
 */
#ifndef TWICKET_INBOX_INTERNAL_H
#define TWICKET_INBOX_INTERNAL_H

#include "agent/inbox.h"
#include "agent/reply.h"

#include <uthash.h>

#define INBOX_RESULT_MS 60000 /* what a forced check gave */
#define INBOX_RETRY_MS 2000 /* while the node is not there */
#define INBOX_CONFIRM_MS 30000 /* SPEC 4.4: the core's own event within 30 s */
#define INBOX_STALE_MS (30 * 60000) /* SPEC 4.5 case 14: the text says when it was said */
#define INBOX_RESEND_MS (10 * 60000) /* after a crash: younger commands are sent once more */
#define INBOX_SNAPSHOT_MS 20000 /* ... when the node's snapshot is in, or after so long */
#define INBOX_PARTNER_MS (2 * 3600000) /* SPEC 4.4: a direct message's last incident */
#define INBOX_PARENTS 3 /* statuses asked for on the way up a thread */
#define INBOX_LIVE_MAX 10000 /* replies in memory; more are collected again later */
#define INBOX_CORE_CHARS 300 /* SPEC 5.1 rule 9: characters of a text in the core */

enum inbox_text {
	TEXT_ACCOUNT,
	TEXT_REMOTE,
	TEXT_URI,
	TEXT_PARENT,
	TEXT_AUTHOR,
	TEXT_ACCT,
	TEXT_PERSON,
	TEXT_TEXT,
	TEXT_VERB,
	TEXT_MARK,
	TEXT_REASON,
	TEXT_HASH,
	TEXT_NODE, /* of the command */
	TEXT_HOST,
	TEXT_SERVICE,
	TEXT_WORDS,
	TEXT_COUNT
};

/* One reply from its arrival until it is final and committed. The row's strings are ours. */
struct inbox_reply {
	UT_hash_handle hh;
	struct reply_row row;
	char *text[TEXT_COUNT];
	bool is_local; /* from the command line; ticket NULL = the client went away */
	bool is_changed; /* no commit has it yet */
	bool is_fresh; /* put into the transaction that is open now */
	bool is_told; /* local_done was called */
	bool is_resent; /* from before our start: may find the node not yet there */
	void *ticket;

	char root[128]; /* the first post of its thread, as the network says; "" = not known */
	unsigned parents; /* asked for so far */
	char hangs[512]; /* the status that want_parent asked for; "" = none */

	/* SUBMITTED: the command */
	bool is_unsent;
	uint8_t verb; /* enum event_verb */
	uint8_t kind;
	uint32_t flags;
	struct inbox_part *parts; /* `ack all`: a command for each problem */
	bool is_sure; /* asked back, and they said yes */
	unsigned n_gone; /* downtimes that the core cancelled */
	int64_t until_s; /* end of a downtime */
	int64_t submitted_ms, deadline_ms, try_ms; /* boot clock; try_ms: not sent before */
};

/* How often a person spoke (SPEC 5.1 rule 7). */
struct inbox_speaker {
	char *name;
	int64_t at_ms[10]; /* wall, when said; a ring */
	unsigned next;
	unsigned not_understood; /* answers since the last valid command */
	bool is_warned; /* told that it is too much */
};

/* An acknowledgement of ours that ends by itself. */
struct inbox_expiry {
	char mark[40]; /* of the reply that set it */
	char person[128];
	uint64_t reply, incident;
	int64_t at_ms; /* wall */
	int64_t next_try_ms; /* boot; 0 = not tried */
	unsigned tries;
	bool is_due; /* the command waits for the commit */
};

enum command_state { COMMAND_WAITS, COMMAND_SENT, COMMAND_DONE, COMMAND_FAILED };

/* One of several commands of a reply; its mark is the reply's. The row's strings are ours. */
struct inbox_part {
	struct inbox_part *next;
	struct command_row row;
	bool is_changed;
};

struct inbox_audit {
	int64_t at_ms;
	char *actor, *action, *object, *via, *result;
};

struct inbox {
	const struct config *config;
	struct engine *engine;
	struct people *people;
	struct store *store;
	struct inbox_events events;
	struct reply_lexicon *lexicon;
	struct now now; /* of the last call that brought one */

	struct inbox_reply *live; /* by id */
	struct inbox_speaker *speakers;
	unsigned n_speakers;
	struct inbox_expiry *expiries;
	unsigned n_expiries;
	bool expiries_changed;
	struct inbox_audit *audits; /* not yet committed */
	unsigned n_audits, cap_audits;

	int64_t denied_ms[64]; /* boot; a ring */
	unsigned next_denied;
	uint64_t ended[REPLY_STATES]; /* replies, by what became of them */
	bool is_again; /* something changed after the commit: another turn, please */
	bool is_behind; /* a save() without its saved(): rows may be in memory only */
};

/* inbox.c: rows, and what goes out */
void inbox_set(struct inbox_reply *r, enum inbox_text which, const char *value);
struct inbox_reply *inbox_add(struct inbox *b, const struct reply_row *row);
void inbox_put(struct inbox *b, struct inbox_reply *r);
void inbox_finish(
    struct inbox *b, struct inbox_reply *r, enum reply_state state, const char *reason);
void inbox_trouble(struct inbox *b, struct inbox_reply *r, const char *reason);
/* Does its network take money? */
bool inbox_is_metered(const struct inbox *b, const struct reply_row *row);
/* A person of the configuration who left. */
bool inbox_is_revoked(const struct inbox *b, const struct reply_row *row);
void inbox_reply_to(
    struct inbox *b, const struct reply_row *row, const struct inbox_answer *answer);
void inbox_thank(struct inbox *b, struct inbox_reply *r);
const char *inbox_author(const struct inbox_reply *r);
void inbox_keep_audit(struct inbox *b, const struct audit_row *row);
void inbox_audit(
    struct inbox *b, const struct inbox_reply *r, const char *action, const char *result);
void inbox_denied(struct inbox *b, struct inbox_reply *r, const char *reason);
void inbox_note(struct inbox *b, uint64_t incident, const char *kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define INBOX_HELPFUL 700 /* bytes of an answer that is endorsed, as it is kept */

/* inbox_gone.c: SHA-256 in hex */
#define INBOX_HASH 65
void inbox_hash(const char *text, char out[INBOX_HASH]);
/* when to look whether its author took it away; 0 = not */
int64_t inbox_next_look(const struct inbox *b, const struct reply_row *row);

/* inbox_match.c: which incident */
enum inbox_found {
	FOUND_INCIDENT,
	FOUND_NOTHING,
	FOUND_NO_SUCH_TAG,
	FOUND_SEVERAL, /* under a post of ours that tells of several: a summary */
	FOUND_LATER
};
enum inbox_found inbox_match(struct inbox *b, struct inbox_reply *r, struct reply_parsed *p);
void inbox_drop_tag(struct reply_parsed *p);
void inbox_drop_other(struct reply_parsed *p); /* neither: it is a comment */
bool inbox_find_tag(struct inbox *b, const char *tag, uint64_t *incident);
enum inbox_found
inbox_climb(struct inbox *b, struct inbox_reply *r, const char *uri, const char *parent_id);
enum inbox_found inbox_match_partner(struct inbox *b, struct inbox_reply *r);

/* inbox_read.c: what it says */
void inbox_read(
    const struct inbox *b, const char *text, const struct now *said, struct reply_parsed *p);
void inbox_parse(const struct inbox *b, const struct inbox_reply *r, struct reply_parsed *p);
bool inbox_is_of_account(enum reply_verb verb);
int64_t inbox_said_ms(const struct inbox_reply *r);

/* inbox_act.c: what is done about it */
void inbox_act(
    struct inbox *b, struct inbox_reply *r, struct reply_parsed *p, enum inbox_found found);
void inbox_words(
    struct inbox *b, const struct inbox_reply *r, const char *words, char *out, size_t size);
void inbox_command(
    struct inbox *b, struct inbox_reply *r, const struct incident_view *v, enum event_verb verb,
    const struct reply_parsed *p);
void inbox_speakers_finish(struct inbox *b);

enum people_may
inbox_may(struct inbox *b, const struct inbox_reply *r, enum people_action action);
/* With another incident than its own: what is not known any more is only for who may do it with all. */
enum people_may inbox_may_with(
    struct inbox *b, const struct inbox_reply *r, enum people_action action, uint64_t incident);
void inbox_say_closed(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);
void inbox_act_comment(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);

/* Is there something to act upon? If not, the author hears it. */
bool inbox_is_live(
    struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p, struct incident_view *v);
void inbox_do(struct inbox *b, struct inbox_reply *r, struct reply_parsed *p);

/* inbox_take.c: over another owner; former: who had it, NULL = it was no `take` */
void inbox_take_begins(struct inbox_reply *r, const char *owner);
const char *inbox_take_former(const struct inbox_reply *r, char *out, size_t size);
const char *inbox_take_name(const char *reason); /* in the reason of a row; "" = nobody */
void inbox_take_done(struct inbox *b, struct inbox_reply *r, const char *former);
/* `undo` of it: the core is asked in the name of who had it. False: he is nobody whose word counts. */
bool inbox_gives_back(
    struct inbox *b, struct inbox_reply *r, const struct incident_view *v, const char *name);
void inbox_given_back(struct inbox *b, const struct inbox_reply *r, const char *name);
const char *inbox_core_author(const struct inbox_reply *r);
bool inbox_is_over_owner(const struct inbox_reply *r); /* somebody's having it is no reason against it */

void inbox_unack_begins(struct inbox_reply *r, const char *owner); /* of somebody else's */
const char *inbox_unack_name(const char *reason); /* whose it was, in the reason of a row; "" = one's own */

/* inbox_downtime.c */
void inbox_act_downtime(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);
void inbox_act_cancel(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);
/* `undo`: what was made under that mark, and nothing else. */
void inbox_undo_downtime(struct inbox *b, struct inbox_reply *r, const char *mark);
const char *inbox_cancels(const struct inbox_reply *r); /* the mark; "" = all of its incident */
int64_t inbox_downtime_until_s(const struct inbox_reply *r, const struct reply_parsed *p);
void inbox_downtime_done(struct inbox *b, struct inbox_reply *r);
/* The core's root object of its incident, well or not; if there is none, the author hears it. */
bool inbox_has_object(
    struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p, struct incident_view *v);

/* inbox_recheck.c: forced checks, of `recheck` and of `fixed:` */
void inbox_act_recheck(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);
bool inbox_checks_fixed(struct inbox *b, struct inbox_reply *r); /* false: there is nothing to check */
void inbox_recheck_result(struct inbox *b, struct inbox_reply *r, const struct event *ev);
bool inbox_recheck_ends(struct inbox *b, struct inbox_reply *r); /* without a result; false: it is none */

/* inbox_all.c: a command for each member */
void inbox_act_all(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);
void inbox_all_send(struct inbox *b, struct inbox_reply *r, const struct event *order);
bool inbox_all_echo(struct inbox *b, struct inbox_reply *r, const char *node, const struct event *ev);
bool inbox_all_result(struct inbox *b, const char *node, const struct event *ev, const char *reason);
void inbox_all_ends(struct inbox *b, struct inbox_reply *r); /* with what was confirmed */
/*
 * The core has confirmed one of them after all: what comes within INBOX_CONFIRM_MS from then on is
 * told with it. Only in memory, nothing is sent: after a kill the snapshot begins it anew.
 */
void inbox_all_late(struct inbox *b, struct inbox_reply *r, const struct event *ev);
bool inbox_all_is_partly(const struct reply_row *row);
void inbox_all_save(struct inbox *b, struct inbox_reply *r);
void inbox_all_free(struct inbox_reply *r);
int inbox_all_load(struct inbox *b, struct err *err);

/* inbox_anybody.c: who is not in the configuration */
void inbox_stranger(
    struct inbox *b, struct inbox_reply *r, struct reply_parsed *p, const char *reason);
/* As anybody means it: "me too" is no comment there. */
enum reply_verb inbox_anybody_verb(
    const struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);
/* Is its author one of our own accounts? */
bool inbox_is_ours(const struct inbox *b, unsigned account, const struct item *item);
/* Where an author's id means him: the same one for all our accounts on one server. */
void inbox_place(const struct inbox *b, unsigned account, char *out, size_t size);
void inbox_stop(struct inbox *b, const struct reply_row *row);
bool inbox_start(struct inbox *b, const struct reply_row *row); /* true: he was stopped */
/* One more has the same trouble: counted once an hour, told to operators when they are many. */
struct inbox_reporter {
	unsigned account;
	const char *author_id, *acct;
	uint64_t incident;
	int64_t at_ms; /* when he said so */
};
void inbox_report(struct inbox *b, const struct inbox_reporter *by);

void inbox_act_ack(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);
void inbox_act_unack(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);

/* inbox_person.c: what a person asks of us, not of the core */
void inbox_act_person(struct inbox *b, struct inbox_reply *r, const struct reply_parsed *p);
bool inbox_needs_no_incident(enum reply_verb verb);

/* inbox_undo.c: the last command of a person, taken back */
#define INBOX_UNDO "undo " /* such a reply's verb is "undo ack" */
void inbox_act_undo(struct inbox *b, struct inbox_reply *r);

bool inbox_is_pausing(const struct inbox_reply *r);

/* inbox_person.c: a pause that was said yes to waits until its answer has left; false: it is none */
bool inbox_pause_begins(struct inbox *b, struct inbox_reply *r);
bool inbox_pause_resumes(struct inbox *b, struct inbox_reply *r); /* after a start */

/* inbox_hand.c: what needs no core */
/* How one hears that it worked. */
enum inbox_thanks { BY_FEEDBACK, IN_WORDS };
void inbox_hand_done(
    struct inbox *b, struct inbox_reply *r, const struct inbox_answer *answer,
    enum inbox_thanks how);
void inbox_hand_failed(struct inbox *b, struct inbox_reply *r, const char *reason);
void inbox_act_hand(struct inbox *b, struct inbox_reply *r, struct reply_parsed *p);

/* inbox_approve.c: go, no, edit: to words that wait; false: it is none, or none wait */
bool inbox_approves(struct inbox *b, struct inbox_reply *r);
bool inbox_waits(const struct inbox *b, const struct inbox_reply *r); /* for a `go` to its author's words */

/* inbox_mention.c: is it for nobody in particular? True: the reply is through */
bool inbox_mentions(
    struct inbox *b, struct inbox_reply *r, struct reply_parsed *p, const struct item *item);

/* inbox_enrol.c: a one-time code; true: it was one, and the reply is through */
bool inbox_enrols(
    struct inbox *b, struct inbox_reply *r, const struct people_proof *proof,
    const struct reply_parsed *p);

/* inbox_core.c: commands and what came back */
void inbox_mark(struct inbox_reply *r, const struct incident_view *v);
void inbox_submit(
    struct inbox *b, struct inbox_reply *r, const struct incident_view *v, enum event_verb verb,
    const char *words);
struct inbox_reply *inbox_pending_ack(struct inbox *b, uint64_t incident);
/* It had no effect: the author hears why. */
void inbox_fail(struct inbox *b, struct inbox_reply *r, const char *reason, const char *detail);
void inbox_send(struct inbox *b);
void inbox_time_out(struct inbox *b);

/* The core's own event was seen. */
void inbox_confirm(struct inbox *b, struct inbox_reply *r);

/* inbox_late.c */
enum event_verb inbox_verb(const struct inbox *b, const struct reply_row *row); /* what the core was asked for */
void inbox_confirmed_late(struct inbox *b, const char *mark, const struct event *ev, unsigned verb);

/* inbox_wait.c: is it too late for a command that had to wait? Overtaken: its author has heard so */
bool inbox_came_too_late(const struct inbox *b, const struct inbox_reply *r);
bool inbox_is_overtaken(struct inbox *b, struct inbox_reply *r);

/* inbox_expiry.c: acknowledgements that end by themselves */
void inbox_expiry_set(struct inbox *b, const struct inbox_reply *r, int64_t at_ms);
void inbox_expiry_event(struct inbox *b, const char *node, const struct event *ev);
void inbox_expiry_turn(struct inbox *b);
void inbox_expiry_send(struct inbox *b);
int64_t inbox_expiry_next(const struct inbox *b);
void inbox_expiry_save(struct inbox *b);
int inbox_expiry_load(struct inbox *b, struct err *err);

#endif

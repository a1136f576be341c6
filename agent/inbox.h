/*
 * What happens to a reply (SPEC 4.4): matched, authorised, parsed, submitted,
 * confirmed. Fed by the collector (items), by the control socket (`twicket reply`)
 * and by the sources (what the core did). "Acknowledged" is only ever said when
 * the core's own event came back with our mark.
 */
#ifndef TWICKET_INBOX_H
#define TWICKET_INBOX_H

#include "agent/config.h"
#include "agent/incident.h"
#include "agent/people.h"
#include "agent/store.h"
#include "common/buf.h"
#include "common/event.h"
#include "common/now.h"
#include "notifiers/notifier.h"

struct inbox;

/* Who asks decides about what may be said, and where. */
enum inbox_asker {
	ASKER_PERSON, /* of the configuration */
	ASKER_ANYBODY /* hears what the public may hear */
};

/* What the author gets back (core.c renders it and hands it to the outbox). */
struct inbox_answer {
	const struct reply_row *reply; /* whom, where */
	unsigned account;
	enum say_event event;	       /* SAY_STATUS or SAY_TROUBLE */
	const char *reason;	       /* of TROUBLE: key in the catalogue's `trouble` group */
	const char *text;	       /* the reply's free words: $TEXT$ ("30" of "ack 30") */
	enum inbox_asker asker;
	uint64_t live;		       /* of "closed": the live incident of the same object, 0 = none */
	int64_t until_s;	       /* $UNTIL$ of a downtime; 0 = the incident's own */
	unsigned count, total;	       /* $COUNT$ of $TOTAL$; total 0 = the incident's own */
};

/* Words of somebody who is no person, about nothing that we have said. */
struct inbox_mention {
	const struct reply_row *reply;
	unsigned account;
	const char *link; /* where they stand */
	bool is_me_too;	  /* "me too" and no more: of nothing it says nothing */
	bool has_media;	  /* a picture, say, is with it */
	/* set by whoever takes them */
	const char *reason; /* "known", "ticket", "note" ...; NULL: they mean nothing to us */
	uint64_t incident;  /* that they are about; 0 = none */
	bool is_done;	    /* something came of it */
};

struct inbox_events {
	void *arg;
	/* Sends a COMMAND (cmd->id is the reply's id) to a node; -1: it is not connected. */
	int (*command)(void *arg, const char *node, const struct event *cmd);
	void (*answer)(void *arg, const struct inbox_answer *answer);
	void (*favourite)(void *arg, unsigned account, uint64_t reply, const char *remote_id);
	/* Nothing more is said on that account, until a human resumes it. */
	void (*pause)(void *arg, unsigned account, const char *by);
	/* Is an answer to that reply on its way, or nobody knows whether it arrived? May be NULL. */
	bool (*is_answering)(void *arg, uint64_t reply);
	/* Boosts somebody's reply on our account. */
	void (*boost)(void *arg, unsigned account, uint64_t reply, const char *remote_id);
	/* A person's words, or what was said about them (of that incident, at that time, 0 = ever), are to go. */
	void (*unsay)(void *arg, uint64_t incident, enum say_event event, int64_t at_ms);
	void (*note)(void *arg, uint64_t incident, const char *kind, const char *text);
	/* Something that helped, or the cause; kind: "fixed", "cause", "workaround". May be NULL. */
	void (*learn)(void *arg, const struct reply_row *reply, const char *kind, const char *text, const char *by);
	/* A reply that hangs under something unknown: please GET it (collector) and call inbox_parent(). */
	void (*want_parent)(void *arg, unsigned account, uint64_t reply, const char *remote_id);
	/* NULL: nobody takes mentions. */
	void (*mention)(void *arg, struct inbox_mention *mention);
	/* A reply's author took it away: so it is with what was made of its words; they are appended. May be NULL. */
	void (*gone)(void *arg, const struct reply_row *reply, struct buf *words);
	/* A reply from the command line is through: state and reason say how. */
	void (*local_done)(void *arg, void *ticket, const struct reply_row *reply);
	uint64_t (*next_id)(void *arg);
};

struct inbox *inbox_create(const struct config *config, struct engine *engine, struct people *people,
			   struct store *store, const struct inbox_events *events);
void inbox_destroy(struct inbox *b); /* NULL is fine */
void inbox_set_config(struct inbox *b, const struct config *config);
int inbox_load(struct inbox *b, const struct now *now, struct err *err); /* what was SUBMITTED */

/* Does its author want to hear nothing from us? By account and author_id; when the store cannot say: yes. */
bool inbox_is_stopped(const struct inbox *b, const struct reply_row *row);

/* One collected ITEM_REPLY: once per uri. Writes its row into the open transaction. */
enum emitted inbox_item(struct inbox *b, unsigned account, const struct item *item, const struct now *now);

/* A collected ITEM_REACTION: who is no person counts as one who has the trouble, too. No row is kept of it. */
enum emitted inbox_reaction(struct inbox *b, unsigned account, const struct item *item, const struct now *now);

/* The GET for want_parent came back: its uri ("" = no such status) and its own parent. */
void inbox_parent(struct inbox *b, uint64_t reply, const char *uri, const char *parent_id, const struct now *now);

/* The network was asked for a reply again: what its author took away is not ours to keep (SPEC 4.5 case 13).
 * Nothing is undone; the row stays, and says so. */
enum inbox_look { INBOX_THERE, INBOX_GONE, INBOX_NOT_KNOWN };
void inbox_looked(struct inbox *b, uint64_t reply, enum inbox_look look, const struct now *now);

/* A command of the command line that is no reply: one line of the audit, kept with the next commit. */
void inbox_log(struct inbox *b, const struct audit_row *row);

/* Nothing that was asked of that person waits for their yes any more. */
void inbox_revoked(struct inbox *b, const char *person, const struct now *now);

/* `twicket reply TAG WORDS` by a local user with the rights of a local admin.
 * -1 with err: no such incident, nothing submitted. Else local_done comes, at the latest after 30 s. */
int inbox_local(struct inbox *b, const char *tag, const char *words, const char *user, void *ticket,
		const struct now *now, struct err *err);
/* The client went away: local_done does not come any more. */
void inbox_forget(struct inbox *b, void *ticket);

/* When the acknowledgement that this event reports ends by our own doing (the core may not know an end); 0 = never. */
int64_t inbox_ack_until_s(const struct inbox *b, const struct event *ev);

/* What a core did or said: RESULT, ACK, ACK_GONE, COMMENT, OBJECT, SNAP_END; others are ignored.
 * After engine_event() of the same event. */
void inbox_event(struct inbox *b, const char *node, const struct event *ev, const struct now *now);

void inbox_turn(struct inbox *b, const struct now *now); /* commands that nobody confirmed in 30 s */
bool inbox_is_idle(const struct inbox *b);	 /* no reply is on its way */
int64_t inbox_next(const struct inbox *b);		 /* boot_ms */

/* save() also writes what people.c has to keep. saved(), once the commit succeeded, is
 * the only place that sends commands: no reply's effect is ahead of its row. */
void inbox_save(struct inbox *b);
void inbox_saved(struct inbox *b);

struct inbox_health {
	unsigned submitted; /* commands that wait for the core */
	unsigned denied;    /* refusals in the last 10 min; more than 5: check_twicket warns */
	uint64_t ended[REPLY_STATES]; /* since the agent started: replies by what became of them */
};
void inbox_health(const struct inbox *b, const struct now *now, struct inbox_health *out);

#endif

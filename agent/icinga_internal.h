/*
 * What icinga.c (beginning, end, timers), icinga_poll.c (looking), icinga_stream.c (waking) and
 * icinga_command.c (doing) share.
 */
#ifndef TWICKET_ICINGA_INTERNAL_H
#define TWICKET_ICINGA_INTERNAL_H

#include "agent/icinga.h"

#include "agent/icinga_act.h"
#include "agent/icinga_picture.h"
#include "agent/icinga_site.h"
#include "common/buf.h"

#define ICINGA_POLL_MS 10000
#define ICINGA_POLL_OBJECTS 5000 /* so many are looked at in 10 s; more in proportion */
#define ICINGA_REQUEST_MS 60000
#define ICINGA_ACTION_MS 20000 /* the next one waits for it, and who asked for that hears a reason after 30 s */

/* An answer, kept until the turn in which it is worked on. */
struct icinga_answer {
	bool is_there;
	enum transport transport;
	int status;
	json_t *body; /* NULL: none, or no JSON */
	char error[256];
};

/* The requests of one look, in order. */
enum icinga_step {
	STEP_NONE,
	STEP_STATUS,
	STEP_DEPENDENCIES, /* these three only when the configuration may have changed */
	STEP_SITE_HOSTS,
	STEP_SITE_SERVICES,
	STEP_HOSTS,
	STEP_SERVICES,
	STEP_DOWNTIMES,
	STEP_COMMENTS, /* behind the states: an acknowledgement's is there by then */
	STEP_HOST_OUTPUTS,
	STEP_SERVICE_OUTPUTS,
	STEP_DONE
};

struct described {
	struct described *next, *prev;
	unsigned kind;
	bool is_pending;    /* told as such, and to be told again */
	unsigned looks;	    /* at which it was not found */
	uint64_t looked_at; /* not again before the next look; 0 = not yet */
	const char *service;
	char names[]; /* host NUL service NUL */
};

struct icinga_command;

struct icinga_inventory {
	struct icinga_inventory *next;
	source_inventory_fn *fn;
	void *arg;
};

struct icinga {
	char *node, *url, *connect_to, *login; /* login: a header, or NULL */
	char *ca_file, *cert_file, *key_file;
	struct http *http;
	struct source_events events;
	struct now now; /* of the turn */

	/* looking */
	enum icinga_step step;
	struct http_call *call;
	struct icinga_answer answer;
	json_t *wanted; /* names whose output the step asks for, from which on, and how many at once */
	size_t wanted_at, batch;
	struct picture *picture, *fresh;
	struct site *site, *fresh_site;
	bool is_up, wants_all, wants_site;
	unsigned failures;
	int64_t poll_ms, began_ms, took_ms, all_ms; /* boot */
	int64_t states_ms, site_ms; /* boot: when the states were asked for; which look brought the site */
	uint64_t n_looks; /* that are through */
	int64_t since_ms;			     /* wall */
	double program_start, told_start;
	char core[64];
	char trouble[256];
	uint64_t n_events;

	/* waking */
	struct http_call *stream;
	struct icinga_answer ended;
	struct buf line;
	bool is_woken, is_flowing;
	json_t *heard, *notified; /* notifications: since the look began; before it, to be told behind it */
	int64_t stream_ms, stream_began_ms, stream_wait_ms;
	char stream_trouble[256];

	/* doing */
	struct icinga_command *commands;
	unsigned n_commands;
	struct http_call *acting;
	struct icinga_answer acted;

	struct described *described;
	struct icinga_inventory *inventories;
};

/* icinga.c */
enum icinga_ask {
	ASK_QUERY,  /* GET, by override: a query has a body */
	ASK_ACTION, /* a second one does it twice */
	ASK_STREAM  /* what comes goes to icinga_stream_bytes() */
};
/* path without /v1/; body is taken, NULL = out of memory. NULL: not sent, as the log says. */
struct http_call *icinga_ask(struct icinga *i, enum icinga_ask kind, const char *path, json_t *body, http_done_fn *done);
void icinga_keep_answer(struct icinga_answer *kept, const struct answer *answer);
void icinga_drop_answer(struct icinga_answer *kept);
void icinga_tell(void *arg, const struct event *ev);

/* icinga_poll.c */
void icinga_poll_turn(struct icinga *i);
void icinga_poll_finish(struct icinga *i);
int64_t icinga_poll_next(const struct icinga *i);
/* Another look as soon as one may be had. */
void icinga_wake(struct icinga *i);

/* icinga_stream.c */
void icinga_stream_turn(struct icinga *i);
void icinga_stream_finish(struct icinga *i);
bool icinga_stream_bytes(void *arg, const char *bytes, size_t n);
int64_t icinga_stream_next(const struct icinga *i);
/* What was heard so far is told behind the look that begins now. */
void icinga_stream_hand_over(struct icinga *i);

/* icinga_command.c */
void icinga_command_turn(struct icinga *i);
void icinga_command_start(struct icinga *i);
/* A look is about to be told: what ended by our own doing carries our mark. */
void icinga_command_claim(struct icinga *i);
/* A look is through: what was in doubt is not any more. */
void icinga_command_looked(struct icinga *i);
void icinga_command_finish(struct icinga *i);
int64_t icinga_command_next(const struct icinga *i);
/* Somebody waits for what the next look shows. */
bool icinga_command_awaits_look(const struct icinga *i);

#endif

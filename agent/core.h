/*
 * The agent without its sockets: engine, store, outbox, inbox and collector put
 * together. Driven by agent.c in the daemon and by the scenario and crash tests
 * on a virtual clock: whatever time, chance or a network is to it comes from outside.
 */
#ifndef TWICKET_CORE_H
#define TWICKET_CORE_H

#include "agent/collector.h"
#include "agent/config.h"
#include "agent/inbox.h"
#include "agent/incident.h"
#include "agent/outbox.h"
#include "agent/people.h"
#include "agent/runner.h"
#include "agent/store.h"
#include "common/buf.h"

struct core;

struct core_env {
	const struct carrier *carrier;		      /* where requests go */
	void (*random)(void *bytes, size_t n);
	const struct notifier *(*notifier)(const char *name); /* normally notifier_find */
	/* A ticket desk by its type, normally desk_find; NULL: there are none. */
	const struct notifier *(*desk)(const char *type);
	/* The token of an account into *token (freed by free_token); 0, or -1 with err: no token yet. */
	int (*load_token)(const struct config_account *a, char **token, struct err *err);
	void (*free_token)(char *token);
	const char *boot_id;
	/* Towards the cores. */
	void *source_arg;
	void (*describe)(void *arg, const char *node, unsigned kind, const char *host, const char *service);
	int (*command)(void *arg, const char *node, const struct event *cmd);
	/* All that is watched, please, now and after each change of it: core_watch(), core_watched(). NULL: cannot. */
	void (*inventory)(void *arg);
	/* A reply from the command line is through; ticket as given to core_reply(). */
	void *local_arg;
	void (*local_done)(void *arg, void *ticket, const struct reply_row *reply);
};

/* Builds everything and reads the state from the store. NULL with err. config and store stay the caller's. */
struct core *core_create(const struct config *config, struct store *store, const struct core_env *env,
			 const struct now *now, struct err *err);
void core_destroy(struct core *c); /* NULL is fine */

/* Another configuration: -1 with err and everything as before. The old one may be freed after 0. */
int core_set_config(struct core *c, const struct config *config, const struct now *now, struct err *err);
/* A human acted on an account (-1 = all): back-off and pauses end. */
void core_resume(struct core *c, int account, const struct now *now);
/* `twicket auth` stored a token: reads it and goes on. -1 with err. */
int core_reload_token(struct core *c, int account, const struct now *now, struct err *err);

void core_node_up(struct core *c, const char *node, const char *epoch, const struct now *now);
void core_node_down(struct core *c, const char *node, const struct now *now);
void core_event(struct core *c, const char *node, const struct event *ev, const struct now *now);
void core_object(struct core *c, const char *node, unsigned kind, const char *host, const char *service,
		 struct object *o, const struct now *now);

/* What a node watches, and how many of it the sentinels match. */
void core_inventory(struct core *c, const char *node, unsigned objects, unsigned sentinels,
		    const struct now *now);

/* From so many nodes comes now all that they watch: object by object, a NULL behind the last one of each. */
void core_watch(struct core *c, unsigned nodes);
bool core_awaits_objects(const struct core *c);
void core_watched(struct core *c, const struct object *o, const struct now *now);

/*
 * Is more of the same storm on its way, and nothing that must not wait? Then the next turn may
 * come a little later, as core_wait_ms() says: one commit keeps what many would.
 */
bool core_is_gathering(const struct core *c, const struct now *now);
/* One turn: what is due is decided, committed, and only then let out. */
void core_turn(struct core *c, const struct now *now);
/* Behind it, with the time by then: a commit may have waited for the disk, and company counts from its end. */
void core_turned(struct core *c, const struct now *now);
/* Milliseconds until the next turn is due by itself, at most max_ms. */
int core_wait_ms(const struct core *c, const struct now *now, int max_ms);

/* `twicket reply`; see inbox_local(). */
int core_reply(struct core *c, const char *tag, const char *words, const char *user, void *ticket,
	       const struct now *now, struct err *err);
void core_forget(struct core *c, void *ticket);
/* The answer to `?` in words, for the command line. */
int core_status_text(struct core *c, uint64_t incident, const struct now *now, struct buf *out);
/*
 * What helped in the last three incidents like it, a line each, for one answer of at most max
 * characters in an account's language. 1: nothing is known; -1: there is no such incident.
 */
int core_last_text(struct core *c, uint64_t incident, unsigned account, unsigned max, const struct now *now,
		   struct buf *out);
/* What a reason says of it: "db1/Postgres: noted, expected by 16:00." */
int core_reason_text(struct core *c, uint64_t incident, const char *reason, const struct now *now,
		     struct buf *out);

/* For the control socket; borrowed. */
const struct config *core_config(const struct core *c);
struct engine *core_engine(struct core *c);
struct outbox *core_outbox(struct core *c);
struct ledger *core_ledger(struct core *c);
struct collector *core_collector(struct core *c);
struct store *core_store(struct core *c);
struct inbox *core_inbox(struct core *c);
struct tickets *core_tickets(struct core *c);
/* An account's server's clock minus ours, ms; 0 = not known. */
int64_t core_skew_ms(const struct core *c, unsigned account);
/* Why nothing can be kept right now. NULL: it can. */
const char *core_store_trouble(const struct core *c);
/* The same, or what of it is damaged although rows can be written. */
const char *core_store_fault(const struct core *c);
/* NULL: the account has a token. Else why not. */
const char *core_login_trouble(const struct core *c, unsigned account);
/* Public names that an audience was told for an incident: fn once each. */
void core_public_names(struct core *c, uint64_t incident, const char *audience, const struct now *now,
		       void (*fn)(void *arg, const char *name), void *arg);

#endif

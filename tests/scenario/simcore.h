/*
 * A simulated monitoring core for tests: a handful of objects with states, which
 * answers descriptions, takes commands, and reports what happens as the module
 * would. It speaks to core.c directly; the wire is tested elsewhere.
 */
#ifndef TWICKET_SIMCORE_H
#define TWICKET_SIMCORE_H

#include "agent/core.h"

struct simcore;
struct simtongue;

/* What the core executed, one call per command: "ack mx1/SMTP alice: text T7K2:r12". */
typedef void simcore_log_fn(void *arg, const char *line);

struct simcore *simcore_create(const char *node, simcore_log_fn *log, void *arg);
void simcore_destroy(struct simcore *s);

/* Before anything else: it is no core with a module, nor are its peers. */
void simcore_speak(struct simcore *s, const struct simtongue *tongue);
extern const struct simtongue simicinga; /* an Icinga 2: the agent asks it what is, and compares */
/* What happened since is seen by whoever looks for himself; of no effect on a module. */
void simcore_look(struct simcore *s, const struct now *now);

/* The node of that name: s itself or another one, made when it is first asked for. s owns it. */
struct simcore *simcore_peer(struct simcore *s, const char *node);

/* Declares an object: "mx1" or "mx1/SMTP", then "key=value" words as in a DESCRIPTION. */
void simcore_object(struct simcore *s, const char *name, const char *const *pairs, unsigned n);
void simcore_remove(struct simcore *s, const char *name);
/* Killed, it came back with what its last file kept of it, or with nothing: it is OK, and nobody looked. */
void simcore_forget(struct simcore *s, const char *name, bool all);
/* A result that is OK, and no change: it says nothing. */
void simcore_fine(struct simcore *s, const char *name, const struct now *now);

/* The agent that it is connected to; NULL: none. */
void simcore_attach(struct simcore *s, struct core *core);

/* Connects: a new epoch when restarted; what waited in the ring, then a snapshot. */
void simcore_connect(struct simcore *s, bool restarted, const struct now *now);
/* What its ring could not hold while nobody was connected. */
void simcore_lose(struct simcore *s, unsigned n);
/* What an inventory would count. */
void simcore_inventory(struct simcore *s, unsigned objects, unsigned sentinels, const struct now *now);
void simcore_disconnect(struct simcore *s, const struct now *now);

/* Events. false: no such object, or the words make no sense. state "CRITICAL", "DOWN" ... */
bool simcore_state(struct simcore *s, const char *name, const char *state, bool hard, const char *output,
		   const struct now *now);
bool simcore_ack(struct simcore *s, const char *name, const char *author, const char *text, const struct now *now);
bool simcore_unack(struct simcore *s, const char *name, const struct now *now);
bool simcore_downtime(struct simcore *s, const char *name, bool begins, const struct now *now);
/* A scheduled downtime: steps "start", "stop" (its end has come), "cancel". */
struct simplan {
	unsigned id;
	int64_t from_s, to_s, flexible_s; /* flexible_s: so long once it has begun; 0 = fixed */
	const char *author, *text;
};
bool simcore_plan(struct simcore *s, const char *name, const struct simplan *is, const struct now *now);
/* The host and each of its services, numbered from id on; how many. */
unsigned simcore_plan_host(struct simcore *s, const char *host, const struct simplan *is, const struct now *now);
bool simcore_plan_step(struct simcore *s, unsigned id, const char *step, const struct now *now);
void simcore_forget_plans(struct simcore *s); /* as a core without retention that restarts */
bool simcore_flapping(struct simcore *s, const char *name, bool starts, const struct now *now);
bool simcore_notify(struct simcore *s, const char *name, const char *contact, const struct now *now);
bool simcore_is_acked(const struct simcore *s, const char *name, const char **author);

/* For core_env: arg is the simcore. Queued; simcore_deliver() answers. */
void simcore_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service);
int simcore_command(void *arg, const char *node, const struct event *cmd);
/* All things are told, now and after each connect. */
void simcore_list(void *arg);
/* The check that a command asked for has its result: the object as it is. false: none was asked for. */
bool simcore_checked(struct simcore *s, const char *name, const struct now *now);
/* Answers what was asked; true when there was something. */
bool simcore_deliver(struct simcore *s, const struct now *now);
/* Commands are swallowed from now on (a core that hangs). */
void simcore_mute(struct simcore *s, bool mute);
/* Nothing is answered until it is not busy any more (its main loop has no time). */
void simcore_busy(struct simcore *s, bool busy);

#endif

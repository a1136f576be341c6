/*
 * An old nagios.log, played to rehearsals line by line: what the module would have
 * reported, with the states, acknowledgements and downtimes as the log tells them. Memory
 * grows with the objects, not with the log. For `twicket replay`.
 */
#ifndef TWICKET_REPLAY_H
#define TWICKET_REPLAY_H

#include "agent/rehearse.h"
#include "agent/world.h"

struct replay;

struct replay_facts {
	int64_t from_s, to_s;
	uint64_t lines, broken; /* broken: of a kind that we know, but without sense */
	uint64_t changes;	/* of state */
	uint64_t problems;	/* HARD ones that began */
	unsigned open;		/* that were there at the beginning */
	unsigned objects, strangers; /* in the log; and of those not known to the world */
	uint64_t backwards;	/* lines that are older than the one before, by more than a minute */
	unsigned unnamed;	/* downtimes taken back by a number, which no log tells */
	uint64_t refused;	/* lines of more objects than we follow */
};

/* The world stays the caller's. NULL without memory. */
struct replay *replay_create(struct world *world);
void replay_destroy(struct replay *r); /* NULL is fine; the rehearsals are the caller's */

/* Before the first line. -1 without memory. */
int replay_add(struct replay *r, struct rehearsal *rehearsal);

/* Hears every event that the rehearsals get, with its time: to see what a log was taken for. */
void replay_listen(
    struct replay *r, void (*fn)(void *arg, const struct event *ev), void *arg);

/*
 * For the `object` of a rehearsal's order: what the world has, as the log has it by now;
 * NULL where the log says that the core does not have it any more.
 */
struct object *
replay_object(struct replay *r, unsigned kind, const char *host, const char *service);

/* A new file begins; its name is for errors, and the caller's until the next one. */
void replay_file(struct replay *r, const char *name);
/* The next bytes of the file. -1 with err: this is no nagios.log. */
int replay_feed(struct replay *r, const char *bytes, size_t n, struct err *err);
/* The file is over. -1 with err as above, also when there was nothing in it. */
int replay_file_end(struct replay *r, struct err *err);
/* All files are: deadlines up to the last line. */
void replay_end(struct replay *r);

void replay_facts(const struct replay *r, struct replay_facts *out);

#endif

/*
 * The module's end of the socket: ring, connect and back-off, handshake, batched
 * writes, frames that come in. Knows no header of a core: neb.c lends it the
 * core's loop as function pointers and calls the three sender_on_*().
 */
#ifndef TWICKET_SENDER_H
#define TWICKET_SENDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/event.h"

struct sender_config {
	char socket[108]; /* fits sun_path */
	char node[EVENT_NAME_MAX + 1];
	char epoch[80]; /* boot id, load time */
	char core[64]; /* "nagios 4.4.6" */
	size_t ring_bytes;
	uid_t agent_uid; /* the listener must run as root or as this one */
};

enum sender_verdict {
	SENDER_DONE,
	SENDER_LATER, /* keep the frame and all behind it until the next turn */
	SENDER_BAD /* not a message of ours: drop the connection */
};

struct sender_hooks {
	/* the core's loop; a watched descriptor calls sender_on_readable or sender_on_writable */
	int (*watch_in)(int fd);
	int (*watch_out)(int fd);
	void (*unwatch)(int fd);
	void (*log)(const char *text); /* one line, clean */
	void (*ready)(void); /* the agent said WELCOME; what was kept is sent before what this asks for */
	void (*lost)(void); /* a full ring was emptied and LOST is on its way */
	enum sender_verdict (*take)(const struct event *ev);
	int (*work)(void); /* one slice; true while there is more to send */
};

/* Allocates the ring. Returns -1 when there is no memory. Both structs are copied. */
int sender_open(const struct sender_config *config, const struct sender_hooks *hooks);

/* Takes the socket out of the core's loop; then one last message; then all is released. Returns
 * how many events the agent did not get. */
void sender_leave_loop(void);
uint64_t sender_close(void);

/*
 * Whether events are wanted: they are kept while the agent is away and sent, before a snapshot,
 * when it is back. Open from sender_open() to sender_close(); ready when connected and welcomed.
 */
int sender_is_open(void);
int sender_is_ready(void);

/*
 * Copies ev into the ring with the next sequence number. A full ring is emptied,
 * counted and followed by LOST. Returns -1 for what the wire refuses (a name
 * longer than EVENT_NAME_MAX), which is counted in sender_skipped().
 */
int sender_put(struct event *ev);
uint64_t sender_skipped(void);

/* Room for `need` bytes and half a ring for the callbacks; what can wait asks first. */
int sender_has_room(size_t need);

/* See to it that work() is called in the next turn of the loop. */
void sender_kick(void);

/* Writes once what is in the ring, as far as the socket takes it. */
void sender_flush(void);

void sender_on_tick(int64_t now_ms); /* once a second; monotonic */
void sender_on_readable(void);
void sender_on_writable(void);

#endif

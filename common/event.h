/*
 * The wire between the module and the agent: one versioned binary format.
 * Encoded and decoded by event.c on both sides of a local unix socket, and the
 * engine's input as well. Nothing here allocates, and no byte is trusted.
 *
 * A frame is the 80-byte head below in host byte order (the socket never leaves
 * the machine), the strings in the order of their lengths, each followed by a
 * NUL that its length does not count, and the list. The first 32 bytes mean the
 * same in every version, so that a HELLO of any version can be read and refused.
 */
#ifndef TWICKET_EVENT_H
#define TWICKET_EVENT_H

#include <stddef.h>
#include <stdint.h>

/*
 * DESCRIPTION and INVENTORY carry pairs: key, value, key, value. Keys:
 *   display alias address hostgroup servicegroup contact contactgroup _NAME
 *     of the object itself; contact includes the members of its contactgroups;
 *     _NAME is a custom variable, its name in capitals as the core has it
 *   commander
 *     in a description: a contact who may submit commands for it in the web interface: of the
 *     object, of its contactgroups and escalations, and for a service of its host likewise
 *   hostgroup parent ancestor host._NAME
 *     in a service's description: those of its host
 *   parent ancestor child
 *     of a host: next hosts towards us, all hosts on the way (nearest first), next hosts behind
 *   service, then .servicegroup .contact .contactgroup ._NAME
 *     of a host: one of its services; the dotted keys follow only for a service that has
 *     a _TWICKET_PUBLIC or _TWICKET_PUBLIC_* variable
 * A long list comes in several messages with one id, all but the last with MORE;
 * a pair is never split.
 */
#define EVENT_VERSION 1u
#define EVENT_MAGIC 0x544b5731 /* "TKW1", in HELLO's code: wrong byte order or no twicket at all */
#define EVENT_MAX 65536u       /* bytes of a whole frame */
#define EVENT_NAME_MAX 1000u   /* bytes of a host or service name; longer ones are not followed */
#define EVENT_TEXT_MAX 2000u   /* bytes of output or comment kept; the rest is cut */

enum event_type {
	/* from the module */
	EVENT_HELLO = 1,    /* seq=that before the next message; id=version code=magic host=node service=epoch text="FAMILY CORE-VERSION" author=module version */
	EVENT_STATE,	    /* a state change: kind state flags attempt max time since last_ok host service text=output */
	EVENT_OBJECT,	    /* one object of a snapshot: as STATE; in an ACKED one author and mark are of its ack comment, if known */
	EVENT_SNAP_BEGIN,   /* id=snapshot; sub=scope; host set: only that host's services follow */
	EVENT_SNAP_END,	    /* id; code=objects sent */
	EVENT_ACK,	    /* kind flags(STICKY NOTIFY PERSISTENT OURS) until host service author text mark(when OURS) */
	EVENT_ACK_GONE,	    /* kind flags(OURS) host service mark(when OURS) */
	EVENT_COMMENT,	    /* kind id=comment sub=comment entry type flags(PERSISTENT OURS) host service author text mark */
	EVENT_COMMENT_GONE, /* kind id=comment sub host service */
	EVENT_DOWNTIME,	    /* kind id sub=enum event_downtime since until host service author text flags(FIXED CANCELLED OURS)
			       mark(when OURS);
			       STOP: code=other downtimes of the object that go on; in a snapshot of all, behind
			       its BEGIN: each that the core has, as ADD, with IN_DOWNTIME when it runs */
	EVENT_FLAPPING,	    /* kind flags(FLAPPING when it starts) host service */
	EVENT_NOTIFIED,	    /* a contact was notified: kind state sub=core's reason host service author=contact text */
	EVENT_PROCESS,	    /* sub=enum event_process */
	EVENT_LOST,	    /* code=events that a full ring lost since the last LOST; a snapshot follows */
	EVENT_DESCRIPTION,  /* id=request code=0, or -1 unknown object; kind state since last_ok host service list=pairs;
			       flags(MORE UNCHECKED) */
	EVENT_MEMBERS,	    /* id=request code=0, or -1 unknown group; list=names; flags(MORE) */
	EVENT_INVENTORY,    /* id=request; one object: kind host service list=pairs as DESCRIPTION, of relations only parent */
	EVENT_INVENTORY_END, /* id=request code=objects sent */
	EVENT_RESULT,	    /* id=command code=enum event_code or the core's own code text=reason; flags(MORE) of
			       a RECHECK: a second one with its id comes with what the check gave: kind state text */
	/* from the agent */
	EVENT_WELCOME = 64, /* id=version: the module may send: what it kept meanwhile, then a snapshot */
	EVENT_REFUSE,	    /* id=version code=seconds to wait text=reason */
	EVENT_SNAPSHOT,	    /* id: please send one */
	EVENT_DESCRIBE,	    /* id kind host service */
	EVENT_GROUP,	    /* id sub=enum event_group host=group's name */
	EVENT_LIST,	    /* id: INVENTORY of all objects */
	EVENT_COMMAND	    /* id sub=enum event_verb kind flags(STICKY NOTIFY PERSISTENT) until host service author text mark */
};

enum event_kind { EVENT_NONE, EVENT_HOST, EVENT_SERVICE };

enum event_flag {
	EVENT_HARD = 1u << 0, /* state type; else SOFT */
	EVENT_ACKED = 1u << 1,
	EVENT_STICKY = 1u << 2,
	EVENT_FLAPS = 1u << 3,
	EVENT_IN_DOWNTIME = 1u << 4, /* its own, or for a service its host's */
	EVENT_NOTIFY = 1u << 5,
	EVENT_PERSISTENT = 1u << 6,
	EVENT_MORE = 1u << 7,	 /* another part with the same id follows */
	EVENT_OURS = 1u << 8,	 /* happened inside one of our own commands; mark is that command's */
	EVENT_CANCELLED = 1u << 9,
	EVENT_FIXED = 1u << 10,
	EVENT_UNCHECKED = 1u << 11, /* never had a result */
	EVENT_HOST_DOWN = 1u << 12  /* a service whose host is not UP */
};
#define EVENT_FLAGS_ALL ((1u << 13) - 1)

enum event_downtime { EVENT_DOWNTIME_ADD = 1, EVENT_DOWNTIME_START, EVENT_DOWNTIME_STOP, EVENT_DOWNTIME_DELETE };
enum event_process { EVENT_PROCESS_START = 1, EVENT_PROCESS_RESTART, EVENT_PROCESS_SHUTDOWN };
enum event_group { EVENT_HOSTGROUP = 1, EVENT_SERVICEGROUP };
/* A module that does not know a verb answers EVENT_CODE_REFUSED with EVENT_NO_SUCH_COMMAND. */
enum event_verb {
	EVENT_VERB_ACK = 1,
	EVENT_VERB_UNACK,
	EVENT_VERB_COMMENT,
	EVENT_VERB_DOWNTIME,	    /* fixed, from now until `until`; of a host with its services */
	EVENT_VERB_DOWNTIME_CANCEL, /* of all that we made under the tag of its mark; text: under that mark only */
	EVENT_VERB_RECHECK	    /* forced, now */
};
#define EVENT_NO_SUCH_COMMAND "no such command"

enum event_code {
	EVENT_CODE_OK = 0,	     /* the core took it; its own event follows or not */
	EVENT_CODE_CORE_MAX = 99,    /* 1..99: the core's own code */
	EVENT_CODE_UNKNOWN_OBJECT = 100,
	EVENT_CODE_NOT_A_PROBLEM,    /* OK or UP: the core would drop it without a trace */
	EVENT_CODE_NOT_ACKED,	     /* nothing to remove */
	EVENT_CODE_REFUSED,	     /* verb or field not on the allow-list */
	EVENT_CODE_NO_DOWNTIME,	     /* none of ours to cancel */
	EVENT_CODE_NOT_CARRIED	     /* it did not reach the core, and will not */
};

/* Numbers as the cores have them. Services: OK, WARNING, CRITICAL, UNKNOWN. Hosts: UP, DOWN, UNREACHABLE. */
enum event_state { EVENT_OK = 0, EVENT_WARNING = 1, EVENT_CRITICAL = 2, EVENT_UNKNOWN = 3 };
enum event_host_state { EVENT_UP = 0, EVENT_DOWN = 1, EVENT_UNREACHABLE = 2 };

/*
 * One message. The numbers stand in the order of the wire and are copied in one
 * piece; strings are borrowed: from the caller when encoding, from the input
 * when decoding. A string that is NULL goes out as ""; decoded ones are never NULL.
 */
struct event {
	uint32_t size; /* set by encode and decode */
	uint8_t type, kind, state, sub;
	uint32_t flags;
	uint32_t id;
	int32_t code;
	uint16_t attempt, max_attempts;
	uint64_t seq;	 /* of the sender, one more per message; 0 = not counted */
	int64_t time_us; /* when it happened, wall clock */
	int64_t since;	 /* s: last hard state change; start of a downtime */
	int64_t until;	 /* s: end of a downtime or acknowledgement; 0 = none */
	int64_t last_ok; /* s: last time OK or UP; 0 = never */
	const char *host, *service, *text, *author, *mark;
	const char *list; /* NUL-terminated strings, one behind the other */
	uint32_t list_len; /* bytes of all of them, NULs included */
};

/*
 * Writes the frame. Names over EVENT_NAME_MAX and frames over EVENT_MAX are
 * refused; text, author and mark are cut to EVENT_TEXT_MAX.
 * Returns the bytes written, 0 when refused or cap is too small.
 */
size_t event_encode(const struct event *ev, void *out, size_t cap);

/*
 * Reads the first frame of `have` bytes. 1: ev is filled, *used bytes are done
 * with, its strings point into `in`. 0: not yet whole. -1: not ours; drop the
 * connection.
 */
int event_decode(const void *in, size_t have, struct event *ev, size_t *used);

/* Walks a list: NULL starts; returns NULL behind the last string. */
const char *event_list_next(const struct event *ev, const char *at);

/* "STATE" and the like, for logs; "?" for what is none. */
const char *event_type_name(unsigned type);

/* Nagios' word: "CRITICAL", "DOWN"; kind tells which numbers are meant. */
const char *event_state_word(unsigned kind, unsigned state);

#endif

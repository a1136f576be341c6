/*
 * What is said: facts in, the text of one post out (SURFACE section 3).
 * Called by core.c with what the engine decided, by config.c to check overrides,
 * by control.c for the status query. Pure: no clock, no I/O; the time zone is set
 * once per process. Foreign text is neutralised here, before it is counted.
 */
#ifndef TWICKET_WORDS_H
#define TWICKET_WORDS_H

#include "common/buf.h"
#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

/* The sentences, in the catalogues' spelling (words_event_name). */
enum say_event {
	SAY_PROBLEM,
	SAY_AGAIN,
	SAY_WORSE,
	SAY_UPDATE,
	SAY_ACK,
	SAY_UNACK,
	SAY_RECOVERY,
	SAY_PAST,
	SAY_FLAPPING,
	SAY_STABLE,
	SAY_BEGUN,
	SAY_ENDED,
	SAY_ENDED_BAD,
	SAY_PART_OF,
	SAY_STATUS,   /* the answer to `?` */
	SAY_TROUBLE,  /* the private answer when a command had no effect */
	SAY_ADOPTED,  /* "300 problems were open when I came" */
	SAY_LOST,     /* a source is lost: operators only */
	SAY_GONE,     /* the object is no longer monitored */
	SAY_ALARM,    /* one of our accounts cannot speak, and why: operators only */
	SAY_ALARM_OVER,
	SAY_PLANNED,	/* maintenance announced */
	SAY_SOON,	/* announced again: it begins in $DURATION$ */
	SAY_EXTENDED,	/* its end is another now */
	SAY_CANCELLED,
	SAY_STORM,	/* too many new incidents: from here on a summary */
	SAY_DIGEST,	/* what came and went while we held our tongue, and what is still so */
	SAY_SAY,	/* a person's own words */
	SAY_RETRACT,
	SAY_FIXED,	/* "what fixed it?" */
	SAY_ESCALATE,	/* nobody has it: people are mentioned */
	SAY_CUT_OFF,	/* we may be cut off: operators only */
	SAY_REJOINED,	/* we are not any more */
	SAY_OPENED,	/* an incident by hand */
	SAY_CLOSED,	/* its end */
	SAY_MAJOR,
	SAY_NOT_MAJOR,
	SAY_ETA,	/* a person promised an end */
	SAY_ETA_NEAR,	/* that end is near: operators only */
	SAY_KNOWN_ERROR, /* a known error, its workaround: operators only */
	SAY_UNREACHABLE, /* hosts that nothing of ours explains */
	SAY_MOVED,	/* maintenance: its beginning is another now */
	SAY_RECALLED,	/* maintenance that runs: a false alarm */
	SAY_DISAGREE,	/* two nodes say different things of one object: operators only */
	SAY_KNOWN,	/* to operators: so many people report it; to one of them: it is known */
	SAY_OVER,	/* to one who was told that it is known: it is over */
	SAY_TICKET,	/* to one who reports something: here is its number; to operators: what he says */
	SAY_ANSWER,	/* to one who reported something: what the desk says */
	SAY_APPROVE,	/* words for other people, not sent before somebody says `go` */
	SAY_EVENTS
};

#define SAY_BIT(event) (UINT64_C(1) << (event))
#define SAY_ENDS                                                                                   \
	(SAY_BIT(SAY_RECOVERY) | SAY_BIT(SAY_PAST) | SAY_BIT(SAY_STABLE) | SAY_BIT(SAY_CLOSED) |   \
	 SAY_BIT(SAY_ENDED))
/* Of a set of sentences: one of SAY_ENDS stood before any SAY_AGAIN. No event has this bit. */
#define SAY_END_FIRST (UINT64_C(1) << 63)

static inline uint64_t say_add(uint64_t bits, enum say_event event)
{
	bool has_turned = bits & (SAY_ENDS | SAY_BIT(SAY_AGAIN));

	return bits | SAY_BIT(event) | (!has_turned && (SAY_BIT(event) & SAY_ENDS) ? SAY_END_FIRST : 0);
}

enum say_symbol { SYMBOL_RED, SYMBOL_YELLOW, SYMBOL_GREEN, SYMBOL_WHITE };

/* One of several in a list: to the public a name, to operators object, state and tag. */
struct say_span {
	const char *name;  /* public name, or object */
	const char *state; /* "DOWN"; NULL = not said */
	const char *tag;   /* "T9QM"; NULL = not said */
	int64_t since, until; /* wall seconds; until 0 = still */
};

/*
 * The facts of one sentence. 0, NULL and "" mean "not known": the macro is empty.
 * Everything may be foreign and hostile; words.c neutralises each value.
 * Public audiences (internals = false) are given only names, times and counts.
 */
struct say {
	enum say_event event;
	enum say_symbol symbol;
	const char *tag;	    /* "T7K2" */
	const char *const *names;   /* public names, each once: $NAME$ */
	unsigned n_names;
	const char *object;	    /* "db1/Postgres": $OBJECT$ */
	const char *host, *service; /* Nagios' own $HOSTNAME$ $SERVICEDESC$ */
	const char *state, *was;    /* Nagios' words */
	const char *output;
	const char *const *members; /* other objects of the incident: $MEMBERS$ */
	unsigned n_members;
	unsigned with_services;	    /* a host DOWN: how many services it has: $WITH$ */
	const char *owner;	    /* who acknowledged */
	bool acked;		    /* $WHO$ */
	bool by_restart;	    /* it recovered while the monitoring restarted: $HOW$ */
	const char *text;	    /* somebody's words: $TEXT$ */
	const char *parent;	    /* the incident that it is part of: "mx1 #T9QM" */
	const char *writer;	    /* who is answered, as the network addresses them: "@alice@server" */
	const char *reason;	    /* of SAY_TROUBLE: key in the catalogue's `trouble` group */
	unsigned times;		    /* how often broken: 2 = "2nd time" */
	unsigned nth;		    /* which of its kind in its thread, where no time tells it from the one
				     * before (a second ended_bad): 2 = "2nd time"; 0, 1: $NTH$ is empty */
	unsigned count;
	int64_t since, until, at, eta; /* wall seconds: $SINCE$ $UNTIL$ $AT$ $ETA$ */
	int64_t duration;	       /* seconds: $DURATION$; -1 = not known */
	int64_t now;		       /* wall seconds: decides whether a weekday is needed */
	int64_t next;		       /* when the next line comes at the latest: $NEXT$ */
	int64_t asked; /* of an answer, where what was said before is refused: $ASKED$; 0 = it is not */
	const char *last_fix;	       /* what helped the last time: $LASTFIX$ */
	const struct say_span *spans; /* what came and went: $LIST$ */
	unsigned n_spans;
	const struct say_span *open; /* what is still so: $NOW$ */
	unsigned n_open;
	bool has_now;	     /* $NOW$ is known: n_open 0 means that all works */
	struct say_span longest; /* $LONGEST$; name NULL = none */
	unsigned lost;	     /* events that never reached us: $LOST$ */
	unsigned total;	     /* of which `count` are a part: $TOTAL$ */
	const char *const *mentions; /* people to be called, as the network addresses them: $MENTIONS$ */
	unsigned n_mentions;
	int64_t interval;    /* seconds: $INTERVAL$ */
	const char *ticket;  /* its number at the desk, or the name of a report: $TICKET$ */
};

struct words; /* the catalogue of one language, parsed */

/* "en", "de". NULL with err: no such language, or a catalogue that does not parse. */
struct words *words_open(const char *language, struct err *err);
void words_close(struct words *w); /* NULL is fine */

/* NULL-terminated list of the shipped languages. */
const char *const *words_languages(void);

/*
 * The lists of texts in one group of the catalogue, in its order: "replies", what people
 * say to us, or "times". fn gets the name of the list and one of its texts; -1 stops.
 * 0; -1 with err: no such group, not a list of texts, or what fn said.
 */
typedef int words_list_fn(void *arg, const char *list, const char *text, struct err *err);
int words_lists(
    const struct words *w, const char *group, words_list_fn *fn, void *arg, struct err *err);

/* What stands for the words of somebody who sent a picture and none. */
const char *words_picture(const struct words *w);

/* "problem" <-> SAY_PROBLEM; -1 when there is none. */
const char *words_event_name(enum say_event event);
int words_event_find(const char *name);

/*
 * Checks one template of one event: macros known, brackets balanced, $TAG$ present, and
 * only public macros unless internals; $TEXT$ is public where it can only be a person's
 * official words (say, retract, opened, closed). -1 with err.
 */
int words_check(const char *text, enum say_event event, bool internals, struct err *err);

/* Checks a link pattern: http(s), and only $HOSTNAME$, $SERVICEDESC$ and $TAG$ in it. */
int words_check_link(const char *pattern, struct err *err);

/* NULL-terminated list of what say.reason may be: "already_ok", "not_confirmed" ...
 * Any other is told as the last one, "other". */
const char *const *words_reasons(void);

/* How a network counts: fills units and limit (see notifier.h measure). */
typedef void words_measure(const void *arg, const char *text, unsigned *units, unsigned *limit);

struct words_want {
	const struct words *words;
	const char *base;     /* "public" or "operators" */
	const char *override; /* a template that replaces the catalogue's; NULL = none */
	const char *link;     /* pattern of $LINK$; NULL or "" = none */
	words_measure *measure; /* NULL = no limit */
	const void *measure_arg;
};

/*
 * The post's text. When it is too long, fields are dropped in order: $OUTPUT$ and
 * $TEXT$ lose whole words, lists become "and 4 more", then [parts] go, last first.
 * 0; 1 when the catalogue has no sentence for it (say nothing); -1 with err.
 */
int words_say(const struct words_want *want, const struct say *say, struct buf *out,
	      struct err *err);

/*
 * Foreign text made harmless for a network: no mention, hashtag, cashtag or link
 * comes alive, no control or bidirectional character stays, newlines become blanks.
 */
void words_neutralise(const char *text, struct buf *out);

/*
 * A text of ours (newlines, tags and signs stay as they are) in which no network sees a
 * link: "example[.]org", "https[:]//x". For networks that take more money for one. Idempotent.
 */
void words_unlink(const char *text, struct buf *out);

/* What helped once: "3 May, cleared /var/spool, alice, held 4 times". */
struct say_fix {
	int64_t at;	    /* wall seconds */
	const char *object; /* where, if it was not here; else NULL */
	const char *text, *by;
	unsigned held; /* times; 0 = not known to have */
};
/* Appends it, its text cut to so many characters; as foreign as it came. */
void words_fix(const struct words *w, const struct say_fix *fix, int64_t now, unsigned max, struct buf *out);

/* "1 h 20 min", "42 min", "30 s", "2 d 4 h". */
void words_duration(int64_t seconds, struct buf *out);

#endif

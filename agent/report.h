/*
 * The arithmetic of `twicket report`: what a month was like, from the facts of its incidents.
 * Pure: no I/O, no clock; the time zone is the process's. Times are wall-clock seconds.
 */
#ifndef TWICKET_REPORT_H
#define TWICKET_REPORT_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- spans of time ------------------------------------------------------------------- */

struct report_span {
	int64_t from_s, to_s; /* to_s itself is not in it */
};

/* Sorts them, joins what overlaps or touches, drops what is empty; returns how many are left. */
size_t report_union(struct report_span *at, size_t n);
/* The two are unions. */
int64_t report_length(const struct report_span *at, size_t n);
int64_t report_common(const struct report_span *a, size_t n_a, const struct report_span *b, size_t n_b);

/* --- a month --------------------------------------------------------------------------- */

struct report_month {
	unsigned number;	  /* 202611 */
	struct report_span whole; /* local midnight to local midnight */
	int64_t until_s;	  /* its end, or now where it is not over */
};

/* "2026-11"; NULL: the month of now. -1 with err: no month, or one that is still to come. */
int report_month(const char *text, int64_t now_s, struct report_month *month, struct err *err);

/* --- how long things took ---------------------------------------------------------------- */

struct report_times {
	size_t n; /* 0: the rest is 0 */
	int64_t mean_s, median_s;
	int64_t p90_s; /* nine of ten were not longer */
};

struct report_times report_times(int64_t *at_s, size_t n); /* sorts them */

/* --- incidents ------------------------------------------------------------------------------ */

enum report_flag {
	REPORT_TOLD = 1, /* to anybody */
	REPORT_PUBLIC = 2,
	REPORT_MAJOR = 4,
	REPORT_BY_HAND = 8,
	REPORT_MAINTENANCE = 16, /* a planned one: counted apart, and nothing of it but its `work` */
	REPORT_RETRACTED = 32
};

enum report_ack { REPORT_ACK_NEVER, REPORT_ACK_REPLY, REPORT_ACK_WEB };
#define REPORT_ACKS 3

struct report_flap {
	const char *object;
	struct report_span span; /* to_s 0: still */
};

struct report_incident {
	const char *tag, *object;
	unsigned flags;
	int64_t begun_s, until_s; /* until_s 0: it is not over */
	int64_t told_s, acked_s;  /* 0: not yet */
	enum report_ack acked_by;
	unsigned times; /* how often it broke; 1 = once */
	unsigned posts; /* of that month */
	unsigned reports, confirmed;
	/* to_s 0: still */
	const struct report_span *bad, *public, *work; /* work: planned, and said in public to run */
	size_t n_bad, n_public, n_work;
	const struct report_flap *flaps;
	size_t n_flaps;
	const char *const *names; /* that the public was told */
	size_t n_names;
};

/*
 * Posts that were not worth it, as seen afterwards: of a false alarm; of what was over so soon
 * after it was told that nobody can have acted on it, and nobody acknowledged it; of what was
 * called over and broke again three times.
 */
enum report_noise { REPORT_USEFUL, REPORT_FALSE_ALARM, REPORT_SHORT, REPORT_OFTEN };
#define REPORT_NOISES 4
#define REPORT_SHORT_S 300 /* to read a post, to log in, to look */
#define REPORT_OFTEN_TIMES 4

enum report_noise report_judge(const struct report_incident *i);

/* --- the sums ---------------------------------------------------------------------------------- */

struct report_subject {
	const char *name;
	unsigned times;
	int64_t s;
	int64_t apart_s; /* of a public name: bad while maintenance was planned, not in s */
};

struct report_list {
	const struct report_subject *at; /* the worst first */
	size_t n;
};

#define REPORT_TAGS 8 /* that are named */

struct report_sums {
	unsigned incidents; /* that began in that month and were told */
	unsigned public, majors, by_hand, retracted; /* of these */
	unsigned untold, earlier, maintenances; /* over before anybody heard; told, and begun before; planned */
	unsigned acked[REPORT_ACKS];
	unsigned open; /* not over: in no time to the end */
	char open_tags[REPORT_TAGS][16];
	struct report_times to_ack, to_end;
	unsigned posts, noise[REPORT_NOISES], noise_posts; /* noise: incidents; both: of all that posted then */
	unsigned reports, confirmed;
	struct report_list flappers, objects, public_names;
};

struct report;

struct report *report_create(const struct report_month *month); /* NULL: no memory */
void report_destroy(struct report *r);
int report_add(struct report *r, const struct report_incident *i); /* -1: no memory */
/* Once, after the last; what is in sums is the report's. -1: no memory. */
int report_sum(struct report *r, struct report_sums *sums);

#endif

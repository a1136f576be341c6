/*
 * Do many people report one thing that the monitoring calls well (SPEC row 69)? Fed by
 * core_suspect.c with the public names and with what strangers report. Pure. It must never
 * keep more than it needs for half an hour, nor who somebody is: a hash tells them apart.
 */
#ifndef TWICKET_SUSPICION_H
#define TWICKET_SUSPICION_H

#include "agent/object.h"

#include <stdint.h>

#define SUSPICION_MS (30 * 60000) /* reports of so long count together */
#define SUSPICION_NAMES 1000	  /* what is beyond is suspected of nothing */
#define SUSPICION_REPORTS 1024	  /* the newest */

struct suspicion;

struct suspicion *suspicion_create(void);
void suspicion_destroy(struct suspicion *s); /* NULL is fine */
void suspicion_forget(struct suspicion *s);  /* all names, and all reports */

/* A thing of which these audiences may hear (a bit each), by all its names in all languages. */
void suspicion_watch(struct suspicion *s, const struct object *o, uint64_t audiences);

struct suspicion_report {
	const char *text;
	const char *who; /* where from, and his id */
	unsigned audience;
	int64_t at_ms; /* wall; later ones come later */
};

/* A thing that the words name best, by its plain name, with how many people in the last half hour. */
struct suspected {
	const char *name;
	unsigned people;
	int64_t first_ms;
};
typedef void suspicion_fn(void *arg, const struct suspected *what);
void suspicion_take(struct suspicion *s, const struct suspicion_report *report, suspicion_fn *fn, void *arg);

/* Is that one of the names of the thing that is called `name`? */
bool suspicion_is_called(const struct suspicion *s, const char *name, const char *other);

#endif

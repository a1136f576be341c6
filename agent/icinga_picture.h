/*
 * What an Icinga 2 says it has right now: the objects that are worth a word, comments and
 * downtimes, taken from its answers; and what that means in events, compared with the
 * picture before. Pure: answers in, events out (rules: Icinga 2's API documentation,
 * "Object Types" and "Event Streams").
 */
#ifndef TWICKET_ICINGA_PICTURE_H
#define TWICKET_ICINGA_PICTURE_H

#include "common/event.h"
#include "common/now.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct picture;

/* now_s: by it an acknowledgement is over or not: Icinga takes it away with the next result only. */
struct picture *picture_create(int64_t now_s); /* NULL without memory */
void picture_destroy(struct picture *p); /* NULL is fine */

/*
 * Each takes the "results" of one answer of /v1/objects/...; hosts go first. before is the
 * last picture or NULL: what was worth a word there is kept here, whatever it is now.
 * -1: out of memory. Results without the fields that they need are left out.
 */
int picture_take_hosts(struct picture *p, const struct picture *before, const json_t *results);
int picture_take_services(struct picture *p, const struct picture *before, const json_t *results);
int picture_take_downtimes(struct picture *p, const json_t *results);
int picture_take_comments(struct picture *p, const json_t *results);

/*
 * Names of the hosts or services whose output is not known: they changed since `before`, whose
 * outputs are copied for all others. A new reference, NULL without memory.
 */
json_t *picture_wanted(struct picture *p, const struct picture *before, unsigned kind);
/* The "results" of the answer to these. */
void picture_take_outputs(struct picture *p, unsigned kind, const json_t *results);

/* How many objects of a kind there are in all, noteworthy or not. */
unsigned picture_count(const struct picture *p, unsigned kind);
/* Has an object of the picture before gone from the configuration? */
bool picture_lacks(const struct picture *p, const struct picture *before);

typedef void picture_event_fn(void *arg, const struct event *ev);
/* What changed since `before`, as a module would have said it. -1: out of memory, nothing was told. */
int picture_tell_changes(const struct picture *p, const struct picture *before, const struct now *now,
			 picture_event_fn *fn, void *arg);
/* All of it, as a module's snapshot. -1: out of memory, nothing was told. */
int picture_tell_all(const struct picture *p, const struct now *now, picture_event_fn *fn, void *arg);

/*
 * For `as_contact`: an event of Icinga's stream. One of type Notification about a problem is told
 * once for each of the users that Icinga notified; another is not told.
 */
void icinga_tell_notification(const json_t *event, picture_event_fn *fn, void *arg);

/* Who has it, as far as the picture knows. False: it is well, or unknown. */
struct picture_view {
	bool acked;
	const char *owner, *ack_text; /* borrowed; "" = nobody knows */
};
bool picture_find(const struct picture *p, const char *host, const char *service, struct picture_view *view);
/* Since when it is OK or UP, s; 0: it is not, was never checked, or there is no such object. */
int64_t picture_ok_since(struct picture *p, const char *host, const char *service);
/* Was it never checked, or is it not there at all? */
bool picture_is_pending(struct picture *p, const char *host, const char *service);
/* We did as ev says: an ACK, by that author, or (NULL) took it away, at_ms: the next picture's is no news. */
void picture_note_ack(struct picture *p, const struct event *ev, const char *author, int64_t at_ms);
/* What was noted since then stands in this one, too: its states were read before. */
void picture_keep_acks(struct picture *p, const struct picture *before, int64_t since_ms);

/* We cancel the downtimes that picture_downtimes_of() names, by the command of the mark `by`: their end is its. */
void picture_note_cancel(struct picture *p, const char *by, const char *mark);

/* When the next of its downtimes begins or ends, s; 0: none does. */
int64_t picture_next_turn(const struct picture *p);

/* Is there a comment, a downtime, with that mark of ours? */
bool picture_has_comment(const struct picture *p, const char *mark);
bool picture_has_downtime(const struct picture *p, const char *mark);
/* Are there any of those that picture_downtimes_of() names? */
bool picture_has_downtime_of(const struct picture *p, const char *tag, const char *mark);
/* Names of the downtimes that carry a mark of that tag ("TAB2"), or exactly that mark; a new reference. */
json_t *picture_downtimes_of(const struct picture *p, const char *tag, const char *mark);

/* The attributes that the requests must ask for; a new reference. */
json_t *picture_host_attrs(void);
json_t *picture_service_attrs(void);
json_t *picture_comment_attrs(void);
json_t *picture_downtime_attrs(void);

#endif

/*
 * What control.c (connections) and control_answers.c (what is answered) share.
 */
#ifndef TWICKET_CONTROL_INTERNAL_H
#define TWICKET_CONTROL_INTERNAL_H

#include "agent/control.h"
#include "agent/core.h"
#include "agent/outbox.h"
#include "agent/sources.h"

#include <jansson.h>

struct control {
	int listener;
	char *path;
	struct core *core;
	struct sources *sources;
	struct client *clients;
	struct now now, started;
	int64_t metrics_ms; /* boot: the file is due */
	bool is_metrics_trouble; /* said in the log */
};

/* Each returns a new JSON object: the answer. */
json_t *answer_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
json_t *answer_status(struct control *c);
json_t *answer_status_outline(struct control *c); /* for everybody local */
json_t *answer_list(struct control *c, json_t *request);
json_t *answer_show(struct control *c, json_t *request);
json_t *answer_queue(struct control *c, json_t *request);
json_t *answer_login(struct control *c, json_t *request);
json_t *answer_reply(struct control *c, const struct reply_row *reply, const struct now *now);

/* control_story.c: adds the durations and the fixes to the answer of `show` */
void control_story_facts(struct control *c, uint64_t incident, json_t *answer);

/* ... a line of the timeline that says that somebody has it? */
bool control_story_is_ack(const struct timeline_row *r);

/* control_reports.c: reports that the monitoring confirmed within 15 min, for `show`: how many, and which tickets */
void control_reports_facts(struct control *c, uint64_t incident, json_t *to);
unsigned control_reports_confirmed(struct control *c, uint64_t incident); /* how many, alone */
/* ... and the incidents that a person of the configuration had reported so */
json_t *control_confirmed_of(struct control *c, const char *name);

/* control_search.c: as `list`, each with why it was "found" */
json_t *control_search(struct control *c, const char *words);

/* control_list.c: an incident as in `list` */
json_t *control_live(struct control *c, const struct incident_view *v);
json_t *control_kept(struct control *c, const struct incident_row *r);

/* control_hand.c; by: the local user */
/* Commits, and only then says so; takes the answer over. */
json_t *control_done(struct control *c, json_t *answer);
json_t *answer_open(struct control *c, json_t *request, const char *by);
json_t *answer_close(struct control *c, json_t *request, const char *by);
json_t *answer_retract(struct control *c, json_t *request, const char *by);
json_t *answer_quiet(struct control *c, json_t *request, const char *by);
json_t *answer_pause(struct control *c, json_t *request, const char *by);
json_t *answer_resume(struct control *c, json_t *request, const char *by);
json_t *hand_quiets(struct control *c);
json_t *hand_pauses(struct control *c);

/* control_ticket.c */
json_t *answer_ticket(struct control *c, json_t *request, const char *by);

/* control_people.c */
json_t *answer_people(struct control *c, json_t *request, const char *by);
json_t *answer_audit(struct control *c, json_t *request, const char *by);

/* control_month.c: a slice of what `report` adds up */
json_t *answer_report(struct control *c, json_t *request, const char *by);
/* control_month_incident.c: one of it; adds the rows that were read */
json_t *control_month_incident(struct control *c, const struct incident_row *row, int64_t from_ms, int64_t until_ms,
			       unsigned *rows);

/* control_price.c: adds what a metered account has spent and may; nothing to others. */
void answer_add_money(struct control *c, unsigned k, const struct outbox_health *out, json_t *account);
/* Micro USD of a post: what it cost, else what it would cost now; 0 where nothing costs. */
int64_t answer_price(struct control *c, const struct post_row *p);

/* A JSON string of bytes that may be no UTF-8: wrong ones become U+FFFD. Never NULL unless out of memory. */
json_t *control_text(const char *s);

#endif

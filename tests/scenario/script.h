/*
 * What run.c (the run and what comes out) and script.c (the words that go in) share.
 */
#ifndef TWICKET_SCRIPT_H
#define TWICKET_SCRIPT_H

#include "agent/people.h"
#include "tests/scenario/world.h"

#include <stdio.h>

/* What a number in a scenario means: a post or a reply, on the simulated network or on X. */
struct seen {
	bool is_x, is_deleted;
	unsigned index; /* in sim->posts, sim->replies; in x->posts */
};

struct run {
	struct world world;
	struct simcore *monitor; /* the core that the line is about */
	struct buf out;
	char config_path[64], store_path[64];
	FILE *config;
	unsigned posts_seen, favourites_seen, line;
	unsigned tickets_seen, notes_seen; /* at the desk */
	unsigned x_posts_seen, x_messages_seen;
	struct sim_x_counts x_was; /* at the last `requests` */
	struct seen posts[SIM_POSTS], replies[SIM_POSTS]; /* by their numbers, from 0 */
	unsigned n_posts, n_replies;
	const char *file;
	bool failed, is_started;
	char code[PEOPLE_CODE_SIZE]; /* the last one of `people enrol` */
};

/* The words of a scenario; README.md beside this file lists them. */
void run_command(struct run *r, const char *what, char *args);
/* Cuts the first word off; the rest follows behind the blanks. */
char *run_word(char **rest);
void run_fail(struct run *r, const char *why, const char *what);

/* What comes out: "> HH:MM:SS ", and the posts and favourites since the last look. */
void run_stamp(struct run *r);
void run_look(void *arg);

/* The id behind a number: "3" a post, "r2" a reply; "unknown". */
const char *run_id_of(struct run *r, const char *number);
const char *run_post_text(const struct run *r, unsigned k); /* k from 0; "" when there is none */
bool run_reply_mark(struct sim_reply *reply, const char *word); /* "bot", "picture" ...; false: none of these */
void run_reply_add(struct run *r, bool is_x, unsigned index);

/* "$3" in a text: the tag of post 3; "\n": a new line. */
void run_expand(struct run *r, const char *text, char *out, size_t size);

/* script_hand.c: commands by hand; false: it is none of them */
bool run_by_hand(struct run *r, const char *what, char *args);

/* script_people.c: people and records; false: it is none of them */
bool run_people(struct run *r, const char *what, char *args);

/* script_ticket.c: tickets, and the desk; false: it is none of them */
bool run_ticket(struct run *r, const char *what, char *args);
void run_look_at_desk(struct run *r);

/* script_report.c: a month as `twicket report` tells it; false: it is not that word */
bool run_report(struct run *r, const char *what, char *args);

/* script_x.c: the words about X */
void run_x(struct run *r, char *args);
void run_x_reply(struct run *r, unsigned user, const char *author, char *options, const char *text);
void run_bill(struct run *r);
void run_requests(struct run *r);

#endif

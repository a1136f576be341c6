/*
 * Inside of the Request Tracker desk: what its files share.
 * Included by notifiers/desk_rt*.c only; the agent sees notifier.h.
 * Nothing here may do I/O, read a clock or keep a global.
 */
#ifndef TWICKET_DESK_RT_H
#define TWICKET_DESK_RT_H

#include "notifiers/desk.h"

#define RT_ID_MAX 24
#define RT_NAME_MAX 256
#define RT_ANSWERS 20 /* correspondence of one page, and of one op */

struct account {
	char *base; /* .../REST/2.0, no slash at its end */
	char *queue;
	char *authorization; /* the header with the token: a secret; NULL = no token yet */
	const char *token; /* inside of authorization, "" = none */
	char host[RT_NAME_MAX];
};

/* One piece of correspondence that is to be read. */
struct rt_answer {
	char id[RT_ID_MAX], author[RT_NAME_MAX], display[RT_NAME_MAX];
	int64_t created_ms;
	bool is_ours; /* ours, the reporter's or a stranger's: only the cursor moves over it */
};

/* TICKET_ANSWERS on its way. */
struct rt_reading {
	char ticket[RT_ID_MAX]; /* the one asked for may have been merged into it */
	char creator[RT_NAME_MAX]; /* of the ticket: that is us */
	json_t *requestors;
	enum desk_ticket state;
	char status[64]; /* the desk's word */
	struct rt_answer at[RT_ANSWERS];
	unsigned n, i;
	char staff[RT_NAME_MAX]; /* the last author who is known to be of the desk */
	char part[RT_ID_MAX]; /* the attachment that is awaited */
	bool is_html;
};

/* What one step() has in hand. */
struct rt_turn {
	const struct answer *answer;
	const struct op_env *env;
	struct request *request;
	struct result *result;
};

struct op {
	struct account *account;
	const struct job *job;
	/* Called with answer NULL first, then with every answer. */
	enum op_step (*run)(struct op *op, struct rt_turn *turn);
	int state; /* of run: which answer is awaited */
	bool is_sent, is_done;
	enum effect effect;
	struct buf url, body;
	struct rt_reading reading;
};

enum op_step rt_verify(struct op *op, struct rt_turn *turn);
enum op_step rt_ticket(struct op *op, struct rt_turn *turn);
enum op_step rt_note(struct op *op, struct rt_turn *turn);
enum op_step rt_find(struct op *op, struct rt_turn *turn);
enum op_step rt_answers(struct op *op, struct rt_turn *turn);

/* The address begins anew below the API's; what follows is added to op->url. */
void rt_path(struct op *op, const char *path);
/* Sends it: GET, or POST with a body, which is taken over. */
enum op_step rt_get(struct op *op, struct rt_turn *turn);
enum op_step rt_post(struct op *op, struct rt_turn *turn, json_t *body);

/* The object that was promised; NULL with the verdict in turn->result. The caller owns it. */
json_t *rt_object(struct op *op, struct rt_turn *turn);

enum op_step
rt_finish(struct op *op, struct rt_turn *turn, enum result_class class, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The verdict on what was not hoped for. */
enum op_step rt_refuse(struct op *op, struct rt_turn *turn);

/* Where people look at a ticket: the web pages stand above the API. */
void rt_ticket_url(const struct account *a, const char *id, char *out, size_t size);

#endif

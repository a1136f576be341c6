/*
 * What the files of the simulated X share. Included by tests/crash/sim_x*.c only. It
 * must never be needed by a test.
 */
#ifndef TWICKET_TESTS_SIM_X_INTERNAL_H
#define TWICKET_TESTS_SIM_X_INTERNAL_H

#include "tests/crash/sim_x.h"

#include <jansson.h>

/* By the list prices of August 2026, micro USD. */
enum sim_x_price {
	SIM_X_PRICE_POST = 15000,
	SIM_X_PRICE_POST_WITH_URL = 200000,
	SIM_X_PRICE_SUMMONED = 10000, /* a reply to a post that mentions us */
	SIM_X_PRICE_DELETE = 10000,
	SIM_X_PRICE_MESSAGE = 15000,
	SIM_X_PRICE_READ = 5000,
	SIM_X_PRICE_OWN_READ = 1000,
	SIM_X_PRICE_USER = 10000,
	SIM_X_PRICE_EVENT = 10000
};

#define SIM_X_PARAMS 16

struct sim_x_param {
	char name[48], value[512];
};

/* A request taken apart. */
struct sim_x_call {
	enum sim_x_kind kind;
	unsigned user; /* whose token signed it */
	char path[256];
	char target[64]; /* the :id or :name in the path */
	struct sim_x_param params[SIM_X_PARAMS];
	unsigned n_params;
	char fields[1024]; /* what is to be shown: ?.fields and expansions, separated by commas */
	json_t *body; /* NULL: none */
	int64_t late_ms;
};

/* What comes back; body is a new reference. */
struct sim_x_reply {
	int status;
	json_t *body;
};

int64_t sim_x_clock(const struct sim_x *x); /* the server's, ms */
void sim_x_next_id(struct sim_x *x, int64_t ms, char id[SIM_X_ID]);
/* A resource that is billed once a day: days is its billed_day. */
void sim_x_bill_read(struct sim_x *x, unsigned user, int *days, int64_t micro);
void sim_x_bill(struct sim_x *x, unsigned user, int64_t micro);
bool sim_x_stands(const struct sim_x *x, const struct sim_x_post *p);
bool sim_x_mentions(const struct sim_x_post *p, unsigned user);
void sim_x_mentions_find(struct sim_x *x, struct sim_x_post *p);
const char *sim_x_param(const struct sim_x_call *c, const char *name); /* NULL: not given */

/* sim_x_auth.c. true: call->user is set. */
bool sim_x_auth(struct sim_x *x, const struct request *request, struct sim_x_call *call);

/* sim_x_json.c */
/* type: the last part of its address; NULL: about:blank. */
struct sim_x_reply sim_x_problem(const struct sim_x *x, int status, const char *type, const char *title,
				 const char *detail);
/* 200 with errors and without data: what was asked for is not there. */
struct sim_x_reply sim_x_missing(const struct sim_x *x, const char *what, const char *parameter, const char *value);
/* The same as a list, to stand beside data. */
json_t *sim_x_errors(const struct sim_x *x);
json_t *sim_x_post_json(const struct sim_x *x, const struct sim_x_post *p, const char *fields);
json_t *sim_x_user_json(const struct sim_x_user *u, const char *fields);
json_t *sim_x_event_json(const struct sim_x *x, const struct sim_x_message *m, const char *fields);
/* The text as X shows it: links as t.co. */
void sim_x_shown(const struct sim_x *x, const struct sim_x_post *p, char *out, size_t size);
bool sim_x_has_field(const char *fields, const char *name);

/* sim_x_create.c, sim_x_read.c: the endpoints */
struct sim_x_reply sim_x_create_post(struct sim_x *x, const struct sim_x_call *c);
struct sim_x_reply sim_x_delete_post(struct sim_x *x, const struct sim_x_call *c);
struct sim_x_reply sim_x_create_message(struct sim_x *x, const struct sim_x_call *c);
struct sim_x_reply sim_x_read(struct sim_x *x, const struct sim_x_call *c);

#endif

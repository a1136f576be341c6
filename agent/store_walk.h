/*
 * How rows are read: a statement, its parameters, and a callback for each row. Shared by the
 * store's files that read, nobody else includes it.
 */
#ifndef TWICKET_STORE_WALK_H
#define TWICKET_STORE_WALK_H

#include "agent/store_internal.h"

struct store_param {
	const char *text; /* NULL: the number */
	int64_t number;
};

#define TEXT(x)                                                                                    \
	{                                                                                          \
		(x) ? (x) : "", 0                                                                  \
	}
#define NUMBER(x)                                                                                  \
	{                                                                                          \
		NULL, (int64_t)(x)                                                                 \
	}

/* Hands one row to a callback of its own type. */
typedef int store_give_fn(const void *call, const void *row);

struct store_question {
	enum store_sql which;
	enum store_table table;
	const struct store_param *params;
	int n_params;
};

/* Rows that were given; -1 with err. */
int store_walk(
    struct store *s, const struct store_question *q, store_give_fn *give, const void *call,
    struct err *err);

/* The first column of the first row. 1 found, 0 none, -1. */
int store_ask_number(
    struct store *s, enum store_sql which, const struct store_param *params, int n, int64_t *value,
    struct err *err);

#define GIVE(noun)                                                                                 \
	struct noun##_call {                                                                       \
		store_##noun##_fn *fn;                                                             \
		void *arg;                                                                         \
	};                                                                                         \
	static int give_##noun(const void *call, const void *row)                                  \
	{                                                                                          \
		const struct noun##_call *c = call;                                                \
                                                                                                   \
		return c->fn ? c->fn(c->arg, row) : 0;                                             \
	}

/* The body of a walk: its statement, its parameters, and s, fn, arg, err of the function around it. */
#define WALK(noun, TABLE, which, n, ...)                                                           \
	store_walk(                                                                               \
	    s,                                                                                     \
	    &(struct store_question){                                                              \
		which, TABLE, (const struct store_param[]){__VA_ARGS__}, n},                       \
	    give_##noun, &(struct noun##_call){fn, arg}, err)
#define NONE                                                                                       \
	{                                                                                          \
		NULL, 0                                                                            \
	}

#endif

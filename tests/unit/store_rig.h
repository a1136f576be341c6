/*
 * A store in a temporary folder, for the tests of the store.
 * Used by test_store*.c; everything is gone after store_rig_teardown().
 * It must never hide a failure: it fails the test that called it.
 */
#ifndef TWICKET_TESTS_STORE_RIG_H
#define TWICKET_TESTS_STORE_RIG_H

#include "agent/store_internal.h"

extern char store_rig_dir[64], store_rig_path[96];
extern struct err store_rig_err;

int store_rig_setup(void **state);
int store_rig_teardown(void **state);
void store_rig_remove(void); /* the file and what SQLite puts beside it */

struct store *store_rig_open(void);
void store_rig_commit(struct store *s);
struct store *store_rig_reopen(struct store *s); /* commit, close, open */

/* Fails at the first column in which two rows of a table differ; no text may be NULL. */
void store_rig_same_row(enum store_table t, const void *want, const void *got);

/* A callback for rows that must each be `want`; its arg, an int, counts them. */
#define STORE_RIG_CHECKER(name, noun, TABLE, want)                                                 \
	static int name(void *arg, const struct noun##_row *r)                                     \
	{                                                                                          \
		store_rig_same_row(TABLE, &want, r);                                               \
		++*(int *)arg;                                                                     \
		return 0;                                                                          \
	}

#define STORE_RIG_TEST(name) cmocka_unit_test_setup_teardown(name, store_rig_setup, store_rig_teardown)

/* Rows with nothing but what the statements look at. A post's thread is incident + 1. */
void store_rig_incident(
    struct store *s, uint64_t id, const char *tag, bool open, int64_t opened_ms, int64_t closed_ms);
void store_rig_post(
    struct store *s, uint64_t id, uint64_t incident, enum post_state state, const char *remote_id);

#endif

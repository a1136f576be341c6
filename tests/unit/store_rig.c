/*
 * A store in a temporary folder, for the tests of the store.
 * Used by test_store*.c; everything is gone after store_rig_teardown().
 * It must never hide a failure: it fails the test that called it.
 */
#include "tests/unit/store_rig.h"
#include "tests/crash/vfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

char store_rig_dir[64], store_rig_path[96];
struct err store_rig_err;

void store_rig_remove(void)
{
	static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
	char name[128];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "%s%s", store_rig_path, tails[i]);
		unlink(name);
	}
}

int store_rig_setup(void **state)
{
	(void)state;
	/* In memory where there is such a place: it is not the disk's fsync that we test. */
	snprintf(
	    store_rig_dir, sizeof store_rig_dir, "%s/twicket-store-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(store_rig_dir))
		return -1;
	snprintf(store_rig_path, sizeof store_rig_path, "%s/store.db", store_rig_dir);
	store_rig_err = (struct err){""};
	return 0;
}

int store_rig_teardown(void **state)
{
	(void)state;
	crash_vfs_fail_after(-1, 0);
	chmod(store_rig_dir, 0700);
	store_rig_remove();
	return rmdir(store_rig_dir);
}

struct store *store_rig_open(void)
{
	struct store *s = store_open(store_rig_path, &store_rig_err);

	if (!s)
		fail_msg("%s", store_rig_err.text);
	return s;
}

void store_rig_commit(struct store *s)
{
	if (store_commit(s, &store_rig_err) == -1)
		fail_msg("%s", store_rig_err.text);
}

struct store *store_rig_reopen(struct store *s)
{
	store_rig_commit(s);
	store_close(s);
	return store_rig_open();
}

static bool same_column(const struct column *c, const char *a, const char *b)
{
	a += c->offset;
	b += c->offset;
	switch (c->type) {
	case COLUMN_TEXT: return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
	case COLUMN_TAG: return strcmp(a, b) == 0;
	case COLUMN_U64:
	case COLUMN_I64: return memcmp(a, b, 8) == 0;
	case COLUMN_UINT:
	case COLUMN_INT: return memcmp(a, b, 4) == 0;
	case COLUMN_BOOL: return *(const bool *)a == *(const bool *)b;
	}
	return false;
}

void store_rig_same_row(enum store_table t, const void *want, const void *got)
{
	for (int i = 0; i < store_columns[t].n; i++)
		if (!same_column(&store_columns[t].at[i], want, got))
			fail_msg("table %d column %d differs", (int)t, i);
}

void store_rig_incident(
    struct store *s, uint64_t id, const char *tag, bool open, int64_t opened, int64_t closed)
{
	struct incident_row r = {.id = id, .open = open, .opened_ms = opened, .closed_ms = closed};

	snprintf(r.tag, sizeof r.tag, "%s", tag);
	assert_int_equal(store_put_incident(s, &r), 0);
}

void store_rig_post(
    struct store *s, uint64_t id, uint64_t incident, enum post_state state, const char *remote)
{
	struct post_row r = {
	    .id = id,
	    .thread = incident + 1,
	    .incident = incident,
	    .account = "acc",
	    .state = state,
	    .text = "text",
	    .remote_id = remote,
	    .created_ms = 1000,
	    .sent_ms = state == POST_SENT ? 1000 + (int64_t)id : 0};

	assert_int_equal(store_put_post(s, &r), 0);
}

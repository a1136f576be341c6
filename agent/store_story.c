/*
 * The index for searching: one row per incident, caught up in slices.
 * Called by knowledge.c and by the control socket before it searches.
 * It must never take words as a query's grammar, nor keep words that were taken away.
 */
#include "agent/fold.h"
#include "agent/store_internal.h"

#include <string.h>
#include <utf8proc.h>

#define FOLD_MAX 65536
#define QUERY_MAX 65536
#define MERGE_KEY "story_merge"

static void sql_fold(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct buf out;

	(void)argc;
	buf_init(&out, FOLD_MAX);
	fold_output((const char *)sqlite3_value_text(argv[0]), &out);
	sqlite3_result_text(context, buf_text(&out), -1, SQLITE_TRANSIENT);
	buf_finish(&out);
}

int store_add_functions(struct store *s)
{
	return sqlite3_create_function_v2(
	    s->db, "fold_output", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
	    sql_fold, NULL, NULL, NULL);
}

/* Letters or digits: FTS5 finds nothing at all with a word that has none. */
static bool is_word(const char *s, size_t n)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t len;

	for (; n; s += len, n -= (size_t)len) {
		len = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &c);
		if (len <= 0)
			return false;
		if (*utf8proc_category_string(c) == 'L' || *utf8proc_category_string(c) == 'N')
			return true;
	}
	return false;
}

/* All of the words, or what begins so, each quoted. False: there is no word in it. */
static bool put_query(const char *words, struct buf *out)
{
	bool has_word = false;

	while (*words) {
		size_t n = strcspn(words, " \t\n\r\"");

		if (n && is_word(words, n)) {
			buf_str(out, has_word ? " AND \"" : "\"");
			buf_add(out, words, n);
			buf_str(out, "\"*");
			has_word = true;
		}
		words += n + (words[n] != '\0');
	}
	return has_word;
}

/* One statement with one number; 0, or -1 (remembered). */
static int run_with(struct store *s, enum store_sql which, uint64_t id)
{
	sqlite3_stmt *stmt = store_begin(s) == 0 ? store_take(s, which) : NULL;
	int rc = stmt ? sqlite3_bind_int64(stmt, 1, (int64_t)id) : SQLITE_ERROR;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_DONE)
		store_fail(s, "cannot write");
	store_put_back(s, which, stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

int store_write_unread(struct store *s)
{
	for (unsigned i = 0; i < s->n_unread; i++)
		if (run_with(s, SQL_PUT_UNREAD, s->unread[i]) == -1)
			return -1;
	s->n_unread = 0;
	return 0;
}

int store_story_changed(struct store *s, uint64_t incident)
{
	for (unsigned i = s->n_unread; i-- > 0;)
		if (s->unread[i] == incident)
			return 0;
	if (s->n_unread == STORE_UNREAD && store_write_unread(s) == -1)
		return -1;
	s->unread[s->n_unread++] = incident;
	return 0;
}

int store_read_story(struct store *s, uint64_t incident)
{
	if (store_write_unread(s) == -1 || run_with(s, SQL_PUT_STORY, incident) == -1)
		return -1;
	return run_with(s, SQL_DROP_UNREAD, incident);
}

/* The next that changed, behind this one; 0 = none. */
static uint64_t next_unread(struct store *s, uint64_t behind)
{
	sqlite3_stmt *stmt = store_take(s, SQL_NEXT_UNREAD);
	uint64_t id = 0;

	if (stmt && sqlite3_bind_int64(stmt, 1, (int64_t)behind) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		id = (uint64_t)sqlite3_column_int64(stmt, 0);
	store_put_back(s, SQL_NEXT_UNREAD, stmt);
	return id;
}

int store_read_stories(struct store *s, unsigned max)
{
	uint64_t id = 0;
	unsigned n = 0;

	if (store_write_unread(s) == -1)
		return -1;
	while (n < max && (id = next_unread(s, id))) {
		if (store_read_story(s, id) == -1)
			return -1;
		n++;
	}
	return (int)n;
}

void store_story_lost_words(struct store *s)
{
	store_put_meta(s, MERGE_KEY, "1");
}

int store_merge_story(struct store *s)
{
	char wanted[4];
	int before;

	if (store_meta(s, MERGE_KEY, wanted, sizeof wanted, NULL) == -1 || strcmp(wanted, "1") != 0)
		return 0;
	before = sqlite3_total_changes(s->db);
	if (run_with(s, SQL_MERGE_STORY, 0) == -1)
		return -1;
	if (sqlite3_total_changes(s->db) - before >= 2)
		return 1;
	return store_put_meta(s, MERGE_KEY, "0");
}

int store_story_output(struct store *s, uint64_t incident, struct buf *out, struct err *err)
{
	sqlite3_stmt *stmt = store_take(s, SQL_STORY_OUTPUT);
	int rc = stmt ? sqlite3_bind_int64(stmt, 1, (int64_t)incident) : SQLITE_ERROR;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		buf_str(out, (const char *)sqlite3_column_text(stmt, 0));
	else if (rc != SQLITE_DONE)
		store_err(s, err, "cannot read");
	store_put_back(s, SQL_STORY_OUTPUT, stmt);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

static int each_found(sqlite3_stmt *stmt, store_search_fn *fn, void *arg)
{
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *object = (const char *)sqlite3_column_text(stmt, 1);
		const char *excerpt = (const char *)sqlite3_column_text(stmt, 2);

		if (fn && fn(arg, (uint64_t)sqlite3_column_int64(stmt, 0), object ? object : "",
		       excerpt ? excerpt : ""))
			return SQLITE_DONE;
	}
	return rc;
}

int store_search(
    struct store *s, const char *words, unsigned max, store_search_fn *fn, void *arg,
    struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_DONE;
	struct buf query;

	buf_init(&query, QUERY_MAX);
	if (!put_query(words, &query))
		goto out;
	stmt = store_take(s, SQL_SEARCH);
	rc = stmt ? sqlite3_bind_text(stmt, 1, buf_text(&query), -1, SQLITE_STATIC) : SQLITE_ERROR;
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 2, max);
	if (rc == SQLITE_OK)
		rc = each_found(stmt, fn, arg);
	if (rc != SQLITE_DONE)
		store_err(s, err, "cannot search");
	store_put_back(s, SQL_SEARCH, stmt);
out:
	buf_finish(&query);
	return rc == SQLITE_DONE ? 0 : -1;
}

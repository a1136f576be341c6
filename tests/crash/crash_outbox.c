/*
 * Stops the outbox at every write of the store and before and after every request,
 * resumes it, and looks at what stands on the network: each decision once, in order,
 * under the right parent, and entered in the ledger at its price. On a virtual clock;
 * prints how many points it stopped at.
 */
#include "tests/crash/vfs.h"
#include "tests/unit/outbox_rig.h"

#include "common/log.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND 1000
#define STOPPED 42
#define PRICE 15000 /* micro USD, of a post */
#define PRICE_TO 10000 /* of an answer to somebody */
#define SHORT_STEP                                                                                 \
	3 /* of the servers that only differ in detail every third point; all when TWICKET_LONG is set */

/* --- the script: what is decided, and when --- */

struct decision {
	int64_t at_ms; /* since the start */
	uint64_t thread, incident;
	int event;
	const char *text;
	const char *parent; /* text of the post that it must hang under, NULL = none */
};

static const struct decision script[] = {
    {0, 1, 1, SAY_PROBLEM, "mail is down", NULL},
    {0, 2, 1, SAY_PROBLEM, "db1/Postgres CRITICAL", NULL}, /* same incident, other audience */
    {0, 3, 2, SAY_PROBLEM, "web is down", NULL},
    {5 * SECOND, 1, 1, SAY_ACK, "ops are on it", "mail is down"},
    {5 * SECOND, 0, 1, -1, "@a@b an answer", NULL},
    {40 * SECOND, 2, 1, SAY_UPDATE, "still, 40 s", "db1/Postgres CRITICAL"},
    {40 * SECOND, 1, 1, SAY_RECOVERY, "mail is back", "mail is down"},
    {90 * SECOND, 2, 1, SAY_RECOVERY, "db1/Postgres OK", "db1/Postgres CRITICAL"},
    {90 * SECOND, 3, 2, SAY_RECOVERY, "web is back", "web is down"},
};

#define DECISIONS (sizeof script / sizeof *script)

static const char *const tags[] = {"", "T7K2", "T9QM"};

static void decide(struct rig *rig, const struct decision *d)
{
	char text[256];
	struct post_row row = {
	    .thread = d->thread,
	    .incident = d->incident,
	    .account = "one",
	    .kind = d->thread ? POST_SAY : POST_ANSWER,
	    .event = d->event,
	    .text = text,
	    .to = d->thread ? "" : "a@b",
	    .tag = tags[d->incident]};

	snprintf(text, sizeof text, "%s\n#%s", d->text, tags[d->incident]);
	rig_add(rig, &row);
}

/* --- one life of the client --- */

struct points {
	unsigned seen, stop_at; /* stop_at 0: never */
	int fail_after; /* writes until the disk is full for a minute; 0: never */
	int64_t mended_ms;
};

struct life {
	struct points *points;
	unsigned done; /* decisions */
};

/* What is done is written in the same transaction as what was decided. */
static void run_script(struct rig *rig, struct life *life)
{
	char number[16];

	while (life->done < DECISIONS &&
	       rig->now.wall_ms >= RIG_START_MS + script[life->done].at_ms)
		decide(rig, &script[life->done++]);
	snprintf(number, sizeof number, "%u", life->done);
	store_put_meta(rig->store, "script", number);
}

static void at_turn(struct rig *rig, void *arg)
{
	struct life *life = arg;
	struct points *p = life->points;

	if (p->fail_after)
		crash_vfs_fail_after(p->fail_after, SQLITE_FULL);
	p->fail_after = 0;
	if (rig->has_failed && !p->mended_ms)
		p->mended_ms = rig->now.wall_ms + 60 * SECOND;
	if (p->mended_ms && rig->now.wall_ms >= p->mended_ms)
		crash_vfs_fail_after(-1, SQLITE_OK);
	if (rig->has_failed ||
	    (life->done < DECISIONS && rig->now.wall_ms >= RIG_START_MS + script[life->done].at_ms))
		run_script(rig, life);
}

static void point(void *arg, const char *what)
{
	struct points *p = arg;

	(void)what;
	if (++p->seen == p->stop_at)
		_exit(STOPPED);
}

static int64_t next_decision(unsigned done)
{
	return done < DECISIONS ? RIG_START_MS + script[done].at_ms : NOW_NEVER;
}

static void live(struct sim *sim, const char *path, struct points *points)
{
	struct rig *rig = calloc(1, sizeof *rig);
	struct life life = {.points = points};
	char number[16];

	if (!rig)
		abort();
	crash_vfs_install(point, points);
	rig_start(rig, sim, path, point, points);
	store_meta(rig->store, "script", number, sizeof number, NULL);
	life.done = (unsigned)strtoul(number, NULL, 10);
	rig->at_turn = at_turn;
	rig->at_turn_arg = &life;
	rig->disk_may_fail = points->fail_after > 0;
	while (life.done < DECISIONS) {
		int64_t wait_ms = next_decision(life.done) - rig->now.wall_ms;

		rig_run(rig, wait_ms > 0 ? wait_ms : 0);
	}
	rig_run(rig, NOW_NEVER);
	rig_stop(rig);
	free(rig);
	crash_vfs_install(NULL, NULL);
}

/* In a child. Returns 1 when it was stopped at that point, 0 when it came to the end. */
static int live_apart(struct sim *sim, const char *path, struct points *points)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		live(sim, path, points);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != STOPPED)) {
		fprintf(stderr, "crash_outbox: the client died of something else\n");
		return -1;
	}
	return WEXITSTATUS(status) == STOPPED;
}

/* --- what must stand there --- */

static int complain(const struct sim *sim, const char *what, const char *text)
{
	fprintf(stderr, "crash_outbox: %s: %s\n", what, text);
	for (unsigned i = 0; i < sim->n_posts; i++)
		fprintf(
		    stderr, "  %s under '%s' key %.8s: %s\n", sim->posts[i].id,
		    sim->posts[i].parent, sim->posts[i].key, sim->posts[i].text);
	return -1;
}

static int check_decision(const struct sim *sim, const struct decision *d)
{
	const struct sim_post *post = NULL, *parent = NULL;

	if (sim_count(sim, "one", d->text, &post) != 1)
		return complain(sim, "not exactly once", d->text);
	if (!d->parent || sim->refuses_replies)
		return post->parent[0] ? complain(sim, "has a parent", d->text) : 0;
	if (sim_count(sim, "one", d->parent, &parent) != 1 || strcmp(post->parent, parent->id) != 0)
		return complain(sim, "has the wrong parent", d->text);
	return 0;
}

/* The script's order within a thread is the network's. */
static int check_order(const struct sim *sim)
{
	const struct sim_post *last[4] = {NULL}, *post = NULL;

	for (unsigned i = 0; i < DECISIONS; i++) {
		uint64_t thread = script[i].thread;

		sim_count(sim, "one", script[i].text, &post);
		if (thread && last[thread] && last[thread] > post)
			return complain(sim, "out of order", script[i].text);
		last[thread] = post;
	}
	return 0;
}

static int see_month(void *arg, const struct ledger_row *row)
{
	struct ledger_row *to = arg;

	*to = *row;
	to->account = "one";
	return 0;
}

/* What the store says that was spent is the price of what stands there. */
static int check_ledger(const struct sim *sim, const char *store_path)
{
	struct ledger_row row = {0};
	struct store *store = store_open(store_path, NULL);
	int64_t bill = 0;
	char words[96];

	if (!store)
		return complain(sim, "the store cannot be opened", store_path);
	for (unsigned i = 0; i < sim->n_posts; i++)
		bill += sim->posts[i].to[0] ? PRICE_TO : PRICE;
	store_ledger(store, "one", RIG_MONTH, see_month, &row, NULL);
	store_close(store);
	if (row.posts == sim->n_posts && row.posts_micro == bill)
		return 0;
	snprintf(
	    words, sizeof words, "%u posts, %lld micro instead of %lld", row.posts,
	    (long long)row.posts_micro, (long long)bill);
	return complain(sim, "the ledger is wrong", words);
}

static int check(const struct sim *sim, const char *store_path)
{
	for (unsigned i = 0; i < DECISIONS; i++) {
		if (check_decision(sim, &script[i]))
			return -1;
	}
	if (sim->n_posts != DECISIONS)
		return complain(sim, "posts that nobody decided", "");
	return check_order(sim) ? -1 : check_ledger(sim, store_path);
}

/* --- all points of one kind of server --- */

struct server {
	const char *name;
	bool honours_keys;
	unsigned lose_every, error_every;
	int64_t latency_ms;
	bool is_variant;
	bool refuses_replies, refuses_duplicates;
};

static const struct server servers[] = {
    {.name = "ignores keys", .latency_ms = 100},
    {.name = "ignores keys, loses every third answer", .lose_every = 3, .latency_ms = 100},
    {.name = "honours keys", .honours_keys = true, .latency_ms = 100, .is_variant = true},
    {.name = "honours keys, loses every third answer",
     .honours_keys = true,
     .lose_every = 3,
     .latency_ms = 100,
     .is_variant = true},
    {.name = "ignores keys, every second answer is a 500", .error_every = 2, .is_variant = true},
    {.name = "ignores keys, slow", .latency_ms = 7 * SECOND, .is_variant = true},
    {.name = "refuses answers to oneself",
     .refuses_replies = true,
     .latency_ms = 100,
     .is_variant = true},
    {.name = "refuses answers to oneself, loses every third answer",
     .refuses_replies = true,
     .lose_every = 3,
     .latency_ms = 100,
     .is_variant = true},
    {.name = "refuses duplicates, loses every third answer",
     .refuses_duplicates = true,
     .lose_every = 3,
     .latency_ms = 100,
     .is_variant = true},
};

/* Thousands of forks: a big quarantine only makes them slow. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=16:malloc_context_size=4";
}

static char path[128];

static void wipe(void)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char name[160];

	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
}

/* The store as it is before the first decision; only the first server meets none. */
static char fresh[1 << 20];
static size_t n_fresh;

static void put_fresh(void)
{
	FILE *f = n_fresh ? fopen(path, "wb") : NULL;

	if (f && (fwrite(fresh, 1, n_fresh, f) != n_fresh || fclose(f)))
		abort();
}

static void keep_fresh(void)
{
	FILE *f;

	wipe();
	store_close(store_open(path, NULL));
	f = fopen(path, "rb");
	if (!f)
		abort();
	n_fresh = fread(fresh, 1, sizeof fresh, f);
	fclose(f);
}

static void set_prices(struct sim *sim)
{
	sim->prices[PRICE_POST] = PRICE;
	sim->prices[PRICE_ANSWER] = PRICE_TO;
	sim->prices[PRICE_OWN_READ] = 1000;
}

/* 1: stopped there and came through; 0: there is no such point; -1: wrong. */
static int stop_at(const struct server *server, unsigned n)
{
	struct points points = {.stop_at = n}, none = {0};
	struct sim *sim = sim_create();
	int stopped;

	wipe();
	put_fresh();
	sim->honours_keys = server->honours_keys;
	sim->lose_every = server->lose_every;
	sim->error_every = server->error_every;
	sim->latency_ms = server->latency_ms;
	sim->refuses_replies = server->refuses_replies;
	sim->refuses_duplicates = server->refuses_duplicates;
	set_prices(sim);
	stopped = live_apart(sim, path, &points);
	if (stopped == 1)
		live(sim, path, &none);
	if (stopped < 0 || check(sim, path)) {
		fprintf(stderr, "crash_outbox: %s, stopped at point %u\n", server->name, n);
		stopped = -1;
	}
	sim_destroy(sim);
	return stopped;
}

/* One life with a disk that is full for a minute from the n-th write on; 0: it never was. */
static int fill_at(unsigned n)
{
	struct points points = {.fail_after = (int)n};
	struct sim *sim = sim_create();
	int rc;

	wipe();
	put_fresh();
	sim->latency_ms = 100;
	sim->lose_every = 3;
	set_prices(sim);
	live(sim, path, &points);
	rc = check(sim, path) ? -1 : points.mended_ms != 0;
	if (rc < 0)
		fprintf(stderr, "crash_outbox: the disk was full from write %u on\n", n);
	sim_destroy(sim);
	return rc;
}

static int fill_everywhere(void)
{
	int rc, points = 0;

	while ((rc = fill_at((unsigned)points + 1)) == 1)
		points++;
	crash_vfs_fail_after(-1, SQLITE_OK);
	printf("%d writes from which on the disk was full\n", points);
	return rc < 0 ? -1 : points;
}

/* Every point, or every step-th. */
static int stop_everywhere(const struct server *server, unsigned first, unsigned step)
{
	unsigned n = first;
	int rc, points = 0;

	while ((rc = stop_at(server, n)) == 1) {
		points++;
		n += step;
	}
	printf("%d points: a server that %s\n", points, server->name);
	return rc < 0 ? -1 : points;
}

int main(void)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	bool is_short = !getenv("TWICKET_LONG");
	int total = 0, failed = 0, full;

	log_setup(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	snprintf(path, sizeof path, "%s/crash_outbox_%d.db", tmp, (int)getpid());
	for (unsigned i = 0; i < sizeof servers / sizeof *servers; i++) {
		bool skips = is_short && servers[i].is_variant;
		int points = stop_everywhere(
		    &servers[i], skips ? 1 + i % SHORT_STEP : 1, skips ? SHORT_STEP : 1);

		if (points < 0)
			failed = 1;
		else
			total += points;
		if (!n_fresh)
			keep_fresh();
	}
	full = fill_everywhere();
	failed |= full < 0;
	total += full > 0 ? full : 0;
	wipe();
	printf("crash_outbox: %d cases, 0 skipped\n", total);
	return failed;
}

/*
 * kill -9 at every store write and before and after every request (GOALS R1, R2): the
 * whole agent on the virtual clock, two audiences, a problem that is acknowledged by a
 * reply, a second one, and their recoveries. However it is interrupted, the network
 * ends with the posts of an undisturbed run, none of them twice, in the right order.
 */
#include "tests/crash/vfs.h"
#include "tests/scenario/world.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLED 77
#define END_MS (70 * INT64_C(60000))
#define MINUTE_MS INT64_C(60000)

struct shared { /* what outlives a killed agent besides the network: the core and the clock */
	struct now now;
	unsigned step;
	bool acked;
	char author[64];
	unsigned commands;
};

struct trial {
	struct sim *sim;
	struct shared *shared;
	char db[64], cfg[64];
	unsigned point, stop_at; /* stop_at 0: never */
	struct world world;
};

static struct trial *current;

static const char config_text[] =
	"accounts = { status = { network = \"mastodon\"; handle = \"status@social.example.org\"; };\n"
	"             noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; }; };\n"
	"audiences = { public = { accounts = [ \"status\" ]; }; operators = { accounts = [ \"noc\" ]; }; };\n"
	"people = { alice = { mastodon = \"alice@social.example.org\"; }; };\n";

static void point(void *arg, const char *what)
{
	(void)arg;
	(void)what;
	if (++current->point == current->stop_at)
		_exit(KILLED);
}

static void on_command(void *arg, const char *line)
{
	struct trial *t = arg;

	t->shared->commands++;
	if (!strncmp(line, "ack ", 4)) {
		t->shared->acked = true;
		snprintf(t->shared->author, sizeof t->shared->author, "alice");
	}
}

/* --- what happens to the agent, minute by minute ------------------------------------------ */

static void reply_to_first(struct trial *t, const char *text)
{
	struct sim_reply reply = {.visibility = VISIBILITY_PUBLIC};

	snprintf(reply.account, sizeof reply.account, "noc");
	snprintf(reply.acct, sizeof reply.acct, "alice@social.example.org");
	snprintf(reply.author_id, sizeof reply.author_id, "id-alice");
	snprintf(reply.text, sizeof reply.text, "%s", text);
	for (unsigned k = 0; k < t->sim->n_posts && !reply.parent[0]; k++)
		if (!strcmp(t->sim->posts[k].account, "noc"))
			snprintf(reply.parent, sizeof reply.parent, "%s", t->sim->posts[k].id);
	sim_inject(t->sim, &reply);
}

#define STEPS 6

static int64_t step_at(unsigned step)
{
	static const int64_t minute[STEPS] = {12, 16, 20, 30, 40, 50};

	return WORLD_BEGIN_MS + minute[step] * MINUTE_MS;
}

static void step_do(struct trial *t, unsigned step)
{
	struct world *w = &t->world;

	switch (step) {
	case 0: simcore_state(w->monitor, "mx1/SMTP", "CRITICAL", true, "refused", &w->now); break;
	case 1:
		if (w->core)
			reply_to_first(t, "ack disk full");
		break;
	case 2: simcore_state(w->monitor, "db1/Postgres", "CRITICAL", true, "down", &w->now); break;
	case 3: simcore_state(w->monitor, "mx1/SMTP", "OK", true, "fine", &w->now); break;
	case 4: simcore_state(w->monitor, "db1/Postgres", "OK", true, "fine", &w->now); break;
	case 5: break;
	}
}

static void keep_clock(void *arg)
{
	struct trial *t = arg;

	t->shared->now = t->world.now;
}

/* The core did not die: its objects are as they were. */
static void rebuild_monitor(struct trial *t)
{
	static const char *const mx1[] = {"_TWICKET_PUBLIC=E-mail"};
	struct world *w = &t->world;
	struct now now = t->shared->now;

	w->monitor = simcore_create("mon1", on_command, t);
	simcore_object(w->monitor, "mx1/SMTP", mx1, 1);
	simcore_object(w->monitor, "db1/Postgres", NULL, 0);
	for (unsigned k = 0; k < t->shared->step; k++) {
		w->now = (struct now){.wall_ms = step_at(k), .boot_ms = now.boot_ms};
		if (k != 1)
			step_do(t, k);
	}
	if (t->shared->acked && t->shared->step <= 3)
		simcore_ack(w->monitor, "mx1/SMTP", t->shared->author, "disk full", &now);
	w->now = now;
}

static void run_agent(struct trial *t)
{
	struct world *w = &t->world;

	world_seed(t->shared->step * 1000 + t->stop_at + 1 + (unsigned)getpid() * 7919u);
	*w = (struct world){.sim = t->sim, .store_path = t->db, .config_path = t->cfg, .point = point};
	current = t;
	rebuild_monitor(t);
	crash_vfs_install(point, NULL);
	world_start(w);
	simcore_connect(w->monitor, false, &w->now);
	for (; t->shared->step < STEPS; t->shared->step++) {
		world_run_until(w, step_at(t->shared->step), keep_clock, t);
		step_do(t, t->shared->step);
	}
	world_run_until(w, WORLD_BEGIN_MS + END_MS, keep_clock, t);
	world_stop(w);
	simcore_destroy(w->monitor);
}

/* In a child, so that it can be killed. Returns the exit status. */
static int run_child(struct trial *t, unsigned stop_at, unsigned *points)
{
	int fds[2], status = 0;
	pid_t pid;

	if (pipe(fds) == -1)
		exit(2);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		t->point = 0;
		t->stop_at = stop_at;
		run_agent(t);
		if (write(fds[1], &t->point, sizeof t->point) != sizeof t->point)
			_exit(2);
		_exit(0);
	}
	close(fds[1]);
	waitpid(pid, &status, 0);
	if (points && read(fds[0], points, sizeof *points) != sizeof *points)
		*points = 0;
	close(fds[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void files_remove(const struct trial *t)
{
	static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
	char path[96];

	for (unsigned k = 0; k < 4; k++) {
		snprintf(path, sizeof path, "%s%s", t->db, suffix[k]);
		unlink(path);
	}
}

static void trial_begin(struct trial *t, bool keys, unsigned lose_every)
{
	files_remove(t);
	memset(t->shared, 0, sizeof *t->shared);
	t->shared->now = (struct now){.wall_ms = WORLD_BEGIN_MS, .boot_ms = 5000000};
	t->sim = sim_create();
	t->sim->honours_keys = keys;
	t->sim->lose_every = lose_every;
}

/* --- what must have come out ---------------------------------------------------------------- */

static unsigned twice(const struct sim *s)
{
	unsigned n = 0;

	for (unsigned a = 0; a < s->n_posts; a++)
		for (unsigned b = 0; b < a; b++) {
			const struct sim_post *x = &s->posts[a], *y = &s->posts[b];

			/* the tag differs after a kill before the commit, the words do not */
			n += !strcmp(x->account, y->account) && strcspn(x->text, "#") == strcspn(y->text, "#") &&
			     !strncmp(x->text, y->text, strcspn(x->text, "#"));
		}
	return n;
}

/* Every recovery hangs under the post that told the problem. */
static unsigned orphans(const struct sim *s)
{
	unsigned n = 0;

	for (unsigned a = 0; a < s->n_posts; a++)
		if (strstr(s->posts[a].text, "🟢") && !s->posts[a].parent[0])
			n++;
	return n;
}

static bool is_right(const struct trial *t, unsigned expected, const char *what, unsigned stop)
{
	if (t->sim->n_posts == expected && !twice(t->sim) && !orphans(t->sim) && t->sim->n_favourites == 1)
		return true;
	printf("crash: %s, killed at %u: %u posts (expected %u), %u twice, %u orphans, %u favourites\n", what, stop,
	       t->sim->n_posts, expected, twice(t->sim), orphans(t->sim), t->sim->n_favourites);
	for (unsigned k = 0; k < t->sim->n_posts; k++)
		printf("  %s <- %s: %s\n", t->sim->posts[k].account, t->sim->posts[k].parent, t->sim->posts[k].text);
	return false;
}

static unsigned suite(struct trial *t, const char *what, bool keys, unsigned lose_every, unsigned stride,
		      unsigned *ran)
{
	unsigned points = 0, expected, failed = 0;

	trial_begin(t, keys, lose_every);
	if (run_child(t, 0, &points) != 0 || !points) {
		printf("crash: %s: the undisturbed run failed\n", what);
		sim_destroy(t->sim);
		return 1;
	}
	expected = t->sim->n_posts;
	failed += !is_right(t, expected, what, 0);
	sim_destroy(t->sim);
	for (unsigned stop = 1; stop <= points && failed < 5; stop += stride) {
		int status;

		trial_begin(t, keys, lose_every);
		status = run_child(t, stop, NULL);
		if (status == KILLED)
			status = run_child(t, 0, NULL);
		if (status != 0)
			printf("crash: %s, killed at %u: the agent ended with %d\n", what, stop, status);
		failed += status != 0 || !is_right(t, expected, what, stop);
		(*ran)++;
		sim_destroy(t->sim);
	}
	printf("crash: %s: %u points, every %u. killed, %u posts each\n", what, points, stride, expected);
	return failed;
}

int main(void)
{
	bool everything = getenv("TWICKET_LONG") && getenv("TWICKET_LONG")[0];
	unsigned failed = 0, ran = 0;
	struct trial t = {0};
	FILE *f;

	setenv("TZ", "UTC", 1);
	tzset();
	log_setup(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	if (!getenv("TWICKET_LOG") && !freopen("/dev/null", "a", stderr))
		return 2;
	snprintf(t.db, sizeof t.db, "%s/twicket-crash-%ld.db", world_fast_dir(), (long)getpid());
	snprintf(t.cfg, sizeof t.cfg, "/tmp/twicket-crash-%ld.cfg", (long)getpid());
	f = fopen(t.cfg, "w");
	if (!f)
		return 2;
	fputs(config_text, f);
	fclose(f);
	t.shared = mmap(NULL, sizeof *t.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t.shared == MAP_FAILED)
		return 2;
	failed += suite(&t, "keys honoured", true, 0, everything ? 1 : 20, &ran);
	failed += suite(&t, "keys ignored", false, 0, everything ? 1 : 6, &ran);
	failed += suite(&t, "keys ignored, every third answer lost", false, 3, everything ? 1 : 15, &ran);
	files_remove(&t);
	unlink(t.cfg);
	printf("crash_agent: %u cases, 0 skipped\n", ran);
	return failed != 0;
}

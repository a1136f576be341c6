/*
 * An agent's day that can be stopped at any point: a problem that is acknowledged by a
 * reply, a second one, and their recoveries. Called by crash_agent.c and crash_x.c. It
 * must never keep in the agent's process what has to survive it.
 */
#include "tests/crash/trial.h"
#include "tests/crash/vfs.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLED 77
#define MINUTE_MS INT64_C(60000)
#define END_MS (70 * MINUTE_MS)
#define STEPS 6
#define REPLY_STEP 1
#define FAILURES_SHOWN 5

static struct trial *current;

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
	if (!strncmp(line, "ack ", 4))
		t->shared->acked = true;
}

/* --- what happens to the agent, minute by minute ------------------------------------------ */

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
	case REPLY_STEP:
		if (w->core)
			t->plan->reply(t);
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
	simcore_object(w->monitor, "db1/Postgres", &t->plan->db1_pair, t->plan->db1_pair != NULL);
	for (unsigned k = 0; k < t->shared->step; k++) {
		w->now = (struct now){.wall_ms = step_at(k), .boot_ms = now.boot_ms};
		if (k != REPLY_STEP)
			step_do(t, k);
	}
	if (t->shared->acked && t->shared->step <= 3)
		simcore_ack(w->monitor, "mx1/SMTP", "alice", "disk full", &now);
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
	if (t->plan->end)
		t->plan->end(t);
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

/* --- trials ----------------------------------------------------------------------------------- */

static void files_remove(const struct trial *t)
{
	static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
	char path[96];

	for (unsigned k = 0; k < 4; k++) {
		snprintf(path, sizeof path, "%s%s", t->db, suffix[k]);
		unlink(path);
	}
}

static void begin(struct trial *t)
{
	files_remove(t);
	memset(t->shared, 0, sizeof *t->shared);
	t->shared->now = (struct now){.wall_ms = WORLD_BEGIN_MS, .boot_ms = 5000000};
	t->sim = sim_create();
	t->sim->lose_every = t->lose_every;
	t->plan->begin(t);
}

static void end(struct trial *t)
{
	sim_x_destroy(t->sim->x);
	sim_destroy(t->sim);
}

static bool run_one(struct trial *t, const char *what, unsigned stop)
{
	bool ok;
	int status;

	begin(t);
	status = run_child(t, stop, NULL);
	if (status == KILLED)
		status = run_child(t, 0, NULL);
	if (status != 0)
		printf("crash: %s, killed at %u: the agent ended with %d\n", what, stop, status);
	ok = status == 0 && t->plan->is_right(t, what, stop);
	end(t);
	t->ran++;
	return ok;
}

unsigned trial_suite(struct trial *t, const char *what, unsigned stride)
{
	unsigned points = 0, failed = 0;

	begin(t);
	if (run_child(t, 0, &points) != 0 || !points) {
		printf("crash: %s: the undisturbed run failed\n", what);
		end(t);
		return 1;
	}
	t->expected = t->plan->posts(t);
	failed += !t->plan->is_right(t, what, 0);
	end(t);
	for (unsigned stop = 1; stop <= points && failed < FAILURES_SHOWN; stop += stride)
		failed += !run_one(t, what, stop);
	printf("crash: %s: %u points, every %u. killed, %u posts each\n", what, points, stride, t->expected);
	return failed;
}

void trial_init(struct trial *t, const struct trial_plan *plan, const char *name)
{
	FILE *f;

	setenv("TZ", "UTC", 1);
	tzset();
	log_setup(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	if (!getenv("TWICKET_LOG") && !freopen("/dev/null", "a", stderr))
		exit(2);
	t->plan = plan;
	snprintf(t->db, sizeof t->db, "%s/twicket-%s-%ld.db", world_fast_dir(), name, (long)getpid());
	snprintf(t->cfg, sizeof t->cfg, "/tmp/twicket-%s-%ld.cfg", name, (long)getpid());
	t->shared = mmap(NULL, sizeof *t->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	f = fopen(t->cfg, "w");
	if (!f || t->shared == MAP_FAILED)
		exit(2);
	fputs(plan->config, f);
	fclose(f);
}

void trial_finish(struct trial *t)
{
	files_remove(t);
	unlink(t->cfg);
}

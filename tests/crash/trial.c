/*
 * An agent's day that can be stopped at any point: as the plan has it, or a problem that is
 * acknowledged by a reply, a second one, and their recoveries. Called by crash_agent.c and
 * crash_x.c. It must never keep in the agent's process what has to survive it.
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
#define END_MINUTE 70
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
	if (t->shared->n_done < sizeof t->shared->done / sizeof *t->shared->done)
		snprintf(t->shared->done[t->shared->n_done++], sizeof *t->shared->done, "%s", line);
	if (!strncmp(line, "ack ", 4))
		t->shared->acked = true;
}

/* --- what happens to the agent, minute by minute ------------------------------------------ */

static void smtp_fails(struct trial *t)
{
	simcore_state(t->world.monitor, "mx1/SMTP", "CRITICAL", true, "refused", &t->world.now);
}

static void somebody_replies(struct trial *t)
{
	t->plan->reply(t);
}

static void postgres_fails(struct trial *t)
{
	simcore_state(t->world.monitor, "db1/Postgres", "CRITICAL", true, "down", &t->world.now);
}

static void smtp_recovers(struct trial *t)
{
	simcore_state(t->world.monitor, "mx1/SMTP", "OK", true, "fine", &t->world.now);
}

static void postgres_recovers(struct trial *t)
{
	simcore_state(t->world.monitor, "db1/Postgres", "OK", true, "fine", &t->world.now);
}

static const struct trial_step usual_steps[] = {
	{12, smtp_fails, NULL},    {16, NULL, NULL},	       {20, postgres_fails, NULL},
	{30, smtp_recovers, NULL}, {40, postgres_recovers, NULL}, {50, NULL, NULL},
};

static const struct trial_step *steps_of(const struct trial *t)
{
	return t->plan->steps ? t->plan->steps : usual_steps;
}

static unsigned n_steps(const struct trial *t)
{
	return t->plan->steps ? t->plan->n_steps : sizeof usual_steps / sizeof *usual_steps;
}

static int64_t step_at(const struct trial *t, unsigned step)
{
	return WORLD_BEGIN_MS + steps_of(t)[step].minute * MINUTE_MS;
}

static void step_do(struct trial *t, unsigned step)
{
	if (!t->plan->steps && step == REPLY_STEP)
		somebody_replies(t);
	if (steps_of(t)[step].event)
		steps_of(t)[step].event(t);
	if (steps_of(t)[step].act)
		steps_of(t)[step].act(t);
}

/* A person who got no answer asks again. */
static void act_again(struct trial *t)
{
	for (unsigned k = t->shared->step; k > 0; k--)
		if (steps_of(t)[k - 1].act) {
			steps_of(t)[k - 1].act(t);
			return;
		}
}

static void keep_clock(void *arg)
{
	struct trial *t = arg;

	t->shared->now = t->world.now;
}

static void add_objects(struct trial *t)
{
	static const char *const mx1[] = {"_TWICKET_PUBLIC=E-mail"};
	struct simcore *monitor = t->world.monitor;
	char pair[64];

	if (!t->plan->objects) {
		simcore_object(monitor, "mx1/SMTP", mx1, 1);
		simcore_object(monitor, "db1/Postgres", &t->plan->db1_pair, t->plan->db1_pair != NULL);
		return;
	}
	for (const char *const *at = t->plan->objects; *at; at += 2) {
		const char *pairs[] = {pair};

		snprintf(pair, sizeof pair, "_TWICKET_PUBLIC=%s", at[1]);
		simcore_object(monitor, at[0], pairs, at[1][0] != '\0');
	}
}

/* The core did not die: its objects are as they were. */
static void rebuild_monitor(struct trial *t)
{
	struct world *w = &t->world;
	struct now now = t->shared->now;

	w->monitor = simcore_create("mon1", on_command, t);
	add_objects(t);
	for (unsigned k = 0; k < t->shared->step; k++) {
		w->now = (struct now){.wall_ms = step_at(t, k), .boot_ms = now.boot_ms};
		if (steps_of(t)[k].event)
			steps_of(t)[k].event(t);
	}
	w->now = now;
	if (t->plan->restore)
		t->plan->restore(t);
	else if (t->shared->acked && t->shared->step <= 3)
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
	act_again(t);
	for (; t->shared->step < n_steps(t); t->shared->step++) {
		world_run_until(w, step_at(t, t->shared->step), keep_clock, t);
		step_do(t, t->shared->step);
	}
	world_run_until(w, WORLD_BEGIN_MS + (t->plan->end_minute ? t->plan->end_minute : END_MINUTE) * MINUTE_MS,
			keep_clock, t);
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
	t->killed_minute = (int)((t->shared->now.wall_ms - WORLD_BEGIN_MS) / MINUTE_MS);
	if (status == KILLED)
		status = run_child(t, 0, NULL);
	if (status != 0)
		printf("crash: %s, killed at %u: the agent ended with %d\n", what, stop, status);
	ok = status == 0 && t->plan->is_right(t, what, stop);
	end(t);
	t->ran++;
	return ok;
}

/* CRASH_AT=n repeats one of them. */
unsigned trial_suite(struct trial *t, const char *what, unsigned stride)
{
	unsigned points = 0, failed = 0;
	unsigned only = getenv("CRASH_AT") ? (unsigned)strtoul(getenv("CRASH_AT"), NULL, 10) : 0;

	begin(t);
	t->killed_minute = -1;
	if (run_child(t, 0, &points) != 0 || !points) {
		printf("crash: %s: the undisturbed run failed\n", what);
		end(t);
		return 1;
	}
	t->expected = t->plan->posts(t);
	failed += !t->plan->is_right(t, what, 0);
	end(t);
	for (unsigned stop = only ? only : 1; stop <= points && failed < FAILURES_SHOWN; stop += stride) {
		failed += !run_one(t, what, stop);
		if (only)
			break;
	}
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

void trial_print(const struct trial *t)
{
	for (unsigned k = 0; k < t->shared->n_done; k++)
		printf("  core: %s\n", t->shared->done[k]);
	for (unsigned k = 0; k < t->sim->n_posts; k++)
		printf("  %s <- %s: %s\n", t->sim->posts[k].account, t->sim->posts[k].parent, t->sim->posts[k].text);
}

unsigned trial_twice(const struct sim *s)
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

/*
 * Months on X on the virtual clock: twenty incidents a day, acknowledgements, flaps, lost
 * answers, restarts of the agent, a change of month in the middle. The ledger and the
 * bill end within a cent, and usd_per_month is never passed.
 */
#include "common/log.h"
#include "tests/scenario/world.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MINUTE_MS INT64_C(60000)
#define DAY_MS (1440 * MINUTE_MS)
#define DAYS 30
#define INCIDENTS 20 /* a day */
#define CENT_MICRO 10000
#define OBJECTS 4
#define NOVEMBER 202611
#define DECEMBER 202612

struct month {
	struct world world;
	struct sim_x *x;
	char db[64], cfg[64];
	int64_t limit_micro;
	int64_t widest; /* largest difference at the end of a day */
	unsigned replied; /* posts of X that alice has looked at */
	unsigned acks;
};

static const char *const objects[OBJECTS] = {"mx1/SMTP", "web1/HTTP", "db1/Postgres", "fs1/NFS"};
static const char *const public_names[OBJECTS] = {"_TWICKET_PUBLIC=E-mail", "_TWICKET_PUBLIC=Website",
						  "_TWICKET_PUBLIC=Shop", "_TWICKET_PUBLIC=Files"};

static void on_command(void *arg, const char *line)
{
	struct month *m = arg;

	m->acks += !strncmp(line, "ack ", 4);
}

static void write_config(const struct month *m, const char *usd)
{
	FILE *f = fopen(m->cfg, "w");

	assert_non_null(f);
	fprintf(f,
		"accounts = { status_x = { network = \"x\"; handle = \"examplenet\"; poll = \"3m\";\n"
		"             usd_per_month = %s; posts_per_day = 100; }; };\n"
		"audiences = { public = { accounts = [ \"status_x\" ]; }; };\n"
		"people = { alice = { x = \"alice_noc\"; }; };\n",
		usd);
	fclose(f);
}

static void files_remove(const struct month *m)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	char path[96];

	unlink(m->cfg);
	for (unsigned k = 0; k < 3; k++) {
		snprintf(path, sizeof path, "%s%s", m->db, suffix[k]);
		unlink(path);
	}
}

static void begin(struct month *m, const char *usd)
{
	memset(m, 0, sizeof *m);
	snprintf(m->db, sizeof m->db, "%s/twicket-month-%ld.db", world_fast_dir(), (long)getpid());
	snprintf(m->cfg, sizeof m->cfg, "/tmp/twicket-month-%ld.cfg", (long)getpid());
	files_remove(m);
	write_config(m, usd);
	m->limit_micro = (int64_t)(strtod(usd, NULL) * 1e6 + 0.5);
	world_seed(7);
	m->world = (struct world){.sim = sim_create(),
				  .store_path = m->db,
				  .config_path = m->cfg,
				  .now = {.wall_ms = WORLD_BEGIN_MS, .boot_ms = 5000000}};
	m->world.sim->x = m->x = sim_x_create();
	m->world.monitor = simcore_create("mon1", on_command, m);
	for (unsigned k = 0; k < OBJECTS; k++)
		simcore_object(m->world.monitor, objects[k], &public_names[k], 1);
	world_start(&m->world);
	simcore_connect(m->world.monitor, false, &m->world.now);
}

static void end(struct month *m)
{
	world_stop(&m->world);
	simcore_destroy(m->world.monitor);
	sim_x_destroy(m->x);
	sim_destroy(m->world.sim);
	files_remove(m);
}

/* --- what happens on a day ----------------------------------------------------------------- */

static void run_to(struct month *m, int64_t wall_ms)
{
	world_run_until(&m->world, wall_ms, NULL, NULL);
}

static void restart(struct month *m)
{
	world_stop(&m->world);
	run_to(m, m->world.now.wall_ms + 2 * MINUTE_MS);
	world_start(&m->world);
	simcore_connect(m->world.monitor, false, &m->world.now);
}

/* Alice answers the newest post that she has not seen, if it is a problem. */
static void alice_acks(struct month *m)
{
	unsigned newest = m->x->n_posts;

	while (newest > m->replied && m->x->users[m->x->posts[newest - 1].author].own < 0)
		newest--;
	if (newest > m->replied && strstr(m->x->posts[newest - 1].text, "🔴"))
		sim_x_say(m->x, "alice_noc", m->x->posts[newest - 1].id, "ack on it");
	m->replied = m->x->n_posts;
}

/* Down for 20 minutes; some acknowledged, some flapping, some in bad weather. */
static void incident(struct month *m, int64_t at_ms, unsigned n)
{
	struct world *w = &m->world;
	const char *name = objects[n % OBJECTS];

	run_to(m, at_ms);
	simcore_state(w->monitor, name, "CRITICAL", true, "refused", &w->now);
	m->x->lose_next = n % 7 == 0;
	m->x->drop_next = n % 31 == 0;
	m->x->error_next = n % 13 == 0;
	run_to(m, at_ms + 5 * MINUTE_MS);
	if (n % 2 == 0)
		alice_acks(m);
	if (n % 10 == 3) {
		simcore_state(w->monitor, name, "OK", true, "fine", &w->now);
		run_to(m, at_ms + 6 * MINUTE_MS);
		simcore_state(w->monitor, name, "CRITICAL", true, "refused again", &w->now);
	}
	if (n % 67 == 5)
		restart(m);
	run_to(m, at_ms + 20 * MINUTE_MS);
	m->x->lose_next = n % 11 == 0;
	simcore_state(w->monitor, name, "OK", true, "fine", &w->now);
}

static int64_t ledger_of(struct month *m)
{
	struct ledger_row row;

	ledger_month(core_ledger(m->world.core), "status_x", &m->world.now, &row);
	return row.posts_micro + row.reads_micro;
}

static unsigned month_of(const struct month *m)
{
	return m->world.now.wall_ms < WORLD_BEGIN_MS + 9 * DAY_MS - 180 * MINUTE_MS ? NOVEMBER : DECEMBER;
}

static void look_at_the_money(struct month *m)
{
	int64_t billed = sim_x_billed(m->x, 0, month_of(m)), off = llabs(billed - ledger_of(m));

	if (off > m->widest)
		m->widest = off;
	assert_true(sim_x_billed(m->x, 0, NOVEMBER) <= m->limit_micro);
	assert_true(sim_x_billed(m->x, 0, DECEMBER) <= m->limit_micro);
}

static void run_days(struct month *m)
{
	for (unsigned day = 0; day < DAYS; day++) {
		for (unsigned k = 0; k < INCIDENTS; k++)
			incident(m, WORLD_BEGIN_MS + day * DAY_MS + (10 + k * 70) * MINUTE_MS, day * INCIDENTS + k);
		run_to(m, WORLD_BEGIN_MS + (day + 1) * DAY_MS);
		look_at_the_money(m);
	}
}

static void tell(const char *what, const struct month *m, int64_t entered)
{
	char november[32], december[32], ours[32], off[32];

	ledger_words(sim_x_billed(m->x, 0, NOVEMBER), november, sizeof november);
	ledger_words(sim_x_billed(m->x, 0, DECEMBER), december, sizeof december);
	ledger_words(entered, ours, sizeof ours);
	ledger_words(m->widest, off, sizeof off);
	print_message("%s: %u posts, %u acknowledged; November %s, December %s, ledger %s; at most %s apart\n", what,
		      sim_x_count(m->x, NULL), m->acks, november, december, ours, off);
}

/* Every recovery of what was told hangs under its problem, and nothing stands there twice. */
static void look_at_the_posts(const struct month *m)
{
	const struct sim_x *x = m->x;

	for (unsigned k = 0; k < x->n_posts; k++) {
		const struct sim_x_post *p = &x->posts[k];

		if (x->users[p->author].own < 0)
			continue;
		if (strstr(p->text, "working again"))
			assert_true(p->parent[0] != '\0');
		for (unsigned a = 0; a < k; a++)
			assert_true(x->users[x->posts[a].author].own < 0 || strcmp(x->posts[a].text, p->text) != 0);
	}
}

static void a_month_of_incidents(void **state)
{
	struct month m;
	int64_t entered;

	(void)state;
	begin(&m, "30");
	run_days(&m);
	entered = ledger_of(&m);
	tell("a month", &m, entered);
	look_at_the_posts(&m);
	assert_true(m.widest <= CENT_MICRO);
	assert_true(sim_x_count(m.x, NULL) >= DAYS * INCIDENTS * 2);
	assert_true(m.acks >= DAYS * INCIDENTS / 2 - 5);
	end(&m);
}

static void a_month_that_is_too_dear(void **state)
{
	struct month m;
	int64_t entered;

	(void)state;
	begin(&m, "4");
	run_days(&m);
	entered = ledger_of(&m);
	tell("4 USD a month", &m, entered);
	look_at_the_posts(&m);
	assert_true(m.widest <= CENT_MICRO);
	assert_true(sim_x_billed(m.x, 0, NOVEMBER) > m.limit_micro * 8 / 10);
	assert_true(sim_x_billed(m.x, 0, DECEMBER) > m.limit_micro * 8 / 10);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_month_of_incidents),
		cmocka_unit_test(a_month_that_is_too_dear),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	log_setup(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	if (!getenv("TWICKET_LOG") && !freopen("/dev/null", "a", stderr))
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

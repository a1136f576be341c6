/*
 * The virtual clock and what hangs on it. Used by tests/scenario/run.c and the tests in
 * tests/crash that run the whole agent. It must never let real time pass for virtual.
 */
#include "tests/scenario/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t dice = 1;

void world_seed(uint64_t seed)
{
	dice = seed * 2654435761u + 1;
}

void world_random(void *bytes, size_t n)
{
	unsigned char *at = bytes;

	while (n--) {
		dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		*at++ = (unsigned char)(dice >> 56);
	}
}

static void die(const char *what, const char *why)
{
	printf("world: %s: %s\n", what, why);
	exit(3);
}

static struct sim_x *token_giver; /* of the world that was started last: load_token has no argument */

static bool is_x(const char *network)
{
	return !strcmp(network, "x") || !strcmp(network, "twitter");
}

/* The real one for X, the simulated one for all others. */
static const struct notifier *notifier_of(const char *network)
{
	return is_x(network) ? &notifier_twitter : &notifier_sim;
}

/* One that can be asked, and one that only takes. */
static const struct notifier *desk_of(const char *type)
{
	return !strcmp(type, "rt") ? &desk_sim : &desk_sim_blind;
}

static int load_token(const struct config_account *a, char **token, struct err *err)
{
	char text[512] = "secret";

	(void)err;
	if (is_x(a->network) && token_giver)
		sim_x_account(token_giver, a->handle, text, sizeof text);
	*token = strdup(text);
	return 0;
}

/* X knows the people and our accounts before anybody asks for them. */
static void populate_x(struct world *w)
{
	struct sim_x *x = w->sim->x;
	char token[512];

	token_giver = x;
	if (!x)
		return;
	for (unsigned k = 0; k < w->config->n_accounts; k++) {
		const struct config_account *a = &w->config->accounts[k];
		unsigned user;

		if (!is_x(a->network))
			continue;
		user = sim_x_account(x, a->handle, token, sizeof token);
		snprintf(w->x_names[x->users[user].own], SIM_NAME, "%s", a->name);
	}
	for (unsigned k = 0; k < w->config->n_people; k++) {
		const char *name = w->config->people[k].x;

		if (name && name[strspn(name, "0123456789")])
			sim_x_user(x, name);
	}
}

int world_x_user(const struct world *w, const char *account)
{
	const struct sim_x *x = w->sim->x;

	for (unsigned k = 0; x && k < x->n_users; k++)
		if (x->users[k].own >= 0 && !strcmp(w->x_names[x->users[k].own], account))
			return (int)k;
	return -1;
}

static void free_token(char *token)
{
	free(token);
}

static void local_done(void *arg, void *ticket, const struct reply_row *reply)
{
	struct world *w = arg;

	if (w->local)
		w->local(w->local_arg, ticket, reply);
}

static void load_config(struct world *w)
{
	struct config_report report = {0};

	w->config = config_load(w->config_path, &report);
	for (unsigned k = 0; k < report.n && !w->config; k++)
		printf("%s\n", report.at[k].text);
	config_report_finish(&report);
	if (!w->config)
		die(w->config_path, "not a configuration");
	populate_x(w);
}

void world_start(struct world *w)
{
	struct err err = {{0}};
	struct core_env env = {
		.carrier = &w->carrier,
		.random = world_random,
		.notifier = notifier_of,
		.desk = desk_of,
		.load_token = load_token,
		.free_token = free_token,
		.boot_id = w->boot_id ? w->boot_id : "boot",
		.source_arg = w->monitor,
		.describe = simcore_describe,
		.command = simcore_command,
		.inventory = simcore_list,
		.local_arg = w,
		.local_done = local_done,
	};

	load_config(w);
	w->store = store_open(w->store_path, &err);
	if (!w->store)
		die(w->store_path, err.text);
	w->link = sim_link_create(w->sim, w->point, w->point_arg);
	w->carrier = sim_link_carrier(w->link);
	w->core = core_create(w->config, w->store, &env, &w->now, &err);
	if (!w->core)
		die("core", err.text);
	simcore_attach(w->monitor, w->core);
}

void world_reload(struct world *w)
{
	struct config *old = w->config;
	struct err err = {{0}};

	load_config(w);
	if (core_set_config(w->core, w->config, &w->now, &err) == -1)
		die("reload", err.text);
	config_destroy(old);
}

void world_stop(struct world *w)
{
	simcore_disconnect(w->monitor, &w->now);
	simcore_attach(w->monitor, NULL);
	core_destroy(w->core);
	sim_link_destroy(w->link);
	store_close(w->store);
	config_destroy(w->config);
	w->core = NULL;
	w->link = NULL;
	w->store = NULL;
	w->config = NULL;
}

static void clock_set(struct world *w)
{
	w->sim->now_ms = w->now.wall_ms;
	if (w->sim->x)
		w->sim->x->now_ms = w->now.wall_ms;
}

static bool step(struct world *w)
{
	unsigned done = 0;

	clock_set(w);
	core_turn(w->core, &w->now);
	done += sim_link_deliver(w->link);
	while (simcore_deliver(w->monitor, &w->now))
		done++;
	return done > 0;
}

void world_settle(struct world *w)
{
	if (!w->core)
		return;
	simcore_look(w->monitor, &w->now);
	for (int k = 0; k < 10000 && step(w); k++)
		;
	core_turn(w->core, &w->now);
}

static void pass(struct world *w, int64_t ms)
{
	w->now.wall_ms += ms;
	w->now.boot_ms += ms;
	clock_set(w);
}

void world_run_before(struct world *w, int64_t wall_ms, void (*each)(void *arg), void *arg)
{
	if (wall_ms <= w->now.wall_ms)
		return;
	world_run_until(w, wall_ms - 1, each, arg);
	pass(w, 1);
}

const char *world_fast_dir(void)
{
	return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

void world_run_until(struct world *w, int64_t wall_ms, void (*each)(void *arg), void *arg)
{
	for (;;) {
		int64_t left = wall_ms - w->now.wall_ms, wait = left, answer;

		world_settle(w);
		if (each)
			each(arg);
		if (left <= 0)
			return;
		if (w->core) {
			wait = core_wait_ms(w->core, &w->now, left > 3600000 ? 3600000 : (int)left);
			answer = sim_link_next(w->link);
			if (answer != NOW_NEVER && answer - w->now.wall_ms < wait)
				wait = answer - w->now.wall_ms;
		}
		if (wait < 1)
			wait = 1;
		pass(w, wait < left ? wait : left);
	}
}

/*
 * Modules and Icinga 2 side by side. Called by agent.c and control.c.
 * Must never let a node of one kind answer for one of the other.
 */
#include "agent/sources.h"

#include "agent/icinga.h"
#include "agent/secret.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct watched {
	struct config_icinga config; /* what it was made of */
	struct icinga *icinga;	     /* NULL: it could not be, for this reason */
	bool is_late;		     /* a module had the name first: it may come again until a reload */
	char trouble[sizeof(struct err)];
};

struct sources {
	struct source *modules;
	struct watched *icingas;
	unsigned n;
	struct http *http;
	struct source_events events;
};

/* --- which Icinga 2 there are -------------------------------------------------------------- */

static struct icinga *find(const struct sources *s, const char *node)
{
	for (unsigned k = 0; k < s->n; k++)
		if (s->icingas[k].icinga && strcmp(s->icingas[k].config.node, node) == 0)
			return s->icingas[k].icinga;
	return NULL;
}

/* One whose login cannot be read has its name, too: what is known of the node is not a module's. */
static bool is_icinga(void *arg, const char *node)
{
	const struct sources *s = arg;

	for (unsigned k = 0; k < s->n; k++)
		if (!s->icingas[k].is_late && strcmp(s->icingas[k].config.node, node) == 0)
			return true;
	return false;
}

static void close_icinga(struct sources *s, struct icinga *i)
{
	struct source_health health;

	if (!i)
		return;
	icinga_health(i, &health);
	if (health.connected)
		s->events.down(s->events.arg, icinga_node(i));
	icinga_destroy(i);
}

/* One that is as it was, login included, goes on with its connection; out of the old list. */
static struct icinga *take_kept(struct sources *s, const struct config_icinga *c, const char *password)
{
	for (unsigned k = 0; k < s->n; k++) {
		struct watched *w = &s->icingas[k];
		struct icinga *i = w->icinga;

		if (!i || !config_icinga_is_same(&w->config, c) || !icinga_has_login(i, c->user, password))
			continue;
		w->icinga = NULL;
		return i;
	}
	return NULL;
}

static void drop_icingas(struct sources *s)
{
	while (s->n) {
		struct watched *w = &s->icingas[--s->n]; /* out of the list before anybody hears of it */

		close_icinga(s, w->icinga);
		config_icinga_clear(&w->config);
	}
	free(s->icingas);
	s->icingas = NULL;
}

/* With its reason in the log and in the status, where it cannot be. */
static void open_icinga(struct sources *s, struct watched *w, const char *password)
{
	struct err err;

	w->is_late = source_has(s->modules, w->config.node);
	if (w->is_late)
		snprintf(w->trouble, sizeof w->trouble, "a module with this node name came first: give one of them another name");
	else if (!*w->trouble && !(w->icinga = icinga_create(&w->config, password, s->http, &s->events, &err)))
		snprintf(w->trouble, sizeof w->trouble, "%s", err.text);
	if (!w->icinga)
		log_warnx("sources", "icinga2 %s: %s", w->config.node, w->trouble);
}

static void set_icingas(struct sources *s, const struct config *config)
{
	struct watched *all = calloc(config->n_icinga + 1, sizeof *all);
	char **passwords = calloc(config->n_icinga + 1, sizeof *passwords);

	if (!all || !passwords)
		fatal("sources", "out of memory");
	for (unsigned k = 0; k < config->n_icinga; k++) {
		const struct config_icinga *c = &config->icinga[k];
		struct err err;

		if (config_icinga_copy(&all[k].config, c) == -1)
			fatal("sources", "out of memory");
		if (*c->password_file && secret_load_password(c->password_file, &passwords[k], &err) != SECRET_OK) {
			snprintf(all[k].trouble, sizeof all[k].trouble, "%s", err.text);
			continue;
		}
		all[k].icinga = take_kept(s, c, passwords[k]);
	}
	drop_icingas(s); /* one node may have moved: the old one goes first */
	s->icingas = all;
	s->n = config->n_icinga;
	for (unsigned k = 0; k < s->n; k++) {
		if (!all[k].icinga)
			open_icinga(s, &all[k], passwords[k]);
		secret_free(passwords[k]);
	}
	free(passwords);
}

/* --- beginning and end ------------------------------------------------------------------------ */

struct sources *sources_create(const char *path, const struct config *config, struct http *http,
			       const struct source_events *events, struct err *err)
{
	struct sources *s = calloc(1, sizeof *s);

	if (!s) {
		err_set(err, "out of memory");
		return NULL;
	}
	s->http = http;
	s->events = *events;
	s->modules = source_create(path, config->core_users, config->n_core_users, events, err);
	if (!s->modules) {
		free(s);
		return NULL;
	}
	source_set_foreign(s->modules, is_icinga, s);
	set_icingas(s, config);
	return s;
}

void sources_set_config(struct sources *s, const struct config *config)
{
	source_set_users(s->modules, config->core_users, config->n_core_users);
	set_icingas(s, config);
}

void sources_destroy(struct sources *s)
{
	if (!s)
		return;
	for (unsigned k = 0; k < s->n; k++) {
		icinga_destroy(s->icingas[k].icinga);
		config_icinga_clear(&s->icingas[k].config);
	}
	free(s->icingas);
	source_destroy(s->modules);
	free(s);
}

/* --- the loop ------------------------------------------------------------------------------------ */

unsigned sources_fds(struct sources *s, struct curl_waitfd *fds, unsigned max)
{
	return source_fds(s->modules, fds, max); /* an Icinga's are libcurl's own */
}

void sources_ready(struct sources *s, const struct now *now)
{
	source_ready(s->modules, now);
}

void sources_turn(struct sources *s, const struct now *now)
{
	for (unsigned k = 0; k < s->n; k++)
		if (s->icingas[k].icinga)
			icinga_turn(s->icingas[k].icinga, now);
}

void sources_flush(struct sources *s)
{
	source_flush(s->modules);
	for (unsigned k = 0; k < s->n; k++)
		if (s->icingas[k].icinga)
			icinga_flush(s->icingas[k].icinga);
}

int sources_wait_ms(const struct sources *s, const struct now *now, int max_ms)
{
	int64_t wait = max_ms;

	for (unsigned k = 0; k < s->n; k++) {
		int64_t left = s->icingas[k].icinga ? icinga_next(s->icingas[k].icinga) - now->boot_ms : max_ms;

		if (left < wait)
			wait = left < 0 ? 0 : left;
	}
	return (int)wait;
}

/* --- by node ---------------------------------------------------------------------------------------- */

void sources_describe(struct sources *s, const char *node, unsigned kind, const char *host, const char *service)
{
	struct icinga *i = find(s, node);

	if (i)
		icinga_describe(i, kind, host, service);
	else
		source_describe(s->modules, node, kind, host, service);
}

int sources_command(struct sources *s, const char *node, const struct event *cmd)
{
	struct icinga *i = find(s, node);

	return i ? icinga_command(i, cmd) : source_command(s->modules, node, cmd);
}

unsigned sources_inventory(struct sources *s, source_inventory_fn *fn, void *arg)
{
	unsigned n = source_inventory(s->modules, fn, arg);

	for (unsigned k = 0; k < s->n; k++)
		if (s->icingas[k].icinga)
			n += icinga_inventory(s->icingas[k].icinga, fn, arg);
	return n;
}

void sources_inventory_cancel(struct sources *s, void *arg)
{
	source_inventory_cancel(s->modules, arg);
	for (unsigned k = 0; k < s->n; k++)
		if (s->icingas[k].icinga)
			icinga_inventory_cancel(s->icingas[k].icinga, arg);
}

/* Of one that could not be, the reason; with the module that has its name, where one does. Is it there? */
static bool has_row(const struct watched *w, struct source_health *all, unsigned n)
{
	for (unsigned k = 0; k < n; k++)
		if (strcmp(all[k].node, w->config.node) == 0) {
			all[k].trouble = w->trouble;
			return true;
		}
	return false;
}

unsigned sources_health(const struct sources *s, struct source_health *out, unsigned max)
{
	unsigned n = source_health(s->modules, out, max);

	for (unsigned k = 0; k < s->n; k++) {
		const struct watched *w = &s->icingas[k];

		if (!w->icinga && has_row(w, out, n))
			continue;
		if (n == max)
			break;
		if (w->icinga)
			icinga_health(w->icinga, &out[n++]);
		else
			out[n++] = (struct source_health){.node = w->config.node, .core = "", .trouble = w->trouble};
	}
	return n;
}

const struct source_refusal *sources_refusal(const struct sources *s)
{
	return source_refusal(s->modules);
}

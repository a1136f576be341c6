/*
 * Modules and Icinga 2 side by side. Called by agent.c and control.c.
 * Must never let a node of one kind answer for one of the other.
 */
#include "agent/sources.h"

#include "agent/icinga.h"
#include "agent/secret.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

struct sources {
	struct source *modules;
	struct icinga **icingas;
	struct config_icinga *configs; /* what they were made of */
	unsigned n;
	struct http *http;
	struct source_events events;
};

/* --- which Icinga 2 there are -------------------------------------------------------------- */

/* NULL: no login, which the log has said. `twicket check` says it, too. */
static struct icinga *open_icinga(struct sources *s, const struct config_icinga *c)
{
	char *password = NULL;
	struct icinga *i = NULL;
	struct err err;

	if (*c->password_file && secret_load_password(c->password_file, &password, &err) != SECRET_OK) {
		log_warnx("sources", "icinga2 %s: %s", c->node, err.text);
		return NULL;
	}
	i = icinga_create(c, password, s->http, &s->events, &err);
	if (!i)
		log_warnx("sources", "icinga2 %s: %s", c->node, err.text);
	secret_free(password);
	return i;
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

/* One that is as it was, with its connection; out of the old list. */
static struct icinga *take_kept(struct sources *s, const struct config_icinga *c)
{
	for (unsigned k = 0; k < s->n; k++)
		if (s->icingas[k] && config_icinga_is_same(&s->configs[k], c)) {
			struct icinga *i = s->icingas[k];

			s->icingas[k] = NULL;
			return i;
		}
	return NULL;
}

static void drop_icingas(struct sources *s)
{
	for (unsigned k = 0; k < s->n; k++) {
		close_icinga(s, s->icingas[k]);
		config_icinga_clear(&s->configs[k]);
	}
	free(s->icingas);
	free(s->configs);
	s->icingas = NULL;
	s->configs = NULL;
	s->n = 0;
}

static void set_icingas(struct sources *s, const struct config *config)
{
	struct icinga **icingas = calloc(config->n_icinga + 1, sizeof *icingas);
	struct config_icinga *configs = calloc(config->n_icinga + 1, sizeof *configs);

	if (!icingas || !configs)
		fatal("sources", "out of memory");
	for (unsigned k = 0; k < config->n_icinga; k++) {
		if (config_icinga_copy(&configs[k], &config->icinga[k]) == -1)
			fatal("sources", "out of memory");
		icingas[k] = take_kept(s, &config->icinga[k]);
	}
	drop_icingas(s); /* one node may have moved: the old one goes first */
	s->icingas = icingas;
	s->configs = configs;
	s->n = config->n_icinga;
	for (unsigned k = 0; k < s->n; k++)
		if (!icingas[k])
			icingas[k] = open_icinga(s, &configs[k]);
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
		icinga_destroy(s->icingas[k]);
		config_icinga_clear(&s->configs[k]);
	}
	free(s->icingas);
	free(s->configs);
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
		if (s->icingas[k])
			icinga_turn(s->icingas[k], now);
}

void sources_flush(struct sources *s)
{
	source_flush(s->modules);
	for (unsigned k = 0; k < s->n; k++)
		if (s->icingas[k])
			icinga_flush(s->icingas[k]);
}

int sources_wait_ms(const struct sources *s, const struct now *now, int max_ms)
{
	int64_t wait = max_ms;

	for (unsigned k = 0; k < s->n; k++) {
		int64_t left = s->icingas[k] ? icinga_next(s->icingas[k]) - now->boot_ms : max_ms;

		if (left < wait)
			wait = left < 0 ? 0 : left;
	}
	return (int)wait;
}

/* --- by node ---------------------------------------------------------------------------------------- */

static struct icinga *find(const struct sources *s, const char *node)
{
	for (unsigned k = 0; k < s->n; k++)
		if (s->icingas[k] && strcmp(icinga_node(s->icingas[k]), node) == 0)
			return s->icingas[k];
	return NULL;
}

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
		if (s->icingas[k])
			n += icinga_inventory(s->icingas[k], fn, arg);
	return n;
}

void sources_inventory_cancel(struct sources *s, void *arg)
{
	source_inventory_cancel(s->modules, arg);
	for (unsigned k = 0; k < s->n; k++)
		if (s->icingas[k])
			icinga_inventory_cancel(s->icingas[k], arg);
}

unsigned sources_health(const struct sources *s, struct source_health *out, unsigned max)
{
	unsigned n = source_health(s->modules, out, max);

	for (unsigned k = 0; k < s->n && n < max; k++)
		if (s->icingas[k])
			icinga_health(s->icingas[k], &out[n++]);
	return n;
}

const struct source_refusal *sources_refusal(const struct sources *s)
{
	return source_refusal(s->modules);
}

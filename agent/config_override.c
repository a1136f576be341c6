/*
 * What the command line may change of a loaded configuration. Called by agent.c and
 * the CLI right after config_load(), before anybody else sees it.
 * Must never touch what the file says of accounts, audiences or people otherwise.
 */
#include "agent/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int replace(char **at, const char *value, struct err *err)
{
	char *copy;

	if (value[0] != '/')
		return err_set(err, "%s: must be an absolute path", value);
	copy = strdup(value);
	if (!copy)
		return err_set(err, "out of memory");
	free(*at);
	*at = copy;
	return 0;
}

/* A file below the old folder belongs below the new one. */
static int move_file(char **file, const char *from, const char *to, struct err *err)
{
	size_t n = strlen(from), size;
	char *path;

	if (strncmp(*file, from, n) != 0 || (*file)[n] != '/')
		return 0;
	size = strlen(to) + strlen(*file + n) + 1;
	path = malloc(size);
	if (!path)
		return err_set(err, "out of memory");
	snprintf(path, size, "%s%s", to, *file + n);
	free(*file);
	*file = path;
	return 0;
}

int config_override(struct config *c, const char *state_dir, const char *run_dir, struct err *err)
{
	if (state_dir) {
		if (state_dir[0] != '/')
			return err_set(err, "%s: must be an absolute path", state_dir);
		for (unsigned k = 0; k < c->n_accounts; k++)
			if (move_file(&c->accounts[k].token_file, c->state_dir, state_dir, err) ||
			    move_file(&c->accounts[k].app_file, c->state_dir, state_dir, err))
				return -1;
		for (unsigned k = 0; k < c->n_icinga; k++)
			if (move_file(&c->icinga[k].password_file, c->state_dir, state_dir, err) ||
			    move_file(&c->icinga[k].cert_file, c->state_dir, state_dir, err) ||
			    move_file(&c->icinga[k].key_file, c->state_dir, state_dir, err))
				return -1;
		if (c->desk && move_file(&c->desk->token_file, c->state_dir, state_dir, err))
			return -1;
		if (replace(&c->state_dir, state_dir, err) == -1)
			return -1;
	}
	return run_dir ? replace(&c->run_dir, run_dir, err) : 0;
}

/* Never 0, which would be "none". */
static int64_t sooner(int64_t ms, unsigned factor)
{
	return ms && ms < factor ? 1 : ms / factor;
}

void config_hurry(struct config *c, unsigned factor)
{
	if (!factor)
		return;
	for (unsigned k = 0; k < c->n_audiences; k++) {
		struct config_audience *a = &c->audiences[k];

		a->hold_ms /= factor;
		a->recovery_hold_ms /= factor;
		a->flap_digest_ms = sooner(a->flap_digest_ms, factor);
		for (unsigned i = 0; i < a->n_escalate; i++)
			a->escalate[i].after_ms = sooner(a->escalate[i].after_ms, factor);
	}
}

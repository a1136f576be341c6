/*
 * Where `twicket replay` learns what the core watches: a file that was named, the running
 * agent, or the core's own cache. Called by cli_replay.c.
 * Must never fail because none of them is there: then objects have names only.
 */
#include "agent/cli_replay.h"
#include "agent/replay_cache.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The core whose log it is keeps its cache there, on Debian. */
static const struct {
	const char *hint, *path;
} caches[] = {
    {"nagios", "/var/cache/nagios4/objects.cache"},
    {"naemon", "/var/cache/naemon/objects.cache"}};

static const char *cache_for(const char *log)
{
	for (size_t i = 0; i < sizeof caches / sizeof caches[0]; i++)
		if ((strcmp(log, "-") == 0 || strstr(log, caches[i].hint)) &&
		    access(caches[i].path, R_OK) == 0)
			return caches[i].path;
	return NULL;
}

static enum cli_exit from_file(const struct cli *cli, const char *path, struct replay_source *out)
{
	struct err err;

	if (cache_read(path, &out->objects, &err) == -1)
		return cli_complain(cli, CLI_NO, "%s", err.text);
	snprintf(out->text, sizeof out->text, "%s", path);
	return CLI_DONE;
}

enum cli_exit replay_objects(
    const struct cli *cli, const char *file, const char *log, struct replay_source *out)
{
	const char *cache;
	struct err err;

	*out = (struct replay_source){.text = ""};
	if (file)
		return from_file(cli, file, out);
	if (cli_objects_ask(cli, &out->objects, &err) == CLI_DONE && out->objects.n) {
		snprintf(out->text, sizeof out->text, "the running core");
		return CLI_DONE;
	}
	cli_objects_finish(&out->objects);
	cache = cache_for(log);
	return cache ? from_file(cli, cache, out) : CLI_DONE;
}

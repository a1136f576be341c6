/*
 * libFuzzer entry of old logs: any bytes, in pieces of any size, to a rehearsal of an audience
 * that hears everything. Run by make check for a short time, by make check-long for ten minutes.
 */
#include "agent/cli_objects.h"
#include "agent/replay.h"
#include "agent/replay_cache.h"

#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 20000

static const char site[] =
    "define host {\nhost_name h\n}\ndefine host {\nhost_name k\nparents h\n_TWICKET_PUBLIC K\n}\n"
    "define service {\nhost_name h\nservice_description s\n_TWICKET_PUBLIC S\n}\n"
    "define hostgroup {\nhostgroup_name g\nmembers h,k\n}\n";

static struct replay *playing;

static struct object *on_object(void *arg, unsigned kind, const char *host, const char *service)
{
	(void)arg;
	return replay_object(playing, kind, host, service);
}

/* No control character but the line end comes through. */
static void on_post(void *arg, const struct rehearsed *post)
{
	(void)arg;
	for (const char *at = post->text ? post->text : ""; *at; at++)
		if (((unsigned char)*at < ' ' && *at != '\n') || *at == 0x7f)
			abort();
}

static bool wants_words(void *arg, unsigned audience, unsigned account)
{
	(void)arg;
	(void)audience;
	(void)account;
	return true;
}

static void play(struct world *world, const struct config *config, const uint8_t *data, size_t size)
{
	const struct rehearsal_order order = {
	    .config = config, .node = "n", .object = on_object, .post = on_post, .wants_words = wants_words};
	struct rehearsal *r = rehearsal_create(&order, 0, NULL);
	size_t chunk = size ? data[0] + 1u : 1;
	int rc = 0;

	playing = replay_create(world);
	if (!r || !playing || replay_add(playing, r) == -1)
		abort();
	replay_file(playing, "log");
	for (size_t at = 0; rc == 0 && at < size; at += chunk)
		rc = replay_feed(playing, (const char *)data + at, size - at < chunk ? size - at : chunk, NULL);
	if (rc == 0 && replay_file_end(playing, NULL) == 0)
		replay_end(playing);
	replay_destroy(playing);
	rehearsal_destroy(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "out", network[] = "file", handle[] = "/nonexistent/out", none[] = "", base[] = "public",
		    language[] = "en";
	static unsigned on[] = {0};
	struct config_account account = {
	    .name = name, .network = network, .handle = handle, .url = none, .language = language};
	struct config_audience audience = {
	    .name = base, .base = base, .accounts = on, .n_accounts = 1, .states = ~0u, .hold_ms = 1000,
	    .recovery_hold_ms = 1000, .as_contact = none, .acks = true, .soft = true, .storm = 5};
	struct config config = {
	    .accounts = &account, .n_accounts = 1, .audiences = &audience, .n_audiences = 1, .link = none};
	char *text = strdup(site);
	struct cli_objects objects;
	struct world *world;

	if (size > INPUT_MAX) {
		free(text);
		return 0;
	}
	if (!text || cache_parse("site", text, &objects, NULL) == -1)
		abort();
	audience.match = match_parse("*", NULL);
	world = world_create(objects.at, objects.n);
	play(world, &config, data, size);
	world_destroy(world);
	cli_objects_finish(&objects);
	match_destroy(audience.match);
	free(text);
	/* the same bytes as a cache */
	text = strndup((const char *)data, size);
	if (text && cache_parse("fuzz", text, &objects, NULL) == 0)
		cli_objects_finish(&objects);
	free(text);
	return 0;
}

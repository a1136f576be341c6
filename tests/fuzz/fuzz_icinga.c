/*
 * What an Icinga 2 answers: look after look, each a JSON text on a line: "h" hosts, "s" services,
 * "d" downtimes, "c" comments, "o" outputs, "p" dependencies, "H" "S" how they are configured, "a" an
 * action's answer, "n" an event of the stream, "t" the status, "r" permissions; an empty line ends a
 * look. Never more than the events say, never a byte behind.
 */
#include "agent/cli_check.h"
#include "agent/icinga_act.h"
#include "agent/icinga_json.h"
#include "agent/icinga_picture.h"
#include "agent/icinga_site.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

static struct picture *before, *fresh;
static struct site *site;
static const struct now now = {.wall_ms = 1795305600000, .boot_ms = 1000};

static void on_event(void *arg, const struct event *ev)
{
	static unsigned char frame[EVENT_MAX];
	unsigned *count = arg;

	require(ev->type && ++*count);
	if (ev->kind != EVENT_NONE)
		require(*ev->host && strlen(ev->host) <= EVENT_NAME_MAX && strlen(ev->service) <= EVENT_NAME_MAX);
	require(ev->kind != EVENT_SERVICE || *ev->service);
	if (ev->type == EVENT_OBJECT)
		require(ev->state <= (ev->kind == EVENT_HOST ? EVENT_UNREACHABLE : EVENT_UNKNOWN));
	require(event_encode(ev, frame, sizeof frame) > 0); /* as a module's would have to be */
}

static void end_look(void)
{
	unsigned count = 0;

	json_decref(picture_wanted(fresh, before, EVENT_HOST));
	json_decref(picture_wanted(fresh, before, EVENT_SERVICE));
	if (before)
		picture_tell_changes(fresh, before, &now, on_event, &count);
	picture_tell_all(fresh, &now, on_event, &count);
	picture_ok_since(fresh, "web1", "http");
	json_decref(picture_downtimes_of(fresh, "TAB2:r1", ""));
	picture_destroy(before);
	before = fresh;
	fresh = picture_create(now.wall_ms / 1000);
	require(fresh != NULL);
}

static void walk_rights(const json_t *permissions)
{
	unsigned n = 0;

	for (const struct check_right *r = NULL; (r = check_rights_missing(permissions, r)); n++)
		require(*r->permission && *r->what && n < 100);
}

static void take(char kind, const json_t *results)
{
	const char *why;
	char version[16];
	unsigned count = 0;

	switch (kind) {
	case 'h': picture_take_hosts(fresh, before, results); break;
	case 's': picture_take_services(fresh, before, results); break;
	case 'd': picture_take_downtimes(fresh, results); break;
	case 'c': picture_take_comments(fresh, results); break;
	case 'o': picture_take_outputs(fresh, EVENT_SERVICE, results); break;
	case 'p': site_take_dependencies(site, results); break;
	case 'H': site_take_hosts(site, results); break;
	case 'S': site_take_services(site, results); break;
	case 'n': icinga_tell_notification(results, on_event, &count); break;
	case 't': icinga_program(results, version, sizeof version); require(*version && strlen(version) < sizeof version); break;
	case 'r': walk_rights(results); break;
	case 'a': icinga_judge(TRANSPORT_ANSWERED, 200, results, &why); require(why != NULL); break;
	default: break;
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	unsigned count = 0;

	before = NULL;
	fresh = picture_create(now.wall_ms / 1000);
	site = site_create("ici");
	require(fresh && site);
	while (at < end) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		size_t len = line ? (size_t)(line - at) : (size_t)(end - at);
		json_t *json = len > 1 ? json_loadb(at + 1, len - 1, 0, NULL) : NULL;

		if (!len)
			end_look();
		else
			take(*at, json);
		json_decref(json);
		at += len + 1;
	}
	end_look();
	if (site_finish(site) == 0) {
		object_destroy(site_object(site, EVENT_SERVICE, "web1", "http"));
		site_each(site, on_event, &count);
	}
	site_destroy(site);
	picture_destroy(before);
	picture_destroy(fresh);
	return 0;
}

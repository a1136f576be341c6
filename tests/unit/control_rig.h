/*
 * The rig of test_control.c: the whole agent on the virtual clock behind the control socket,
 * with four incidents in it. The socket itself is a stub, so that its client may be anybody:
 * hence a header, because such stubs must not be linked into the tests of others.
 */
#ifndef TWICKET_TEST_CONTROL_RIG_H
#define TWICKET_TEST_CONTROL_RIG_H

#include "agent/control.h"
#include "agent/socket.h"
#include "agent/sources.h"
#include "common/log.h"
#include "tests/scenario/world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOT 0
#define MEMBER 1000 /* of the group that may */
#define STRANGER 4711
#define MINUTE_MS INT64_C(60000)

/* ---- the socket: the next caller ---- */

static int caller = -1;
static uid_t caller_uid;

int socket_listen(const char *path, struct err *err)
{
	(void)path;
	(void)err;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int socket_accept(int listener, uid_t *uid, pid_t *pid)
{
	int fd = caller;

	(void)listener;
	*uid = caller_uid;
	*pid = 1;
	caller = -1;
	return fd;
}

bool socket_is_us(uid_t uid)
{
	return uid == ROOT;
}

bool socket_is_member(uid_t uid, const char *group)
{
	assert_string_equal(group, "twicket");
	return uid == MEMBER;
}

bool socket_login_of(uid_t uid, char *name, size_t size)
{
	snprintf(name, size, "%s", uid == MEMBER ? "carol" : "mallory");
	return true;
}

bool socket_find_user(const char *login, uid_t *uid)
{
	(void)login;
	(void)uid;
	return false;
}

/* ---- the agent ---- */

static const char config_text[] =
	"accounts = { status = { network = \"mastodon\"; handle = \"status@social.example.org\"; };\n"
	"             noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; }; };\n"
	"audiences = { public = { accounts = [ \"status\" ]; }; operators = { accounts = [ \"noc\" ]; }; };\n"
	"people = { alice = { mastodon = \"alice@social.example.org\"; }; };\n";

static struct world world;
static struct sources *sources;
static struct control *control;
static char config_path[64];
/* $A: a service that is CRITICAL; $B: closed; $M: a planned maintenance; $H: opened by hand */
static char tags[128][TAG_SIZE];

static void on_command(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static void on_local(void *arg, void *ticket, const struct reply_row *reply)
{
	(void)arg;
	control_reply_done(control, ticket, reply, &world.now);
}

/* ---- a client ---- */

struct client {
	int fd;
	char answer[65536];
};

static struct client *client_call(uid_t uid)
{
	struct client *k = calloc(1, sizeof *k);
	int ends[2];

	assert_non_null(k);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	k->fd = ends[0];
	caller = ends[1];
	caller_uid = uid;
	control_ready(control, &world.now);
	assert_int_equal(caller, -1);
	return k;
}

static void client_hang_up(struct client *k)
{
	close(k->fd);
	control_ready(control, &world.now);
	free(k);
}

static void client_say(struct client *k, const char *bytes, size_t n)
{
	while (n) {
		ssize_t sent = send(k->fd, bytes, n < 4096 ? n : 4096, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent <= 0)
			return; /* dropped */
		bytes += sent;
		n -= (size_t)sent;
		control_ready(control, &world.now);
	}
}

/* What has come so far; NULL: the connection was closed. */
static const char *client_hear(struct client *k)
{
	ssize_t n = recv(k->fd, k->answer, sizeof k->answer - 1, MSG_DONTWAIT);

	if (n == 0)
		return NULL;
	k->answer[n < 0 ? 0 : n] = '\0';
	return k->answer;
}

static void expand(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text && n + TAG_SIZE < size; text++)
		if (*text == '$' && tags[(unsigned char)text[1]][0])
			n += (size_t)snprintf(out + n, size - n, "%s", tags[(unsigned char)*++text]);
		else
			out[n++] = *text;
	out[n] = '\0';
}

static void pass(int64_t ms)
{
	world_run_until(&world, world.now.wall_ms + ms, NULL, NULL);
	control_ready(control, &world.now);
}

/* One request by a client of its own; the answer may take as long as a core may. */
static void ask(uid_t uid, const char *request, char *answer, size_t size)
{
	struct client *k = client_call(uid);
	char line[4096];
	const char *said;

	expand(request, line, sizeof line - 1);
	snprintf(line + strlen(line), 2, "\n");
	client_say(k, line, strlen(line));
	for (unsigned s = 0; (said = client_hear(k)) && !*said && s < 40; s++)
		pass(1000);
	snprintf(answer, size, "%s", said ? said : "closed");
	answer[strcspn(answer, "\n")] = '\0';
	client_hang_up(k);
}

static void wants(uid_t uid, const char *request, const char *want)
{
	char answer[65536], full[4096];

	ask(uid, request, answer, sizeof answer);
	expand(want, full, sizeof full);
	if (strcmp(answer, full) != 0)
		fail_msg("%s\n\tanswered %s\n\tinstead of %s", request, answer, full);
}

static void opens(char which, const char *request)
{
	char answer[1000];

	ask(ROOT, request, answer, sizeof answer);
	assert_int_equal(sscanf(answer, "{\"ok\":true,\"tag\":\"%4s\"}", tags[(unsigned char)which]), 1);
}

/* ---- set-up ---- */

static void note_tag(void *arg, const struct incident_view *view)
{
	(void)arg;
	if (strcmp(view->object, "mx1/SMTP") == 0)
		memcpy(tags['A'], view->tag, TAG_SIZE);
}

static void build(void)
{
	static const char *const pairs[] = {"_TWICKET_PUBLIC=E-mail"};

	simcore_object(world.monitor, "mx1/SMTP", pairs, 1);
	world_start(&world);
	simcore_connect(world.monitor, false, &world.now);
	world_settle(&world);
}

static int setup(void **state)
{
	static const struct source_events deaf;
	struct err err;
	FILE *f;

	(void)state;
	snprintf(config_path, sizeof config_path, "/tmp/twicket-control-%ld.cfg", (long)getpid());
	f = fopen(config_path, "w");
	assert_non_null(f);
	fputs(config_text, f);
	fclose(f);
	world_seed(1);
	world = (struct world){.sim = sim_create(),
			       .now = {.wall_ms = WORLD_BEGIN_MS, .boot_ms = 5000000},
			       .store_path = ":memory:",
			       .config_path = config_path,
			       .local = on_local};
	world.monitor = simcore_create("mon1", on_command, NULL);
	build();
	sources = sources_create("/nonexistent/core.sock", &(const struct config){.n_icinga = 0}, NULL, &deaf, &err);
	control = control_create("/nonexistent/control.sock", world.core, sources, &err);
	assert_non_null(control);
	simcore_state(world.monitor, "mx1/SMTP", "CRITICAL", true, "refused", &world.now);
	pass(3 * MINUTE_MS);
	memset(tags, 0, sizeof tags);
	engine_each(core_engine(world.core), note_tag, NULL);
	opens('B', "{\"do\":\"open\",\"text\":\"a test\",\"to\":\"operators\"}");
	wants(ROOT, "{\"do\":\"retract\",\"tag\":\"$B\"}", "{\"ok\":true}");
	opens('M', "{\"do\":\"open\",\"text\":\"new kernel\",\"to\":\"operators\",\"from_ms\":1795320000000,"
		   "\"until_ms\":1795327200000}");
	opens('H', "{\"do\":\"open\",\"text\":\"slow\",\"to\":\"public,operators\",\"name\":\"Intranet\"}");
	pass(MINUTE_MS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	control_destroy(control);
	sources_destroy(sources);
	world_stop(&world);
	simcore_destroy(world.monitor);
	sim_destroy(world.sim);
	unlink(config_path);
	return 0;
}

#endif

/*
 * Who may connect as a core: users that are made later, and strangers that knock without end.
 * The sockets are stubs, so that who connects may be anybody. Run by make check; changes nothing.
 */
#include "agent/socket.h"
#include "agent/source_module.h"
#include "common/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NAEMON 107
#define STRANGER 4711
#define MINUTE_MS 60000

static bool has_naemon;
static unsigned callers; /* that wait for accept() */
static uid_t caller;
static int line = -1; /* the last caller's end */

int socket_listen(const char *path, struct err *err)
{
	(void)path;
	(void)err;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int socket_accept(int listener, uid_t *uid, pid_t *pid)
{
	int ends[2];

	(void)listener;
	if (!callers)
		return -1;
	callers--;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	if (line != -1)
		close(line);
	line = ends[0];
	*uid = caller;
	*pid = 1;
	return ends[1];
}

bool socket_is_us(uid_t uid)
{
	return uid == 0;
}

bool socket_find_user(const char *login, uid_t *uid)
{
	*uid = NAEMON;
	return has_naemon && strcmp(login, "naemon") == 0;
}

/* Was the last of so many callers let in? */
static bool call(struct source *s, uid_t uid, unsigned times, int64_t boot_ms)
{
	const struct now now = {.wall_ms = boot_ms, .boot_ms = boot_ms};
	char byte;

	caller = uid;
	for (callers = times; callers;)
		source_ready(s, &now);
	return recv(line, &byte, 1, MSG_DONTWAIT) == -1;
}

static int open_source(void **state)
{
	static char nagios[] = "nagios", naemon[] = "naemon";
	static char *users[] = {nagios, naemon};
	static const struct source_events deaf;
	struct err err;

	has_naemon = false;
	*state = source_create("/nonexistent/core.sock", users, 2, &deaf, &err);
	return *state ? 0 : -1;
}

static int close_source(void **state)
{
	source_destroy(*state);
	close(line);
	line = -1;
	return 0;
}

static void test_user_made_later(void **state)
{
	assert_false(call(*state, NAEMON, 1, MINUTE_MS));
	has_naemon = true;
	assert_false(call(*state, NAEMON, 1, 2 * MINUTE_MS - 1)); /* looked up a moment ago */
	assert_true(call(*state, NAEMON, 1, 2 * MINUTE_MS));
	assert_false(call(*state, STRANGER, 1, 4 * MINUTE_MS));
	assert_true(call(*state, NAEMON, 1, 4 * MINUTE_MS));
}

/* Ten thousand in a minute are one line of the log, and the next one has their number. */
static void test_log_of_strangers(void **state)
{
	char text[2000] = "";
	FILE *f = tmpfile();
	int keep = dup(2);

	assert_non_null(f);
	dup2(fileno(f), 2);
	assert_false(call(*state, STRANGER, 10000, MINUTE_MS));
	assert_false(call(*state, STRANGER, 1, 2 * MINUTE_MS));
	dup2(keep, 2);
	close(keep);
	rewind(f);
	assert_true(fread(text, 1, sizeof text - 1, f) > 0);
	fclose(f);
	assert_string_equal(
	    text,
	    "warning: source: connection of uid 4711 (pid 1) refused: not one of core_users\n"
	    "warning: source: connection of uid 4711 (pid 1) refused: not one of core_users, and 9999 before it\n");
}

/* Who connects faster than it is refused does not have the turn for ever. */
static void test_turn(void **state)
{
	const struct now now = {.boot_ms = MINUTE_MS};

	caller = STRANGER;
	callers = 1000;
	source_ready(*state, &now);
	assert_true(callers > 500);
	callers = 0;
}

static bool is_mon2(void *arg, const char *node)
{
	(void)arg;
	return strcmp(node, "mon2") == 0;
}

/* Two with one name would answer for each other: the module is told to take another. */
static void test_name_that_an_icinga_has(void **state)
{
	const struct event hello = {.type = EVENT_HELLO, .id = EVENT_VERSION, .code = EVENT_MAGIC, .host = "mon2",
				    .service = "boot.1", .text = "nagios", .author = "0.1.0", .mark = ""};
	const struct now now = {.wall_ms = 2 * MINUTE_MS, .boot_ms = 2 * MINUTE_MS};
	static unsigned char frame[EVENT_MAX];
	struct event told;
	size_t used, n = event_encode(&hello, frame, sizeof frame);
	ssize_t got;

	source_set_foreign(*state, is_mon2, NULL);
	assert_true(call(*state, 0, 1, MINUTE_MS));
	assert_int_equal(send(line, frame, n, 0), n);
	source_ready(*state, &now);
	assert_string_equal(source_refusal(*state)->node, "mon2");
	assert_non_null(strstr(source_refusal(*state)->why, "an icinga2 group"));
	assert_false(source_has(*state, "mon2"));
	got = recv(line, frame, sizeof frame, 0);
	assert_true(got > 0 && event_decode(frame, (size_t)got, &told, &used) == 1);
	assert_int_equal(told.type, EVENT_REFUSE);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_source, close_source)
	const struct CMUnitTest tests[] = {CASE(test_user_made_later), CASE(test_log_of_strangers), CASE(test_turn),
					   CASE(test_name_that_an_icinga_has)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

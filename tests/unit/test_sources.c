/*
 * Modules and Icinga 2 of one node name, and an Icinga 2 whose login cannot be read: who is heard,
 * and what the status says of the other. Run by make check; its socket is in a folder of its own.
 */
#include "agent/sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define NONE "/nonexistent/icinga.pass"

static struct {
	char folder[64], path[100];
	struct sources *sources;
	unsigned up, down;
} rig;

static void count_up(void *arg, const char *node, const char *epoch)
{
	(void)arg;
	(void)epoch;
	assert_string_equal(node, "mon2");
	rig.up++;
}

static void count_down(void *arg, const char *node)
{
	(void)arg;
	assert_string_equal(node, "mon2");
	rig.down++;
}

static struct config_icinga mon2(char *password_file)
{
	static char url[] = "https://127.0.0.1:1", node[] = "mon2", user[] = "twicket", none[] = "", ca[] = "/nonexistent/ca.crt";

	return (struct config_icinga){.url = url, .node = node, .user = user, .password_file = password_file,
				      .cert_file = none, .key_file = none, .ca_file = ca};
}

/* password_file "": by certificate; NULL: there is no such group. */
static void configure(const char *password_file)
{
	static const struct source_events events = {.up = count_up, .down = count_down};
	char *file = strdup(password_file ? password_file : "");
	struct config_icinga icinga = mon2(file);
	const struct config config = {.icinga = &icinga, .n_icinga = password_file != NULL};
	struct err err;

	assert_non_null(file);
	if (rig.sources)
		sources_set_config(rig.sources, &config);
	else
		rig.sources = sources_create(rig.path, &config, NULL, &events, &err);
	assert_non_null(rig.sources);
	free(file);
}

static void let_work(int64_t at_ms)
{
	const struct now now = {.wall_ms = at_ms, .boot_ms = at_ms};

	sources_ready(rig.sources, &now);
}

/* A core's module says hello: its socket. */
static int connect_module(void)
{
	const struct event hello = {.type = EVENT_HELLO, .id = EVENT_VERSION, .code = EVENT_MAGIC, .host = "mon2",
				    .service = "boot.1", .text = "nagios", .author = "0.1.0", .mark = ""};
	static unsigned char frame[EVENT_MAX];
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t n = event_encode(&hello, frame, sizeof frame);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s", rig.path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(send(fd, frame, n, 0), n);
	let_work(1000);
	return fd;
}

static void disconnect_module(int fd)
{
	close(fd);
	let_work(2000);
}

static const char *refusal(void)
{
	return sources_refusal(rig.sources)->why;
}

/* Exactly one row, so that nobody reads the wrong one. */
static struct source_health row(void)
{
	struct source_health all[4];

	assert_int_equal(sources_health(rig.sources, all, 4), 1);
	assert_string_equal(all[0].node, "mon2");
	return all[0];
}

static int make_folder(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof rig);
	snprintf(rig.folder, sizeof rig.folder, "/tmp/twicket-sources-XXXXXX");
	if (!mkdtemp(rig.folder))
		return -1;
	snprintf(rig.path, sizeof rig.path, "%s/core.sock", rig.folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	sources_destroy(rig.sources);
	return rmdir(rig.folder);
}

static void test_icinga_first(void **state)
{
	int fd;

	(void)state;
	configure("");
	fd = connect_module();
	assert_non_null(strstr(refusal(), "an icinga2 group in twicket.cfg has this node name"));
	assert_int_equal(rig.up, 0);
	assert_false(row().connected);
	disconnect_module(fd);
	assert_int_equal(rig.down, 0);
	configure(NULL); /* the group is taken away: the name is free */
	fd = connect_module();
	assert_string_equal(refusal(), "");
	assert_int_equal(rig.up, 1);
	disconnect_module(fd);
}

/* The module stays, and may come again: a restart of its core must not give its name away. */
static void test_module_first(void **state)
{
	int fd;

	(void)state;
	configure(NULL);
	fd = connect_module();
	configure("");
	assert_int_equal(rig.down, 0);
	assert_true(row().connected);
	assert_non_null(strstr(row().trouble, "a module with this node name came first"));
	disconnect_module(fd);
	assert_false(row().connected);
	assert_non_null(strstr(row().trouble, "a module with this node name came first"));
	fd = connect_module();
	assert_string_equal(refusal(), "");
	assert_int_equal(rig.up, 2);
	disconnect_module(fd);
	configure(""); /* the module has gone, and somebody reloads: the name is the group's */
	assert_string_equal(row().trouble ? row().trouble : "", "");
	fd = connect_module();
	assert_string_not_equal(refusal(), "");
	assert_int_equal(rig.up, 2);
	disconnect_module(fd);
}

/* What is known of the node is the Icinga's, whether it can be asked at the moment or not. */
static void test_login_that_cannot_be_read(void **state)
{
	int fd;

	(void)state;
	configure(NONE);
	assert_false(row().connected);
	assert_non_null(strstr(row().trouble, NONE));
	fd = connect_module();
	assert_string_not_equal(refusal(), "");
	assert_int_equal(rig.up, 0);
	disconnect_module(fd);
	configure(""); /* a reload tries again */
	assert_string_equal(row().trouble ? row().trouble : "", "");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {CASE(test_icinga_first), CASE(test_module_first),
					   CASE(test_login_that_cannot_be_read)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

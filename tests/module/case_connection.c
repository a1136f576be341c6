/*
 * Loading, refusing to load, connecting, losing the agent.
 * Part of the module's tests; cases.c runs them.
 * Never sleeps: time is the fake core's.
 */
#include "tests/module/cases.h"

#include <unistd.h>

/* ---- load ---- */

static void wrong_arguments(void)
{
	static const char *const wrong[] = {"nodes=x", "node=",  "socket=relative",
					    "ring=1",  "ring=x", "ring=99999999",
					    "hello",   "user=",  "socket=/tmp/a b"};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		core_load(case_so, wrong[i]);
		CHECK(core_init_code() == 0);
		CHECK(core_callbacks() == 0);
		CHECK(core_log_count("the module does nothing") == i + 1);
		core_enter_loop();
		core_tick(1);
		core_leave_loop(NEBTYPE_PROCESS_SHUTDOWN);
		core_unload();
	}
}

static void no_arguments(void)
{
	core_load(case_so, NULL);
	CHECK(core_init_code() == 0 && core_callbacks() == 8);
	core_enter_loop();
	CHECK(core_log_count("no agent at /run/twicket/core.sock") == 1);
	case_stop();
}

static void wrong_core(void)
{
	core_version = "9.3.4";
	core_load(case_so, case_args(""));
	CHECK(core_init_code() == 0 && core_callbacks() == 0);
	CHECK(core_log_count("9.3.4, for which there is no twicket.so; the module does nothing") == 1);
	core_version = NULL;
	core_load(case_so, case_args(""));
	CHECK(core_init_code() == 0 && core_callbacks() == 0);
}

static void core_that_brokers_too_little(void)
{
	event_broker_options = BROKER_PROGRAM_STATE;
	core_load(case_so, case_args(""));
	CHECK(core_init_code() == 0 && core_callbacks() == 0);
	CHECK(core_log_count("event_broker_options must be -1") == 1);
}

static void loaded_twice(void)
{
	case_start_connected("");
	CHECK(core_callbacks() == 8);
	core_load(case_so, case_args(""));
	CHECK(core_init_code() == 0 && core_callbacks() == 8);
	CHECK(core_log_count("loaded twice") == 1);
	case_stop();
	core_load(case_so, case_args("")); /* alone again */
	CHECK(core_callbacks() == 8);
}

static void unknown_user(void)
{
	core_load(case_so, "user=nobody-has-this-name");
	CHECK(core_callbacks() == 8);
	CHECK(core_log_count("only an agent that runs as root is accepted") == 1);
}

/* ---- connection ---- */

static void no_agent(void)
{
	unsigned tries = 0;

	core_load(case_so, case_args(""));
	core_enter_loop();
	core_tick(120);
	CHECK(core_log_count("no agent at") == 1);
	CHECK(core_log_count("twicket:") <= 3);
	agent_listen(geteuid());
	while (!agent_accept() && ++tries < 100)
		core_tick(1);
	CHECK(tries <= 30); /* the back-off has an end */
	case_stop();
}

static void backs_off(void)
{
	unsigned waits[8] = {0}, n = 0;

	case_start("");
	for (unsigned second = 0, last = 0; second < 100 && n < 8; second++) {
		if (agent_accept()) {
			waits[n++] = second - last;
			last = second;
			agent_hang_up();
			core_turn();
		}
		core_tick(1);
	}
	CHECK(n == 8 && waits[1] <= 2 && waits[3] >= 4 && waits[4] >= 8);
	CHECK(core_log_count("connection to the agent lost") == 1); /* HELLO unread: a reset */
	case_stop();
}

static void stranger_listens(void)
{
	char args[200];

	snprintf(args, sizeof args, "socket=%s user=root", agent_path);
	core_load(case_so, args);
	/* as root we listen as somebody else; if we are not root, we are somebody else */
	agent_listen(geteuid() ? geteuid() : 65534);
	core_enter_loop();
	core_tick(40);
	CHECK(core_log_count("neither root nor the user= of this module") == 1);
	CHECK(core_descriptors() == 0);
	case_stop();
}

static void hello_and_nothing_else(void)
{
	const struct event *ev;
	service *s = case_start("");

	CHECK(agent_accept());
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_HELLO && ev->id == EVENT_VERSION && ev->code == EVENT_MAGIC);
	CHECK(!strcmp(ev->host, "n1") && !strcmp(ev->text, COMPAT_NAME " " TWICKET_HEADERS) && *ev->author);
	CHECK(strchr(ev->service, '.') && strlen(ev->service) > 40);
	core_change(s, 2, HARD_STATE);
	CHECK(!agent_next());
	core_tick(300); /* an agent that is slow to say WELCOME is not dropped */
	CHECK(!agent_next() && agent_is_open());
	case_stop();
}

static void refused(void)
{
	struct event refuse = {.type = EVENT_REFUSE, .id = 9, .code = 7, .text = "too\033[1m old"};

	case_start("");
	CHECK(agent_accept() && agent_next());
	agent_send(&refuse);
	core_turn();
	CHECK(!agent_is_open());
	CHECK(core_log_count("refuses this module: too 1m old") == 1);
	core_tick(6);
	CHECK(!agent_accept());
	core_tick(2);
	CHECK(agent_accept());
	case_stop();
}

static void wrong_version_welcomes(void)
{
	struct event welcome = {.type = EVENT_WELCOME, .id = EVENT_VERSION + 1};

	case_start("");
	CHECK(agent_accept() && agent_next());
	agent_send(&welcome);
	core_turn();
	CHECK(!agent_is_open());
	case_stop();
}

static void agent_dies(void)
{
	service *s = case_start_connected("");

	agent_hang_up();
	for (int i = 0; i < 100; i++)
		core_change(s, i % 3, HARD_STATE);
	core_tick(1);
	CHECK(core_log_count("connection to the agent lost") == 1);
	core_tick(3);
	CHECK(agent_accept());
	case_stop();
}

static void send_garbage(const void *bytes, size_t n, unsigned logged)
{
	agent_send_bytes(bytes, n);
	core_turn();
	core_turn();
	CHECK(!agent_is_open());
	CHECK(core_log_count("no message of ours") == logged);
	agent_hang_up();
	core_tick(31);
	agent_welcome();
}

static void garbage(void)
{
	struct event state = {.type = EVENT_STATE}, welcome = {.type = EVENT_WELCOME, .id = 1};
	char frame[200], noise[600];
	size_t n;

	case_start_connected("");
	memset(noise, 0xa5, sizeof noise);
	send_garbage(noise, sizeof noise, 1);
	memset(noise, 0, sizeof noise);
	send_garbage(noise, sizeof noise, 2);
	send_garbage("GET / HTTP/1.0\r\n\r\n", 18, 3);
	n = event_encode(&state, frame, sizeof frame); /* what only the module may say */
	send_garbage(frame, n, 4);
	n = event_encode(&welcome, frame, sizeof frame); /* a second one */
	send_garbage(frame, n, 5);
	frame[n - 1] = 'x'; /* a string without its end */
	send_garbage(frame, n, 6);
	case_stop();
}

static void frame_in_pieces(void)
{
	struct event ev = {.type = EVENT_DESCRIBE, .id = 3, .kind = EVENT_HOST, .host = "web"};
	const struct event *answer;
	char frame[200];
	size_t n = event_encode(&ev, frame, sizeof frame);

	case_start_connected("");
	for (size_t i = 0; i < n; i++) {
		agent_send_bytes(frame + i, 1);
		core_turn();
	}
	answer = agent_next();
	CHECK(answer && answer->type == EVENT_DESCRIPTION && answer->id == 3);
	case_stop();
}

const struct test case_connection[] = {
    CASE(wrong_arguments),  CASE(no_arguments),
    CASE(wrong_core),       CASE(core_that_brokers_too_little),
    CASE(loaded_twice),     CASE(unknown_user),
    CASE(no_agent),         CASE(backs_off),
    CASE(stranger_listens), CASE(hello_and_nothing_else),
    CASE(refused),          CASE(wrong_version_welcomes),
    CASE(agent_dies),       CASE(garbage),
    CASE(frame_in_pieces),  {NULL, NULL},
};

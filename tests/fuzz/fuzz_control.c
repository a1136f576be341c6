/*
 * libFuzzer entry of the control socket: any bytes from a client, served by the whole agent
 * with networks that are not there. Run by make check-fuzz.
 *
 * A line that begins with '+' is none of the client's: so many seconds pass. One that begins
 * with '!' is the monitoring core's: its service is CRITICAL, or OK again. A '?' in front of
 * everything: the client is a user who may ask for the status only. The first incident is
 * always #TBGM.
 */
#include "agent/control.h"
#include "agent/core.h"
#include "agent/socket.h"
#include "agent/sources.h"

#include "common/log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BEGIN_MS INT64_C(1795316400000) /* Sunday, 22 November 2026, 03:00:00 UTC */
#define STRANGER 4711
#define PASS_MAX_S 200000
#define TURNS_MAX 300 /* of one '+' */
#define LINES_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int is_true)
{
	if (!is_true)
		abort();
}

/* --- the socket: one client, who he is, and how it is called -------------------------------- */

static int served_end = -1;
static uid_t client_uid;

int socket_listen(const char *path, struct err *err)
{
	(void)path;
	(void)err;
	return memfd_create("listener", MFD_CLOEXEC);
}

int socket_accept(int listener, uid_t *uid, pid_t *pid)
{
	int fd = served_end;

	(void)listener;
	*uid = client_uid;
	*pid = 1;
	served_end = -1;
	return fd;
}

bool socket_is_us(uid_t uid)
{
	return uid != STRANGER;
}

bool socket_find_user(const char *login, uid_t *uid)
{
	(void)login;
	(void)uid;
	return false;
}

bool socket_login_of(uid_t uid, char *name, size_t size)
{
	(void)uid;
	snprintf(name, size, "mallory");
	return true;
}

bool socket_is_member(uid_t uid, const char *group)
{
	(void)uid;
	(void)group;
	return false;
}

/* --- the agent around it ---------------------------------------------------------------------- */

static const char config_text[] =
	"accounts = { status = { network = \"mastodon\"; handle = \"status@social.example.org\"; };\n"
	"             noc = { network = \"mastodon\"; handle = \"noc@social.example.org\"; };\n"
	"             status_x = { network = \"x\"; handle = \"examplenet\"; }; };\n"
	"audiences = { public = { accounts = [ \"status\", \"status_x\" ]; hold = \"30s\"; };\n"
	"              operators = { accounts = [ \"noc\" ]; }; };\n"
	"people = { alice = { mastodon = \"alice@social.example.org\"; }; };\n";

static struct config *config;
static struct store *store;
static struct core *core;
static struct sources *sources;
static struct control *control;
static struct now now;
static bool is_asked, is_down;
static uint64_t sequence;

static void *submit(void *arg, unsigned account, const struct request *request,
		    void (*done)(void *done_arg, const struct answer *answer), void *done_arg)
{
	(void)arg, (void)account, (void)request, (void)done, (void)done_arg;
	return NULL; /* no connection */
}

static void cancel(void *arg, void *handle)
{
	(void)arg, (void)handle;
}

static const struct carrier carrier = {.submit = submit, .cancel = cancel};

static unsigned char dice; /* the same for every input */

static void roll(void *bytes, size_t n)
{
	unsigned char *at = bytes;

	while (n--)
		*at++ = dice += 31;
}

static int load_token(const struct config_account *a, char **token, struct err *err)
{
	(void)a;
	(void)err;
	*token = strdup("SECRET-TOKEN");
	return *token ? 0 : -1;
}

static void free_token(char *token)
{
	free(token);
}

static void describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	(void)arg, (void)node, (void)kind, (void)host, (void)service;
	is_asked = true;
}

static int command(void *arg, const char *node, const struct event *cmd)
{
	(void)arg, (void)node, (void)cmd;
	return 0; /* taken, and never confirmed */
}

static void local_done(void *arg, void *ticket, const struct reply_row *reply)
{
	(void)arg;
	control_reply_done(control, ticket, reply, &now);
}

static void read_config(void)
{
	struct config_report report;
	int fd = memfd_create("config", MFD_CLOEXEC);
	char path[64];

	log_setup(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	require(freopen("/dev/null", "w", stdout) != NULL);
	require(fd != -1 && write(fd, config_text, sizeof config_text - 1) == sizeof config_text - 1);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	config = config_load(path, &report);
	require(config != NULL);
	config_report_finish(&report);
	close(fd);
}

/* --- a store as it is before the first request, so that its tables are made once only ----------- */

static char path[64];
static char fresh[1 << 20];
static size_t n_fresh;

static void wipe(void)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char name[80];

	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
}

static void keep_fresh(void)
{
	FILE *f;

	snprintf(path, sizeof path, "%s/twicket-fuzz-%ld.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
		 (long)getpid());
	atexit(wipe);
	store_close(store_open(path, NULL));
	f = fopen(path, "rb");
	require(f != NULL);
	n_fresh = fread(fresh, 1, sizeof fresh, f);
	fclose(f);
}

static void put_fresh(void)
{
	FILE *f;

	wipe();
	f = fopen(path, "wb");
	require(f && fwrite(fresh, 1, n_fresh, f) == n_fresh && fclose(f) == 0);
}

/* --- one life ------------------------------------------------------------------------------------ */

static void tell(unsigned type, unsigned state)
{
	core_event(core, "mon1",
		   &(struct event){.type = (uint8_t)type,
				   .seq = ++sequence,
				   .id = 1,
				   .time_us = now.wall_ms * 1000,
				   .since = now.wall_ms / 1000,
				   .kind = EVENT_SERVICE,
				   .state = (uint8_t)state,
				   .flags = EVENT_HARD,
				   .attempt = 3,
				   .max_attempts = 3,
				   .host = type == EVENT_STATE ? "mx1" : "",
				   .service = type == EVENT_STATE ? "SMTP" : "",
				   .text = "refused",
				   .author = "",
				   .mark = "",
				   .list = ""},
		   &now);
}

static void start(void)
{
	static const struct core_env env = {.carrier = &carrier,
					    .random = roll,
					    .notifier = notifier_find,
					    .load_token = load_token,
					    .free_token = free_token,
					    .boot_id = "boot",
					    .describe = describe,
					    .command = command,
					    .local_done = local_done};
	static const struct source_events deaf;
	struct err err;

	now = (struct now){.wall_ms = BEGIN_MS, .boot_ms = 5000000};
	sequence = dice = 0;
	is_down = is_asked = false;
	put_fresh();
	store = store_open(path, &err);
	core = core_create(config, store, &env, &now, &err);
	sources = sources_create("/nonexistent/core.sock", &(const struct config){.n_icinga = 0}, NULL, &deaf, &err);
	control = control_create("/nonexistent/control.sock", core, sources, &err);
	require(store && core && sources && control);
	core_node_up(core, "mon1", "epoch", &now);
	tell(EVENT_SNAP_BEGIN, 0);
	tell(EVENT_SNAP_END, 0);
	core_turn(core, &now);
}

static void stop(void)
{
	control_destroy(control);
	sources_destroy(sources);
	core_destroy(core);
	store_close(store);
}

static void turn(void)
{
	static const char pairs[] = "display\0SMTP\0_TWICKET_PUBLIC\0E-mail";

	core_turn(core, &now);
	if (is_asked)
		core_object(core, "mon1", EVENT_SERVICE, "mx1", "SMTP",
			    object_create("mon1", EVENT_SERVICE, "mx1", "SMTP", pairs, sizeof pairs), &now);
	is_asked = false;
}

static void pass(long seconds)
{
	int64_t left = (seconds < 0 ? 0 : seconds > PASS_MAX_S ? PASS_MAX_S : seconds) * INT64_C(1000);

	for (unsigned k = 0; k < TURNS_MAX && left > 0; k++) {
		int wait = core_wait_ms(core, &now, (int)left);

		wait = wait < 1 ? 1 : wait;
		now.wall_ms += wait;
		now.boot_ms += wait;
		left -= wait;
		turn();
		control_ready(control, &now);
	}
}

/* --- the client ---------------------------------------------------------------------------------- */

static int our_end;
static char answers[1 << 20];
static size_t n_answers;

/* Each answer is one line, an object that says whether it went well, and holds no secret. */
static void check_answers(void)
{
	char *at = answers, *end;

	while ((end = memchr(at, '\n', n_answers - (size_t)(at - answers)))) {
		json_t *answer = json_loadb(at, (size_t)(end - at), 0, NULL);
		json_t *ok = json_object_get(answer, "ok");

		require(json_is_boolean(ok));
		require(json_is_true(ok) || json_string_value(json_object_get(answer, "error")));
		require(!memmem(at, (size_t)(end - at), "SECRET", 6));
		json_decref(answer);
		at = end + 1;
	}
	n_answers -= (size_t)(at - answers);
	memmove(answers, at, n_answers);
}

static void hear(void)
{
	ssize_t n;

	while ((n = recv(our_end, answers + n_answers, sizeof answers - n_answers, MSG_DONTWAIT)) > 0) {
		n_answers += (size_t)n;
		check_answers();
		if (n_answers == sizeof answers)
			n_answers = 0; /* one that long is not looked at */
		control_ready(control, &now);
	}
}

static void say(const uint8_t *bytes, size_t size)
{
	for (unsigned k = 0; size && k < 1000; k++) {
		ssize_t n = send(our_end, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
		control_ready(control, &now);
		hear();
	}
	turn();
	control_ready(control, &now);
	hear();
}

static void take(const uint8_t *line, size_t size)
{
	char number[16];

	switch (*line) {
	case '+':
		snprintf(number, sizeof number, "%.*s", (int)(size - 1), (const char *)line + 1);
		pass(strtol(number, NULL, 10));
		hear();
		break;
	case '!':
		is_down = !is_down;
		tell(EVENT_STATE, is_down ? EVENT_CRITICAL : EVENT_OK);
		turn();
		break;
	default: say(line, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int ends[2];

	if (!config) {
		read_config();
		keep_fresh();
	}
	client_uid = size && *data == '?' ? STRANGER : 0;
	data += client_uid == STRANGER;
	size -= client_uid == STRANGER;
	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	our_end = ends[0];
	served_end = ends[1];
	n_answers = 0;
	start();
	control_ready(control, &now);
	for (unsigned k = 0; size && k < LINES_MAX; k++) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t n = end ? (size_t)(end - data) + 1 : size;

		take(data, n);
		data += n;
		size -= n;
	}
	close(our_end);
	control_ready(control, &now);
	stop();
	return 0;
}

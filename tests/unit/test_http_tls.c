/*
 * TLS as an Icinga 2 has it: a CA of its own, a name that is not the address, and a client
 * certificate. Run by make check, against `openssl s_server` on loopback.
 * It must never reach a server whose certificate does not hold.
 */
#include "tests/unit/wire.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NODE "icinga.example.net"

static char folder[] = "/tmp/twicket-tls-XXXXXX";
static pid_t child;
static char address[64];

static char *file(const char *name)
{
	static char paths[8][128];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

/* In the folder; what it says goes to out (-1: nowhere). */
static pid_t start(char *const *argv, int out)
{
	pid_t pid = fork();
	int null;

	assert_true(pid != -1);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(60);
	null = open("/dev/null", O_RDWR);
	if (chdir(folder) == -1 || dup2(null, 0) == -1 || dup2(out == -1 ? null : out, 1) == -1 ||
	    dup2(null, 2) == -1)
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

static void run(char *const *argv)
{
	int status = -1;
	pid_t pid = start(argv, -1);

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define RUN(...) run((char *[]){__VA_ARGS__, NULL})
#define EC "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"

static void sign(char *name, char *subject, char *alternative)
{
	char key[64], request[64], certificate[64];
	FILE *f = fopen(file("ext"), "w");

	assert_non_null(f);
	fputs(alternative, f);
	fclose(f);
	snprintf(key, sizeof key, "%s.key", name);
	snprintf(request, sizeof request, "%s.csr", name);
	snprintf(certificate, sizeof certificate, "%s.crt", name);
	RUN("openssl", "req", EC, "-nodes", "-keyout", key, "-out", request, "-subj", subject);
	RUN("openssl", "x509", "-req", "-in", request, "-CA", "ca.crt", "-CAkey", "ca.key",
	    "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", certificate);
}

static int make_certificates(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	RUN("openssl", "req", "-x509", EC, "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days",
	    "2", "-subj", "/CN=Icinga CA");
	RUN("openssl", "req", "-x509", EC, "-nodes", "-keyout", "other.key", "-out", "other.crt",
	    "-days", "2", "-subj", "/CN=Icinga CA");
	sign("node", "/CN=" NODE, "subjectAltName=DNS:" NODE "\n");
	sign("agent", "/CN=twicket", "extendedKeyUsage=clientAuth\n");
	RUN("openssl", "ec", "-in", "agent.key", "-aes128", "-passout", "pass:x", "-out",
	    "locked.key");
	return 0;
}

static int drop_certificates(void **state)
{
	(void)state;
	folder[0] = '/';
	run((char *[]){"rm", "-r", folder, NULL});
	return 0;
}

/* "ACCEPT 127.0.0.1:41235" is the first that it says. */
static void serve(char *verify)
{
	char said[128] = "", *at = NULL;
	size_t n = 0;
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	child = start(
	    (char *[]){
		"openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", "node.crt",
		"-key", "node.key", "-CAfile", "ca.crt", verify, "1", NULL},
	    p[1]);
	close(p[1]);
	while (n + 1 < sizeof said && !at) {
		ssize_t got = read(p[0], said + n, sizeof said - 1 - n);

		assert_true(got > 0);
		n += (size_t)got;
		at = strchr(said, '\n') ? strstr(said, "127.0.0.1:") : NULL;
	}
	assert_non_null(at);
	snprintf(address, sizeof address, "%.*s", (int)strcspn(at, "\n"), at);
	fcntl(p[0], F_SETFD, 0); /* stays open: it may say more */
}

static int stop(void **state)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
	return wire_teardown(state);
}

static struct wire_got ask(const char *url, const struct http_route *route)
{
	struct request r = {.method = "GET", .url = url, .max_body = 8000, .timeout_ms = 10000};
	struct wire_got g = {0};

	assert_non_null(http_submit(wire_http, &r, route, wire_keep, &g, &wire_err));
	wire_wait(&g, 1);
	return g;
}

static void test_name(void **state)
{
	struct http_route route = {.ca_file = file("ca.crt")};
	struct wire_got g;

	(void)state;
	serve("-verify");
	route.connect_to = address;
	g = ask("https://" NODE ":5665/", &route);
	assert_int_equal(g.status, 200);
	g = ask("https://other.example.net:5665/", &route);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	assert_non_null(strstr(g.error, "other.example.net"));
}

/* A CA of the same name that did not sign it. */
static void test_authority(void **state)
{
	struct http_route route = {.ca_file = file("other.crt")};
	struct wire_got g;

	(void)state;
	serve("-verify");
	route.connect_to = address;
	g = ask("https://" NODE "/", &route);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	route.ca_file = NULL; /* the system's */
	g = ask("https://" NODE "/", &route);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	route.ca_file = file("none.crt");
	g = ask("https://" NODE "/", &route);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
}

static void test_own_certificate(void **state)
{
	struct http_route route = {.ca_file = file("ca.crt"), .cert_file = "", .key_file = ""};
	struct wire_got g;

	(void)state;
	serve("-Verify"); /* none: no answer */
	route.connect_to = address;
	g = ask("https://" NODE "/", &route);
	assert_int_not_equal(g.transport, TRANSPORT_ANSWERED);
	route.cert_file = file("agent.crt");
	route.key_file = file("agent.key");
	g = ask("https://" NODE "/", &route);
	assert_int_equal(g.status, 200);
	assert_non_null(strstr(g.body, "twicket"));
	route.key_file = file("node.key"); /* another one's */
	g = ask("https://" NODE "/", &route);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
	route.key_file = file("locked.key"); /* nobody is there to type */
	g = ask("https://" NODE "/", &route);
	assert_int_equal(g.transport, TRANSPORT_NOT_SENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, wire_setup, stop)
	const struct CMUnitTest tests[] = {
	    TEST(test_name),
	    TEST(test_authority),
	    TEST(test_own_certificate),
	};

	return cmocka_run_group_tests(tests, make_certificates, drop_certificates);
}

/*
 * `check`: the Icinga 2 that are watched. Called by cli_check.c. It must never change
 * anything there, nor send a login to one whose certificate does not hold.
 */
#include "agent/cli_check.h"
#include "agent/cli_net.h"
#include "agent/cli_text.h"
#include "agent/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OLDEST_MINOR 13
#define BODY_MAX (1u << 20)
#define TIMEOUT_MS 15000
#define DAY_S 86400
#define RENEW_DAYS 30 /* Icinga's CA signs for 397, and renews only its own */

struct asked {
	const struct check *check;
	const struct config_icinga *icinga;
	struct cli_net *net;
	struct http_route route;
	char name[65]; /* our certificate's; "" = we log in by password */
	char *login; /* the header; NULL = by certificate */
	json_t *facts;
};

/* --- what lies on this machine ---------------------------------------------------------------- */

/* What only root may read is not wrong: then nobody can be asked, that is all. */
static json_t *list_for(const struct check *c, int error)
{
	return error == EACCES && geteuid() != 0 ? c->warnings : c->errors;
}

/* Whose the state folder is: under root he is asked about, who is the agent. */
static bool find_agent(const struct check *c, struct stat *st)
{
	return geteuid() == 0 && stat(c->config->state_dir, st) == 0 && st->st_uid != 0;
}

/* Root reads everything, twicketd does not: a check that is well must be so for the agent. */
static void check_reader(const struct asked *a, const char *path)
{
	const struct check *c = a->check;
	const struct passwd *who;
	struct stat agent;
	int rc = 0, error = 0;

	if (!*path || !find_agent(c, &agent))
		return;
	if (setegid(agent.st_gid) == 0 && seteuid(agent.st_uid) == 0)
		rc = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS);
	error = errno;
	if (seteuid(0) == -1 || setegid(0) == -1)
		_exit(CLI_NO); /* cannot be: we were root */
	who = getpwuid(agent.st_uid);
	if (rc == -1 && error == EACCES)
		check_complain(
		    c->errors, c, a->icinga->line,
		    "icinga2 %s: twicketd, which runs as %s, cannot read %s: give it a file of its "
		    "own",
		    a->icinga->node, who ? who->pw_name : "?", path);
}

static bool has_authority(const struct asked *a)
{
	const struct config_icinga *i = a->icinga;

	if (access(i->ca_file, R_OK) == 0)
		return true;
	if (errno == ENOENT)
		check_complain(
		    a->check->errors, a->check, i->line,
		    "icinga2 %s: there is no ca_file %s: copy /var/lib/icinga2/certs/ca.crt of "
		    "that machine there",
		    i->node, i->ca_file);
	else
		check_complain(
		    list_for(a->check, errno), a->check, i->line,
		    "icinga2 %s: ca_file %s: %s: it is no secret, give twicketd a copy to read",
		    i->node, i->ca_file, strerror(errno));
	return false;
}

static time_t end_of(const X509 *certificate)
{
	struct tm tm;

	return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1 ? timegm(&tm) : 0;
}

static void check_end(const struct asked *a, time_t end)
{
	const struct check *c = a->check;
	const struct config_icinga *i = a->icinga;
	int64_t left_s = (int64_t)end - c->cli->now_ms / 1000;

	if (left_s <= 0)
		check_complain(
		    c->errors, c, i->line,
		    "icinga2 %s: cert_file %s has expired: make and sign another", i->node,
		    i->cert_file);
	else if (left_s < RENEW_DAYS * (int64_t)DAY_S)
		check_complain(
		    c->warnings, c, i->line,
		    "icinga2 %s: cert_file %s expires within %d days, and nobody renews it: make "
		    "and sign another",
		    i->node, i->cert_file, (int)((left_s + DAY_S - 1) / DAY_S));
}

/* Reads its name into a->name. */
static bool has_certificate(struct asked *a)
{
	const struct config_icinga *i = a->icinga;
	FILE *f = fopen(i->cert_file, "re");
	X509 *certificate = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (!f)
		check_complain(
		    list_for(a->check, errno), a->check, i->line, "icinga2 %s: cert_file %s: %s",
		    i->node, i->cert_file, strerror(errno));
	else if (!certificate)
		check_complain(
		    a->check->errors, a->check, i->line,
		    "icinga2 %s: cert_file %s holds no certificate in PEM", i->node, i->cert_file);
	else {
		if (X509_NAME_get_text_by_NID(
			X509_get_subject_name(certificate), NID_commonName, a->name,
			sizeof a->name) < 1)
			snprintf(a->name, sizeof a->name, "?");
		check_end(a, end_of(certificate));
	}
	X509_free(certificate);
	if (f)
		fclose(f);
	return certificate != NULL;
}

static bool has_key(const struct asked *a)
{
	struct err err;
	enum secret found = secret_check_key(a->icinga->key_file, &err);

	if (found != SECRET_OK)
		check_complain(
		    found == SECRET_ERROR && access(a->icinga->key_file, R_OK) == -1
			? list_for(a->check, errno)
			: a->check->errors,
		    a->check, a->icinga->line, "icinga2 %s: key_file: %s", a->icinga->node,
		    err.text);
	return found == SECRET_OK;
}

static bool has_password(struct asked *a)
{
	const struct config_icinga *i = a->icinga;
	struct err err;
	char *password;
	enum secret found = secret_load_password(i->password_file, &password, &err);

	if (found == SECRET_OK)
		a->login = secret_basic(i->user, password);
	else
		check_complain(
		    found == SECRET_ERROR && access(i->password_file, R_OK) == -1
			? list_for(a->check, errno)
			: a->check->errors,
		    a->check, i->line, "icinga2 %s: %s", i->node, err.text);
	secret_free(password);
	return a->login != NULL;
}

/* Each of them is looked at, so that all is said at once. */
static bool is_ready(struct asked *a)
{
	bool ready = has_authority(a);

	check_reader(a, a->icinga->ca_file);
	check_reader(a, a->icinga->cert_file);
	check_reader(a, a->icinga->key_file);
	check_reader(a, a->icinga->password_file);
	if (!*a->icinga->cert_file)
		return has_password(a) && ready;
	ready = has_certificate(a) && ready;
	return has_key(a) && ready;
}

/* --- what it answers ---------------------------------------------------------------------------- */

static bool says(const char *text, const char *const *pieces)
{
	while (*pieces && !strstr(text, *pieces))
		pieces++;
	return *pieces != NULL;
}

/* libcurl's words, in ours where the remedy is another one. */
static void complain_of_wire(const struct asked *a, const char *said)
{
	static const char *const authority[] = {"local issuer", "issuer certificate", "self-signed",
						"self signed",  "signature failure",  NULL};
	static const char *const name[] = {"subject name", "target host name", NULL};
	static const char *const date[] = {"has expired", "not yet valid", NULL};
	static const char *const own[] = {"client certificate", "private key", NULL};
	const struct config_icinga *i = a->icinga;
	const struct check *c = a->check;

	if (says(said, authority))
		check_complain(
		    c->errors, c, i->line,
		    "icinga2 %s: its certificate is of another CA than ca_file (%s): copy ca.crt "
		    "in /var/lib/icinga2/certs of that machine there",
		    i->node, i->ca_file);
	else if (says(said, name))
		check_complain(
		    c->errors, c, i->line,
		    "icinga2 %s: its certificate has another name: set node to what `icinga2 "
		    "variable get NodeName` says on that machine",
		    i->node);
	else if (says(said, date))
		check_complain(
		    c->errors, c, i->line,
		    "icinga2 %s: its certificate has expired or is not valid yet: is the time "
		    "right here and there?",
		    i->node);
	else if (says(said, own))
		check_complain(
		    c->errors, c, i->line, "icinga2 %s: cert_file and key_file cannot be used: %s",
		    i->node, said);
	else
		check_complain(
		    c->errors, c, i->line, "icinga2 %s: cannot be reached at %s: %s", i->node,
		    config_icinga_address(i), said);
}

static void complain_of_status(const struct asked *a, int status)
{
	const struct config_icinga *i = a->icinga;
	const struct check *c = a->check;

	if (status == 401 && *a->name)
		check_complain(
		    c->errors, c, i->line,
		    "icinga2 %s: refuses our certificate: no ApiUser has client_cn = \"%s\", or "
		    "another CA has signed it",
		    i->node, a->name);
	else if (status == 401)
		check_complain(
		    c->errors, c, i->line,
		    "icinga2 %s: refuses the login: is what stands in %s the password of the "
		    "ApiUser \"%s\"?",
		    i->node, i->password_file, i->user);
	else
		check_complain(
		    c->errors, c, i->line,
		    "icinga2 %s: what answers at %s is no API of an Icinga 2 (%d)", i->node,
		    config_icinga_address(i), status);
}

/* The first of the results, a new reference; NULL when all is said. */
static json_t *ask(const struct asked *a, const char *path)
{
	char url[1024];
	struct request r = {
	    .method = "GET", .url = url, .max_body = BODY_MAX, .timeout_ms = TIMEOUT_MS};
	struct cli_net_answer answer;
	json_t *body = NULL, *first = NULL;
	struct err err;

	if (config_icinga_base(a->icinga, url, sizeof url - 100) == -1)
		return NULL;
	snprintf(url + strlen(url), 100, "/%s", path);
	r.headers[0] = "Accept: application/json"; /* else a page for people */
	r.headers[1] = a->login;
	if (cli_net_request_by(a->net, &a->route, &r, &answer, &err) == -1) {
		complain_of_wire(a, err.text);
	} else {
		if (answer.status == 200)
			body = json_loadb(buf_text(&answer.body), answer.body.len, 0, NULL);
		first = json_incref(json_array_get(json_object_get(body, "results"), 0));
		if (!first)
			complain_of_status(a, answer.status);
	}
	json_decref(body);
	cli_net_answer_finish(&answer);
	return first;
}

/* Icinga answers a missing permission as if there were nothing: its own list is the way to know. */
static void check_permissions(const struct asked *a, const json_t *root, struct buf *text)
{
	const json_t *permissions = json_object_get(root, "permissions");
	const char *user = cli_string(root, "user");
	json_t *missing = json_array();

	for (const struct check_right *r = NULL; (r = check_rights_missing(permissions, r));) {
		json_array_append_new(missing, json_string(r->permission));
		if (r->verb)
			buf_printf(text, "; `%s` by reply wants \"%s\"", r->verb, r->permission);
		else
			check_complain(
			    a->check->errors, a->check, a->icinga->line,
			    "icinga2 %s: the ApiUser %s may not %s: add \"%s\" to its permissions",
			    a->icinga->node, user, r->what, r->permission);
	}
	json_object_set_new(a->facts, "missing", missing);
}

/* Downtimes do not say there what they are parts of, and asking for it is refused. */
static void check_age(const struct asked *a, const char *version)
{
	unsigned major, minor;

	if (sscanf(version, "r%u.%u", &major, &minor) == 2 && (major < 2 || (major == 2 && minor < OLDEST_MINOR)))
		check_complain(
		    a->check->errors, a->check, a->icinga->line,
		    "icinga2 %s: is Icinga %s, and 2.%d is the oldest that can be watched", a->icinga->node, version + 1,
		    OLDEST_MINOR);
}

static void ask_all(const struct asked *a)
{
	size_t errors = json_array_size(a->check->errors);
	json_t *root = ask(a, "v1"), *status = NULL;
	const json_t *app;
	struct buf text;

	buf_init(&text, 4096);
	if (json_is_array(json_object_get(root, "permissions"))) {
		buf_printf(&text, "as %s", cli_string(root, "user"));
		check_permissions(a, root, &text);
		check_age(a, cli_string(root, "version"));
		/* not asked without leave: that would be one more complaint of the same */
		status = json_array_size(a->check->errors) == errors
			     ? ask(a, "v1/status/IcingaApplication")
			     : NULL;
	} else if (root) {
		complain_of_status(a, 200);
	}
	app = json_object_get(
	    json_object_get(json_object_get(status, "status"), "icingaapplication"), "app");
	json_object_set_new(
	    a->facts, "online",
	    json_pack(
		"{s:s, s:s, s:s}", "result", app ? "ok" : "no", "version",
		cli_string(app ? app : root, "version"), "text", buf_text(&text)));
	buf_finish(&text);
	json_decref(status);
	json_decref(root);
}

static json_t *check_one(const struct check *c, const struct config_icinga *i, struct cli_net *net)
{
	struct asked a = {
	    .check = c,
	    .icinga = i,
	    .net = net,
	    .route = {
		.ca_file = i->ca_file,
		.connect_to = config_icinga_address(i),
		.cert_file = i->cert_file,
		.key_file = i->key_file}};

	a.facts = json_pack(
	    "{s:s, s:s, s:s}", "node", i->node, "url", i->url, "login",
	    *i->cert_file ? "certificate" : "password");
	if (is_ready(&a) && net)
		ask_all(&a);
	secret_free(a.login);
	return a.facts;
}

void check_icinga(const struct check *c, struct cli_net *net, json_t *facts)
{
	json_t *all;

	if (!c->config->n_icinga)
		return;
	all = json_array();
	for (unsigned k = 0; k < c->config->n_icinga; k++)
		json_array_append_new(all, check_one(c, &c->config->icinga[k], net));
	json_object_set_new(facts, "icinga2", all);
}

/* --- as text ------------------------------------------------------------------------------------ */

/* "icinga2  mon2 at 10.0.0.5:5665, by certificate" */
void check_icinga_text(const json_t *all, unsigned left, struct buf *out)
{
	const json_t *one;
	size_t i;

	json_array_foreach (all, i, one) {
		const char *url = cli_string(one, "url"), *at = strstr(url, "://");

		check_label(out, "icinga2", left);
		cli_printf(
		    out, "%s at %s, by %s", cli_string(one, "node"), at ? at + 3 : url,
		    cli_string(one, "login"));
		buf_char(out, '\n');
	}
}

/* "online  mon2: Icinga r2.13.6-1, as twicket" */
void check_icinga_online_text(const json_t *all, unsigned left, struct buf *out)
{
	const json_t *one;
	size_t i;

	json_array_foreach (all, i, one) {
		const json_t *online = json_object_get(one, "online");

		if (!*cli_string(online, "text"))
			continue;
		check_label(out, "online", left);
		cli_printf(
		    out, "%s: Icinga %s, %s", cli_string(one, "node"),
		    cli_string(online, "version"), cli_string(online, "text"));
		buf_char(out, '\n');
	}
}

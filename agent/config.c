/*
 * The configuration file. Called at start, at a reload and by `twicket check`. Must
 * never hand out a configuration with an error in it, and tells all errors at once.
 */
#include "agent/config_internal.h"
#include "agent/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utf8proc.h>

#define SOCKET_NAME_LONGEST "/control.sock"

/* --- the global keys ---------------------------------------------------------------------- */

static void read_language(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;
	int i = config_word(r, s, words_languages());

	if (i != -1)
		config_keep(r, &c->language, words_languages()[i]);
}

static void read_timezone(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;
	const char *text = config_text(r, s);
	struct err err;

	if (!text)
		return;
	if (config_timezone_check(text, &err) == -1)
		config_fault(r, s, "%s", err.text);
	else
		config_keep(r, &c->timezone, text);
}

static void read_link(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;
	const char *text = config_text(r, s);
	struct err err;

	if (!text)
		return;
	if (*text && words_check_link(text, &err) == -1)
		config_fault(r, s, "%s", err.text);
	else
		config_keep(r, &c->link, text);
}

static void add_core_user(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;
	const char *text = config_text(r, s);
	char **more;

	if (!text)
		return;
	if (!*text) {
		config_fault(r, s, "an empty user name");
		return;
	}
	more = realloc(c->core_users, (c->n_core_users + 1) * sizeof *more);
	r->no_memory = r->no_memory || !more;
	if (!more)
		return;
	c->core_users = more;
	c->core_users[c->n_core_users] = NULL;
	config_keep(r, &c->core_users[c->n_core_users++], text);
}

static void drop_core_users(struct config *c)
{
	for (unsigned i = 0; i < c->n_core_users; i++)
		free(c->core_users[i]);
	free(c->core_users);
	c->core_users = NULL;
	c->n_core_users = 0;
}

static void read_core_users(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;

	drop_core_users(c);
	config_read_texts(r, s, c, add_core_user);
	if (!c->n_core_users && config_setting_length(s) == 0 && !config_setting_get_string(s))
		config_fault(r, s, "nobody: no core could connect");
}

static void read_log(struct reader *r, const config_setting_t *s, void *into)
{
	static const char *const words[] = {"warn", "info", "debug", NULL};
	struct config *c = into;
	int i = config_word(r, s, words);

	if (i != -1)
		c->log = (enum log_level)i;
}

/* "" is none, as without the key. */
static void read_metrics_file(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;
	const char *text = config_text(r, s);

	if (text && *text && *text != '/')
		config_fault(r, s, "\"%s\" must be a whole path, beginning with /", text);
	else if (text)
		config_keep(r, &c->metrics_file, text);
}

static void read_log_format(struct reader *r, const config_setting_t *s, void *into)
{
	static const char *const words[] = {"text", "json", NULL};
	struct config *c = into;
	int i = config_word(r, s, words);

	if (i != -1)
		c->log_format = (enum log_format)i;
}

/* A year and a bit, so that "last time" works for what comes once a year. */
#define KEEP_MS (400 * INT64_C(86400000))
#define KEEP_LEAST_MS (7 * INT64_C(86400000))

static void read_keep(struct reader *r, const config_setting_t *s, void *into)
{
	struct config *c = into;
	int64_t ms = c->keep_ms;

	config_read_duration(r, s, &ms);
	if (ms < KEEP_LEAST_MS)
		config_fault(r, s, "at least \"7d\": incidents that people still answer are younger");
	else
		c->keep_ms = ms;
}

const struct config_key config_global_keys[] = {
    {"language", KEY_OWN, 0, read_language},
    {"timezone", KEY_OWN, 0, read_timezone},
    {"link", KEY_OWN, 0, read_link},
    {"state_dir", KEY_PATH, offsetof(struct config, state_dir), NULL},
    {"run_dir", KEY_PATH, offsetof(struct config, run_dir), NULL},
    {"core_users", KEY_OWN, 0, read_core_users},
    {"log", KEY_OWN, 0, read_log},
    {"log_format", KEY_OWN, 0, read_log_format},
    {"accounts", KEY_ELSEWHERE, 0, NULL},
    {"audiences", KEY_ELSEWHERE, 0, NULL},
    {"people", KEY_ELSEWHERE, 0, NULL},
    {"group_by", KEY_OWN, 0, config_read_group_by},
    {"group_min", KEY_OWN, 0, config_read_group_min},
    {"same_objects", KEY_OWN, 0, config_read_same_objects},
    {"sentinels", KEY_OWN, 0, config_read_sentinels},
    {"isolation", KEY_OWN, 0, config_read_isolation},
    {"database", KEY_OWN, 0, config_read_database},
    {"metrics_file", KEY_OWN, 0, read_metrics_file},
    {"keep", KEY_OWN, 0, read_keep},
    {"icinga2", KEY_ELSEWHERE, 0, NULL},
    {"desk", KEY_ELSEWHERE, 0, NULL},
    {NULL, KEY_TEXT, 0, NULL},
};

static void set_defaults(struct reader *r, const char *path)
{
	static const char *const users[] = {"nagios", "naemon"};
	struct config *c = r->c;

	config_keep(r, &c->path, path);
	config_keep(r, &c->language, "en");
	config_keep(r, &c->timezone, "");
	config_keep(r, &c->link, "");
	config_keep(r, &c->metrics_file, "");
	config_keep(r, &c->state_dir, "/var/lib/twicket");
	config_keep(r, &c->run_dir, "/run/twicket");
	config_group_defaults(r);
	c->keep_ms = KEEP_MS;
	c->log = LOG_LEVEL_INFO;
	c->log_format = LOG_FORMAT_TEXT;
	c->core_users = calloc(2, sizeof *c->core_users);
	r->no_memory = r->no_memory || !c->core_users;
	for (; c->core_users && c->n_core_users < 2; c->n_core_users++)
		config_keep(r, &c->core_users[c->n_core_users], users[c->n_core_users]);
}

/* --- what only the whole shows ------------------------------------------------------------- */

static void check_run_dir(struct reader *r, const config_setting_t *root)
{
	const config_setting_t *s = config_setting_get_member(root, "run_dir");
	size_t most = sizeof((struct sockaddr_un *)0)->sun_path - sizeof SOCKET_NAME_LONGEST;

	if (s && r->c->run_dir && strlen(r->c->run_dir) > most)
		config_fault(
		    r, s, "longer than the %zu bytes that the path of a socket leaves", most);
}

static bool is_used(const struct config *c, unsigned account)
{
	for (unsigned i = 0; i < c->n_audiences; i++)
		for (unsigned k = 0; k < c->audiences[i].n_accounts; k++)
			if (c->audiences[i].accounts[k] == account)
				return true;
	return false;
}

static void check_unused(struct reader *r, const config_setting_t *accounts)
{
	for (unsigned i = 0; accounts && i < r->c->n_accounts; i++)
		if (!is_used(r->c, i))
			config_warning(
			    r, config_setting_get_elem(accounts, i),
			    "no audience uses this account");
}

/* A desk that nobody's words can ever reach. */
static void check_desk_used(struct reader *r, const config_setting_t *desk)
{
	for (unsigned i = 0; i < r->c->n_audiences; i++)
		if (r->c->audiences[i].tickets && !r->c->audiences[i].internals)
			return;
	config_warning(r, desk, "gets no tickets: no audience has internals = false and tickets = true");
}

static void read_root(struct reader *r, const config_setting_t *root)
{
	const config_setting_t *accounts = config_setting_get_member(root, "accounts");
	const config_setting_t *audiences = config_setting_get_member(root, "audiences");
	const config_setting_t *people = config_setting_get_member(root, "people");
	const config_setting_t *desk = config_setting_get_member(root, "desk");
	const config_setting_t *icinga = config_setting_get_member(root, "icinga2");

	config_read_group(r, root, config_global_keys, r->c);
	check_run_dir(r, root);
	config_check_group(r, root);
	if (icinga && !r->no_memory)
		config_read_icinga(r, icinga);
	if (accounts && !r->no_memory)
		config_read_accounts(r, accounts);
	if (desk && !r->no_memory)
		config_read_desk(r, desk, accounts);
	if (people && !r->no_memory)
		config_read_people(r, people); /* audiences name them */
	if (audiences && !r->no_memory)
		config_read_audiences(r, audiences);
	if (!r->c->n_audiences && !r->no_memory)
		config_fault_line(r, 0, "no audience: nobody would hear of anything");
	else if (!r->report->errors && !r->no_memory)
		check_unused(r, accounts);
	if (desk && r->c->n_audiences && !r->report->errors && !r->no_memory)
		check_desk_used(r, desk);
}

/* --- the file -------------------------------------------------------------------------------- */

static char *read_all(int fd, size_t size)
{
	char *text = malloc(size + 1);
	size_t have = 0;
	ssize_t n = 1;

	while (text && have < size && n > 0) {
		n = read(fd, text + have, size - have);
		have += n > 0 ? (size_t)n : 0;
	}
	if (text)
		text[have] = '\0';
	if (text && n >= 0 && have == size && strlen(text) == size)
		return text;
	if (n >= 0)
		errno = text ? EILSEQ : ENOMEM;
	free(text);
	return NULL;
}

/* The whole text, NULL with a fault. */
static char *read_file(struct reader *r, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *text = NULL;

	if (fd == -1 && errno == ENOENT) {
		config_fault_line(
		    r, 0, "cannot be read: there is no %s; man twicket.cfg has one to begin with, -c FILE is another",
		    path);
	} else if (fd == -1 || fstat(fd, &st) == -1) {
		config_fault_line(r, 0, "cannot be read: %s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		config_fault_line(r, 0, "is no file");
	} else if (st.st_size > CONFIG_FILE_MAX) {
		config_fault_line(
		    r, 0, "is larger than %d bytes: no configuration of ours", CONFIG_FILE_MAX);
	} else {
		r->is_for_all = st.st_mode & S_IROTH;
		text = read_all(fd, (size_t)st.st_size);
		if (!text && errno == EILSEQ)
			config_fault_line(
			    r, 0, "has a NUL byte in it, or changed while it was read");
		else if (!text)
			config_fault_line(r, 0, "cannot be read: %s", strerror(errno));
	}
	if (fd != -1)
		close(fd);
	return text;
}

/* The line of the first byte that is no UTF-8; 0 = all is well. */
static int bad_line(const char *text)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
	utf8proc_int32_t c;
	int line = 1;

	while (*at) {
		utf8proc_ssize_t n = utf8proc_iterate(at, -1, &c);

		if (n < 1)
			return line;
		line += c == '\n';
		at += n;
	}
	return 0;
}

static void read_text(struct reader *r, const char *text)
{
	config_t cfg;
	int line = bad_line(text);

	if (line) {
		config_fault_line(r, line, "no UTF-8 in this line");
		return;
	}
	if (!strncmp(text, "\xef\xbb\xbf", 3))
		text += 3; /* the byte order mark of some editors */
	if (config_syntax_forbidden(r, text))
		return;
	config_init(&cfg);
	if (config_read_string(&cfg, text))
		read_root(r, config_root_setting(&cfg));
	else
		config_syntax_explain(r, text, config_error_line(&cfg), config_error_text(&cfg));
	config_destroy(&cfg);
}

struct config *config_load(const char *path, struct config_report *report)
{
	const char *slash = strrchr(path, '/');
	struct reader r = {
	    .c = calloc(1, sizeof *r.c), .report = report, .file = slash ? slash + 1 : path};
	char *text;

	*report = (struct config_report){NULL, 0, 0, 0};
	if (!r.c) {
		config_fault_line(&r, 0, "out of memory");
		return NULL;
	}
	set_defaults(&r, path);
	text = read_file(&r, path);
	if (text && !r.no_memory)
		read_text(&r, text);
	free(text);
	if (r.no_memory)
		config_fault_line(&r, 0, "out of memory");
	config_report_sort(report);
	if (!report->errors)
		return r.c;
	config_discard(r.c);
	return NULL;
}

void config_discard(struct config *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->n_accounts; i++)
		config_account_finish(&c->accounts[i]);
	if (c->desk)
		config_account_finish(c->desk);
	free(c->desk);
	for (unsigned i = 0; i < c->n_audiences; i++)
		config_audience_finish(&c->audiences[i]);
	for (unsigned i = 0; i < c->n_people; i++) {
		free(c->people[i].name);
		free(c->people[i].mastodon);
		free(c->people[i].x);
		free(c->people[i].match_text);
		match_destroy(c->people[i].match);
	}
	drop_core_users(c);
	config_group_finish(c);
	config_icinga_finish(c);
	free(c->accounts);
	free(c->audiences);
	free(c->people);
	free(c->path);
	free(c->language);
	free(c->timezone);
	free(c->link);
	free(c->metrics_file);
	free(c->state_dir);
	free(c->run_dir);
	free(c);
}

int config_account_index(const struct config *c, const char *name)
{
	for (unsigned i = 0; i < c->n_accounts; i++)
		if (!strcmp(c->accounts[i].name, name))
			return (int)i;
	return -1;
}

int config_audience_index(const struct config *c, const char *name)
{
	for (unsigned i = 0; i < c->n_audiences; i++)
		if (!strcmp(c->audiences[i].name, name))
			return (int)i;
	return -1;
}

int config_person_index(const struct config *c, const char *name)
{
	for (unsigned i = 0; i < c->n_people; i++)
		if (!strcmp(c->people[i].name, name))
			return (int)i;
	return -1;
}

/*
 * Tokens in files. Called by the agent and by `twicket auth`. Must never use a file
 * that others can read or that somebody else wrote, nor leave half a token behind.
 */
#include "agent/secret.h"

#include "agent/secret_place.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LONGEST 4096

/* "dir/of/file" of a path, into out. */
static int folder_of(const char *path, char *out, size_t size)
{
	char copy[PATH_LONGEST];

	if (strlen(path) >= sizeof copy)
		return -1;
	memcpy(copy, path, strlen(path) + 1);
	return (size_t)snprintf(out, size, "%s", dirname(copy)) < size ? 0 : -1;
}

/* Root's, ours; and for root as well that of the folder's owner: the agent's own file. */
static bool is_trusted(const char *path, uid_t owner)
{
	char folder[PATH_LONGEST];
	struct stat st;

	if (owner == 0 || owner == geteuid())
		return true;
	return geteuid() == 0 && folder_of(path, folder, sizeof folder) == 0 &&
	       stat(folder, &st) == 0 && st.st_uid == owner;
}

static int check_access(const char *path, const struct stat *st, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, "%s is no file", path);
	if (!is_trusted(path, st->st_uid))
		return err_set(
		    err, "%s belongs to user %u, neither to root nor to us", path,
		    (unsigned)st->st_uid);
	if (st->st_mode & 0027) /* a group may read it (root:twicket 0640), never write */
		return err_set(
		    err, "%s has mode %04o, so others can %s it: chmod 0600 %s", path,
		    (unsigned)(st->st_mode & 07777), st->st_mode & 0022 ? "write" : "read", path);
	return 0;
}

static int check_file(const char *path, const struct stat *st, struct err *err)
{
	if (check_access(path, st, err) == -1)
		return -1;
	if (st->st_size > SECRET_MAX)
		return err_set(err, "%s has more than %d bytes: no token", path, SECRET_MAX);
	return 0;
}

/* One line of printable characters; line ends behind it do not count. */
static int check_token(const char *name, const char *path, char *token, size_t n, struct err *err)
{
	while (n && strchr("\r\n \t", token[n - 1]))
		n--;
	token[n] = '\0';
	if (!n)
		return err_set(err, "%s is empty: twicket auth %s", path, name);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)token[i] <= ' ' || (unsigned char)token[i] >= 0x7f)
			return err_set(
			    err, "%s holds more than a token: one line, no blanks", path);
	return 0;
}

static ssize_t read_whole(int fd, char *to, size_t size)
{
	size_t have = 0;
	ssize_t n = 1;

	while (have < size && n > 0) {
		n = read(fd, to + have, size - have);
		if (n == -1 && errno == EINTR)
			n = 1;
		else if (n > 0)
			have += (size_t)n;
	}
	return n == -1 ? -1 : (ssize_t)have;
}

/* The bytes of a file that nobody else can read or write; NONE without a word when there is none. */
static enum secret
read_file(const char *path, char text[SECRET_MAX + 2], size_t *n, struct err *err)
{
	/* a FIFO in its place must not stop us; symbolic links are followed */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum secret found = SECRET_ERROR;
	struct stat st;
	ssize_t got;

	if (fd == -1 && errno == ENOENT)
		return SECRET_NONE;
	if (fd == -1 || fstat(fd, &st) == -1) {
		err_set(err, "%s: %s", path, strerror(errno));
	} else if (check_file(path, &st, err) == 0) {
		got = read_whole(fd, text, SECRET_MAX + 1);
		if (got == -1)
			err_set(err, "%s: %s", path, strerror(errno));
		else if (got > SECRET_MAX)
			err_set(err, "%s has more than %d bytes: no token", path, SECRET_MAX);
		else
			found = SECRET_OK;
		*n = got > 0 ? (size_t)got : 0;
		text[*n] = '\0';
	}
	if (fd != -1)
		close(fd);
	return found;
}

static enum secret load_file(const char *name, const char *path, char **token, struct err *err)
{
	char text[SECRET_MAX + 2];
	size_t n = 0;
	enum secret found = read_file(path, text, &n, err);

	if (found == SECRET_NONE)
		err_set(err, "no token yet: twicket auth %s", name);
	if (found == SECRET_OK && check_token(name, path, text, n, err) == -1)
		found = SECRET_ERROR;
	if (found == SECRET_OK && !(*token = strdup(text))) {
		err_set(err, "out of memory");
		found = SECRET_ERROR;
	}
	explicit_bzero(text, sizeof text);
	return found;
}

/* $CREDENTIALS_DIRECTORY/NAME, with what follows the name; false: there is no such folder. */
static bool credential_path(const char *name, const char *end, char *path, size_t size)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	return folder && *folder == '/' &&
	       (size_t)snprintf(path, size, "%s/%s%s", folder, name, end) < size;
}

enum secret secret_load(const struct config_account *a, char **token, struct err *err)
{
	char path[PATH_LONGEST];
	enum secret found = SECRET_NONE;

	*token = NULL;
	if (credential_path(a->name, "", path, sizeof path))
		found = load_file(a->name, path, token, err);
	if (found == SECRET_NONE)
		found = load_file(a->name, a->token_file, token, err);
	return found;
}

void secret_free(char *token)
{
	if (!token)
		return;
	explicit_bzero(token, strlen(token));
	free(token);
}

char *secret_basic(const char *user, const char *password)
{
	static const char start[] = "Authorization: Basic ";
	char *plain = NULL, *header = NULL;
	int n = asprintf(&plain, "%s:%s", user, password);

	if (n == -1)
		return NULL;
	header = calloc(1, sizeof start + 4 * ((size_t)n / 3 + 1) + 1);
	if (header) {
		memcpy(header, start, sizeof start);
		EVP_EncodeBlock(
		    (unsigned char *)header + sizeof start - 1, (const unsigned char *)plain, n);
	}
	explicit_bzero(plain, (size_t)n);
	free(plain);
	return header;
}

/* --- what `auth` does not store ------------------------------------------------------------ */

/* One line of anything that can be typed; its end does not count. */
static int check_password(const char *path, char *text, size_t n, struct err *err)
{
	if (strlen(text) != n)
		return err_set(err, "%s holds no text", path);
	while (n && strchr("\r\n", text[n - 1]))
		text[--n] = '\0';
	if (!n)
		return err_set(err, "%s is empty: a password of one line is wanted", path);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return err_set(err, "%s holds more than a password of one line", path);
	return 0;
}

enum secret secret_load_password(const char *path, char **password, struct err *err)
{
	char text[SECRET_MAX + 2];
	size_t n = 0;
	enum secret found = read_file(path, text, &n, err);

	*password = NULL;
	if (found == SECRET_NONE)
		err_set(err, "no password yet: one line in %s, mode 0600", path);
	if (found == SECRET_OK && check_password(path, text, n, err) == -1)
		found = SECRET_ERROR;
	if (found == SECRET_OK && !(*password = strdup(text))) {
		err_set(err, "out of memory");
		found = SECRET_ERROR;
	}
	explicit_bzero(text, sizeof text);
	return found;
}

enum secret secret_check_key(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum secret found = SECRET_ERROR;
	struct stat st;

	if (fd == -1 && errno == ENOENT) {
		err_set(err, "there is no %s", path);
		found = SECRET_NONE;
	} else if (fd == -1 || fstat(fd, &st) == -1) {
		err_set(err, "%s: %s", path, strerror(errno));
	} else if (check_access(path, &st, err) == 0) {
		found = SECRET_OK;
	}
	if (fd != -1)
		close(fd);
	return found;
}

/* --- storing ------------------------------------------------------------------------------ */

int secret_check_place(const struct config_account *a, struct err *err)
{
	return secret_place_try(a->token_file, err);
}

int secret_store(const struct config_account *a, const char *token, struct err *err)
{
	if (!*token || strlen(token) > SECRET_MAX || strpbrk(token, " \t\r\n"))
		return err_set(err, "accounts.%s: this is no token", a->name);
	return secret_place_write(a->token_file, token, err);
}

/* --- the keys of an app ------------------------------------------------------------------- */

static bool app_path(const struct config_account *a, char *path, size_t size)
{
	if (a->app_file && *a->app_file)
		return (size_t)snprintf(path, size, "%s", a->app_file) < size;
	return (size_t)snprintf(path, size, "%s.app", a->token_file) < size;
}

char *secret_app_path(const struct config_account *a)
{
	char path[PATH_LONGEST];

	return app_path(a, path, sizeof path) ? strdup(path) : NULL;
}

void secret_app_finish(struct secret_app *app)
{
	secret_free(app->key);
	secret_free(app->secret);
	*app = (struct secret_app){.key = NULL};
}

static bool is_value(const char *s)
{
	for (const char *at = s; *at; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
			return false;
	return *s != '\0';
}

/* "consumer_key=abc", or one value a line, the key first. Errors never hold a value. */
static int take_app_line(struct secret_app *app, char *line, struct err *err)
{
	static const struct {
		const char *name;
		bool is_secret;
	} names[] = {{"consumer_key=", false},   {"api_key=", false},       {"key=", false},
		     {"consumer_secret=", true}, {"api_key_secret=", true}, {"secret=", true}};
	char **to = app->key ? &app->secret : &app->key;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t n = strlen(names[i].name);

		if (strncasecmp(line, names[i].name, n) == 0) {
			to = names[i].is_secret ? &app->secret : &app->key;
			line += n;
			break;
		}
	}
	if (!is_value(line))
		return err_set(err, "this is no key: one a line, no blanks");
	if (*to)
		return err_set(err, "two lines are wanted, the API key and its secret");
	*to = strdup(line);
	return *to ? 0 : err_set(err, "out of memory");
}

static int take_app(struct secret_app *app, const char *path, char *text, struct err *err)
{
	char *line, *rest = text;
	unsigned number = 0;
	struct err why;
	size_t n;

	while ((line = strsep(&rest, "\n"))) {
		number++;
		line += strspn(line, " \t\r");
		for (n = strlen(line); n && strchr(" \t\r", line[n - 1]); n--)
			line[n - 1] = '\0';
		if (*line && *line != '#' && take_app_line(app, line, &why) == -1)
			return err_set(err, "%.300s:%u: %.100s", path, number, why.text);
	}
	if (!app->key || !app->secret)
		return err_set(err, "%s: two lines are wanted, the API key and its secret", path);
	return 0;
}

static enum secret load_app_file(const char *path, struct secret_app *app, struct err *err)
{
	char text[SECRET_MAX + 2];
	size_t n = 0;
	enum secret found = read_file(path, text, &n, err);

	if (found == SECRET_NONE)
		err_set(err, "no keys of an app in %s", path);
	if (found == SECRET_OK && strlen(text) != n) {
		err_set(err, "%s holds no text", path);
		found = SECRET_ERROR;
	} else if (found == SECRET_OK && take_app(app, path, text, err) == -1) {
		secret_app_finish(app);
		found = SECRET_ERROR;
	}
	explicit_bzero(text, sizeof text);
	return found;
}

enum secret secret_load_app(const struct config_account *a, struct secret_app *app, struct err *err)
{
	char path[PATH_LONGEST];
	enum secret found = SECRET_NONE;

	*app = (struct secret_app){.key = NULL};
	if (credential_path(a->name, ".app", path, sizeof path))
		found = load_app_file(path, app, err);
	if (found != SECRET_NONE)
		return found;
	if (app_path(a, path, sizeof path))
		return load_app_file(path, app, err);
	err_set(err, "accounts.%s: path too long", a->name);
	return SECRET_ERROR;
}

int secret_store_app(const struct config_account *a, const struct secret_app *app, struct err *err)
{
	char path[PATH_LONGEST], text[SECRET_MAX + 1];
	int n, rc;

	if (!is_value(app->key) || !is_value(app->secret))
		return err_set(err, "accounts.%s: these are no keys of an app", a->name);
	if (!app_path(a, path, sizeof path))
		return err_set(err, "accounts.%s: path too long", a->name);
	n = snprintf(text, sizeof text, "%s\n%s", app->key, app->secret);
	if (n < 0 || (size_t)n >= sizeof text)
		rc = err_set(err, "accounts.%s: these are no keys of an app", a->name);
	else
		rc = secret_place_write(path, text, err);
	explicit_bzero(text, sizeof text);
	return rc;
}

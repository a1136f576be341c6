/*
 * Tokens in files. Called by the agent and by `twicket auth`. Must never use a file
 * that others can read or that somebody else wrote, nor leave half a token behind.
 */
#include "agent/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static int check_file(const char *path, const struct stat *st, struct err *err)
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

static enum secret
read_token(const char *name, const char *path, int fd, char **token, struct err *err)
{
	char text[SECRET_MAX + 2];
	struct stat st;
	ssize_t n = -1;
	int rc = -1;

	if (fstat(fd, &st) == -1)
		err_set(err, "%s: %s", path, strerror(errno));
	else if (check_file(path, &st, err) == 0) {
		n = read_whole(fd, text, SECRET_MAX + 1);
		if (n == -1)
			err_set(err, "%s: %s", path, strerror(errno));
		else if (n > SECRET_MAX)
			err_set(err, "%s has more than %d bytes: no token", path, SECRET_MAX);
		else
			rc = check_token(name, path, text, (size_t)n, err);
	}
	if (rc == 0)
		*token = strdup(text);
	explicit_bzero(text, sizeof text);
	if (rc == 0 && !*token)
		err_set(err, "out of memory");
	return *token ? SECRET_OK : SECRET_ERROR;
}

static enum secret load_file(const char *name, const char *path, char **token, struct err *err)
{
	/* a FIFO in its place must not stop us; symbolic links are followed */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum secret found;

	if (fd == -1 && errno == ENOENT) {
		err_set(err, "no token yet: twicket auth %s", name);
		return SECRET_NONE;
	}
	if (fd == -1) {
		err_set(err, "%s: %s", path, strerror(errno));
		return SECRET_ERROR;
	}
	found = read_token(name, path, fd, token, err);
	close(fd);
	return found;
}

enum secret secret_load(const struct config_account *a, char **token, struct err *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_LONGEST];
	enum secret found = SECRET_NONE;

	*token = NULL;
	if (folder && *folder == '/' &&
	    (size_t)snprintf(path, sizeof path, "%s/%s", folder, a->name) < sizeof path)
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

/* --- storing ------------------------------------------------------------------------------ */

/* Under root: what we make belongs to whom the folder around it belongs. */
static void give_away(int fd, const char *around)
{
	struct stat st;

	if (geteuid() == 0 && stat(around, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) == -1)
		return; /* then it stays root's, which secret_load() of the agent will report */
}

/* The folder of the token, made when only it is missing; a descriptor, -1 with err. */
static int open_folder(const char *folder, struct err *err)
{
	char around[PATH_LONGEST];
	bool made = mkdir(folder, 0700) == 0;
	int fd;

	if (!made && errno != EEXIST)
		return err_set(err, "%s cannot be made: %s", folder, strerror(errno));
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return err_set(err, "%s: %s", folder, strerror(errno));
	if (made && folder_of(folder, around, sizeof around) == 0)
		give_away(fd, around);
	return fd;
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t done = write(fd, bytes, n);

		if (done == -1 && errno != EINTR)
			return -1;
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

/* Written and safe on the disk under its own name, then renamed into its place. */
static int
publish(const char *path, const char *folder, int dir, const char *token, struct err *err)
{
	char temporary[PATH_LONGEST];
	int fd, rc = -1;

	if ((size_t)snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= sizeof temporary)
		return err_set(err, "%s: path too long", path);
	fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd == -1)
		return err_set(err, "%s cannot be written: %s", path, strerror(errno));
	give_away(fd, folder);
	if (write_all(fd, token, strlen(token)) == 0 && write_all(fd, "\n", 1) == 0 &&
	    fsync(fd) == 0)
		rc = rename(temporary, path);
	if (rc == -1)
		err_set(err, "%s cannot be written: %s", path, strerror(errno));
	close(fd);
	if (rc == -1)
		unlink(temporary);
	else if (fsync(dir) == -1)
		rc = err_set(err, "%s: %s", folder, strerror(errno));
	return rc;
}

int secret_store(const struct config_account *a, const char *token, struct err *err)
{
	char folder[PATH_LONGEST];
	int dir, rc;

	if (!*token || strlen(token) > SECRET_MAX || strpbrk(token, " \t\r\n"))
		return err_set(err, "accounts.%s: this is no token", a->name);
	if (folder_of(a->token_file, folder, sizeof folder) == -1)
		return err_set(err, "%s: path too long", a->token_file);
	dir = open_folder(folder, err);
	if (dir == -1)
		return -1;
	rc = publish(a->token_file, folder, dir, token, err);
	close(dir);
	return rc;
}

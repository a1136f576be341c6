/*
 * Where a token lies: its folder and its file. Called by secret.c, for `twicket auth`.
 * Must never write through a link that somebody else laid, nor leave half a token behind.
 */
#include "agent/secret_place.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LONGEST 4096
#define NAME_LONGEST 256
#define TRIES 16 /* at a name that nobody has yet */

struct place {
	const char *path;
	char folder[PATH_LONGEST], name[NAME_LONGEST];
	char fresh[NAME_LONGEST]; /* beside it, until it is complete */
	int dir;
};

/* Under root: what we make belongs to whom what is around it belongs. */
static void give_away(int fd, const struct stat *around)
{
	if (geteuid() == 0 && fchown(fd, around->st_uid, around->st_gid) == -1)
		return; /* then it stays root's, which secret_load() of the agent will report */
}

static int split(struct place *p, const char *path, struct err *err)
{
	char copy[PATH_LONGEST];

	p->path = path;
	p->dir = -1;
	if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy ||
	    (size_t)snprintf(p->folder, sizeof p->folder, "%s", dirname(copy)) >= sizeof p->folder)
		return err_set(err, "%s: path too long", path);
	snprintf(copy, sizeof copy, "%s", path);
	if ((size_t)snprintf(p->name, sizeof p->name, "%s", basename(copy)) >= sizeof p->name - sizeof ".XXXXXX")
		return err_set(err, "%s: path too long", path);
	return 0;
}

/*
 * The folder, made when only it is missing. Around it may be others' (the agent's state
 * directory): a link there could lead root anywhere.
 */
static int open_folder(struct place *p, struct err *err)
{
	bool made = mkdir(p->folder, 0700) == 0;
	char copy[PATH_LONGEST];
	struct stat around;

	if (!made && errno != EEXIST)
		return err_set(err, "%s cannot be made: %s", p->folder, strerror(errno));
	p->dir = open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (geteuid() == 0 ? O_NOFOLLOW : 0));
	if (p->dir == -1 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(
		    err, "%s is no folder of its own: root writes no token through a link", p->folder);
	if (p->dir == -1)
		return err_set(err, "%s: %s", p->folder, strerror(errno));
	memcpy(copy, p->folder, sizeof copy);
	if (made && stat(dirname(copy), &around) == 0)
		give_away(p->dir, &around);
	return 0;
}

static void name_fresh(struct place *p)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	unsigned char chance[6];
	size_t n = strlen(p->name);

	if (getrandom(chance, sizeof chance, 0) != sizeof chance)
		memset(chance, 0, sizeof chance); /* O_EXCL is what makes it safe */
	memcpy(p->fresh, p->name, n);
	p->fresh[n++] = '.';
	for (size_t i = 0; i < sizeof chance; i++)
		p->fresh[n++] = letters[chance[i] % (sizeof letters - 1)];
	p->fresh[n] = '\0';
}

/* A file that was not there before, mode 0600; -1 with err. */
static int make_fresh(struct place *p, struct err *err)
{
	struct stat folder;
	int fd = -1;

	for (unsigned i = 0; fd == -1 && i < TRIES && (!i || errno == EEXIST); i++) {
		name_fresh(p);
		fd = openat(p->dir, p->fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (fd == -1)
		return err_set(err, "%s cannot be written: %s", p->path, strerror(errno));
	if (fstat(p->dir, &folder) == 0)
		give_away(fd, &folder);
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
static int publish(struct place *p, const char *text, struct err *err)
{
	int fd = make_fresh(p, err), rc = -1;

	if (fd == -1)
		return -1;
	if (write_all(fd, text, strlen(text)) == 0 && write_all(fd, "\n", 1) == 0 && fsync(fd) == 0)
		rc = renameat(p->dir, p->fresh, p->dir, p->name);
	if (rc == -1)
		err_set(err, "%s cannot be written: %s", p->path, strerror(errno));
	close(fd);
	if (rc == -1)
		unlinkat(p->dir, p->fresh, 0);
	else if (fsync(p->dir) == -1)
		rc = err_set(err, "%s: %s", p->folder, strerror(errno));
	return rc;
}

int secret_place_write(const char *path, const char *text, struct err *err)
{
	struct place p;
	int rc = split(&p, path, err);

	if (rc == 0)
		rc = open_folder(&p, err);
	if (rc == 0)
		rc = publish(&p, text, err);
	if (p.dir != -1)
		close(p.dir);
	return rc;
}

/* What the folder's mode promises a disk or a sandbox may refuse. */
int secret_place_try(const char *path, struct err *err)
{
	struct place p;
	int fd = -1;

	if (split(&p, path, err) == 0 && open_folder(&p, err) == 0)
		fd = make_fresh(&p, err);
	if (fd != -1) {
		close(fd);
		unlinkat(p.dir, p.fresh, 0);
	}
	if (p.dir != -1)
		close(p.dir);
	return fd == -1 ? -1 : 0;
}

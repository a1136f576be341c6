/*
 * Listening unix sockets. Called by source_module.c and control.c.
 * Must never block, and never take away the socket of an agent that runs.
 */
#include "agent/socket.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
#define GROUPS_MAX 256

static bool somebody_listens(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool yes;

	if (fd == -1)
		return false;
	yes = connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0 || errno == EAGAIN;
	close(fd);
	return yes;
}

bool socket_is_served(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t n = strlen(path);

	if (n >= sizeof addr.sun_path)
		return false;
	memcpy(addr.sun_path, path, n + 1);
	return somebody_listens(&addr);
}

int socket_listen(const char *path, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	int fd;

	if (n >= sizeof addr.sun_path)
		return err_set(err, "%s: too long for a socket's path (at most %zu bytes)", path,
			       sizeof addr.sun_path - 1);
	memcpy(addr.sun_path, path, n + 1);
	if (somebody_listens(&addr))
		return err_set(err, "%s: another twicketd is listening there", path);
	if (unlink(path) == -1 && errno != ENOENT)
		return err_set(err, "%s: cannot replace it: %s", path, strerror(errno));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return err_set(err, "socket: %s", strerror(errno));
	if (bind(fd, (const struct sockaddr *)&addr, sizeof addr) == -1 || chmod(path, 0666) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		err_set(err, "%s: cannot listen: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int socket_accept(int listener, uid_t *uid, pid_t *pid)
{
	struct ucred cred = {.uid = (uid_t)-1};
	socklen_t len = sizeof cred;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd == -1)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		cred.uid = (uid_t)-1; /* nobody's: refused by whoever asks */
	*uid = cred.uid;
	*pid = cred.pid;
	return fd;
}

bool socket_is_us(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

bool socket_find_user(const char *login, uid_t *uid)
{
	struct passwd pw, *found = NULL;
	char text[16384];

	if (getpwnam_r(login, &pw, text, sizeof text, &found) != 0 || !found)
		return false;
	*uid = found->pw_uid;
	return true;
}

bool socket_login_of(uid_t uid, char *name, size_t size)
{
	struct passwd pw, *user = NULL;
	char text[16384];

	if (getpwuid_r(uid, &pw, text, sizeof text, &user) != 0 || !user)
		return false;
	snprintf(name, size, "%s", user->pw_name);
	return true;
}

bool socket_is_member(uid_t uid, const char *group)
{
	struct passwd pw, *user = NULL;
	struct group gr, *wanted = NULL;
	gid_t groups[GROUPS_MAX];
	char text[16384], more[65536];
	int n = GROUPS_MAX;

	if (getpwuid_r(uid, &pw, text, sizeof text, &user) != 0 || !user)
		return false;
	if (getgrnam_r(group, &gr, more, sizeof more, &wanted) != 0 || !wanted)
		return false;
	if (getgrouplist(user->pw_name, user->pw_gid, groups, &n) == -1)
		n = GROUPS_MAX;
	for (int k = 0; k < n; k++)
		if (groups[k] == wanted->gr_gid)
			return true;
	return false;
}

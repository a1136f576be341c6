/*
 * Why the agent is not there. Called by agent.c when it cannot start, and by cli_control.c
 * when nobody answers.
 * Must never follow a link or wait: the folder may be anybody's.
 */
#include "agent/last_words.h"

#include "agent/socket.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "not-started"
#define RUN_DIR "/run/twicket" /* where twicket(1) looks, too, when it cannot use the file */
#define PATH_SIZE 4096

void last_words_leave(const char *run_dir, const char *text)
{
	char path[PATH_SIZE], fresh[PATH_SIZE];
	size_t length = strlen(text);
	bool is_whole;
	int fd;

	if ((size_t)snprintf(path, sizeof path, "%s/" NAME, run_dir) >= sizeof path ||
	    (size_t)snprintf(fresh, sizeof fresh, "%s/" NAME ".new", run_dir) >= sizeof fresh)
		return;
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd == -1)
		return;
	is_whole = fchmod(fd, 0644) == 0 /* whatever the umask */ && write(fd, text, length) == (ssize_t)length;
	close(fd);
	if (!is_whole || rename(fresh, path) == -1)
		unlink(fresh);
}

void last_words_leave_alone(const char *run_dir, const char *text)
{
	char path[PATH_SIZE];

	run_dir = run_dir ? run_dir : RUN_DIR;
	if ((size_t)snprintf(path, sizeof path, "%s/control.sock", run_dir) >= sizeof path || socket_is_served(path))
		return;
	if (mkdir(run_dir, 0755) == 0)
		chmod(run_dir, 0755); /* whatever the umask */
	last_words_leave(run_dir, text);
}

void last_words_take_back(const char *run_dir)
{
	char path[PATH_SIZE];

	if ((size_t)snprintf(path, sizeof path, "%s/" NAME, run_dir) < sizeof path)
		unlink(path);
}

void last_words_read(const char *socket_path, char *text, size_t size)
{
	const char *end = strrchr(socket_path, '/');
	char path[PATH_SIZE];
	ssize_t n;
	int fd;

	text[0] = '\0';
	if (!end ||
	    (size_t)snprintf(path, sizeof path, "%.*s/" NAME, (int)(end - socket_path), socket_path) >= sizeof path)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return;
	n = read(fd, text, size - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/*
 * Files as if they were a network. Called by http.c only.
 * Must never leave half a post behind without saying so.
 */
#include "agent/http_file.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *http_file_path(const char *url, struct err *err)
{
	CURLU *parsed = curl_url();
	char *path = NULL, *copy = NULL;
	CURLUcode rc = parsed ? curl_url_set(parsed, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;

	if (rc == CURLUE_OK)
		rc = curl_url_get(parsed, CURLUPART_PATH, &path, CURLU_URLDECODE);
	if (rc == CURLUE_OK)
		copy = strdup(path); /* curl_free() is not free() everywhere */
	if (!copy)
		err_set(err, "%s: %s", url, rc ? curl_url_strerror(rc) : "out of memory");
	curl_free(path);
	curl_url_cleanup(parsed);
	return copy;
}

enum transport http_file_append(const char *path, const char *bytes, size_t len, struct err *err)
{
	/* O_NONBLOCK: a pipe without a reader is an error, not a stop of the loop. */
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0640);
	enum transport transport = TRANSPORT_ANSWERED;
	struct stat before;
	ssize_t n;

	if (fd == -1 || fstat(fd, &before) == -1) {
		err_set(err, "%s: %s", path, strerror(errno));
		if (fd != -1)
			close(fd);
		return TRANSPORT_NOT_SENT;
	}
	n = write(fd, bytes, len);
	if (n != (ssize_t)len) {
		err_set(
		    err, "%s: %s", path, n == -1 ? strerror(errno) : "could not write all of it");
		transport = TRANSPORT_NOT_SENT;
		if (n > 0 && ftruncate(fd, before.st_size) == -1)
			transport = TRANSPORT_NO_ANSWER;
	}
	close(fd);
	return transport;
}

static int read_from(int fd, off_t at, struct buf *content)
{
	char block[8192];
	ssize_t n;

	while (content->len < content->max && (n = pread(fd, block, sizeof block, at)) != 0) {
		if (n == -1)
			return -1;
		buf_add(content, block, (size_t)n); /* it may have grown: the end is cut off */
		at += n;
	}
	return 0;
}

int http_file_read(const char *path, struct buf *content, bool *truncated, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), status = 200;
	struct stat st;

	*truncated = false;
	if (fd == -1) {
		err_set(err, "%s: %s", path, strerror(errno));
		return errno == ENOENT ? 404 : 403;
	}
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		st.st_size = 0; /* a pipe or device: cannot be read back */
	*truncated = (size_t)st.st_size > content->max;
	if (read_from(fd, *truncated ? st.st_size - (off_t)content->max : 0, content) == -1) {
		err_set(err, "%s: %s", path, strerror(errno));
		status = 500;
	}
	close(fd);
	return status;
}

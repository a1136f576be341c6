/*
 * file:// for http.c: where the "file" network's posts go.
 * libcurl's own cannot append (7.88 truncates, or skips what is there already).
 */
#ifndef TWICKET_HTTP_FILE_H
#define TWICKET_HTTP_FILE_H

#include "common/buf.h"
#include "common/err.h"
#include "notifiers/notifier.h"

#include <stdbool.h>

/* The path of a file:/// URL, decoded; the caller frees it. NULL with err. */
char *http_file_path(const char *url, struct err *err);

/* Appends all of it or nothing. NO_ANSWER, with err, when neither can be promised. */
enum transport http_file_append(const char *path, const char *bytes, size_t len, struct err *err);

/* Up to content->max bytes from the end of the file. 200, or 404, 403, 500 with err. */
int http_file_read(const char *path, struct buf *content, bool *truncated, struct err *err);

#endif

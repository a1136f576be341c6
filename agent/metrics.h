/*
 * The agent's status in the text form of Prometheus, for `metrics_file` and `twicket status
 * --metrics`. Pure. Names and labels are a promise: dashboards lean on them.
 */
#ifndef TWICKET_METRICS_H
#define TWICKET_METRICS_H

#include "common/buf.h"

#include <jansson.h>

/* status: the whole answer to `status`. Every family has HELP and TYPE, also when it has no sample. */
void metrics_text(const json_t *status, struct buf *out);

/*
 * Writes it beside path and renames, mode 0644: a reader sees the old file or the new one.
 * -1 with errno.
 */
int metrics_write(const char *path, const struct buf *text);

#endif

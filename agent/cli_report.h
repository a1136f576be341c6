/*
 * A month as a report: gathered from the agent in slices, added up by report.c into one JSON
 * object (that of `twicket report --json`), and from that written for people.
 */
#ifndef TWICKET_CLI_REPORT_H
#define TWICKET_CLI_REPORT_H

#include "agent/cli.h"
#include "agent/cli_story.h"
#include "agent/report.h"

/* One question to the agent; takes the request over. NULL: no answer, and all is said about it. */
typedef json_t *cli_report_ask_fn(void *arg, json_t *request);

/* The whole report; NULL: an answer was missing, or memory. */
json_t *cli_report_gather(const struct report_month *month, cli_report_ask_fn *ask, void *arg);

/* pen NULL: for a terminal, at most 80 columns, as cli_report_text() of cli.h does. */
void cli_report_write(const struct story_pen *pen, const json_t *report, struct buf *out);

#endif

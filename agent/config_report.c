/*
 * The list of what is wrong. Called by the config*.c files; read by `check` and the
 * agent. Must never lose an error, not even when memory runs out: it is then counted.
 */
#include "agent/config_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_MAX 500 /* lines; who has more begins at the top anyway */

/* Grows the list by one; NULL when it is full or memory ran out. */
static struct config_error *next_place(struct config_report *report)
{
	struct config_error *at;

	if (report->n >= REPORT_MAX)
		return NULL;
	at = realloc(report->at, (report->n + 1) * sizeof *at);
	if (!at)
		return NULL;
	report->at = at;
	return &at[report->n++];
}

/* The file's own bytes are in it: no control gets to a terminal, a line break only from us. */
static void defuse(char *text, const char *path)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' && (*path || (*text != '\n' && *text != '\t')))
			*text = *text == '\n' ? ' ' : '?';
}

static void __attribute__((format(printf, 5, 0)))
add(struct reader *r, int line, bool warning, const char *path, const char *format, va_list ap)
{
	struct config_error *e = next_place(r->report);
	char what[1024], where[32] = "", *text = NULL;

	r->report->errors += !warning;
	r->report->warnings += warning;
	vsnprintf(what, sizeof what, format, ap);
	defuse(what, path);
	if (line)
		snprintf(where, sizeof where, "%d: ", line);
	if (asprintf(
		&text, "%s:%s%s%s%s%s", r->file, line ? "" : " ", where, path, *path ? ": " : "",
		what) == -1)
		text = NULL;
	if (e)
		*e = (struct config_error){.line = line, .warning = warning, .text = text};
	else
		free(text);
}

/* "audiences.public.words.en.problem"; an element of an array has its array's path. */
static void path_of(const config_setting_t *s, char *out, size_t size)
{
	const config_setting_t *up = config_setting_parent(s);
	const char *name = config_setting_name(s);
	size_t n;

	*out = '\0';
	if (!up)
		return;
	path_of(up, out, size);
	n = strlen(out);
	if (name && n < size)
		snprintf(out + n, size - n, "%s%s", n ? "." : "", name);
}

void config_fault(struct reader *r, const config_setting_t *s, const char *format, ...)
{
	char path[512];
	va_list ap;

	path_of(s, path, sizeof path);
	va_start(ap, format);
	add(r, (int)config_setting_source_line(s), false, path, format, ap);
	va_end(ap);
}

void config_warning(struct reader *r, const config_setting_t *s, const char *format, ...)
{
	char path[512];
	va_list ap;

	path_of(s, path, sizeof path);
	va_start(ap, format);
	add(r, (int)config_setting_source_line(s), true, path, format, ap);
	va_end(ap);
}

void config_fault_line(struct reader *r, int line, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(r, line, false, "", format, ap);
	va_end(ap);
}

/* By line; within a line as they were found (insertion keeps the order). */
void config_report_sort(struct config_report *report)
{
	for (unsigned i = 1; i < report->n; i++) {
		struct config_error e = report->at[i];
		unsigned k = i;

		for (; k && report->at[k - 1].line > e.line; k--)
			report->at[k] = report->at[k - 1];
		report->at[k] = e;
	}
}

void config_report_first(const struct config_report *report, struct err *err)
{
	char more[48] = "";
	unsigned k = 0;

	while (k < report->n && report->at[k].warning)
		k++;
	if (report->errors > 1)
		snprintf(more, sizeof more, " (and %u more: twicket check)", report->errors - 1);
	if (k < report->n)
		err_set(err, "%.*s%s", (int)strcspn(report->at[k].text, "\n"), report->at[k].text, more);
	else
		err_set(err, "its configuration cannot be used");
}

void config_report_finish(struct config_report *report)
{
	for (unsigned i = 0; i < report->n; i++)
		free(report->at[i].text);
	free(report->at);
	*report = (struct config_report){NULL, 0, 0, 0};
}

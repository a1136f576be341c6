/*
 * The configurations of README.md and docs/: each that begins with its accounts must load, without an
 * error and without a warning, as `twicket check` reads it.
 */
#include "agent/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAST 17 /* so many there are: a reader that finds none is a defect, too */

struct recipe {
	const char *file;
	unsigned line;
	char text[8192];
};

/* Loads it from a file of its own; false: it says why, by the line of the document. */
static bool is_sound(const struct recipe *r)
{
	char path[] = "/tmp/twicket-recipe-XXXXXX";
	int fd = mkstemp(path);
	struct config_report report;
	struct config *c;
	bool sound;

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, r->text, strlen(r->text)), strlen(r->text));
	close(fd);
	c = config_load(path, &report);
	sound = c && report.n == 0;
	for (unsigned i = 0; i < report.n; i++)
		print_message("%s:%u: %s\n", r->file, r->line, report.at[i].text);
	config_destroy(c);
	config_report_finish(&report);
	unlink(path);
	return sound;
}

static bool begins_with_accounts(const char *line)
{
	return strncmp(line, "accounts", 8) == 0 && strchr(line, '=') && strchr(line, '{');
}

/*
 * A block is fenced, however far in, or stands in by four blanks and more. Its lines, the indent of the
 * first taken off; false at the end of the file.
 */
static bool next_recipe(FILE *f, struct recipe *r, unsigned *number)
{
	char line[1024];
	size_t indent = 0, used = 0;
	bool is_fenced = false;

	r->text[0] = '\0';
	while (fgets(line, sizeof line, f)) {
		const char *s = line + strspn(line, " ");
		size_t in = (size_t)(s - line);

		++*number;
		if (!used && begins_with_accounts(s) && (is_fenced || in >= 4)) {
			indent = in;
			r->line = *number;
		} else if (!used) {
			is_fenced = strncmp(s, "```", 3) == 0;
			continue;
		} else if (strncmp(s, "```", 3) == 0 || (!is_fenced && in < indent)) {
			return true;
		}
		assert_true(used + strlen(line) < sizeof r->text);
		used += (size_t)snprintf(
		    r->text + used, sizeof r->text - used, "%s", in < indent ? s : line + indent);
	}
	return used != 0;
}

static unsigned check_file(const char *path, unsigned *bad)
{
	struct recipe r = {.file = path};
	unsigned n = 0, number = 0;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (next_recipe(f, &r, &number)) {
		n++;
		*bad += !is_sound(&r);
	}
	fclose(f);
	return n;
}

static void test_documents(void **state)
{
	unsigned n = 0, bad = 0;
	glob_t found;

	(void)state;
	assert_int_equal(glob("docs/*.md", 0, NULL, &found), 0);
	assert_int_equal(glob("README.md", GLOB_APPEND, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		n += check_file(found.gl_pathv[i], &bad);
	globfree(&found);
	print_message("%u configurations\n", n);
	assert_int_equal(bad, 0);
	assert_true(n >= LEAST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_documents)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

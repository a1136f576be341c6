/*
 * libFuzzer entry of the configuration: any bytes as a file. Run by make check-fuzz.
 * It must either be taken without a fault, or refused with at least one.
 */
#include "agent/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* libconfig 1.5 forgets the text that it was reading when it stops at a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig.so";
}

static void check_report(const struct config_report *report)
{
	unsigned warnings = 0;

	for (unsigned i = 0; i < report->n; i++) {
		const char *text = report->at[i].text;

		warnings += report->at[i].warning;
		if (!text || !*text || report->at[i].line < 0)
			abort();
		for (; *text; text++)
			if ((unsigned char)*text < ' ' && *text != '\n' && *text != '\t')
				abort();
	}
	if (warnings > report->warnings)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	struct config_report report;
	struct config *c;

	if (fd == -1) {
		fd = memfd_create("config", MFD_CLOEXEC);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	if (fd == -1 || ftruncate(fd, 0) == -1 || pwrite(fd, data, size, 0) != (ssize_t)size)
		return 0;
	c = config_load(path, &report);
	if (!c != (report.errors > 0))
		abort();
	check_report(&report);
	config_destroy(c);
	config_report_finish(&report);
	return 0;
}

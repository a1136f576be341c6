/*
 * Loads the configuration for a start or a reload. Called by agent.c.
 * Must never change anything that runs but the log, and that at the start only.
 */
#include "agent/agent_config.h"

#include "common/log.h"

#include <stdio.h>

/* As the log is written that runs, or that would: as JSON no line may be anything else. */
static void tell(const struct config *as, const char *text)
{
	if (as && as->log_format == LOG_FORMAT_JSON)
		log_warnx("config", "%s", text);
	else
		fprintf(stderr, "%s\n", text);
}

struct config *
agent_config_load(const struct agent_options *options, const struct config *running, struct err *err)
{
	struct config_report report = {0};
	struct config *config = config_load(options->config_path, &report);
	const struct config *as = running ? running : config;

	if (config && !running)
		log_setup(config->log, config->log_format);
	for (unsigned k = 0; k < report.n; k++)
		tell(as, report.at[k].text);
	if (!config)
		config_report_first(&report, err);
	config_report_finish(&report);
	if (!config)
		return NULL;
	if (config_override(config, options->state_dir, options->run_dir, err) == -1) {
		tell(as, err->text);
		config_destroy(config);
		return NULL;
	}
	config_hurry(config, options->hurry);
	return config;
}

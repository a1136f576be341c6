/*
 * twicketd: reads its options and runs the agent.
 */
#include "agent/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int usage(FILE *out, int status)
{
	fputs("usage: twicketd [-c FILE] [-s STATE_DIR] [-r RUN_DIR] [-x FACTOR]\n"
	      "  -c FILE       configuration, default /etc/twicket/twicket.cfg\n"
	      "  -s, -r DIR    instead of state_dir and run_dir of the configuration\n"
	      "  -x FACTOR     divide every hold by FACTOR (for demonstrations only)\n"
	      "  -V            print the version\n",
	      out);
	return status;
}

int main(int argc, char **argv)
{
	struct agent_options options = {.config_path = "/etc/twicket/twicket.cfg"};
	char *end;
	int c;

	while ((c = getopt(argc, argv, "c:s:r:x:hV")) != -1) {
		switch (c) {
		case 'c': options.config_path = optarg; break;
		case 's': options.state_dir = optarg; break;
		case 'r': options.run_dir = optarg; break;
		case 'x':
			options.hurry = (unsigned)strtoul(optarg, &end, 10);
			if (!options.hurry || *end)
				return usage(stderr, 2);
			break;
		case 'V': puts("twicketd " TWICKET_VERSION); return 0;
		case 'h': return usage(stdout, 0);
		default: return usage(stderr, 2);
		}
	}
	return optind == argc ? agent_run(&options) : usage(stderr, 2);
}

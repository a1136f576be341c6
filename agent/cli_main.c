/*
 * The program `twicket`: the command line of twicketd. Started by people, scripts
 * and health checks. Everything is in cli*.c, which the tests link.
 */
#include "agent/cli.h"

int main(int argc, char **argv)
{
	return cli_run(argc, argv);
}

/*
 * One rig and its servers for each case of a test program. See outbox_case.h.
 */
#include "tests/unit/outbox_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rig *rig;
struct sim *sim;
static char path[64];

int outbox_case_up(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/test_outbox_%d.db", (int)getpid());
	unlink(path);
	rig = calloc(1, sizeof *rig);
	sim = sim_create();
	rig_start(rig, sim, path, NULL, NULL);
	return 0;
}

int outbox_case_down(void **state)
{
	(void)state;
	rig_stop(rig);
	free(rig);
	sim_destroy(sim);
	unlink(path);
	return 0;
}

void outbox_case_restart(void)
{
	rig_stop(rig);
	memset(rig, 0, sizeof *rig);
	rig_start(rig, sim, path, NULL, NULL);
}

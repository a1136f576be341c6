/*
 * What run.c (the run and what comes out) and script.c (the words that go in) share.
 */
#ifndef TWICKET_SCRIPT_H
#define TWICKET_SCRIPT_H

#include "tests/scenario/world.h"

#include <stdio.h>

struct run {
	struct world world;
	struct buf out;
	char config_path[64], store_path[64];
	FILE *config;
	unsigned posts_seen, favourites_seen, line;
	const char *file;
	bool failed, is_started;
};

/* The words of a scenario; README.md beside this file lists them. */
void run_command(struct run *r, const char *what, char *args);
/* Cuts the first word off; the rest follows behind the blanks. */
char *run_word(char **rest);
void run_fail(struct run *r, const char *why, const char *what);

/* What comes out: "> HH:MM:SS ", and the posts and favourites since the last look. */
void run_stamp(struct run *r);
void run_look(void *arg);

#endif

/*
 * Why the agent is not there: what it said when it could not start, for whoever asks for it
 * afterwards. Written by agent.c, read by the programs that get no answer.
 * Must never hold a secret: everybody local may read it.
 */
#ifndef TWICKET_LAST_WORDS_H
#define TWICKET_LAST_WORDS_H

#include <stddef.h>

/* In run_dir; an older one is replaced. What cannot be written is in the log all the same. */
void last_words_leave(const char *run_dir, const char *text);

/*
 * The same when the configuration cannot be read, so that what it says of run_dir cannot, either: NULL is
 * the usual one, made where it is missing. An agent that runs there on an older file speaks for itself.
 */
void last_words_leave_alone(const char *run_dir, const char *text);

/* The agent runs: nothing of before holds. */
void last_words_take_back(const char *run_dir);

/* Beside the control socket of that path. The text, one line, cut to size; "" when there is none. */
void last_words_read(const char *socket_path, char *text, size_t size);

#endif

/*
 * Listening unix sockets and who is at the other end. Used by the module source
 * and the control socket; knows nothing of what is spoken.
 */
#ifndef TWICKET_SOCKET_H
#define TWICKET_SOCKET_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Non-blocking, close-on-exec, mode 0666; a stale socket of a dead agent is replaced, a live one
 * refused. The descriptor, or -1 with err. */
int socket_listen(const char *path, struct err *err);

/* Does anybody listen there just now? */
bool socket_is_served(const char *path);

/* The next caller, non-blocking and close-on-exec, with its uid and pid; -1: nobody there. */
int socket_accept(int listener, uid_t *uid, pid_t *pid);

/* Is uid root or ourselves? */
bool socket_is_us(uid_t uid);
bool socket_find_user(const char *login, uid_t *uid); /* asks the name service: not in the loop */
bool socket_login_of(uid_t uid, char *name, size_t size);
bool socket_is_member(uid_t uid, const char *group);

#endif

/*
 * One Icinga 2 as a source: asks its API what is, compares, and says what changed in the
 * events of a module; carries commands out by REST. The event stream only wakes it: what
 * that loses (a reload's state changes, all of an absence) the next look finds.
 * Driven by sources.c; its requests leave through http.c. Never blocks.
 */
#ifndef TWICKET_ICINGA_H
#define TWICKET_ICINGA_H

#include "agent/config.h"
#include "agent/http.h"
#include "agent/source_module.h"

struct icinga;

/*
 * config is copied; http stays the caller's and must outlive it. password: of the ApiUser, copied;
 * NULL: we log in by our certificate. NULL with err.
 */
struct icinga *icinga_create(const struct config_icinga *config, const char *password, struct http *http,
			     const struct source_events *events, struct err *err);
void icinga_destroy(struct icinga *i); /* NULL is fine; down() is not called */

/* Works on answers that came in, asks what is due, calls events. */
void icinga_turn(struct icinga *i, const struct now *now);
/* Lets commands leave; after the commit that they follow from. */
void icinga_flush(struct icinga *i);
/* Boot ms at which icinga_turn() has something to do by itself. */
int64_t icinga_next(const struct icinga *i);

/* As the functions of source_module.h, for this node. */
/* Does it log in so? password NULL: with a certificate. */
bool icinga_has_login(const struct icinga *i, const char *user, const char *password);
const char *icinga_node(const struct icinga *i);
void icinga_describe(struct icinga *i, unsigned kind, const char *host, const char *service);
int icinga_command(struct icinga *i, const struct event *cmd);
/* 0: it is away, fn is not called. */
unsigned icinga_inventory(struct icinga *i, source_inventory_fn *fn, void *arg);
void icinga_inventory_cancel(struct icinga *i, void *arg);
void icinga_health(const struct icinga *i, struct source_health *out);

#endif

/*
 * All that tells us of a monitoring system's objects, by the name of its node: the modules of
 * Nagios and Naemon that connect to us, and the Icinga 2 that we ask. Called by agent.c and
 * control.c, which need not know which is which.
 */
#ifndef TWICKET_SOURCES_H
#define TWICKET_SOURCES_H

#include "agent/config.h"
#include "agent/http.h"
#include "agent/source_module.h"

struct sources;

/* path: the modules' socket; as source_create(). http stays the caller's and must outlive it. */
struct sources *sources_create(const char *path, const struct config *config, struct http *http,
			       const struct source_events *events, struct err *err);
void sources_destroy(struct sources *s); /* NULL is fine */
/* After a reload: who may connect, and which Icinga 2 there are; one that is as it was goes on. */
void sources_set_config(struct sources *s, const struct config *config);

unsigned sources_fds(struct sources *s, struct curl_waitfd *fds, unsigned max);
/* One of these sockets has something. */
void sources_ready(struct sources *s, const struct now *now);
/* What is due by itself, and what came through http. */
void sources_turn(struct sources *s, const struct now *now);
void sources_flush(struct sources *s);
/* Milliseconds until one of them is due by itself, at most max_ms. */
int sources_wait_ms(const struct sources *s, const struct now *now, int max_ms);

/* As of source_module.h. */
void sources_describe(struct sources *s, const char *node, unsigned kind, const char *host, const char *service);
int sources_command(struct sources *s, const char *node, const struct event *cmd);
unsigned sources_inventory(struct sources *s, source_inventory_fn *fn, void *arg);
void sources_inventory_cancel(struct sources *s, void *arg);
unsigned sources_health(const struct sources *s, struct source_health *out, unsigned max);
const struct source_refusal *sources_refusal(const struct sources *s);

#endif

/*
 * What icinga_picture.c (answers in) and icinga_tell.c (events out) share.
 */
#ifndef TWICKET_ICINGA_PICTURE_INTERNAL_H
#define TWICKET_ICINGA_PICTURE_INTERNAL_H

#include "agent/icinga_json.h"
#include "agent/icinga_picture.h"
#include "common/gate.h"

#include <uthash.h>

/* A host or service that is worth a word, or was in the picture before. */
struct seen {
	UT_hash_handle hh;
	uint8_t kind, state;
	bool is_noteworthy;
	uint16_t attempt, max_attempts;
	uint32_t flags;
	int64_t since, last_ok, until; /* s */
	int64_t changed_us, acked_us;
	int64_t noted_ms; /* boot: when its acknowledgement was changed by us, 0 = it was not */
	char *output, *owner, *ack_text; /* NULL = none */
	char mark[GATE_MARK_BYTES];
	const char *service; /* in key */
	char key[];	     /* host NUL service NUL */
};

/* A downtime, or a comment of ours. */
struct remark {
	UT_hash_handle hh;
	uint8_t kind;
	uint32_t id, flags;
	bool runs, goes;
	int64_t since, until, triggered; /* s */
	int64_t at_us;
	char *host, *service, *author, *text, *parent;
	char mark[GATE_MARK_BYTES];
	char name[]; /* Icinga's */
};

/* One that is well: enough to say since when. 64 bits of its names: two alike are not to be expected. */
struct well {
	uint64_t hash;
	int64_t since;
};

struct picture {
	int64_t now_s;
	struct well *well;
	size_t n_well, cap_well;
	bool is_sorted;
	struct seen *objects;
	struct remark *downtimes, *comments;
	unsigned n_hosts, n_services;
};

struct seen *picture_seen(const struct picture *p, const char *host, const char *service);
void remarks_finish(struct remark **remarks);
struct remark *picture_remark(struct remark *remarks, const char *name);

#endif

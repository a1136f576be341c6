/*
 * What was learnt: `fixed:`, `cause:` and `workaround:` are kept with their incident, and found
 * again when something like it breaks. Used by core_knowledge.c and the control socket; what is
 * alike is decided here, the words are words.c's. For operators only: no public post ever has it.
 */
#ifndef TWICKET_KNOWLEDGE_H
#define TWICKET_KNOWLEDGE_H

#include "agent/store.h"

struct knowledge;

struct knowledge *knowledge_create(struct store *store); /* NULL: out of memory */
void knowledge_destroy(struct knowledge *k);		 /* NULL is fine */

/* To be kept with the next commit; strings are copied, `same` is filled in here. */
int knowledge_keep(struct knowledge *k, const struct knowledge_row *row);
/* As all who keep something: rows stay here until saved(), after the commit. */
void knowledge_save(struct knowledge *k);
void knowledge_saved(struct knowledge *k);

/* What is broken now. */
struct knowledge_about {
	uint64_t incident; /* its own knowledge is not told; 0 = none */
	const char *object, *output;
	int64_t now_s;
};

#define KNOWLEDGE_OBJECT 2100
#define KNOWLEDGE_TEXT 1600

/* What helped once. */
struct knowledge_fix {
	char tag[TAG_SIZE];
	char object[KNOWLEDGE_OBJECT], text[KNOWLEDGE_TEXT], by[200];
	char kind[16];
	int64_t at_s;
	unsigned held;	 /* times; only of "fixed" */
	bool is_same;	 /* of the same object */
};

/*
 * Up to max of what helped in incidents like this one, newest first: of the same object; only
 * where there is nothing of that, of others whose output is alike. One per incident. Causes
 * are no help. Returns how many; -1 with err.
 */
int knowledge_like(struct store *s, const struct knowledge_about *about, struct knowledge_fix *out, unsigned max,
		   struct err *err);

/*
 * Reputation from outcome: how many of these reports (when they came) monitoring confirmed, by
 * trouble that began at most KNOWLEDGE_CONFIRM_S before or after. Times in seconds, any order.
 */
#define KNOWLEDGE_CONFIRM_S (15 * 60)
unsigned knowledge_confirmed(const int64_t *reports, unsigned n_reports, const int64_t *troubles, unsigned n_troubles);

#endif

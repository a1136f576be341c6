/*
 * Which incident does a reply mean (SPEC 4.4): a tag, else what it hangs under, else
 * the partner's last one. Called by inbox.c. It must never guess between two, and
 * never take a stranger's tag for the word of somebody who answers him.
 */
#include "agent/inbox_internal.h"

#include <stdio.h>
#include <string.h>

#define INBOX_WAITING_MAX 256 /* replies that wait for their parents at a time */

static int inbox_keep_incident(void *arg, const struct incident_row *row)
{
	*(uint64_t *)arg = row->id;
	return 1;
}

/* Live ones from the engine, closed ones from the store. */
bool inbox_find_tag(struct inbox *b, const char *tag, uint64_t *incident)
{
	struct incident_view v;

	tag += *tag == '#';
	if (engine_view_tag(b->engine, tag, &v)) {
		*incident = v.id;
		return true;
	}
	return store_incident_by_tag(b->store, tag, inbox_keep_incident, incident, NULL) == 1;
}

/* It was no tag after all: back into the text with it. */
void inbox_drop_tag(struct reply_parsed *p)
{
	char text[sizeof(p->text)];

	if (!p->tag[0])
		return;
	memcpy(text, p->text, sizeof(text));
	snprintf(
	    p->text, sizeof(p->text), "%s%s%s%.*s", p->bare[0] ? "" : "#",
	    p->bare[0] ? p->bare : p->tag, text[0] ? " " : "", (int)(sizeof(text) - TAG_SIZE - 3),
	    text);
	p->tag[0] = p->bare[0] = '\0';
	if (p->verb == REPLY_VERB_EMPTY)
		p->verb = REPLY_VERB_COMMENT;
}

void inbox_drop_other(struct reply_parsed *p)
{
	char text[sizeof(p->text)];

	memcpy(text, p->text, sizeof(text));
	snprintf(
	    p->text, sizeof(p->text), "%s %s%s%.*s", p->word, p->other_bare, text[0] ? " " : "",
	    (int)(sizeof(text) - sizeof(p->word) - TAG_SIZE - 3), text);
	p->other[0] = p->other_bare[0] = p->word[0] = '\0';
	p->verb = REPLY_VERB_COMMENT;
}

/* What a post of ours is about: one incident, or as a summary several. */
struct inbox_about {
	uint64_t incident;
	bool is_summary;
};

static int inbox_keep_post(void *arg, const struct post_row *row)
{
	struct inbox_about *about = arg;

	about->incident = row->incident;
	about->is_summary =
	    !row->incident && (row->event == SAY_DIGEST || row->event == SAY_STORM);
	return 1;
}

struct inbox_above {
	char id[512];
};

static int inbox_keep_parent(void *arg, const struct reply_row *row)
{
	struct inbox_above *above = arg;

	snprintf(above->id, sizeof(above->id), "%s", row->parent_id);
	return 1;
}

static unsigned inbox_waiting(const struct inbox *b)
{
	unsigned n = 0;

	for (const struct inbox_reply *r = b->live; r; r = r->hh.next)
		n += r->hangs[0] != '\0';
	return n;
}

/* Asks the network what is above; only for people, not for ever, and not for money. */
static enum inbox_found inbox_ask(struct inbox *b, struct inbox_reply *r, const char *id)
{
	int account = config_account_index(b->config, r->row.account);

	if (!r->row.person[0] || account < 0 || r->parents >= INBOX_PARENTS ||
	    inbox_is_metered(b, &r->row) || inbox_waiting(b) >= INBOX_WAITING_MAX)
		return FOUND_NOTHING;
	r->parents++;
	snprintf(r->hangs, sizeof(r->hangs), "%s", id);
	b->events.want_parent(b->events.arg, (unsigned)account, r->row.id, r->hangs);
	return FOUND_LATER;
}

/* Do two of our accounts see one status under one id? Each server of a network has its own. */
static bool inbox_is_same_server(const struct config_account *a, const struct config_account *b)
{
	const char *one = a->handle ? strchr(a->handle, '@') : NULL;
	const char *two = b->handle ? strchr(b->handle, '@') : NULL;

	return strcmp(a->network, b->network) == 0 && strcmp(one ? one : "", two ? two : "") == 0;
}

/* A status that may be known by any of our accounts there: whoever wrote it, whoever read it. */
static bool inbox_look_up(
    const struct inbox *b, const struct inbox_reply *r, const char *id,
    bool (*is_there)(const struct inbox *b, const char *account, const char *id, void *arg),
    void *arg)
{
	const struct config *c = b->config;
	int own = config_account_index(c, r->row.account);

	if (!*id)
		return false;
	if (is_there(b, r->row.account, id, arg))
		return true;
	for (unsigned i = 0; own >= 0 && i < c->n_accounts; i++)
		if (i != (unsigned)own && inbox_is_same_server(&c->accounts[own], &c->accounts[i]) &&
		    is_there(b, c->accounts[i].name, id, arg))
			return true;
	return false;
}

static bool
inbox_is_post(const struct inbox *b, const char *account, const char *id, void *about)
{
	return store_post_by_remote(b->store, account, id, inbox_keep_post, about, NULL) == 1;
}

static bool
inbox_is_reply(const struct inbox *b, const char *account, const char *id, void *above)
{
	return store_reply_by_remote(b->store, account, id, inbox_keep_parent, above, NULL) == 1;
}

/* From a status up: one of our posts, a reply that we have, or something to ask for. */
enum inbox_found
inbox_climb(struct inbox *b, struct inbox_reply *r, const char *uri, const char *parent_id)
{
	struct inbox_about about = {0};
	struct inbox_above above;

	r->hangs[0] = '\0';
	if (*uri &&
	    store_post_by_uri(b->store, r->row.account, uri, inbox_keep_post, &about, NULL) == 1)
		goto found;
	snprintf(above.id, sizeof(above.id), "%s", parent_id);
	for (int step = 0; step < 2 * INBOX_PARENTS && above.id[0]; step++) {
		if (inbox_look_up(b, r, above.id, inbox_is_post, &about))
			goto found;
		/* only where it hangs, never what its author wrote */
		if (inbox_look_up(b, r, above.id, inbox_is_reply, &above))
			continue;
		/* what it hangs under in the end, where the network says that beside the parent */
		if (inbox_look_up(b, r, r->root, inbox_is_post, &about))
			goto found;
		return inbox_ask(b, r, above.id);
	}
	if (!inbox_look_up(b, r, r->root, inbox_is_post, &about))
		return FOUND_NOTHING;
found:
	r->row.incident = about.incident;
	if (about.is_summary)
		return FOUND_SEVERAL;
	return about.incident ? FOUND_INCIDENT : FOUND_NOTHING;
}

enum inbox_found inbox_match_partner(struct inbox *b, struct inbox_reply *r)
{
	int64_t since = b->now.wall_ms - INBOX_PARTNER_MS;
	uint64_t incident = 0;

	if (r->row.visibility != VISIBILITY_DIRECT ||
	    store_last_incident_of(
		b->store, r->row.account, r->row.author_id, since, &incident, NULL) != 1 ||
	    !incident)
		return FOUND_NOTHING;
	r->row.incident = incident;
	return FOUND_INCIDENT;
}

enum inbox_found inbox_match(struct inbox *b, struct inbox_reply *r, struct reply_parsed *p)
{
	enum inbox_found found;

	if (p->tag[0]) {
		if (inbox_find_tag(b, p->tag, &r->row.incident))
			return FOUND_INCIDENT;
		if (p->tag_sure && p->verb != REPLY_VERB_COMMENT && p->verb != REPLY_VERB_EMPTY)
			return FOUND_NO_SUCH_TAG;
		inbox_drop_tag(p);
	}
	found = inbox_climb(b, r, "", r->row.parent_id);
	return found == FOUND_NOTHING ? inbox_match_partner(b, r) : found;
}

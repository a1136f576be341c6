/*
 * Tickets and what was said in them. Called by core_ticket.c and once per turn by core.c.
 * It must never lose a stranger's words: they are a row before anything is done with them.
 */
#include "agent/ticket_internal.h"
#include "agent/smalltalk.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_TRIES 200
#define TITLE_MAX 100
#define WORDS_MAX 16384

struct tickets *tickets_create(const struct tickets_parts *parts)
{
	struct tickets *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->parts = *parts;
	buf_init(&t->errand.text, 16384);
	return t;
}

void tickets_destroy(struct tickets *t)
{
	struct ticket *k, *next;

	if (!t)
		return;
	if (t->errand.run)
		run_cancel(t->errand.run);
	HASH_ITER (hh, t->all, k, next)
		ticket_free(t, k);
	buf_finish(&t->errand.text);
	free(t->place);
	free(t);
}

struct ticket_note *
ticket_note_add(struct tickets *t, struct ticket *k, const struct ticket_note_row *row)
{
	struct ticket_note_row fresh = *row;
	struct ticket_note *n;

	fresh.id = store_next_id(t->parts.store);
	fresh.ticket = k->row.id;
	fresh.number = k->row.notes++;
	fresh.created_ms = t->now.wall_ms;
	if (!t->is_configured || fresh.by == TICKET_BY_DESK)
		fresh.state = TICKET_NOTE_KEPT;
	n = ticket_note_keep(k, &fresh);
	n->is_dirty = true;
	k->is_dirty = true;
	return n;
}

bool ticket_note_is_final(const struct ticket_note *n)
{
	switch (n->row.state) {
	case TICKET_NOTE_QUEUED:
	case TICKET_NOTE_SENDING:
	case TICKET_NOTE_RETRY:
	case TICKET_NOTE_UNKNOWN: return false;
	case TICKET_NOTE_SENT:
	case TICKET_NOTE_DEAD:
	case TICKET_NOTE_KEPT: break;
	}
	return true;
}

void ticket_touch(struct tickets *t, struct ticket *k)
{
	k->row.changed_ms = t->now.wall_ms;
	k->row.state = TICKET_OPEN;
	k->row.closed_ms = 0;
	k->poll_ms = t->now.boot_ms + TICKET_POLL_MS;
	k->is_dirty = true;
}

void ticket_close(struct tickets *t, struct ticket *k)
{
	k->row.state = TICKET_CLOSED;
	k->row.closed_ms = t->now.wall_ms;
	k->is_dirty = true;
}

/* --- what comes in ------------------------------------------------------------------------ */

static int is_there(void *arg, const struct ticket_row *row)
{
	(void)arg;
	(void)row;
	return 1;
}

static bool is_taken(const struct tickets *t, const char *name)
{
	for (const struct ticket *k = t->all; k; k = k->hh.next)
		if (strcmp(k->row.name, name) == 0)
			return true;
	return store_ticket_by_name(
		   t->parts.store, name, t->now.wall_ms - TICKET_LIFE_MS, is_there, NULL, NULL) == 1;
}

static void fresh_name(const struct tickets *t, char name[TICKET_NAME_SIZE])
{
	static const char alphabet[] = "23456789BCDFGHJKMNPQRSTVWXZ";
	unsigned char dice[4];

	for (int i = 0; i < NAME_TRIES; i++) {
		t->parts.random(dice, sizeof dice);
		snprintf(
		    name, TICKET_NAME_SIZE, "Q-%c%c%c%c", alphabet[dice[0] % (sizeof alphabet - 1)],
		    alphabet[dice[1] % (sizeof alphabet - 1)], alphabet[dice[2] % (sizeof alphabet - 1)],
		    alphabet[dice[3] % (sizeof alphabet - 1)]);
		if (!is_taken(t, name))
			return;
	}
	log_warnx("ticket", "all names of a year are used up: %s is used again", name);
}

/* Its first line, whole characters of it. */
static void make_title(const char *text, char title[TITLE_MAX + 1])
{
	size_t n = strcspn(text, "\n");

	if (n > TITLE_MAX)
		n = TITLE_MAX;
	while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	snprintf(title, TITLE_MAX + 1, "%.*s", (int)n, text);
}

/* Where an answer goes from now on. */
static void follow(struct ticket *k, const struct reply_row *reply)
{
	ticket_set(k, TICKET_TEXT_REMOTE, reply->remote_id);
	k->row.reply = reply->id;
	k->row.visibility = reply->visibility;
}

static void take_words(struct tickets *t, struct ticket *k, const struct ticket_words *words)
{
	const struct reply_row *reply = words->reply;

	ticket_note_add(
	    t, k, &(struct ticket_note_row){
		      .by = TICKET_BY_REPORTER,
		      .author = reply->acct,
		      .text = reply->text,
		      .reply = reply->id});
	if (!words->is_courtesy || k->row.state == TICKET_OPEN)
		ticket_touch(t, k);
}

int tickets_open(
    struct tickets *t, const struct ticket_words *words, const struct now *now, char name[TICKET_NAME_SIZE])
{
	const struct reply_row *reply = words->reply;
	char title[TITLE_MAX + 1];
	struct ticket *k;

	t->now = *now;
	fresh_name(t, name);
	make_title(reply->text, title);
	k = ticket_keep(
	    t, &(struct ticket_row){
		   .id = store_next_id(t->parts.store),
		   .name = name,
		   .account = reply->account,
		   .author_id = reply->author_id,
		   .acct = reply->acct,
		   .link = words->link,
		   .title = title,
		   .created_ms = now->wall_ms});
	follow(k, reply);
	take_words(t, k, words);
	log_info("ticket", "ticket=%s account=%s opened", name, reply->account);
	return 0;
}

struct search {
	struct tickets *t;
	struct ticket *found;
};

static int keep_ticket(void *arg, const struct ticket_row *row)
{
	struct search *s = arg;

	s->found = room_fetch(s->t, row);
	return 1;
}

struct ticket *ticket_by_reply(struct tickets *t, uint64_t reply)
{
	struct search s = {.t = t};

	if (!reply)
		return NULL;
	for (struct ticket *k = t->all; k; k = k->hh.next) {
		const struct ticket_note *n;

		DL_FOREACH (k->notes, n)
			if (n->row.reply == reply)
				return k;
	}
	store_ticket_by_reply(t->parts.store, reply, keep_ticket, &s, NULL);
	return s.found;
}

static int keep_reply_of_post(void *arg, const struct post_row *row)
{
	*(uint64_t *)arg = row->kind == POST_ANSWER ? row->reply : 0;
	return 1;
}

static int keep_reply(void *arg, const struct reply_row *row)
{
	*(uint64_t *)arg = row->id;
	return 1;
}

static struct ticket *by_parent(struct tickets *t, const struct reply_row *reply)
{
	uint64_t id = 0;

	if (!reply->parent_id || !reply->parent_id[0])
		return NULL;
	if (store_post_by_remote(t->parts.store, reply->account, reply->parent_id, keep_reply_of_post, &id, NULL) != 1)
		store_reply_by_remote(t->parts.store, reply->account, reply->parent_id, keep_reply, &id, NULL);
	return ticket_by_reply(t, id);
}

static struct ticket *by_talk(struct tickets *t, const struct reply_row *reply)
{
	int64_t since_ms = t->now.wall_ms - TICKET_TALK_MS;
	struct search s = {.t = t};

	if (reply->visibility != VISIBILITY_DIRECT)
		return NULL;
	for (struct ticket *k = t->all; k; k = k->hh.next)
		if (k->row.changed_ms >= since_ms && strcmp(k->row.account, reply->account) == 0 &&
		    strcmp(k->row.author_id, reply->author_id) == 0)
			s.found = k; /* the newest */
	if (!s.found)
		store_ticket_of(
		    t->parts.store, reply->account, reply->author_id, since_ms, keep_ticket, &s, NULL);
	return s.found;
}

enum tickets_found
tickets_find(struct tickets *t, const struct reply_row *reply, const struct now *now, uint64_t *ticket)
{
	struct ticket *k;

	t->now = *now;
	k = by_parent(t, reply);
	if (!k)
		k = by_talk(t, reply);
	*ticket = k ? k->row.id : 0;
	if (!k)
		return TICKETS_NONE;
	return strcmp(k->row.author_id, reply->author_id) == 0 && strcmp(k->row.account, reply->account) == 0
		   ? TICKETS_HIS
		   : TICKETS_OTHERS;
}

int tickets_note(struct tickets *t, uint64_t ticket, const struct ticket_words *words, const struct now *now)
{
	struct ticket *k = NULL;

	t->now = *now;
	HASH_FIND(hh, t->all, &ticket, sizeof ticket, k);
	if (!k)
		return -1;
	if (now->wall_ms - k->hour_ms >= HOUR_MS) {
		k->hour_ms = now->wall_ms;
		k->in_hour = 0;
	}
	if (++k->in_hour > TICKET_NOTES_HOUR)
		return -1;
	follow(k, words->reply);
	take_words(t, k, words);
	return 0;
}

/* --- by hand ---------------------------------------------------------------------------------- */

static struct ticket *by_name(struct tickets *t, const char *name, struct err *err)
{
	struct search s = {.t = t};
	char upper[TICKET_NAME_SIZE];

	snprintf(upper, sizeof upper, "%s", name + (*name == '#'));
	for (char *at = upper; *at; at++)
		*at = (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
	for (struct ticket *k = t->all; k; k = k->hh.next)
		if (strcmp(k->row.name, upper) == 0)
			return k;
	store_ticket_by_name(t->parts.store, upper, t->now.wall_ms - TICKET_LIFE_MS, keep_ticket, &s, NULL);
	if (!s.found)
		err_set(err, "no ticket %s", upper);
	return s.found;
}

int tickets_reply(
    struct tickets *t, const char *name, const char *text, const char *by, const struct now *now,
    struct err *err)
{
	struct ticket_note *n;
	struct ticket *k;
	const char *why;
	unsigned unsent;

	t->now = *now;
	k = by_name(t, name, err);
	if (!k)
		return -1;
	why = t->parts.events.is_deaf(t->parts.events.arg, &k->row);
	if (why)
		return err_set(err, "%s: %s, so nothing was done", k->row.name, why);
	unsent = t->parts.events.unsent(t->parts.events.arg, &k->row, text);
	if (unsent)
		return err_set(err, "%s: %u characters do not fit into what a post can hold, so nothing was done", k->row.name, unsent);
	n = ticket_note_add(
	    t, k, &(struct ticket_note_row){.by = TICKET_BY_HAND, .author = by, .text = text});
	ticket_touch(t, k);
	t->parts.events.answered(t->parts.events.arg, &k->row, text, n->row.id);
	return 0;
}

int tickets_close(
    struct tickets *t, const char *name, const char *by, const struct now *now, struct err *err)
{
	struct ticket *k;

	t->now = *now;
	k = by_name(t, name, err);
	if (!k)
		return -1;
	if (k->row.state == TICKET_CLOSED)
		return err_set(err, "%s is closed already", k->row.name);
	log_info("ticket", "ticket=%s closed by=%s", k->row.name, by);
	ticket_close(t, k);
	return 0;
}

unsigned tickets_alike(const struct tickets *t, const struct smalltalk *smalltalk, const char *text, const struct now *now)
{
	unsigned n = 0, looked = 0;

	for (const struct ticket *k = t->all; k && looked < 100; k = k->hh.next)
		if (now->wall_ms - k->row.created_ms < DAY_MS && ++looked)
			n += smalltalk_is_alike(smalltalk, text, k->row.title);
	return n;
}

static int first_words(void *arg, const struct ticket_note_row *row)
{
	buf_str(arg, row->text);
	return 1;
}

/* On its way they are in memory, later in the store. */
static void read_words(const struct tickets *t, const struct ticket *k, struct buf *out)
{
	if (k->notes && k->notes->row.number == 0)
		buf_str(out, k->notes->row.text);
	else
		store_ticket_notes(t->parts.store, k->row.id, first_words, out, NULL);
}

bool tickets_has_said(const struct tickets *t, const struct reply_row *said, const struct now *now)
{
	bool has_said = false;
	struct buf text;

	buf_init(&text, WORDS_MAX);
	for (const struct ticket *k = t->all; k && !has_said; k = k->hh.next) {
		if (k->row.state != TICKET_OPEN || now->wall_ms - k->row.created_ms >= DAY_MS ||
		    strcmp(k->row.account, said->account) != 0 || strcmp(k->row.author_id, said->author_id) != 0)
			continue;
		buf_reset(&text);
		read_words(t, k, &text);
		has_said = strcmp(buf_text(&text), said->text) == 0;
	}
	buf_finish(&text);
	return has_said;
}

void tickets_recent(struct tickets *t, int64_t since_ms, const char *only, tickets_fn *fn, void *arg)
{
	struct buf text;

	buf_init(&text, WORDS_MAX);
	for (const struct ticket *k = t->all; k; k = k->hh.next) {
		if (k->row.state != TICKET_OPEN || k->row.created_ms < since_ms || (only && strcmp(k->row.name, only) != 0))
			continue;
		buf_reset(&text);
		read_words(t, k, &text);
		fn(arg, &k->row, buf_text(&text));
	}
	buf_finish(&text);
}

/* --- the turn -------------------------------------------------------------------------------- */

/* Not by a clock that was only just set: it may be set again. */
static void close_stale(struct tickets *t)
{
	int64_t clock = t->now.wall_ms - t->now.boot_ms;

	if (clock - t->clock > MINUTE_MS || t->clock - clock > MINUTE_MS)
		t->stale_ms = t->now.boot_ms + HOUR_MS;
	t->clock = clock;
	if (t->now.boot_ms < t->stale_ms)
		return;
	for (struct ticket *k = t->all; k; k = k->hh.next)
		if (k->row.state == TICKET_OPEN && !k->notes &&
		    t->now.wall_ms - k->row.changed_ms >= TICKET_STALE_MS)
			ticket_close(t, k);
}

void tickets_turn(struct tickets *t, const struct now *now)
{
	t->now = *now;
	close_stale(t);
	room_turn(t);
	desk_turn(t);
}

int64_t tickets_next(const struct tickets *t)
{
	int64_t desk = desk_next(t), room = room_next(t);

	return desk < room ? desk : room;
}

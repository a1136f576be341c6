/*
 * Replies that their authors took away again (SPEC 4.5 case 13). No network tells us, so
 * each is asked for a few times, by the collector. Called by it and by inbox_row.c. It must
 * never undo anything, nor forget who said something, which command it was, and its result.
 */
#include "agent/audit.h"
#include "agent/inbox_internal.h"
#include "common/log.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define LOOK_AGAIN_MS (60 * MINUTE_MS) /* after no answer */
#define WORDS_MAX 120 /* bytes of a text by which the timeline's lines are known; those are cut at 200 */
#define GONE_MAX 65536
#define PURGED "(deleted by its author)"

/* Most who regret what they wrote do so at once; X asks others for a day, and so do we. */
static const int64_t look_after_ms[] = {10 * MINUTE_MS, 120 * MINUTE_MS, 24 * 60 * MINUTE_MS};

/* Or the words are a ticket's. */
static bool gone_has_words(const struct reply_row *row)
{
	return row->text[0] || (!row->person[0] && row->state == REPLY_DONE && !row->hash[0] &&
				(strcmp(row->reason, "ticket") == 0 || strcmp(row->reason, "note") == 0));
}

int64_t inbox_next_look(const struct inbox *b, const struct reply_row *row)
{
	if (!row->account[0] || !row->remote_id[0] || !gone_has_words(row) || inbox_is_metered(b, row))
		return 0;
	for (unsigned i = 0; i < sizeof(look_after_ms) / sizeof(*look_after_ms); i++)
		if (row->seen_ms + look_after_ms[i] > b->now.wall_ms)
			return row->seen_ms + look_after_ms[i];
	return 0;
}

void inbox_hash(const char *text, char out[INBOX_HASH])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!EVP_Digest(text, strlen(text), digest, &n, EVP_sha256(), NULL) || n != 32)
		fatal("inbox", "no SHA-256");
	for (unsigned i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* Of its first line: the story has some texts with their line breaks, some without. */
static size_t gone_prefix(const char *words)
{
	size_t n = 0;

	while (n < WORDS_MAX && (unsigned char)words[n] >= ' ')
		n++;
	while (n == WORDS_MAX && n > 0 && ((unsigned char)words[n] & 0xc0) == 0x80)
		n--; /* not within a character */
	return n;
}

/* The core's own text has passed the module's gate, which lets these through unchanged. */
static size_t gone_plain(const char *words)
{
	size_t n = strspn(words, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:-_/+?=%");

	return n < WORDS_MAX ? n : WORDS_MAX;
}

static void gone_cut(struct inbox *b, const struct reply_row *row, const char *lead, const char *words, size_t n)
{
	char needle[WORDS_MAX + 200], instead[256];

	snprintf(needle, sizeof(needle), "%s%.128s: %.*s", lead, row->person, (int)n, words);
	snprintf(instead, sizeof(instead), "%s%.128s: " PURGED, lead, row->person);
	store_cut_timeline(b->store, row->incident, needle, instead);
}

struct endorsed {
	struct inbox *b;
	const struct reply_row *row;
};

static int endorsed_by(void *arg, const struct reply_row *by)
{
	const struct endorsed *e = arg;
	struct reply_row as = *e->row;

	as.person = by->person;
	if (by->person[0] && by->state == REPLY_DONE && strcmp(by->verb, "endorse") == 0)
		gone_cut(e->b, &as, "workaround endorsed by ", as.text, gone_prefix(as.text));
	return 0;
}

/* What somebody endorsed stands elsewhere, too: of a follower's words nothing else does. */
static void gone_endorsed(struct inbox *b, const struct reply_row *row)
{
	struct endorsed e = {b, row};
	char learnt[INBOX_HELPFUL];

	snprintf(learnt, sizeof(learnt), "%s", row->text);
	store_drop_knowledge(b->store, row->incident, learnt);
	store_replies_of_incident(b->store, row->incident, endorsed_by, &e, NULL);
}

/* What he said stands in the incident's story as well: as he wrote it, and the words behind a command. */
static void gone_story(struct inbox *b, const struct reply_row *row)
{
	struct reply_parsed p;

	if (!row->incident || !row->text[0])
		return;
	gone_endorsed(b, row);
	if (!row->person[0])
		return;
	gone_cut(b, row, "", row->text, gone_prefix(row->text));
	inbox_read(b, row->text, &b->now, &p);
	if (!p.text[0])
		return;
	store_drop_knowledge(b->store, row->incident, p.text);
	gone_cut(b, row, "by ", p.text, gone_prefix(p.text));
	gone_cut(b, row, "acknowledged by ", p.text, gone_plain(p.text));
}

static void gone_purge(struct inbox *b, const struct reply_row *row)
{
	struct audit_row audit;
	char hash[INBOX_HASH];
	struct buf words;

	buf_init(&words, GONE_MAX);
	if (b->events.gone)
		b->events.gone(b->events.arg, row, &words);
	inbox_hash(row->text[0] ? row->text : buf_text(&words), hash);
	buf_finish(&words);
	store_purge_reply(b->store, row->id, hash);
	gone_story(b, row);
	audit = (struct audit_row){
	    .at_ms = b->now.wall_ms,
	    .actor = row->person[0] ? row->person : row->acct,
	    .action = "deleted",
	    .object = row->mark[0] ? row->mark : row->uri,
	    .via = row->acct,
	    .result = "text purged"};
	store_put_audit(b->store, &audit);
	audit_copy(&audit);
	log_info("inbox", "reply=r%llu account=%s was deleted by its author: text purged",
		 (unsigned long long)row->id, row->account);
}

struct gone_look {
	struct inbox *b;
	enum inbox_look look;
};

static int gone_row(void *arg, const struct reply_row *row)
{
	const struct gone_look *g = arg;
	int64_t next_ms = inbox_next_look(g->b, row);

	switch (g->look) {
	case INBOX_GONE: gone_purge(g->b, row); break;
	case INBOX_THERE: store_look_reply(g->b->store, row->id, next_ms); break;
	case INBOX_NOT_KNOWN:
		store_look_reply(g->b->store, row->id, next_ms ? g->b->now.wall_ms + LOOK_AGAIN_MS : 0);
		break;
	}
	return 1;
}

/* Its writes are in the turn's transaction: a commit that fails leaves it to be looked at once more. */
void inbox_looked(struct inbox *b, uint64_t reply, enum inbox_look look, const struct now *now)
{
	struct gone_look g = {b, look};
	struct inbox_reply *r;

	b->now = *now;
	HASH_FIND(hh, b->live, &reply, sizeof(reply), r);
	if (!r) /* else its row is about to be written again */
		store_reply_by_id(b->store, reply, gone_row, &g, NULL);
}

/*
 * Posts that stand there twice: a server that acted after we had looked twice for
 * it. They are recognised, said to the admin, and led to the row that they double,
 * so that answers under either are understood. Called by outbox_settle.c.
 * Must never delete or send anything.
 */
#include "agent/outbox_internal.h"
#include "common/log.h"

#include <string.h>

#define WATCH_AFTER_MS (60 * SECOND_MS)

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const char *skip_blanks(const char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

/* Collected text has lost the mentions that it began with. */
static const char *skip_mentions(const char *s)
{
	s = skip_blanks(s);
	while (*s == '@') {
		while (*s && !is_blank(*s))
			s++;
		s = skip_blanks(s);
	}
	return s;
}

bool text_is_same(const char *a, const char *b)
{
	a = skip_mentions(a);
	b = skip_mentions(b);
	while (*a && *b) {
		if (is_blank(*a) && is_blank(*b)) {
			a = skip_blanks(a);
			b = skip_blanks(b);
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return !*skip_blanks(a) && !*skip_blanks(b);
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || (c & 0x80);
}

/* "#T7K2" as a whole word; networks may give hashtags back in another case. */
bool text_has_tag(const char *text, const char *tag)
{
	size_t n = strlen(tag);

	if (!n)
		return false;
	for (const char *at = strchr(text, '#'); at; at = strchr(at + 1, '#')) {
		bool begins = at == text || !is_word(at[-1]);

		if (begins && strncasecmp(at + 1, tag, n) == 0 && !is_word(at[1 + n]))
			return true;
	}
	return false;
}

/* --- after a resend --- */

void post_watch(struct post *p, int64_t now_ms)
{
	p->is_watched = true;
	p->look_failures = 0;
	p->look_ms = now_ms + WATCH_AFTER_MS;
	DL_APPEND(p->account->busy, p);
}

/* It leaves memory after the next commit. */
void post_unwatch(struct outbox *o, struct post *p)
{
	p->is_watched = false;
	DL_DELETE(p->account->busy, p);
	post_touch(o, p);
}

void double_report(
    struct outbox *o, const struct post *p, uint64_t post, int64_t cost_micro,
    const char *remote_id)
{
	store_put_alias(o->store, p->row.account, remote_id, post);
	money_pay(o, p->account, cost_micro, o->now_ms);
	log_warnx(
	    "outbox", "post %llu (%s) stands twice on %s, the second time as %s: it acted late",
	    (unsigned long long)post, p->row.tag[0] ? p->row.tag : "-", p->row.account, remote_id);
}

/* --- a look finds our tag, but under words that another row said --- */

struct other {
	const struct post *not_this;
	const struct item *item;
	uint64_t post; /* the row whose text it is, 0 = none */
	int64_t cost_micro; /* its */
};

static int other_row(void *arg, const struct post_row *row)
{
	struct other *other = arg;

	if (row->id == other->not_this->row.id || !row_creates(row))
		return 0;
	if (strcmp(row->account, other->not_this->row.account) != 0 ||
	    !text_is_same(row->text, other->item->text))
		return 0;
	other->post = row->id;
	other->cost_micro = row->cost_micro;
	return 1;
}

int double_of_other(struct outbox *o, struct post *p, const struct item *item)
{
	struct other other = {.not_this = p, .item = item};

	if (!p->row.incident)
		return 0;
	if (store_posts_of_incident(o->store, p->row.incident, other_row, &other, NULL) < 0)
		return -1;
	if (!other.post)
		return 0;
	double_report(o, p, other.post, other.cost_micro, item->id);
	return 1;
}

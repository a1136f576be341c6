/*
 * The simulated network's server: what stands there, and how it misbehaves.
 * Called through sim_link.c, and by tests that look at the result.
 * Must never use the real clock or randomness: a run can be repeated.
 */
#include "tests/crash/sim.h"
#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct sim *sim_create(void)
{
	struct sim *s =
	    mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		abort();
	s->last_id = 1000;
	return s;
}

void sim_destroy(struct sim *s)
{
	munmap(s, sizeof *s);
}

static void put(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static void next_id(struct sim *s, char id[SIM_ID])
{
	snprintf(id, SIM_ID, "%llu", (unsigned long long)++s->last_id);
}

void sim_person_add(struct sim *s, const char *acct, const char *id)
{
	struct sim_person *p = &s->people[s->n_people];

	for (unsigned i = 0; i < s->n_people; i++) {
		if (strcmp(s->people[i].acct, acct) == 0)
			return;
	}
	if (s->n_people == SIM_REPLIES)
		abort();
	s->n_people++;
	put(p->acct, sizeof p->acct, acct);
	put(p->id, sizeof p->id, id);
}

struct sim_reply *sim_inject(struct sim *s, const struct sim_reply *reply)
{
	struct sim_reply *r = &s->replies[s->n_replies];

	if (s->n_replies == SIM_REPLIES)
		abort();
	s->n_replies++;
	*r = *reply;
	if (!r->id[0])
		next_id(s, r->id);
	if (!r->uri[0]) {
		put(r->uri, sizeof r->uri, "sim:/replies/");
		memcpy(r->uri + strlen(r->uri), r->id, strlen(r->id) + 1);
	}
	if (!r->created_ms)
		r->created_ms = s->now_ms + s->skew_ms;
	sim_person_add(s, r->acct, r->author_id);
	return r;
}

static bool stands(const struct sim *s, const struct sim_post *p)
{
	return !p->is_deleted && p->created_ms <= s->now_ms + s->skew_ms;
}

unsigned
sim_count(const struct sim *s, const char *account, const char *text, const struct sim_post **one)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n_posts; i++) {
		const struct sim_post *p = &s->posts[i];

		if (!stands(s, p) || (account && strcmp(p->account, account) != 0) ||
		    (text && !strstr(p->text, text)))
			continue;
		if (n++ == 0 && one)
			*one = p;
	}
	return n;
}

/* --- the language: lines of "key value", \n and \ escaped; an empty line ends a record --- */

static void say(struct buf *out, const char *key, const char *value)
{
	buf_printf(out, "%s ", key);
	for (; *value; value++) {
		if (*value == '\n' || *value == '\\')
			buf_char(out, '\\');
		buf_char(out, *value == '\n' ? 'n' : *value);
	}
	buf_char(out, '\n');
}

static void say_number(struct buf *out, const char *key, int64_t value)
{
	buf_printf(out, "%s %lld\n", key, (long long)value);
}

/* The value of a key in the request's body, unescaped; "" when absent. */
static void ask(const struct request *request, const char *key, char *to, size_t size)
{
	const char *at = request->body ? request->body : "";
	size_t n = strlen(key), used = 0;

	to[0] = '\0';
	while (*at && !(strncmp(at, key, n) == 0 && at[n] == ' ')) {
		at = strchr(at, '\n');
		if (!at)
			return;
		at++;
	}
	for (at += *at ? n + 1 : 0; *at && *at != '\n' && used + 1 < size; at++) {
		if (*at == '\\' && at[1])
			to[used++] = *++at == 'n' ? '\n' : *at;
		else
			to[used++] = *at;
	}
	to[used] = '\0';
}

static int64_t ask_number(const struct request *request, const char *key)
{
	char text[SIM_NAME];

	ask(request, key, text, sizeof text);
	return strtoll(text, NULL, 10);
}

#define ASK(request, key, array) ask(request, key, array, sizeof(array))

/* --- creating --- */

static bool take_one(unsigned *n)
{
	return *n && (*n)--;
}

static struct sim_post *find_post(struct sim *s, const char *id)
{
	for (unsigned i = 0; i < s->n_posts; i++) {
		if (strcmp(s->posts[i].id, id) == 0)
			return &s->posts[i];
	}
	return NULL;
}

static struct sim_post *find_key(struct sim *s, const char *account, const char *key)
{
	for (unsigned i = 0; s->honours_keys && key[0] && i < s->n_posts; i++) {
		struct sim_post *p = &s->posts[i];

		if (strcmp(p->key, key) == 0 && strcmp(p->account, account) == 0 && stands(s, p))
			return p;
	}
	return NULL;
}

static void say_post(struct buf *out, const struct sim_post *p)
{
	char text[SIM_TEXT];

	snprintf(text, sizeof text, "sim:/posts/%s", p->id);
	say(out, "kind", "own");
	say(out, "id", p->id);
	say(out, "uri", text);
	say(out, "url", text);
	say(out, "parent", p->parent);
	say(out, "text", p->text);
	say_number(out, "created", p->created_ms);
	buf_char(out, '\n');
}

/* Why a new post is not taken: a status, 0 = it is. Late ones are known to the server. */
static int refusal(struct sim *s, const struct sim_post *p)
{
	const struct sim_post *own = p->parent[0] ? find_post(s, p->parent) : NULL;

	for (unsigned i = 0; s->refuses_duplicates && i < s->n_posts; i++) {
		if (!s->posts[i].is_deleted && strcmp(s->posts[i].account, p->account) == 0 &&
		    strcmp(s->posts[i].text, p->text) == 0)
			return SIM_DUPLICATE;
	}
	if (own && s->refuses_replies && strcmp(own->account, p->account) == 0)
		return SIM_NO_REPLIES;
	return p->parent[0] && take_one(&s->refuse_parents) ? SIM_NO_PARENT : 0;
}

/* What comes with an answer to a post besides the post. */
static void say_aside(const struct sim *s, struct buf *out)
{
	if (!s->charges && !s->notice[0])
		return;
	say(out, "kind", "aside");
	say_number(out, "charged", s->charges);
	say(out, "notice", s->notice);
	buf_char(out, '\n');
}

static int
serve_post(struct sim *s, const struct request *request, int64_t late_ms, struct buf *out)
{
	struct sim_post *p = &s->posts[s->n_posts], *known;
	int status;

	memset(p, 0, sizeof *p);
	ASK(request, "account", p->account);
	ASK(request, "text", p->text);
	ASK(request, "parent", p->parent);
	ASK(request, "key", p->key);
	ASK(request, "to", p->to);
	ASK(request, "language", p->language);
	p->visibility = (enum visibility)ask_number(request, "visibility");
	p->created_ms = s->now_ms + s->skew_ms + late_ms;
	if (p->parent[0] && (!find_post(s, p->parent) || find_post(s, p->parent)->is_deleted)) {
		unsigned i = 0;

		while (i < s->n_replies && strcmp(s->replies[i].id, p->parent) != 0)
			i++;
		if (i == s->n_replies)
			return 404;
	}
	known = find_key(s, p->account, p->key);
	if (!known && (status = refusal(s, p)))
		return status;
	if (!known) {
		if (++s->n_posts == SIM_POSTS)
			abort();
		next_id(s, p->id);
		known = p;
	}
	if (!s->empty_ids)
		say_post(out, known);
	say_aside(s, out);
	return 200;
}

static int serve_favourite(struct sim *s, const struct request *request)
{
	bool is_boost = strcmp(request->url, "sim:boost") == 0;
	struct sim_favourite *f = &s->favourites[s->n_favourites];

	ASK(request, "account", f->account);
	ASK(request, "target", f->target);
	for (unsigned i = 0; i < s->n_favourites; i++) {
		if (strcmp(s->favourites[i].target, f->target) == 0 && s->favourites[i].is_boost == is_boost &&
		    strcmp(s->favourites[i].account, f->account) == 0)
			return 200;
	}
	f->is_boost = is_boost;
	if (++s->n_favourites == SIM_REPLIES)
		abort();
	return 200;
}

static int serve_change(struct sim *s, const struct request *request, struct buf *out)
{
	char id[SIM_ID];
	struct sim_post *p;

	ASK(request, "target", id);
	p = find_post(s, id);
	if (!p || p->is_deleted)
		return 404;
	if (strcmp(request->url, "sim:delete") == 0) {
		p->is_deleted = true;
		return 200;
	}
	ASK(request, "text", p->text);
	p->edits++;
	say_post(out, p);
	return 200;
}

/* --- reading --- */

static void say_reply(struct buf *out, const struct sim_reply *r)
{
	say(out, "kind", r->is_reaction ? "reaction" : "reply");
	say(out, "id", r->id);
	say(out, "uri", r->uri);
	say(out, "url", r->uri);
	say(out, "parent", r->parent);
	say(out, "author", r->author_id);
	say(out, "acct", r->acct);
	say(out, "text", r->text);
	say_number(out, "created", r->created_ms);
	say_number(out, "visibility", r->visibility);
	say_number(out, "bot", r->is_bot);
	say_number(out, "boost", r->is_boost);
	say_number(out, "media", r->has_media);
	say_number(out, "edited", r->is_edited);
	buf_char(out, '\n');
}

/* Newest first, one page; max_id is the last of the page before. */
static int serve_recent(struct sim *s, const struct request *request, struct buf *out)
{
	char account[SIM_NAME];
	int64_t since_ms = ask_number(request, "since"), max_id = ask_number(request, "max_id");
	unsigned n = 0;

	ASK(request, "account", account);
	for (unsigned i = s->n_posts; i-- > 0 && n < SIM_PAGE;) {
		const struct sim_post *p = &s->posts[i];

		if (!stands(s, p) || strcmp(p->account, account) != 0 || p->created_ms < since_ms ||
		    (max_id && strtoll(p->id, NULL, 10) >= max_id))
			continue;
		say_post(out, p);
		n++;
	}
	return 200;
}

static int serve_collect(struct sim *s, const struct request *request, struct buf *out)
{
	char account[SIM_NAME], cursor[SIM_ID], last[SIM_ID];

	ASK(request, "account", account);
	ASK(request, "cursor", cursor);
	put(last, sizeof last, cursor[0] ? cursor : "0");
	for (unsigned i = 0; i < s->n_replies; i++) {
		const struct sim_reply *r = &s->replies[i];

		if (r->is_hidden || r->is_deleted || strcmp(r->account, account) != 0 ||
		    strtoll(r->id, NULL, 10) <= strtoll(last, NULL, 10))
			continue;
		if (cursor[0])
			say_reply(out, r);
		put(last, sizeof last, r->id);
	}
	say(out, "kind", "cursor");
	say(out, "cursor", last);
	buf_char(out, '\n');
	return 200;
}

static int serve_thread(struct sim *s, const struct request *request, struct buf *out)
{
	char target[SIM_ID];

	ASK(request, "target", target);
	for (unsigned i = 0; i < s->n_replies; i++) {
		if (!s->replies[i].is_deleted && strcmp(s->replies[i].parent, target) == 0)
			say_reply(out, &s->replies[i]);
	}
	return 200;
}

static int serve_get(struct sim *s, const struct request *request, struct buf *out)
{
	char target[SIM_ID];
	struct sim_post *p;

	ASK(request, "target", target);
	p = find_post(s, target);
	if (p && stands(s, p)) {
		say_post(out, p);
		return 200;
	}
	for (unsigned i = 0; i < s->n_replies; i++) {
		if (!s->replies[i].is_deleted && strcmp(s->replies[i].id, target) == 0) {
			say_reply(out, &s->replies[i]);
			return 200;
		}
	}
	return 404;
}

static int serve_lookup(struct sim *s, const struct request *request, struct buf *out)
{
	char to[SIM_NAME];

	ASK(request, "to", to);
	for (unsigned i = 0; i < s->n_people; i++) {
		if (strcmp(s->people[i].acct, to) != 0)
			continue;
		say(out, "kind", "person");
		say(out, "id", s->people[i].id);
		say(out, "acct", to);
		buf_char(out, '\n');
		return 200;
	}
	return 404;
}

static int serve_verify(const struct request *request, struct buf *out)
{
	char account[SIM_NAME], acct[SIM_NAME + 8];

	ASK(request, "account", account);
	snprintf(acct, sizeof acct, "%s@sim", account);
	say(out, "kind", "self");
	say(out, "id", "1");
	say(out, "acct", acct);
	say(out, "text", "sim 1.0");
	buf_char(out, '\n');
	return 200;
}

/* --- one request --- */

static int serve_read(struct sim *s, const struct request *request, struct buf *out)
{
	const char *what = request->url + strlen("sim:");

	if (strcmp(what, "recent") == 0)
		return serve_recent(s, request, out);
	if (strcmp(what, "collect") == 0)
		return serve_collect(s, request, out);
	if (strcmp(what, "thread") == 0)
		return serve_thread(s, request, out);
	if (strcmp(what, "get") == 0)
		return serve_get(s, request, out);
	if (strcmp(what, "lookup") == 0)
		return serve_lookup(s, request, out);
	return strcmp(what, "verify") == 0 ? serve_verify(request, out) : 404;
}

static bool is_nth(unsigned count, unsigned every)
{
	return every && count % every == 0;
}

static int
serve_create(struct sim *s, const struct request *request, struct buf *out, bool *is_lost)
{
	bool is_error = is_nth(s->creates, s->error_every);
	int64_t late_ms = 0;
	int status;

	*is_lost = is_nth(s->creates, s->lose_every);
	if (take_one(&s->drop_next)) {
		*is_lost = true;
		return 200;
	}
	if (take_one(&s->late_next)) {
		*is_lost = true;
		late_ms = s->late_ms;
	}
	*is_lost |= take_one(&s->lose_next);
	is_error |= take_one(&s->error_next);
	if (strcmp(request->url, "sim:post") == 0)
		status = serve_post(s, request, late_ms, out);
	else if (strcmp(request->url, "sim:favourite") == 0 || strcmp(request->url, "sim:boost") == 0)
		status = serve_favourite(s, request);
	else
		status = serve_change(s, request, out);
	return is_error && status == 200 ? 500 : status;
}

void sim_serve(struct sim *s, const struct request *request, struct sim_answer *answer)
{
	bool is_read = strcmp(request->method, "GET") == 0;
	int fixed = is_read ? s->read_status : s->status;
	struct buf out;

	buf_init(&out, (size_t)SIM_PAGE * (SIM_TEXT + 1024));
	memset(answer, 0, sizeof *answer);
	if (is_read)
		s->reads++;
	else
		s->creates++;
	if (fixed)
		answer->status = fixed;
	else if (is_read)
		answer->status = serve_read(s, request, &out);
	else
		answer->status = serve_create(s, request, &out, &answer->is_lost);
	if (s->retry_after_s && answer->status >= 400)
		snprintf(
		    answer->headers, sizeof answer->headers, "Retry-After: %lld\r\n",
		    (long long)s->retry_after_s);
	if (answer->status != 200)
		buf_reset(&out);
	answer->body = buf_steal(&out);
}

/*
 * What the benchmarks' Mastodon server answers: whose token, what server, replies by
 * pages, and an id for every post. Called by receiver.c for each request.
 * Must never forget when a post came or a page with replies left: that is its use.
 *
 * Who is called late200 learns who it is 200 ms late, so that the polls of several
 * accounts do not fall together.
 *
 * Of its own: POST /_bench/replies, lines "USER\tAUTHOR\tPARENT\tTEXT", all visible at once;
 * GET /_bench/log?from=LINE, lines of
 *   post NS ID USER BODY       favourite NS ID USER       served NS USER REPLIES NEWEST-ID
 *   hook NS ALERTS HOST        (Alertmanager's webhook: how many it names of that host's group)
 */
#include "tests/bench/receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MOST 80
#define FIRST_ID 110000000000000000ull /* as long as Mastodon's */

struct reply {
	unsigned long long id;
	char *user, *author, *parent, *text;
};

static struct reply *replies;
static size_t n_replies, cap_replies;
static unsigned long long next_id = FIRST_ID;
static struct text logged;
static size_t *lines; /* where each line of the log begins */
static size_t n_lines, cap_lines;

static void log_begin(void)
{
	if (n_lines == cap_lines) {
		cap_lines = cap_lines ? cap_lines * 2 : 1024;
		lines = realloc(lines, cap_lines * sizeof *lines);
		if (!lines)
			abort();
	}
	lines[n_lines++] = logged.len;
}

static void account_json(struct text *out, const char *name, const char *acct, int bot)
{
	text_format(
	    out,
	    "{\"id\":\"id-%s\",\"username\":\"%s\",\"acct\":\"%s\",\"display_name\":\"%s\","
	    "\"locked\":true,"
	    "\"bot\":%s,\"created_at\":\"2026-01-01T00:00:00.000Z\",\"note\":\"\",\"avatar\":\"/"
	    "a.png\","
	    "\"header\":\"/"
	    "h.png\",\"followers_count\":1,\"following_count\":0,\"statuses_count\":1,"
	    "\"emojis\":[],\"fields\":[],\"source\":{\"privacy\":\"public\"},\"url\":\"http://"
	    "127.0.0.1/@%s\"}",
	    name, name, acct, name, bot ? "true" : "false", name);
}

static void status_json(
    struct text *out, unsigned long long id, const char *parent, const char *text, const char *name,
    const char *acct, unsigned port)
{
	text_format(
	    out,
	    "{\"id\":\"%llu\",\"created_at\":null,\"in_reply_to_id\":%s%s%s,\"sensitive\":false,"
	    "\"spoiler_text\":\"\",\"visibility\":\"private\",\"language\":\"en\","
	    "\"uri\":\"http://127.0.0.1:%u/users/%s/statuses/%llu\",\"url\":\"http://127.0.0.1:%u/"
	    "@%s/%llu\","
	    "\"replies_count\":0,\"reblogs_count\":0,\"favourites_count\":0,\"edited_at\":null,"
	    "\"content\":\"<p>%s</"
	    "p>\",\"reblog\":null,\"media_attachments\":[],\"mentions\":[],\"tags\":[],"
	    "\"emojis\":[],\"card\":null,\"poll\":null,\"account\":",
	    id, *parent ? "\"" : "", *parent ? parent : "null", *parent ? "\"" : "", port, name, id,
	    port, name, id, text);
	account_json(out, name, acct, 0);
	text_add(out, "}", 1);
}

/* --- replies by pages, as Mastodon does it ------------------------------------------------ */

static unsigned long long id_of(const char *query, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = query; at && *at; at = strchr(at, '&'), at = at ? at + 1 : NULL)
		if (!strncmp(at, key, n) && at[n] == '=')
			return strtoull(at + n + 1, NULL, 10);
	return 0;
}

/* Picks at most a page: the oldest behind min_id, else the newest. Oldest first into page. */
static size_t pick(const struct asked *asked, const struct reply **page)
{
	unsigned long long min = id_of(asked->query, "min_id"), max = id_of(asked->query, "max_id");
	unsigned long long since = id_of(asked->query, "since_id");
	size_t n = 0;

	for (size_t i = 0; i < n_replies && !(min && n == PAGE_MOST); i++) {
		const struct reply *r = &replies[i];

		if (strcmp(r->user, asked->user) != 0 || (max && r->id >= max) || r->id <= since ||
		    r->id <= min)
			continue;
		if (n == PAGE_MOST)
			memmove(page, page + 1, --n * sizeof *page);
		page[n++] = r;
	}
	return n;
}

static void
add_link(struct answer *answer, unsigned port, unsigned long long low, unsigned long long high)
{
	text_format(
	    &answer->headers,
	    "Link: <http://127.0.0.1:%u/api/v1/notifications?limit=80&max_id=%llu>; rel=\"next\", "
	    "<http://127.0.0.1:%u/api/v1/notifications?limit=80&min_id=%llu>; rel=\"prev\"\r\n",
	    port, low, port, high);
}

static void notifications(const struct asked *asked, struct answer *answer, unsigned port)
{
	const struct reply *page[PAGE_MOST];
	size_t n = pick(asked, page);
	char acct[200];

	text_add(&answer->body, "[", 1);
	for (size_t i = n; i-- > 0;) {
		const struct reply *r = page[i];

		snprintf(acct, sizeof acct, "%s@people.example", r->author);
		text_format(
		    &answer->body,
		    "%s{\"id\":\"%llu\",\"type\":\"mention\",\"created_at\":null,\"account\":",
		    i + 1 < n ? "," : "", r->id);
		account_json(&answer->body, r->author, acct, 0);
		text_format(&answer->body, ",\"status\":");
		status_json(&answer->body, r->id, r->parent, r->text, r->author, acct, port);
		text_add(&answer->body, "}", 1);
	}
	text_add(&answer->body, "]", 1);
	if (n)
		add_link(answer, port, page[0]->id, page[n - 1]->id);
	answer->replies = (unsigned)n;
}

void api_serving(const struct asked *asked, const struct answer *answer)
{
	const char *newest = strstr(answer->body.data, "\"id\":\"");

	log_begin();
	text_format(
	    &logged, "served %llu %s %u %llu\n", (unsigned long long)clock_ns(), asked->user,
	    answer->replies, newest ? strtoull(newest + 6, NULL, 10) : 0);
}

/* --- what the benchmark asks for ----------------------------------------------------------- */

static void add_reply(char *line)
{
	char *save = NULL, *user = strtok_r(line, "\t", &save),
	     *author = strtok_r(NULL, "\t", &save);
	char *parent = strtok_r(NULL, "\t", &save), *text = strtok_r(NULL, "\t", &save);

	if (!text)
		return;
	if (n_replies == cap_replies) {
		cap_replies = cap_replies ? cap_replies * 2 : 1024;
		replies = realloc(replies, cap_replies * sizeof *replies);
		if (!replies)
			abort();
	}
	replies[n_replies++] = (struct reply){
	    .id = ++next_id,
	    .user = strdup(user),
	    .author = strdup(author),
	    .parent = strdup(parent),
	    .text = strdup(text)};
}

static void add_replies(const struct asked *asked, struct answer *answer)
{
	char *body = strdup(asked->body), *save = NULL;

	for (char *line = strtok_r(body, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		add_reply(line);
	free(body);
	text_format(&answer->body, "{\"replies\":%zu}", n_replies);
}

static void show_log(const struct asked *asked, struct answer *answer)
{
	unsigned long long from = id_of(asked->query, "from");

	if (from < n_lines)
		text_add(&answer->body, logged.data + lines[from], logged.len - lines[from]);
}

/* --- the rest -------------------------------------------------------------------------------- */

static void add_post(const struct asked *asked, struct answer *answer, unsigned port)
{
	unsigned long long id = ++next_id;

	log_begin();
	text_format(
	    &logged, "post %llu %llu %s ", (unsigned long long)asked->at_ns, id,
	    *asked->user ? asked->user : "-");
	text_add(&logged, asked->body, strcspn(asked->body, "\n"));
	text_add(&logged, "\n", 1);
	status_json(&answer->body, id, "", "ok", *asked->user ? asked->user : "x", "x", port);
}

/* {"alerts":[{"fingerprint":...},...],"groupLabels":{"host":"..."}}, by what is in it once each. */
static void add_hook(const struct asked *asked)
{
	static const char mark[] = "\"fingerprint\":", group[] = "\"groupLabels\":{\"host\":\"";
	const char *host = strstr(asked->body, group);
	unsigned alerts = 0;

	for (const char *at = asked->body; (at = strstr(at, mark)); at += sizeof mark - 1)
		alerts++;
	host = host ? host + sizeof group - 1 : "-";
	log_begin();
	text_format(
	    &logged, "hook %llu %u %.*s\n", (unsigned long long)asked->at_ns, alerts,
	    (int)strcspn(host, "\"\n"), host);
}

static void favourite(const struct asked *asked, struct answer *answer, unsigned port)
{
	unsigned long long id = strtoull(asked->path + strlen("/api/v1/statuses/"), NULL, 10);

	log_begin();
	text_format(
	    &logged, "favourite %llu %llu %s\n", (unsigned long long)asked->at_ns, id, asked->user);
	status_json(&answer->body, id, "", "ok", "x", "x", port);
}

static void verify(const struct asked *asked, struct answer *answer)
{
	if (!strncmp(asked->user, "late", 4))
		answer->delay_ms = (unsigned)strtoul(asked->user + 4, NULL, 10);
	account_json(&answer->body, asked->user, asked->user, 1);
}

static void instance(struct answer *answer, unsigned port)
{
	text_format(
	    &answer->body,
	    "{\"uri\":\"127.0.0.1:%u\",\"domain\":\"127.0.0.1:%u\",\"title\":\"bench\",\"version\":"
	    "\"4.3.1\","
	    "\"configuration\":{\"statuses\":{\"max_characters\":500,\"characters_reserved_per_"
	    "url\":23}}}",
	    port, port);
}

static int is_get(const struct asked *asked, const char *path)
{
	return !strcmp(asked->method, "GET") && !strcmp(asked->path, path);
}

static int is_post(const struct asked *asked, const char *end)
{
	size_t n = strlen(asked->path), m = strlen(end);

	return !strcmp(asked->method, "POST") && n >= m && !strcmp(asked->path + n - m, end);
}

void api_answer(const struct asked *asked, struct answer *answer, unsigned port)
{
	size_t n = strlen(asked->path);

	if (is_post(asked, "/api/v1/statuses"))
		add_post(asked, answer, port);
	else if (is_post(asked, "/hook"))
		add_hook(asked);
	else if (is_post(asked, "/favourite"))
		favourite(asked, answer, port);
	else if (is_get(asked, "/api/v1/notifications"))
		notifications(asked, answer, port);
	else if (is_get(asked, "/api/v1/accounts/verify_credentials"))
		verify(asked, answer);
	else if (is_get(asked, "/api/v2/instance"))
		instance(answer, port);
	else if (is_get(asked, "/_bench/log"))
		show_log(asked, answer);
	else if (is_post(asked, "/_bench/replies"))
		add_replies(asked, answer);
	else if (n > 8 && !strcmp(asked->path + n - 8, "/context"))
		text_format(&answer->body, "{\"ancestors\":[],\"descendants\":[]}");
	else if (n > 9 && !strcmp(asked->path + n - 9, "/statuses"))
		text_format(&answer->body, "[]");
	else {
		answer->status = 404;
		text_format(&answer->body, "{\"error\":\"Not Found\"}");
	}
}

/*
 * Runs scenarios: text files in which what happens and what the agent does about it
 * stand together. Lines that begin with `>` or `|` are what came out; the rest goes
 * in. The file must come out of the run byte for byte as it went in; --update writes
 * what came out instead. See tests/scenario/README.md for the words.
 */
#include "tests/scenario/world.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 64

struct run {
	struct world world;
	struct buf out;
	char config_path[64], store_path[64];
	FILE *config;
	unsigned posts_seen, favourites_seen, line;
	const char *file;
	bool failed;
};

/* --- what comes out ------------------------------------------------------------------- */

static void stamp(struct run *r)
{
	time_t t = (time_t)(r->world.now.wall_ms / 1000);
	struct tm tm;
	char text[16];

	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%H:%M:%S", &tm);
	buf_printf(&r->out, "> %s ", text);
}

static unsigned number_of(const struct sim *s, const char *id)
{
	for (unsigned k = 0; k < s->n_posts; k++)
		if (!strcmp(s->posts[k].id, id))
			return k + 1;
	return 0;
}

static const char *reply_number(const struct sim *s, const char *id, char *text, size_t size)
{
	for (unsigned k = 0; k < s->n_replies; k++)
		if (!strcmp(s->replies[k].id, id)) {
			snprintf(text, size, "r%u", k + 1);
			return text;
		}
	snprintf(text, size, "%u", number_of(s, id));
	return text;
}

static void text_lines(struct run *r, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		buf_printf(&r->out, "| %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void put_post(struct run *r, unsigned k)
{
	const struct sim_post *p = &r->world.sim->posts[k];
	char to[32];

	stamp(r);
	buf_printf(&r->out, "post %u on %s, %s", k + 1, p->account, visibility_name(p->visibility));
	if (p->parent[0])
		buf_printf(&r->out, ", answers %s", reply_number(r->world.sim, p->parent, to, sizeof to));
	buf_str(&r->out, "\n");
	text_lines(r, p->text);
}

static void look(void *arg)
{
	struct run *r = arg;
	struct sim *s = r->world.sim;
	char to[32];

	for (; r->posts_seen < s->n_posts; r->posts_seen++)
		put_post(r, r->posts_seen);
	for (; r->favourites_seen < s->n_favourites; r->favourites_seen++) {
		stamp(r);
		buf_printf(&r->out, "favourite %s\n",
			   reply_number(s, s->favourites[r->favourites_seen].target, to, sizeof to));
	}
}

static void on_command(void *arg, const char *line)
{
	struct run *r = arg;

	look(r);
	stamp(r);
	buf_printf(&r->out, "core: %s\n", line);
}

static void on_local(void *arg, const struct reply_row *reply)
{
	static const char *const word[] = {"seen", "submitted", "confirmed", "comment", "status", "denied",
					   "no effect", "ignored"};
	struct run *r = arg;

	stamp(r);
	buf_printf(&r->out, "cli: %s%s%s\n", word[reply->state], reply->reason && reply->reason[0] ? " " : "",
		   reply->reason ? reply->reason : "");
}

/* --- what goes in ------------------------------------------------------------------------ */

static void fail(struct run *r, const char *why, const char *what)
{
	printf("%s:%u: %s: %s\n", r->file, r->line, why, what);
	r->failed = true;
}

static unsigned split(char *line, char **words)
{
	unsigned n = 0;

	for (char *w = strtok_r(line, " \t", &line); w && n < WORDS_MAX; w = strtok_r(NULL, " \t", &line))
		words[n++] = w;
	return n;
}

static void plus_to_blank(char *s)
{
	for (; *s; s++)
		if (*s == '+')
			*s = ' ';
}

static void do_object(struct run *r, char *args)
{
	char *words[WORDS_MAX];
	unsigned n = split(args, words);

	for (unsigned k = 1; k < n; k++)
		plus_to_blank(words[k]);
	if (n)
		simcore_object(r->world.monitor, words[0], (const char *const *)(words + 1), n - 1);
}

/* Cuts the first word off; the rest follows behind the blanks. */
static char *word(char **rest)
{
	char *w = *rest;
	size_t n = strcspn(w, " ");

	*rest = w + n + strspn(w + n, " ");
	w[n] = '\0';
	return w;
}

/* "3" or "r2" -> the id on the network. */
static const char *id_of(struct run *r, const char *number)
{
	struct sim *s = r->world.sim;
	unsigned k = (unsigned)strtoul(number + (number[0] == 'r'), NULL, 10);

	if (number[0] == 'r')
		return k && k <= s->n_replies ? s->replies[k - 1].id : "unknown";
	return k && k <= s->n_posts ? s->posts[k - 1].id : "unknown";
}

/* The tag in the last line of post N. */
static void tag_of(struct run *r, const char *number, char tag[16])
{
	unsigned k = (unsigned)strtoul(number, NULL, 10);
	const char *text = k && k <= r->world.sim->n_posts ? r->world.sim->posts[k - 1].text : "";
	const char *hash = strrchr(text, '#');

	snprintf(tag, 16, "%s", hash ? hash + 1 : "NONE");
}

/* "$3" in a text stands for the tag of post 3; "\n" for a new line. */
static void expand(struct run *r, const char *text, char *out, size_t size)
{
	size_t n = 0;

	while (*text && n + 16 < size) {
		if (text[0] == '\\' && text[1] == 'n') {
			out[n++] = '\n';
			text += 2;
		} else if (text[0] == '$' && text[1] >= '1' && text[1] <= '9') {
			char *end;
			char number[16], tag[16];

			snprintf(number, sizeof number, "%lu", strtoul(text + 1, &end, 10));
			tag_of(r, number, tag);
			n += (size_t)snprintf(out + n, size - n, "%s", tag);
			text = end;
		} else {
			out[n++] = *text++;
		}
	}
	out[n] = '\0';
}

static void do_reply(struct run *r, char *args)
{
	struct sim_reply reply = {.visibility = VISIBILITY_PUBLIC};
	char *text = strstr(args, ": "), *options;

	if (!text) {
		fail(r, "reply needs `: text`", args);
		return;
	}
	*text = '\0';
	expand(r, text + 2, reply.text, sizeof reply.text);
	options = args;
	snprintf(reply.account, sizeof reply.account, "%s", word(&options));
	snprintf(reply.acct, sizeof reply.acct, "%s", word(&options));
	snprintf(reply.author_id, sizeof reply.author_id, "id-%.20s", reply.acct);
	while (*options) {
		const char *w = word(&options);

		if (!strcmp(w, "to"))
			snprintf(reply.parent, sizeof reply.parent, "%s", id_of(r, word(&options)));
		else if (!strcmp(w, "as"))
			snprintf(reply.author_id, sizeof reply.author_id, "%s", word(&options));
		else if (!strcmp(w, "ago"))
			reply.created_ms = r->world.now.wall_ms - strtol(word(&options), NULL, 10) * 1000;
		else if (!strcmp(w, "direct"))
			reply.visibility = VISIBILITY_DIRECT;
		else if (!strcmp(w, "bot"))
			reply.is_bot = true;
		else if (!strcmp(w, "boost"))
			reply.is_boost = true;
		else if (!strcmp(w, "edited"))
			reply.is_edited = true;
		else if (!strcmp(w, "hidden"))
			reply.is_hidden = true;
		else
			fail(r, "unknown word in reply", w);
	}
	sim_inject(r->world.sim, &reply);
}

static void do_network(struct run *r, char *args)
{
	const char *what = word(&args);
	unsigned n = (unsigned)strtoul(args, NULL, 10);
	struct sim *s = r->world.sim;

	if (!strcmp(what, "refuses"))
		s->refuses = true;
	else if (!strcmp(what, "ok")) {
		s->refuses = false;
		s->status = s->read_status = 0;
		s->lose_every = s->error_every = 0;
	} else if (!strcmp(what, "loses"))
		s->lose_next = n;
	else if (!strcmp(what, "errors"))
		s->error_next = n;
	else if (!strcmp(what, "drops"))
		s->drop_next = n;
	else if (!strcmp(what, "status"))
		s->status = (int)n;
	else if (!strcmp(what, "reads"))
		s->read_status = (int)n;
	else
		fail(r, "unknown network behaviour", what);
}

static void do_cli(struct run *r, char *args)
{
	char tag[16], text[2048];
	struct err err;
	const char *number = word(&args);

	tag_of(r, number, tag);
	expand(r, args, text, sizeof text);
	if (core_reply(r->world.core, tag, text, "root", r, &r->world.now, &err) == -1) {
		stamp(r);
		buf_printf(&r->out, "cli: refused: %s\n", err.text);
	}
}

static void list_one(void *arg, const struct incident_view *v)
{
	struct run *r = arg;

	buf_printf(&r->out, "| #%s %s %s members=%u%s%s%s times=%u\n", v->tag, v->object, v->state_word, v->members,
		   v->open ? "" : " over", v->acked ? " acked by " : "", v->acked ? v->owner : "", v->times);
}

static void do_list(struct run *r)
{
	struct engine_counts counts;

	world_settle(&r->world);
	look(r);
	stamp(r);
	engine_counts(core_engine(r->world.core), &counts);
	buf_printf(&r->out, "problems=%u adopted=%u dropped=%llu\n", counts.problems, counts.adopted,
		   (unsigned long long)counts.dropped);
	engine_each(core_engine(r->world.core), list_one, r);
}

static void do_state(struct run *r, char *args)
{
	const char *name = word(&args), *state = word(&args), *hard = "hard";

	if (!strncmp(args, "soft", 4) || !strncmp(args, "hard", 4))
		hard = word(&args);
	if (!simcore_state(r->world.monitor, name, state, !strcmp(hard, "hard"), args, &r->world.now))
		fail(r, "no such object or state", name);
}

static void do_ack(struct run *r, char *args)
{
	const char *name = word(&args), *author = word(&args);

	if (!simcore_ack(r->world.monitor, name, author, args, &r->world.now))
		fail(r, "cannot be acknowledged", name);
}

static void do_downtime(struct run *r, char *args)
{
	const char *name = word(&args);

	simcore_downtime(r->world.monitor, name, !strcmp(args, "begins"), &r->world.now);
}

static void do_notify(struct run *r, char *args)
{
	const char *name = word(&args);

	simcore_notify(r->world.monitor, name, args, &r->world.now);
}

static void restart(struct run *r, bool reboot)
{
	if (r->world.core)
		world_stop(&r->world);
	if (reboot) {
		r->world.boot_id = "another-boot";
		r->world.now.boot_ms = 60000;
	}
	world_start(&r->world);
}

static void command(struct run *r, const char *what, char *args)
{
	struct world *w = &r->world;

	if (!strcmp(what, "connect"))
		simcore_connect(w->monitor, !strcmp(args, "restarted"), &w->now);
	else if (!strcmp(what, "disconnect"))
		simcore_disconnect(w->monitor, &w->now);
	else if (!strcmp(what, "state"))
		do_state(r, args);
	else if (!strcmp(what, "ack"))
		do_ack(r, args);
	else if (!strcmp(what, "unack"))
		simcore_unack(w->monitor, args, &w->now);
	else if (!strcmp(what, "downtime"))
		do_downtime(r, args);
	else if (!strcmp(what, "notify"))
		do_notify(r, args);
	else if (!strcmp(what, "object"))
		do_object(r, args);
	else if (!strcmp(what, "remove"))
		simcore_remove(w->monitor, args);
	else if (!strcmp(what, "mute"))
		simcore_mute(w->monitor, !strcmp(args, "on"));
	else if (!strcmp(what, "reply"))
		do_reply(r, args);
	else if (!strcmp(what, "network"))
		do_network(r, args);
	else if (!strcmp(what, "cli"))
		do_cli(r, args);
	else if (!strcmp(what, "list"))
		do_list(r);
	else if (!strcmp(what, "kill"))
		world_stop(w);
	else if (!strcmp(what, "start"))
		restart(r, false);
	else if (!strcmp(what, "reboot"))
		restart(r, true);
	else if (!strcmp(what, "clock"))
		w->now.wall_ms += strtol(args, NULL, 10) * 1000;
	else if (strcmp(what, "wait") != 0)
		fail(r, "unknown word", what);
}

/* The next time that the clock shows HH:MM:SS. */
static int64_t instant(const struct run *r, const char *text)
{
	int h = 0, m = 0, s = 0;
	int64_t day = 86400000, midnight = r->world.now.wall_ms / day * day, at;

	sscanf(text, "%d:%d:%d", &h, &m, &s);
	at = midnight + ((h * 60 + m) * 60 + s) * INT64_C(1000);
	return at < r->world.now.wall_ms ? at + day : at;
}

static void take_line(struct run *r, const char *line)
{
	char copy[4096];
	char *rest = copy;

	if (!strncmp(line, "    ", 4) || line[0] == '\t') {
		if (r->config)
			fprintf(r->config, "%s\n", line);
		buf_printf(&r->out, "%s\n", line);
		return;
	}
	snprintf(copy, sizeof copy, "%s", line);
	if (!line[0] || line[0] == '#') {
		buf_printf(&r->out, "%s\n", line);
		return;
	}
	if (line[0] >= '0' && line[0] <= '9') {
		if (r->config) { /* the first event: the configuration is complete */
			fclose(r->config);
			r->config = NULL;
			world_start(&r->world);
		}
		world_run_before(&r->world, instant(r, word(&rest)), look, r);
	}
	buf_printf(&r->out, "%s\n", line);
	if (*rest) {
		const char *what = word(&rest);

		command(r, what, rest);
	}
	if (!r->config) {
		world_settle(&r->world);
		look(r);
	}
}

static void begin(struct run *r, const char *file)
{
	memset(r, 0, sizeof *r);
	r->file = file;
	buf_init(&r->out, 4u << 20);
	snprintf(r->config_path, sizeof r->config_path, "/tmp/twicket-scenario-%ld.cfg", (long)getpid());
	r->config = fopen(r->config_path, "w");
	world_seed(1);
	r->world.sim = sim_create();
	r->world.sim->latency_ms = 0;
	r->world.now = (struct now){.wall_ms = WORLD_BEGIN_MS, .boot_ms = 5000000};
	snprintf(r->store_path, sizeof r->store_path, "%s/twicket-scenario-%ld.db", world_fast_dir(), (long)getpid());
	r->world.store_path = r->store_path;
	r->world.config_path = r->config_path;
	r->world.local = on_local;
	r->world.local_arg = r;
	r->world.monitor = simcore_create("mon1", on_command, r);
}

static void finish(struct run *r)
{
	char extra[96];

	if (r->world.core)
		world_stop(&r->world);
	if (r->config)
		fclose(r->config);
	simcore_destroy(r->world.monitor);
	sim_destroy(r->world.sim);
	unlink(r->config_path);
	unlink(r->store_path);
	snprintf(extra, sizeof extra, "%s-wal", r->store_path);
	unlink(extra);
	snprintf(extra, sizeof extra, "%s-shm", r->store_path);
	unlink(extra);
	buf_finish(&r->out);
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b;
	char part[4096];
	size_t n;

	if (!f)
		return NULL;
	buf_init(&b, 4u << 20);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(&b, part, n);
	fclose(f);
	return buf_steal(&b);
}

static void show_difference(const char *file, const char *want, const char *got)
{
	unsigned line = 1;

	while (*want && *got) {
		size_t a = strcspn(want, "\n"), b = strcspn(got, "\n");

		if (a != b || memcmp(want, got, a) != 0)
			break;
		want += a + (want[a] == '\n');
		got += b + (got[b] == '\n');
		line++;
	}
	printf("%s:%u: expected: %.*s\n%s:%u: but came: %.*s\n", file, line, (int)strcspn(want, "\n"), want,
		file, line, (int)strcspn(got, "\n"), got);
}

static bool run_file(const char *file, bool update)
{
	struct run r;
	char *text = read_file(file), *at, *line;
	bool ok;

	if (!text) {
		printf("%s: cannot be read\n", file);
		return false;
	}
	begin(&r, file);
	for (at = text; *at;) {
		size_t n = strcspn(at, "\n");

		line = strndup(at, n);
		at += n + (at[n] == '\n');
		r.line++;
		if (line[0] != '>' && line[0] != '|')
			take_line(&r, line);
		free(line);
	}
	ok = !r.failed && !strcmp(buf_text(&r.out), text);
	if (update && !r.failed) {
		FILE *f = fopen(file, "w");

		if (f) {
			fputs(buf_text(&r.out), f);
			fclose(f);
		}
	} else if (!ok && !r.failed) {
		show_difference(file, text, buf_text(&r.out));
	}
	finish(&r);
	free(text);
	return ok || (update && !r.failed);
}

int main(int argc, char **argv)
{
	bool update = argc > 1 && !strcmp(argv[1], "--update");
	unsigned ran = 0, failed = 0;

	setenv("TZ", "UTC", 1);
	tzset();
	log_setup(getenv("TWICKET_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	if (!getenv("TWICKET_LOG") && !freopen("/dev/null", "a", stderr))
		return 2; /* the agent's warnings are not what is looked at */
	for (int k = 1 + update; k < argc; k++) {
		ran++;
		if (!run_file(argv[k], update)) {
			printf("FAILED %s\n", argv[k]);
			failed++;
		}
	}
	printf("scenario: %u ran, %u failed, 0 skipped\n", ran, failed);
	return failed != 0;
}

/*
 * Runs scenarios: text files in which what happens and what the agent does about it
 * stand together. Lines that begin with `>` or `|` are what came out; the rest goes
 * in. The file must come out of the run byte for byte as it went in; --update writes
 * what came out instead; --icinga makes the monitoring core an Icinga 2, --both runs each as
 * both. See tests/scenario/README.md for the words.
 */
#include "tests/scenario/script.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- what comes out ------------------------------------------------------------------- */

void run_stamp(struct run *r)
{
	time_t t = (time_t)(r->world.now.wall_ms / 1000);
	struct tm tm;
	char text[16];

	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%H:%M:%S", &tm);
	buf_printf(&r->out, "> %s ", text);
}

static const char *post_id(const struct run *r, unsigned k)
{
	const struct seen *p = &r->posts[k];

	return p->is_x ? r->world.sim->x->posts[p->index].id : r->world.sim->posts[p->index].id;
}

static const char *reply_id(const struct run *r, unsigned k)
{
	const struct seen *p = &r->replies[k];

	return p->is_x ? r->world.sim->x->posts[p->index].id : r->world.sim->replies[p->index].id;
}

const char *run_id_of(struct run *r, const char *number)
{
	bool is_reply = number[0] == 'r';
	unsigned k = (unsigned)strtoul(number + is_reply, NULL, 10);

	if (is_reply)
		return k && k <= r->n_replies ? reply_id(r, k - 1) : "unknown";
	return k && k <= r->n_posts ? post_id(r, k - 1) : "unknown";
}

const char *run_post_text(const struct run *r, unsigned k)
{
	const struct seen *p = &r->posts[k < r->n_posts ? k : 0];

	if (k >= r->n_posts)
		return "";
	return p->is_x ? r->world.sim->x->posts[p->index].text : r->world.sim->posts[p->index].text;
}

bool run_reply_mark(struct sim_reply *reply, const char *word)
{
	const struct {
		const char *word;
		bool *mark;
	} marks[] = {{"bot", &reply->is_bot}, {"boost", &reply->is_boost}, {"likes", &reply->is_reaction},
		     {"edited", &reply->is_edited}, {"hidden", &reply->is_hidden}, {"picture", &reply->has_media}};

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (!strcmp(word, marks[i].word))
			return *marks[i].mark = true;
	return false;
}

void run_reply_add(struct run *r, bool is_x, unsigned index)
{
	if (r->n_replies < SIM_POSTS)
		r->replies[r->n_replies++] = (struct seen){.is_x = is_x, .index = index};
}

/* An id as the number that it has here: "r2", "3"; "0": of something else. */
static const char *number_of(const struct run *r, const char *id, char *text, size_t size)
{
	unsigned n = 0;

	for (unsigned k = 0; k < r->n_replies; k++)
		if (!strcmp(reply_id(r, k), id)) {
			snprintf(text, size, "r%u", k + 1);
			return text;
		}
	for (unsigned k = 0; k < r->n_posts && !n; k++)
		n = strcmp(post_id(r, k), id) ? 0 : k + 1;
	snprintf(text, size, "%u", n);
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

static unsigned post_add(struct run *r, bool is_x, unsigned index)
{
	if (r->n_posts == SIM_POSTS)
		abort();
	r->posts[r->n_posts] = (struct seen){.is_x = is_x, .index = index};
	return ++r->n_posts;
}

static void put_post(struct run *r, unsigned k)
{
	const struct sim_post *p = &r->world.sim->posts[k];
	char to[32];

	run_stamp(r);
	buf_printf(&r->out, "post %u on %s, %s", post_add(r, false, k), p->account, visibility_name(p->visibility));
	if (p->parent[0])
		buf_printf(&r->out, ", answers %s", number_of(r, p->parent, to, sizeof to));
	buf_str(&r->out, "\n");
	text_lines(r, p->text);
}

static void put_x_post(struct run *r, unsigned k)
{
	const struct sim_x *x = r->world.sim->x;
	const struct sim_x_post *p = &x->posts[k];
	char to[32], usd[32];

	if (x->users[p->author].own < 0)
		return;
	ledger_words(p->cost_micro, usd, sizeof usd);
	run_stamp(r);
	buf_printf(&r->out, "post %u on %s, public", post_add(r, true, k), r->world.x_names[x->users[p->author].own]);
	if (p->parent[0])
		buf_printf(&r->out, ", answers %s", number_of(r, p->parent, to, sizeof to));
	buf_printf(&r->out, ", %s\n", usd);
	text_lines(r, p->text);
}

static void put_x_message(struct run *r, const struct sim_x_message *m)
{
	const struct sim_x *x = r->world.sim->x;
	char usd[32];

	if (x->users[m->from].own < 0)
		return;
	ledger_words(m->cost_micro, usd, sizeof usd);
	run_stamp(r);
	buf_printf(&r->out, "message to %s on %s, %s\n", x->users[m->to].name, r->world.x_names[x->users[m->from].own],
		   usd);
	text_lines(r, m->text);
}

/* Posts that stood there at the last look, and do not any more. */
static void put_deletions(struct run *r)
{
	const struct sim *s = r->world.sim;

	for (unsigned k = 0; k < r->n_posts; k++) {
		struct seen *p = &r->posts[k];

		if (p->is_deleted || !(p->is_x ? s->x->posts[p->index].is_deleted : s->posts[p->index].is_deleted))
			continue;
		p->is_deleted = true;
		run_stamp(r);
		buf_printf(&r->out, "post %u is deleted\n", k + 1);
	}
}

void run_look(void *arg)
{
	struct run *r = arg;
	struct sim *s = r->world.sim;
	char to[32];

	for (; r->posts_seen < s->n_posts; r->posts_seen++)
		put_post(r, r->posts_seen);
	for (; r->x_posts_seen < s->x->n_posts; r->x_posts_seen++)
		put_x_post(r, r->x_posts_seen);
	for (; r->x_messages_seen < s->x->n_messages; r->x_messages_seen++)
		put_x_message(r, &s->x->messages[r->x_messages_seen]);
	for (; r->favourites_seen < s->n_favourites; r->favourites_seen++) {
		run_stamp(r);
		buf_printf(&r->out, "%s %s\n", s->favourites[r->favourites_seen].is_boost ? "boost" : "favourite",
			   number_of(r, s->favourites[r->favourites_seen].target, to, sizeof to));
	}
	put_deletions(r);
	run_look_at_desk(r);
}

static void on_command(void *arg, const char *line)
{
	struct run *r = arg;

	run_look(r);
	run_stamp(r);
	buf_printf(&r->out, "core: %s\n", line);
}

static void on_local(void *arg, void *ticket, const struct reply_row *reply)
{
	static const char *const word[] = {"seen", "submitted", "confirmed", "comment", "status", "denied",
					   "no effect", "ignored", "done"};
	struct run *r = arg;

	(void)ticket;
	run_stamp(r);
	buf_printf(&r->out, "cli: %s%s%s\n", word[reply->state], reply->reason && reply->reason[0] ? " " : "",
		   reply->reason ? reply->reason : "");
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
		if (!r->config)
			r->config = fopen(r->config_path, "w"); /* another one, for `reload` */
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
		if (r->config) { /* an event: the configuration is complete */
			fclose(r->config);
			r->config = NULL;
		}
		if (!r->is_started) {
			r->is_started = true;
			world_start(&r->world);
		}
		world_run_before(&r->world, instant(r, run_word(&rest)), run_look, r);
	}
	buf_printf(&r->out, "%s\n", line);
	if (*rest) {
		const char *what = run_word(&rest);

		run_command(r, what, rest);
	}
	if (r->is_started) {
		world_settle(&r->world);
		run_look(r);
	}
}

static bool as_icinga; /* the monitoring cores of this run are */

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
	r->world.sim->x = sim_x_create();
	r->world.now = (struct now){.wall_ms = WORLD_BEGIN_MS, .boot_ms = 5000000};
	snprintf(r->store_path, sizeof r->store_path, "%s/twicket-scenario-%ld.db", world_fast_dir(), (long)getpid());
	r->world.store_path = r->store_path;
	r->world.config_path = r->config_path;
	r->world.local = on_local;
	r->world.local_arg = r;
	r->world.monitor = simcore_create("mon1", on_command, r);
	if (as_icinga)
		simcore_speak(r->world.monitor, &simicinga);
}

static void finish(struct run *r)
{
	char extra[96];

	if (r->world.core)
		world_stop(&r->world);
	if (r->config)
		fclose(r->config);
	simcore_destroy(r->world.monitor);
	sim_x_destroy(r->world.sim->x);
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
	static struct run r; /* too big for the stack */
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

static struct {
	unsigned ran, icinga, module_only, failed;
} count;

static void run_as_module(const char *file, bool update)
{
	as_icinga = false;
	count.ran++;
	if (run_file(file, update))
		return;
	printf("FAILED %s\n", file);
	count.failed++;
}

static bool is_for_icinga(const char *file)
{
	char *text = read_file(file);
	bool is = !text || !strstr(text, "\nonly module: ");

	free(text);
	return is;
}

static void run_as_icinga(const char *file, bool update)
{
	if (!is_for_icinga(file)) {
		count.module_only++;
		return;
	}
	as_icinga = true;
	count.icinga++;
	if (run_file(file, update))
		return;
	printf("FAILED %s as an Icinga 2\n", file);
	count.failed++;
}

int main(int argc, char **argv)
{
	bool update = false, icinga = false, both = false;
	int k;

	for (k = 1; k < argc && !strncmp(argv[k], "--", 2); k++) {
		icinga |= !strcmp(argv[k], "--icinga");
		both |= !strcmp(argv[k], "--both");
		update |= !strcmp(argv[k], "--update");
	}
	setenv("TZ", "UTC", 1);
	tzset();
	log_setup(getenv("TWICKET_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	if (!getenv("TWICKET_LOG") && !freopen("/dev/null", "a", stderr))
		return 2; /* the agent's warnings are not what is looked at */
	for (; k < argc; k++) {
		if (!icinga)
			run_as_module(argv[k], update);
		if (icinga || both)
			run_as_icinga(argv[k], update);
	}
	printf("scenario: %u ran", icinga ? count.icinga : count.ran);
	if (icinga || both)
		printf("; %u of them through Icinga 2, %u need what only a module has", count.icinga, count.module_only);
	printf(", %u failed, 0 skipped\n", count.failed);
	return count.failed != 0;
}

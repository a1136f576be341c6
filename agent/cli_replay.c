/*
 * `twicket replay`: what an old nagios.log would have posted, to whom, and what each
 * hold-back saved. Called by cli.c. Needs neither agent nor token; it must never post.
 */
#include "agent/cli_net.h"
#include "agent/cli_replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_MS 1000
#define SHORT_DAYS 7 /* what a shorter log says of a month is a guess */

struct words {
	const char *compare, *posts, *objects; /* options */
	char **logs;
	int n_logs;
};

/* --- files ------------------------------------------------------------------------------------------- */

struct log_file {
	const char *name;
	int64_t first_s, bytes; /* 0 = not known */
};

struct reading {
	const struct cli *cli;
	struct replay *replay;
	int64_t bytes, done; /* of all files; 0 = not known */
	int64_t next_ms;     /* progress is due */
	bool is_shown;
};

static int by_time(const void *a, const void *b)
{
	const struct log_file *x = a, *y = b;

	return (x->first_s > y->first_s) - (x->first_s < y->first_s);
}

/* Size, and the time of the first line, so that archives come in their order. */
static void look_at(struct log_file *f)
{
	char head[32] = "";
	struct stat st;
	FILE *file;

	if (strcmp(f->name, "-") == 0 || stat(f->name, &st) == -1 || !S_ISREG(st.st_mode))
		return;
	f->bytes = st.st_size;
	file = fopen(f->name, "re");
	if (file && fgets(head, sizeof head, file) && head[0] == '[')
		f->first_s = strtoll(head + 1, NULL, 10);
	if (file)
		fclose(file);
}

static void progress(struct reading *r, size_t n)
{
	int64_t now = cli_net_wall_ms();

	r->done += (int64_t)n;
	if (now < r->next_ms || !isatty(STDERR_FILENO) || r->bytes <= 0)
		return;
	r->next_ms = now + PROGRESS_MS;
	r->is_shown = true;
	fprintf(stderr, "\r%3d %%", (int)(r->done * 100 / r->bytes > 100 ? 100 : r->done * 100 / r->bytes));
}

static int read_all(struct reading *r, int fd, const char *name, struct err *err)
{
	static char part[65536];
	ssize_t n;

	while ((n = read(fd, part, sizeof part)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_set(err, "%s: %s", name, strerror(errno));
		if (replay_feed(r->replay, part, (size_t)n, err) == -1)
			return -1;
		progress(r, (size_t)n);
	}
	return replay_file_end(r->replay, err);
}

static int read_one(struct reading *r, const struct log_file *f, struct err *err)
{
	bool is_stdin = strcmp(f->name, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(f->name, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd == -1)
		return err_set(err, "%s: %s", f->name, strerror(errno));
	replay_file(r->replay, is_stdin ? "standard input" : f->name);
	rc = read_all(r, fd, is_stdin ? "standard input" : f->name, err);
	if (!is_stdin)
		close(fd);
	return rc;
}

static int read_logs(struct reading *r, const struct words *w, struct err *err)
{
	struct log_file *files = calloc((size_t)w->n_logs + 1, sizeof *files);
	int rc = files ? 0 : err_set(err, "out of memory");

	for (int i = 0; rc == 0 && i < w->n_logs; i++) {
		files[i].name = w->logs[i];
		look_at(&files[i]);
		r->bytes += files[i].bytes;
	}
	r->next_ms = cli_net_wall_ms() + PROGRESS_MS;
	if (rc == 0)
		qsort(files, (size_t)w->n_logs, sizeof *files, by_time);
	for (int i = 0; rc == 0 && i < w->n_logs; i++)
		rc = read_one(r, &files[i], err);
	if (r->is_shown)
		fputs("\r     \r", stderr);
	free(files);
	if (rc == 0)
		replay_end(r->replay);
	return rc;
}

/* --- facts --------------------------------------------------------------------------------------------- */

static json_t *facts_of(
    const struct replay *replay, const struct replay_source *source, const struct replay_run *runs,
    int n_runs)
{
	struct replay_facts f;
	double days;
	json_t *all = json_array();

	replay_facts(replay, &f);
	days = (double)(f.to_s - f.from_s) / 86400;
	for (int i = 0; i < n_runs; i++)
		json_array_append_new(all, replay_run_facts(&runs[i], days < 1 ? 1 : days));
	return json_pack(
	    "{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:o}", "ok", 1,
	    "from_ms", (json_int_t)f.from_s * 1000, "to_ms", (json_int_t)f.to_s * 1000, "lines",
	    (json_int_t)f.lines, "broken", (json_int_t)f.broken, "changes", (json_int_t)f.changes,
	    "problems", (json_int_t)f.problems, "open", (json_int_t)f.open, "objects",
	    (json_int_t)f.objects, "strangers", (json_int_t)f.strangers, "backwards",
	    (json_int_t)f.backwards, "unnamed", (json_int_t)f.unnamed, "refused",
	    (json_int_t)f.refused, "is_short", days < SHORT_DAYS, "source", source->text, "runs", all);
}

static enum cli_exit put_facts(struct cli *cli, json_t *facts, struct replay_run *run)
{
	if (run->posts) {
		json_object_set_new(facts, "posts", run->posts);
		run->posts = NULL;
	}
	if (run->has_failed) {
		json_decref(facts);
		return cli_complain(cli, CLI_NO, "the posts could not be written");
	}
	return cli_put_answer(cli, facts, cli_replay_text);
}

/* --- all ----------------------------------------------------------------------------------------------------- */

static enum cli_exit play(
    struct cli *cli, const struct config *const configs[2], const struct words *w,
    const struct replay_source *source, struct world *world)
{
	int shown = w->posts ? config_audience_index(configs[0], w->posts) : -1;
	int n = configs[1] ? 2 : 1;
	struct replay_run runs[2] = {{.config = NULL}};
	struct reading reading = {.cli = cli, .replay = replay_create(world)};
	enum cli_exit rc = CLI_NO;
	struct err err;

	err_set(&err, "out of memory");
	if (!reading.replay ||
	    replay_run_init(&runs[0], cli, configs[0], reading.replay, REPLAY_WITH_HINTS, shown, &err) == -1 ||
	    (n == 2 &&
	     replay_run_init(&runs[1], cli, configs[1], reading.replay, REPLAY_PLAIN, -1, &err) == -1) ||
	    read_logs(&reading, w, &err) == -1)
		cli_complain(cli, CLI_NO, "%s", err.text);
	else
		rc = put_facts(cli, facts_of(reading.replay, source, runs, n), &runs[0]);
	replay_run_finish(&runs[0]);
	replay_run_finish(&runs[1]);
	replay_destroy(reading.replay);
	return rc;
}

static void warn_of_names(const struct cli *cli)
{
	cli_complain(
	    cli->json ? &(struct cli){.json = false} : cli, CLI_DONE,
	    "warning: no agent answers, and what the core watches is not known: no host or "
	    "service has a public name, so that the public hears nothing. Give "
	    "--objects /var/cache/nagios4/objects.cache");
}

static enum cli_exit
with_objects(struct cli *cli, const struct config *const configs[2], const struct words *w)
{
	struct replay_source source;
	enum cli_exit rc = replay_objects(cli, w->objects, w->logs[0], &source);
	struct world *world = rc == CLI_DONE ? world_create(source.objects.at, source.objects.n) : NULL;

	if (rc == CLI_DONE && !world)
		rc = cli_complain(cli, CLI_NO, "out of memory");
	if (world && !source.objects.n)
		warn_of_names(cli);
	if (world)
		rc = play(cli, configs, w, &source, world);
	world_destroy(world);
	cli_objects_finish(&source.objects);
	return rc;
}

static struct config *load(const struct cli *cli, const char *path)
{
	struct config_report report = {.n = 0};
	struct cli other = *cli;
	struct config *config;
	struct err err;

	if (path)
		other.config_path = path;
	config = cli_config(&other, &report, &err);
	if (!config)
		cli_complain(
		    cli, CLI_NO, "%s (twicket check)",
		    report.n && report.at[0].text ? report.at[0].text : err.text);
	config_report_finish(&report);
	return config;
}

static enum cli_exit no_audience(const struct cli *cli, const struct config *config, const char *name)
{
	const char **names = calloc(config->n_audiences + 1u, sizeof *names), *near = NULL;

	for (unsigned k = 0; names && k < config->n_audiences; k++)
		names[k] = config->audiences[k].name;
	near = names ? config_nearest(name, names) : NULL;
	cli_complain(
	    cli, CLI_NO, "--posts: no audience \"%s\"%s%s%s", name,
	    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	free(names);
	return CLI_NO;
}

enum cli_exit cli_replay(struct cli *cli, int argc, char **argv)
{
	struct words w = {.compare = NULL};
	const struct cli_option options[] = {
	    {"--compare", NULL, &w.compare},
	    {"--posts", NULL, &w.posts},
	    {"--objects", NULL, &w.objects},
	    {NULL, NULL, NULL}};
	struct config *configs[2] = {NULL, NULL};
	enum cli_exit rc = CLI_NO;

	if (!cli_command_options(cli, &argc, argv, options, CLI_ALL_WORDS, &rc))
		return rc;
	if (argc < 2)
		return cli_misused(cli, "replay", "replay: of which log? (replay /var/log/nagios4/nagios.log)");
	w.logs = argv + 1;
	w.n_logs = argc - 1;
	rc = CLI_NO;
	configs[0] = load(cli, NULL);
	if (configs[0] && w.compare)
		configs[1] = load(cli, w.compare);
	if (!configs[0] || (w.compare && !configs[1]))
		goto out;
	if (w.posts && config_audience_index(configs[0], w.posts) < 0) {
		rc = no_audience(cli, configs[0], w.posts);
		goto out;
	}
	cli_use_timezone(configs[0]);
	rc = with_objects(cli, (const struct config *const *)configs, &w);
out:
	config_discard(configs[0]);
	config_discard(configs[1]);
	return rc;
}

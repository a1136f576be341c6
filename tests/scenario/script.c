/*
 * The words of a scenario: each makes something happen in the world around the agent.
 * Called by run.c for each line.
 */
#include "tests/scenario/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 64

void run_fail(struct run *r, const char *why, const char *what)
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
		simcore_object(r->monitor, words[0], (const char *const *)(words + 1), n - 1);
}

/* Cuts the first word off; the rest follows behind the blanks. */
char *run_word(char **rest)
{
	char *w = *rest;
	size_t n = strcspn(w, " ");

	*rest = w + n + strspn(w + n, " ");
	w[n] = '\0';
	return w;
}

/* The tag in the last line of post N. */
static void tag_of(struct run *r, const char *number, char tag[16])
{
	const char *hash = strrchr(run_post_text(r, (unsigned)strtoul(number, NULL, 10) - 1), '#');

	snprintf(tag, 16, "%s", hash ? hash + 1 : "NONE");
}

void run_expand(struct run *r, const char *text, char *out, size_t size)
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
		} else if (!strncmp(text, "$code", 5)) {
			n += (size_t)snprintf(out + n, size - n, "%s", r->code);
			text += 5;
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
		run_fail(r, "reply needs `: text`", args);
		return;
	}
	*text = '\0';
	run_expand(r, text + 2, reply.text, sizeof reply.text);
	options = args;
	snprintf(reply.account, sizeof reply.account, "%s", run_word(&options));
	snprintf(reply.acct, sizeof reply.acct, "%s", run_word(&options));
	if (world_x_user(&r->world, reply.account) >= 0) {
		run_x_reply(r, (unsigned)world_x_user(&r->world, reply.account), reply.acct, options, reply.text);
		return;
	}
	snprintf(reply.author_id, sizeof reply.author_id, "id-%.20s", reply.acct);
	while (*options) {
		const char *w = run_word(&options);

		if (!strcmp(w, "to"))
			snprintf(reply.parent, sizeof reply.parent, "%s", run_id_of(r, run_word(&options)));
		else if (!strcmp(w, "as"))
			snprintf(reply.author_id, sizeof reply.author_id, "%s", run_word(&options));
		else if (!strcmp(w, "ago"))
			reply.created_ms = r->world.now.wall_ms - strtol(run_word(&options), NULL, 10) * 1000;
		else if (!strcmp(w, "direct"))
			reply.visibility = VISIBILITY_DIRECT;
		else if (!run_reply_mark(&reply, w))
			run_fail(r, "unknown word in reply", w);
	}
	run_reply_add(r, false, r->world.sim->n_replies);
	sim_inject(r->world.sim, &reply);
}

/* Its author takes reply N away again: whoever reads does not find it any more. */
/* Not on X, where nobody sees it again. */
static struct sim_reply *reply_of(struct run *r, const char *number)
{
	unsigned k = (unsigned)strtoul(number + (number[0] == 'r'), NULL, 10);

	if (k && k <= r->n_replies && !r->replies[k - 1].is_x)
		return &r->world.sim->replies[r->replies[k - 1].index];
	run_fail(r, "no such reply", number);
	return NULL;
}

static void do_delete(struct run *r, const char *number)
{
	struct sim_reply *reply = reply_of(r, number);

	if (reply)
		reply->is_deleted = true;
}

/* "rN: TEXT" */
static void do_edit(struct run *r, char *args)
{
	char *text = strstr(args, ": ");
	struct sim_reply *reply = reply_of(r, args);

	if (!text || !reply)
		return;
	run_expand(r, text + 2, reply->text, sizeof reply->text);
	reply->is_edited = true;
}

static int put_kept_line(void *arg, const struct timeline_row *row)
{
	struct run *r = arg;

	run_stamp(r);
	buf_printf(&r->out, "%s: %s\n", row->kind, row->text);
	return 0;
}

static int put_kept_reply(void *arg, const struct reply_row *row)
{
	struct run *r = arg;

	run_stamp(r);
	buf_printf(&r->out, "kept: r%u %s %s \"%s\" %.8s\n", (unsigned)row->id, row->acct, row->verb, row->text, row->hash);
	return 0;
}

/* What the store has of the words around post N. */
static void do_story(struct run *r, const char *number)
{
	struct store *s = core_store(r->world.core);
	struct incident_view view;
	char tag[16];

	tag_of(r, number, tag);
	if (!engine_view_tag(core_engine(r->world.core), tag, &view)) {
		run_fail(r, "no incident of this post", number);
		return;
	}
	store_timeline(s, view.id, put_kept_line, r, NULL);
	store_replies_of_incident(s, view.id, put_kept_reply, r, NULL);
}

static void do_network(struct run *r, char *args)
{
	const char *what = run_word(&args);
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
		run_fail(r, "unknown network behaviour", what);
}

static void do_cli(struct run *r, char *args)
{
	char tag[16], text[2048];
	struct err err;
	const char *number = run_word(&args);

	tag_of(r, number, tag);
	run_expand(r, args, text, sizeof text);
	if (core_reply(r->world.core, tag, text, "root", r, &r->world.now, &err) == -1) {
		run_stamp(r);
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
	run_look(r);
	run_stamp(r);
	engine_counts(core_engine(r->world.core), &counts);
	buf_printf(&r->out, "problems=%u adopted=%u dropped=%llu\n", counts.problems, counts.adopted,
		   (unsigned long long)counts.dropped);
	engine_each(core_engine(r->world.core), list_one, r);
}

static void do_state(struct run *r, char *args)
{
	const char *name = run_word(&args), *state = run_word(&args), *hard = "hard";

	if (!strncmp(args, "soft", 4) || !strncmp(args, "hard", 4))
		hard = run_word(&args);
	if (!simcore_state(r->monitor, name, state, !strcmp(hard, "hard"), args, &r->world.now))
		run_fail(r, "no such object or state", name);
}

static void do_ack(struct run *r, char *args)
{
	const char *name = run_word(&args), *author = run_word(&args);

	if (!simcore_ack(r->monitor, name, author, args, &r->world.now))
		run_fail(r, "cannot be acknowledged", name);
}

/* "22:00" or "22:00:30" of today, "2+22:00" in two days. */
static int64_t moment(const struct run *r, const char *text)
{
	int days = 0, h = 0, m = 0, s = 0;
	int64_t today = r->world.now.wall_ms / 86400000;

	if (strchr(text, '+'))
		sscanf(text, "%d+%d:%d:%d", &days, &h, &m, &s);
	else
		sscanf(text, "%d:%d:%d", &h, &m, &s);
	return (today + days) * 86400 + h * 3600 + m * 60 + s;
}

static void do_plan(struct run *r, const char *name, const char *how, char *args)
{
	struct simplan plan = {.id = (unsigned)strtoul(run_word(&args), NULL, 10)};

	plan.from_s = moment(r, run_word(&args));
	plan.to_s = moment(r, run_word(&args));
	if (!strcmp(how, "flex"))
		plan.flexible_s = strtol(run_word(&args), NULL, 10);
	plan.author = run_word(&args);
	plan.text = args;
	if (!strcmp(how, "addall") ? !simcore_plan_host(r->monitor, name, &plan, &r->world.now)
				   : !simcore_plan(r->monitor, name, &plan, &r->world.now))
		run_fail(r, "no such object", name);
}

/* "start 7", "cancel 1-201" */
static void do_plan_step(struct run *r, const char *step, const char *ids)
{
	const char *dash = strchr(ids, '-');
	unsigned id = (unsigned)strtoul(ids, NULL, 10), last = dash ? (unsigned)strtoul(dash + 1, NULL, 10) : id;

	for (; id <= last; id++)
		if (!simcore_plan_step(r->monitor, id, step, &r->world.now))
			run_fail(r, "no such downtime", ids);
}

static void do_downtime(struct run *r, char *args)
{
	const char *name = run_word(&args), *how = run_word(&args);

	if (!strcmp(how, "begins") || !strcmp(how, "ends"))
		simcore_downtime(r->monitor, name, !strcmp(how, "begins"), &r->world.now);
	else if (!strcmp(how, "add") || !strcmp(how, "addall") || !strcmp(how, "flex"))
		do_plan(r, name, how, args);
	else if (!strcmp(how, "start") || !strcmp(how, "stop") || !strcmp(how, "cancel"))
		do_plan_step(r, how, args);
	else if (!strcmp(how, "forget"))
		simcore_forget_plans(r->monitor);
	else
		run_fail(r, "unknown step of a downtime", how);
}

/* A host with so many services s1, s2 ...; the first ones have the public names of public=A,B. */
static void do_services(struct run *r, char *args)
{
	char name[64], *pairs[WORDS_MAX + 1], *words[WORDS_MAX], *public_name = NULL;
	unsigned n, count, k = 0;
	const char **host;

	n = split(args, words);
	count = n > 1 ? (unsigned)strtoul(words[1], NULL, 10) : 0;
	for (unsigned j = 2; j < n; j++) {
		if (!strncmp(words[j], "public=", 7))
			public_name = words[j] + 7;
		else
			pairs[k++] = words[j];
	}
	host = calloc(k + 2 * count + 1, sizeof *host);
	memcpy(host, pairs, k * sizeof *host);
	for (unsigned j = 1, at = k; j <= count; j++) {
		char service[64], public_pair[128];
		unsigned own = k;

		snprintf(name, sizeof name, "%.40s/s%u", words[0], j);
		snprintf(service, sizeof service, "service=s%u", j);
		host[at++] = strdup(service);
		if (public_name) {
			size_t len = strcspn(public_name, ",");

			snprintf(public_pair, sizeof public_pair, "._TWICKET_PUBLIC=%.*s", (int)len, public_name);
			host[at++] = strdup(public_pair);
			pairs[own++] = public_pair + 1;
			public_name = public_name[len] ? public_name + len + 1 : NULL;
		}
		simcore_object(r->monitor, name, (const char *const *)pairs, own);
		if (j == count) {
			simcore_object(r->monitor, words[0], host, at);
			while (at > k)
				free((void *)(uintptr_t)host[--at]);
		}
	}
	free(host);
}

static void do_flapping(struct run *r, char *args)
{
	const char *name = run_word(&args);

	if (!simcore_flapping(r->monitor, name, !strcmp(args, "starts"), &r->world.now))
		run_fail(r, "no such object", name);
}

static void do_notify(struct run *r, char *args)
{
	const char *name = run_word(&args);

	simcore_notify(r->monitor, name, args, &r->world.now);
}

static void do_inventory(struct run *r, char *args)
{
	unsigned objects = (unsigned)strtoul(run_word(&args), NULL, 10);

	simcore_inventory(r->monitor, objects, (unsigned)strtoul(args, NULL, 10), &r->world.now);
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

/* The words about a monitoring core; false: it is none of them. */
static bool monitor_command(struct run *r, const char *what, char *args)
{
	struct world *w = &r->world;

	if (!strcmp(what, "connect"))
		simcore_connect(r->monitor, !strcmp(args, "restarted"), &w->now);
	else if (!strcmp(what, "disconnect"))
		simcore_disconnect(r->monitor, &w->now);
	else if (!strcmp(what, "state"))
		do_state(r, args);
	else if (!strcmp(what, "ack"))
		do_ack(r, args);
	else if (!strcmp(what, "unack"))
		simcore_unack(r->monitor, args, &w->now);
	else if (!strcmp(what, "downtime"))
		do_downtime(r, args);
	else if (!strcmp(what, "lose"))
		simcore_lose(r->monitor, (unsigned)strtoul(args, NULL, 10));
	else if (!strcmp(what, "inventory"))
		do_inventory(r, args);
	else if (!strcmp(what, "flapping"))
		do_flapping(r, args);
	else if (!strcmp(what, "notify"))
		do_notify(r, args);
	else if (!strcmp(what, "object"))
		do_object(r, args);
	else if (!strcmp(what, "services"))
		do_services(r, args);
	else if (!strcmp(what, "remove"))
		simcore_remove(r->monitor, args);
	else if (!strcmp(what, "forgets") || !strcmp(what, "reverts"))
		simcore_forget(r->monitor, args, what[0] == 'f');
	else if (!strcmp(what, "fine"))
		simcore_fine(r->monitor, args, &w->now);
	else if (!strcmp(what, "checked")) {
		if (!simcore_checked(r->monitor, args, &w->now))
			run_fail(r, "nobody asked for a check of", args);
	} else if (!strcmp(what, "mute"))
		simcore_mute(r->monitor, !strcmp(args, "on"));
	else if (!strcmp(what, "busy"))
		simcore_busy(r->monitor, !strcmp(args, "on"));
	else
		return false;
	return true;
}

void run_command(struct run *r, const char *what, char *args)
{
	struct world *w = &r->world;

	r->monitor = r->world.monitor;
	if (!strcmp(what, "on")) {
		r->monitor = simcore_peer(r->monitor, run_word(&args));
		what = run_word(&args);
	}
	if (monitor_command(r, what, args))
		return;
	if (!strcmp(what, "reply"))
		do_reply(r, args);
	else if (!strcmp(what, "delete"))
		do_delete(r, args);
	else if (!strcmp(what, "edit"))
		do_edit(r, args);
	else if (!strcmp(what, "story"))
		do_story(r, args);
	else if (!strcmp(what, "network"))
		do_network(r, args);
	else if (!strcmp(what, "x"))
		run_x(r, args);
	else if (!strcmp(what, "bill"))
		run_bill(r);
	else if (!strcmp(what, "requests"))
		run_requests(r);
	else if (!strcmp(what, "cli"))
		do_cli(r, args);
	else if (!strcmp(what, "list"))
		do_list(r);
	else if (!strcmp(what, "reload"))
		world_reload(w);
	else if (!strcmp(what, "kill"))
		world_stop(w);
	else if (!strcmp(what, "start"))
		restart(r, false);
	else if (!strcmp(what, "reboot"))
		restart(r, true);
	else if (!strcmp(what, "clock"))
		w->now.wall_ms += strtol(args, NULL, 10) * 1000;
	else if (!strcmp(what, "only")) {
		if (strncmp(args, "module: ", 8) != 0)
			run_fail(r, "`only module: WHY`", args);
	} else if (strcmp(what, "wait") != 0 && !run_by_hand(r, what, args) && !run_people(r, what, args) &&
		 !run_ticket(r, what, args) && !run_report(r, what, args))
		run_fail(r, "unknown word", what);
}

/*
 * The engine on a virtual clock, and its sink. Called by cli_preview.c and replay.c.
 * Must never post, read a clock, or ask anybody but the caller.
 */
#include "agent/rehearse_internal.h"

#include <stdlib.h>
#include <string.h>

#define POST_MAX 8192
#define SAME_INSTANT 64 /* deadlines that follow from one another without time going by */
#define STEP_MS 1000
#define SAVE_EVERY 256 /* events, where nobody looks at the rows */

/* What the engine asked for while it was busy. */
struct asked {
	bool is_delivery, root;
	uint64_t thread;
	unsigned kind;
	char *host, *service;
};

struct rehearsal {
	struct rehearsal_order order;
	struct engine *engine;
	struct now now;
	int64_t ran_ms; /* the timers ran at this instant, */
	unsigned ran;	/* so many times */
	struct asked *asked;
	size_t n_asked, cap_asked;
	uint64_t next_id;
	unsigned next_tag, unsaved;
	struct post_voice *voices; /* by account */
	struct notifier_settings *settings;
	struct words **words;
	struct channel_count *counts; /* by audience and account */
	struct counter *accounts;
	struct keeping keeping;
};

static struct channel_count *count_of(const struct rehearsal *r, unsigned audience, unsigned account)
{
	return &r->counts[(size_t)audience * r->order.config->n_accounts + account];
}

/* --- the engine's questions ----------------------------------------------------------------- */

static struct asked *ask(struct rehearsal *r)
{
	struct asked *more;

	if (r->n_asked == r->cap_asked) {
		r->cap_asked = r->cap_asked ? 2 * r->cap_asked : 16;
		more = realloc(r->asked, r->cap_asked * sizeof *more);
		if (!more) {
			r->cap_asked = r->n_asked;
			return NULL;
		}
		r->asked = more;
	}
	memset(&r->asked[r->n_asked], 0, sizeof *r->asked);
	return &r->asked[r->n_asked++];
}

static void
on_describe(void *arg, const char *node, unsigned kind, const char *host, const char *service)
{
	struct asked *a = ask(arg);

	(void)node;
	if (!a)
		return;
	a->kind = kind;
	a->host = strdup(host);
	a->service = strdup(service);
}

static void answer(struct rehearsal *r, struct asked *a)
{
	struct object *o;

	if (a->is_delivery) {
		engine_delivery(r->engine, a->thread, DELIVERY_SENT, a->root, &r->now);
	} else if (a->host && a->service) {
		o = r->order.object(r->order.arg, a->kind, a->host, a->service);
		engine_object(r->engine, r->order.node, a->kind, a->host, a->service, o, &r->now);
	}
	free(a->host);
	free(a->service);
}

/* Answers may bring further questions. */
static void drain(struct rehearsal *r)
{
	for (size_t i = 0; i < r->n_asked; i++) {
		struct asked a = r->asked[i];

		answer(r, &a);
	}
	r->n_asked = 0;
}

static uint64_t on_cancel(void *arg, uint64_t thread)
{
	(void)arg;
	(void)thread;
	return 0; /* nothing waits: it is delivered at once */
}

static bool on_is_pending(void *arg, uint64_t thread, enum say_event event)
{
	(void)arg;
	(void)thread;
	(void)event;
	return false;
}

static void on_erase(void *arg, uint64_t thread)
{
	(void)arg;
	(void)thread;
}

static void on_note(void *arg, uint64_t incident, const char *kind, const char *text)
{
	(void)arg;
	(void)incident;
	(void)kind;
	(void)text;
}

static int64_t on_born_s(void *arg, unsigned audience, unsigned account)
{
	(void)arg;
	(void)audience;
	(void)account;
	return 0;
}

static uint64_t on_next_id(void *arg)
{
	struct rehearsal *r = arg;

	return ++r->next_id;
}

/* One after the other; only a long log comes round. */
static void on_fresh_tag(void *arg, char tag[TAG_SIZE])
{
	static const char letters[] = "23456789BCDFGHJKMNPQRSTVWXZ";
	const unsigned n = sizeof letters - 1;
	struct rehearsal *r = arg;
	unsigned at = r->next_tag++;

	tag[0] = 'T';
	tag[1] = letters[at / n / n % n];
	tag[2] = letters[at / n % n];
	tag[3] = letters[at % n];
	tag[4] = '\0';
}

/* --- what it says ------------------------------------------------------------------------------ */

static int word(struct rehearsal *r, const struct say_target *target, const struct say *say, struct buf *out)
{
	const char *base = r->order.config->audiences[target->audience].base;

	return post_text(
	    r->order.config, target->audience, target->account, &r->voices[target->account], base,
	    say, out, NULL);
}

static int64_t price_of(const struct rehearsal *r, unsigned account, const char *text)
{
	const struct config_account *a = &r->order.config->accounts[account];
	const struct post_voice *voice = &r->voices[account];
	const struct job job = {
	    .type = JOB_POST,
	    .text = text,
	    .visibility = VISIBILITY_PUBLIC,
	    .language = a->language};

	return a->is_metered && voice->notifier->price ? voice->notifier->price(voice->account, &job) : 0;
}

/* What begins a thread, and is trouble. */
static bool is_incident(const struct say_target *target, enum say_event event)
{
	const uint64_t others = SAY_BIT(SAY_PLANNED) | SAY_BIT(SAY_SOON) | SAY_BIT(SAY_BEGUN) |
				SAY_BIT(SAY_DIGEST) | SAY_BIT(SAY_STORM) | SAY_BIT(SAY_CUT_OFF) |
				SAY_BIT(SAY_REJOINED) | SAY_BIT(SAY_LOST) | SAY_BIT(SAY_ADOPTED);

	return target->root && target->thread && !(SAY_BIT(event) & others);
}

static void count(struct rehearsal *r, const struct say_target *target, enum say_event event, int64_t micro)
{
	const struct config_account *a = &r->order.config->accounts[target->account];
	struct channel_count *c = count_of(r, target->audience, target->account);

	counter_add(&c->counter, r->now.wall_ms, 0, 0);
	counter_add(&r->accounts[target->account], r->now.wall_ms, a->posts_per_hour, a->posts_per_day);
	c->incidents += is_incident(target, event);
	c->micro += micro;
}

static void post(
    struct rehearsal *r, const struct say_target *target, const struct say *say, const char *text)
{
	const struct post_voice *voice = &r->voices[target->account];
	struct rehearsed out = {
	    .audience = target->audience,
	    .account = target->account,
	    .thread = target->thread,
	    .incident = target->incident,
	    .event = say->event,
	    .root = target->root,
	    .at_ms = r->now.wall_ms,
	    .tag = say->tag ? say->tag : "",
	    .text = text};

	if (text) {
		out.micro = price_of(r, target->account, text);
		voice->notifier->measure(voice->account, text, &out.units, &out.limit);
	}
	count(r, target, say->event, out.micro);
	if (r->order.post)
		r->order.post(r->order.arg, &out);
}

static bool wants_words(const struct rehearsal *r, const struct say_target *target)
{
	if (!r->order.post)
		return false;
	return r->order.config->accounts[target->account].is_metered ||
	       (r->order.wants_words &&
		r->order.wants_words(r->order.arg, target->audience, target->account));
}

static void on_say(void *arg, const struct say_target *target, const struct say *say)
{
	struct rehearsal *r = arg;
	uint8_t *sentence = &count_of(r, target->audience, target->account)->sentence[say->event];
	struct asked *a;
	struct buf text;

	if (say->event == SAY_ADOPTED)
		return; /* of the first start ever, which a rehearsal is not */
	buf_init(&text, POST_MAX);
	if (*sentence == SENTENCE_UNKNOWN || wants_words(r, target))
		*sentence = word(r, target, say, &text) == 0 ? SENTENCE_IS : SENTENCE_NONE;
	if (*sentence == SENTENCE_IS)
		post(r, target, say, wants_words(r, target) ? buf_text(&text) : NULL);
	buf_finish(&text);
	a = target->thread ? ask(r) : NULL;
	if (!a)
		return;
	a->is_delivery = true;
	a->root = target->root;
	a->thread = target->thread;
}

/* --- time ------------------------------------------------------------------------------------------ */

static void set_clock(struct rehearsal *r, int64_t ms)
{
	if (ms > r->now.wall_ms)
		r->now.wall_ms = r->now.boot_ms = ms;
}

/* What is kept until it is saved would pile up. */
static void look(struct rehearsal *r)
{
	struct rows_watch w = {.keeping = &r->keeping, .config = r->order.config};

	if (r->order.post)
		keeping_look(&w, r->engine, &r->now);
	else if (++r->unsaved < SAVE_EVERY)
		return;
	r->unsaved = 0;
	engine_saved(r->engine);
}

/* When the timers are to run next: at their deadline, but never endlessly at one instant. */
static int64_t next_run(const struct rehearsal *r)
{
	int64_t due = engine_next(r->engine);

	if (due < r->now.boot_ms)
		due = r->now.boot_ms;
	if (due <= r->ran_ms && r->ran >= SAME_INSTANT)
		due = r->ran_ms + STEP_MS;
	return due;
}

void rehearsal_until(struct rehearsal *r, int64_t at_ms)
{
	int64_t due;

	while ((due = next_run(r)) < at_ms) {
		r->ran = due == r->ran_ms ? r->ran + 1 : 1;
		r->ran_ms = due;
		set_clock(r, due);
		engine_timers(r->engine, &r->now);
		drain(r);
		look(r);
	}
	set_clock(r, at_ms);
}

void rehearsal_node_up(struct rehearsal *r, const char *epoch, int64_t at_ms)
{
	rehearsal_until(r, at_ms);
	engine_node_up(r->engine, r->order.node, epoch, &r->now);
	drain(r);
}

void rehearsal_node_down(struct rehearsal *r, int64_t at_ms)
{
	rehearsal_until(r, at_ms);
	engine_node_down(r->engine, r->order.node, &r->now);
	drain(r);
}

void rehearsal_event(struct rehearsal *r, const struct event *ev, int64_t at_ms)
{
	struct event copy = *ev;

	if ((r->order.ignore & IGNORE_FLAPPING) && ev->type == EVENT_FLAPPING)
		return;
	if ((r->order.ignore & IGNORE_DOWNTIMES) && ev->type == EVENT_DOWNTIME)
		return;
	if (r->order.ignore & IGNORE_FLAPPING)
		copy.flags &= ~(uint32_t)EVENT_FLAPS;
	if (r->order.ignore & IGNORE_DOWNTIMES)
		copy.flags &= ~(uint32_t)EVENT_IN_DOWNTIME;
	rehearsal_until(r, at_ms);
	engine_event(r->engine, r->order.node, &copy, &r->now);
	drain(r);
	look(r);
}

void rehearsal_inventory(struct rehearsal *r, unsigned objects, unsigned sentinels, int64_t at_ms)
{
	rehearsal_until(r, at_ms);
	engine_inventory(r->engine, r->order.node, objects, sentinels, &r->now);
}

/* --- beginning and end ------------------------------------------------------------------------------ */

static int open_voice(struct rehearsal *r, unsigned k, struct err *err)
{
	const struct config_account *a = &r->order.config->accounts[k];
	const struct notifier *notifier = notifier_find(a->network);

	if (!notifier)
		return err_set(err, "no such network: %s", a->network);
	r->settings[k] = config_settings(a, "");
	r->words[k] = words_open(a->language, err);
	if (!r->words[k])
		return -1;
	r->voices[k].notifier = notifier;
	r->voices[k].words = r->words[k];
	r->voices[k].account = notifier->open(&r->settings[k], err);
	return r->voices[k].account ? 0 : -1;
}

static int open_voices(struct rehearsal *r, struct err *err)
{
	const struct config *c = r->order.config;
	size_t n = c->n_accounts + 1u, audiences = c->n_audiences + 1u;

	r->voices = calloc(n, sizeof *r->voices);
	r->settings = calloc(n, sizeof *r->settings);
	r->words = calloc(n, sizeof *r->words);
	r->accounts = calloc(n, sizeof *r->accounts);
	r->counts = calloc(n * audiences, sizeof *r->counts);
	r->keeping.kept = calloc(audiences, sizeof *r->keeping.kept);
	r->keeping.longest_ms = calloc(audiences, sizeof *r->keeping.longest_ms);
	if (!r->voices || !r->settings || !r->words || !r->accounts || !r->counts ||
	    !r->keeping.kept || !r->keeping.longest_ms)
		return err_set(err, "out of memory");
	for (unsigned k = 0; k < c->n_accounts; k++)
		if (open_voice(r, k, err) == -1)
			return -1;
	return 0;
}

struct rehearsal *
rehearsal_create(const struct rehearsal_order *order, int64_t from_ms, struct err *err)
{
	struct rehearsal *r = calloc(1, sizeof *r);
	const struct engine_sink sink = {
	    .arg = r,
	    .say = on_say,
	    .describe = on_describe,
	    .cancel = on_cancel,
	    .is_pending = on_is_pending,
	    .erase = on_erase,
	    .note = on_note,
	    .born_s = on_born_s,
	    .next_id = on_next_id,
	    .fresh_tag = on_fresh_tag};

	if (!r) {
		err_set(err, "out of memory");
		return NULL;
	}
	r->order = *order;
	r->now.wall_ms = r->now.boot_ms = from_ms;
	if (open_voices(r, err) == -1)
		goto fail;
	r->engine = engine_create(order->config, &sink);
	if (r->engine)
		return r;
	err_set(err, "out of memory");
fail:
	rehearsal_destroy(r);
	return NULL;
}

void rehearsal_destroy(struct rehearsal *r)
{
	if (!r)
		return;
	engine_destroy(r->engine);
	for (unsigned k = 0; k < r->order.config->n_accounts; k++) {
		if (r->voices && r->voices[k].account)
			r->voices[k].notifier->close((struct account *)(uintptr_t)r->voices[k].account);
		if (r->words)
			words_close(r->words[k]);
	}
	for (size_t i = 0; i < r->n_asked; i++) {
		free(r->asked[i].host);
		free(r->asked[i].service);
	}
	keeping_finish(&r->keeping);
	free(r->asked);
	free(r->voices);
	free(r->settings);
	free(r->words);
	free(r->accounts);
	free(r->counts);
	free(r);
}

/* --- what came of it ---------------------------------------------------------------------------------- */

struct engine *rehearsal_engine(struct rehearsal *r)
{
	return r->engine;
}

const struct config *rehearsal_config(const struct rehearsal *r)
{
	return r->order.config;
}

void rehearsal_audience(const struct rehearsal *r, unsigned audience, struct rehearsal_tally *out)
{
	const struct config_audience *a = &r->order.config->audiences[audience];

	*out = (struct rehearsal_tally){
	    .kept = r->keeping.kept[audience], .longest_ms = r->keeping.longest_ms[audience]};
	for (unsigned k = 0; k < a->n_accounts; k++) {
		const struct channel_count *c = count_of(r, audience, a->accounts[k]);

		out->micro += c->micro;
		if (c->incidents > out->incidents)
			out->incidents = c->incidents;
		if (c->counter.posts > out->posts)
			out->posts = c->counter.posts;
		if (c->counter.busiest > out->busiest) {
			out->busiest = c->counter.busiest;
			out->busiest_ms = c->counter.busiest_ms;
		}
	}
}

void rehearsal_account(const struct rehearsal *r, unsigned account, struct rehearsal_budget *out)
{
	const struct counter *c = &r->accounts[account];

	*out = (struct rehearsal_budget){
	    .posts = c->posts,
	    .over_hour = c->over_hour,
	    .over_day = c->over_day,
	    .busiest = c->busiest};
}

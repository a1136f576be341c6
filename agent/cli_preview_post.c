/*
 * The first post about an object in trouble, as one account would carry it: its words,
 * their length and their price. Called by `preview`; core_words.c says it for real.
 * It must never need a token, nor ask a network.
 */
#include "agent/cli_net.h"
#include "agent/cli_preview.h"
#include "agent/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POST_MAX 8192
#define TAG "T000" /* no incident has it: 0 is not in the alphabet */
#define OUTPUT "(what the plugin says)"

struct ruler {
	const struct notifier *notifier;
	const struct account *account;
	bool unlinks; /* as core_words.c: no link where links cost and are not wanted */
};

static void measure(const void *arg, const char *text, unsigned *units, unsigned *limit)
{
	const struct ruler *r = arg;
	struct buf plain;

	buf_init(&plain, POST_MAX);
	if (r->unlinks)
		words_unlink(text, &plain);
	r->notifier->measure(r->account, r->unlinks ? buf_text(&plain) : text, units, limit);
	buf_finish(&plain);
}

static const char *
override_for(const struct config_audience *a, const char *language, enum say_event event)
{
	for (unsigned i = 0; i < a->n_words; i++)
		if (strcmp(a->words[i].language, language) == 0 &&
		    strcmp(a->words[i].event, words_event_name(event)) == 0)
			return a->words[i].text;
	return NULL;
}

/* Yellow says that it is no outage yet; as the engine decides it. */
static enum say_symbol symbol_for(const struct preview *p)
{
	if (p->object->kind == EVENT_HOST || p->state == EVENT_CRITICAL)
		return SYMBOL_RED;
	return SYMBOL_YELLOW;
}

static unsigned count_services(const struct preview *p)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->objects->n; i++) {
		const struct object *o = p->objects->at[i];

		n += o->kind == EVENT_SERVICE && strcmp(o->host, p->object->host) == 0 &&
		     strcmp(o->node, p->object->node) == 0;
	}
	return n;
}

/* A public audience is given names and times only. */
static void fill(
    const struct preview *p, const struct config_audience *a, const char *label, const char **names,
    struct say *say)
{
	*say = (struct say){
	    .event = SAY_PROBLEM,
	    .symbol = symbol_for(p),
	    .tag = TAG,
	    .names = names,
	    .times = 1,
	    .since = p->now_s,
	    .now = p->now_s + a->hold_ms / 1000,
	    .duration = a->hold_ms / 1000};
	while (names[say->n_names])
		say->n_names++;
	if (!a->internals)
		return;
	say->object = label;
	say->host = p->object->host;
	say->service = p->object->service;
	say->state = event_state_word(p->object->kind, p->state);
	say->output = OUTPUT;
	if (p->object->kind == EVENT_HOST)
		say->with_services = count_services(p);
}

/* 0 with the text; 1: there is no such sentence; -1 with err. */
static int render(
    const struct preview *p, const struct config_audience *a, const struct config_account *account,
    const struct ruler *ruler, struct buf *out, struct err *err)
{
	struct words *words = words_open(account->language, err);
	const char **names = preview_names(p, a, account->language);
	struct words_want want = {
	    .words = words,
	    .base = a->base,
	    .override = override_for(a, account->language, SAY_PROBLEM),
	    .link = a->links ? p->config->link : NULL,
	    .measure = measure,
	    .measure_arg = ruler};
	char *label = NULL;
	struct say say;
	struct buf text;
	int rc = -1;

	buf_init(&text, POST_MAX);
	if (words && names &&
	    asprintf(
		&label, "%s%s%s", p->object->host, *p->object->service ? "/" : "",
		p->object->service) != -1) {
		fill(p, a, label, names, &say);
		rc = words_say(&want, &say, &text, err);
		if (ruler->unlinks)
			words_unlink(buf_text(&text), out);
		else
			buf_str(out, buf_text(&text));
		free(label);
	}
	buf_finish(&text);
	free(names);
	words_close(words);
	return rc;
}

static void add_facts(
    const struct config_account *account, const struct ruler *ruler, const char *text, json_t *post)
{
	const struct job job = {
	    .type = JOB_POST,
	    .text = text,
	    .visibility = VISIBILITY_PUBLIC,
	    .language = account->language};
	unsigned units = 0, limit = 0;

	ruler->notifier->measure(ruler->account, text, &units, &limit);
	json_object_set_new(post, "text", json_string(text));
	json_object_set_new(post, "units", json_integer(units));
	json_object_set_new(post, "limit", json_integer(limit));
	if (account->is_metered && ruler->notifier->price)
		json_object_set_new(
		    post, "price_micro",
		    json_integer((json_int_t)ruler->notifier->price(ruler->account, &job)));
}

json_t *preview_post(
    const struct preview *p, const struct config_audience *a, const struct config_account *account,
    struct err *err)
{
	struct notifier_settings settings = config_settings(account, "");
	const struct notifier *notifier = notifier_find(account->network);
	struct account *open = notifier ? notifier->open(&settings, err) : NULL;
	struct ruler ruler = {notifier, open, account->is_metered && !a->links};
	json_t *post = NULL;
	struct buf text;
	int rc;

	if (!open) {
		if (!notifier)
			err_set(err, "no such network: %s", account->network);
		return NULL;
	}
	buf_init(&text, POST_MAX);
	rc = render(p, a, account, &ruler, &text, err);
	if (rc >= 0)
		post = json_pack(
		    "{s:s, s:s, s:s}", "account", account->name, "network", account->network,
		    "language", account->language);
	if (rc == 0)
		add_facts(account, &ruler, buf_text(&text), post);
	buf_finish(&text);
	notifier->close(open);
	return post;
}

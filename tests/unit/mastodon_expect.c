/*
 * What a scripted case checks: requests, items, results. Called by mastodon_script.c.
 */
#include "tests/unit/mastodon_script.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const item_fields[] = {"id",     "uri",        "url",     "parent",
					  "author", "acct",       "display", "text",
					  "cursor", "visibility", "created", "flags", "root"};
static const char *const item_kinds[] = {"SELF", "PERSON", "OWN", "REPLY", "CURSOR", "REACTION", "NOTICE"};
static const char *const tickets[] = {"unsaid", "open", "closed"};
static const char *const refusals[] = {"none", "parent", "replies"};
static const char *const classes[] = {"OK",        "RETRY",   "LIMIT", "AUTH",
				      "PERMANENT", "UNKNOWN", "BUG"};

static void script_check_text(const char *s)
{
	if (strstr(s, SCRIPT_TOKEN))
		BROKEN("the token leaks: %s", s);
}

enum emitted script_emit(void *arg, const struct item *item)
{
	struct item_text *x = &script.items[script.item_count];
	char flags[80], created[32];

	(void)arg;
	if (script.fail_at && (int)script.item_count + 1 == script.fail_at) {
		script.fail_at = 0;
		return EMIT_FAILED;
	}
	assert_true(script.item_count < SCRIPT_ITEMS);
	snprintf(created, sizeof created, "%lld", (long long)item->created_ms);
	snprintf(
	    flags, sizeof flags, "%s%s%s%s%s%u", item->bot ? "bot," : "", item->by_us ? "us," : "",
	    item->is_boost ? "boost," : "", item->edited ? "edited," : item->has_media ? "media," : "",
	    item->locked ? "locked," : "", item->limit);
	x->kind = item->kind;
	x->field[0] = script_dup(item->id);
	x->field[1] = script_dup(item->uri);
	x->field[2] = script_dup(item->url);
	x->field[3] = script_dup(item->parent_id);
	x->field[4] = script_dup(item->author_id);
	x->field[5] = script_dup(item->acct);
	x->field[6] = script_dup(item->display);
	x->field[7] = script_dup(item->text);
	x->field[8] = script_dup(item->cursor);
	x->field[9] = script_dup(visibility_name(item->visibility));
	x->field[10] = script_dup(created);
	x->field[11] = script_dup(flags);
	x->field[12] = script_dup(item->root_id);
	script.item_count++;
	script_check_text(item->text ? item->text : "");
	return script.known && item->uri && strcmp(item->uri, script.known) == 0 ? EMIT_KNOWN
										 : EMIT_NEW;
}

/* "METHOD URL" */
void expect_request(const char *line)
{
	char got[9000];

	script_start();
	if (script.step != OP_SEND)
		BROKEN(
		    "wanted %s, but done: %s %s", line, result_class_name(script.result.class),
		    script.result.text);
	snprintf(got, sizeof got, "%s %s", script.request.method, script.request.url);
	if (strcmp(got, line) != 0)
		BROKEN("request\n  want %s\n  got  %s", line, got);
	if (strstr(script.request.url, SCRIPT_TOKEN))
		BROKEN("the token is in the URL");
}

const char *script_header(const char *wanted, size_t n)
{
	size_t i;

	for (i = 0; i < REQUEST_HEADERS && script.request.headers[i]; i++) {
		if (strncmp(script.request.headers[i], wanted, n) == 0)
			return script.request.headers[i];
	}
	return NULL;
}

void expect_header(const char *wanted)
{
	if (!script_header(wanted, strlen(wanted) + 1))
		BROKEN("no header \"%s\"", wanted);
}

/* "TEXT": some header holds it */
void expect_header_part(const char *wanted)
{
	size_t i;

	for (i = 0; i < REQUEST_HEADERS && script.request.headers[i]; i++) {
		if (strstr(script.request.headers[i], wanted))
			return;
	}
	BROKEN("no header holds \"%s\"", wanted);
}

void expect_body(const char *wanted)
{
	json_t *want = json_loads(wanted, 0, NULL), *got;

	if (!want)
		BROKEN("the case's body is no JSON: %s", wanted);
	script_start();
	got = script.request.body
		  ? json_loadb(script.request.body, script.request.body_len, 0, NULL)
		  : NULL;
	if (!got || !json_equal(want, got))
		BROKEN(
		    "body\n  want %s\n  got  %s", wanted,
		    script.request.body ? script.request.body : "none");
	json_decref(want);
	json_decref(got);
}

void expect_effect(const char *wanted)
{
	if (strcmp(wanted, script.request.effect == EFFECT_CREATES ? "creates" : "none") != 0)
		BROKEN("effect is not %s", wanted);
}

/* field=value up to a blank; text=, text~ and cursor= up to the end of the line. */
static void check_pair(char **at, const char *(*value_of)(const char *name, void *arg), void *arg)
{
	char *name = *at, *value = name + strcspn(name, "=~"), how = *value, *want;
	const char *got;
	bool to_end;

	if (!how)
		BROKEN("what is \"%s\"?", name);
	*value++ = '\0';
	to_end = strcmp(name, "text") == 0 || strcmp(name, "cursor") == 0;
	*at = value + (to_end ? strlen(value) : strcspn(value, " "));
	if (**at)
		*(*at)++ = '\0';
	want = script_unescape(value);
	got = value_of(name, arg);
	if (how == '=' ? strcmp(got, want) != 0 : !strstr(got, want))
		BROKEN("%s\n  want [%s]\n  got  [%s]", name, want, got);
	free(want);
}

static const char *item_value(const char *name, void *arg)
{
	const struct item_text *item = arg;

	return item->field[FIND(item_fields, name)];
}

/* "KIND field=value ..." */
void expect_item(char *line)
{
	struct item_text *item = &script.items[script.item_next];
	char *at = strchr(line, ' ');

	if (at)
		*at++ = '\0';
	script_start();
	if (script.item_next == script.item_count)
		BROKEN(
		    "no item left for %s (%s: %s)", line, result_class_name(script.result.class),
		    script.result.text);
	script.item_next++;
	if ((int)item->kind != FIND(item_kinds, line))
		BROKEN("item %s, wanted %s: %s", item_kinds[item->kind], line, item->field[7]);
	while (at && *at)
		check_pair(&at, item_value, item);
}

static const char *result_value(const char *name, void *arg)
{
	static char number[32];

	(void)arg;
	if (strcmp(name, "text") == 0)
		return script.result.text;
	if (strcmp(name, "id") == 0)
		return script.result.id;
	if (strcmp(name, "uri") == 0)
		return script.result.uri;
	if (strcmp(name, "url") == 0)
		return script.result.url;
	if (strcmp(name, "found") == 0)
		return script.result.found ? "1" : "0";
	if (strcmp(name, "duplicate") == 0)
		return script.result.is_duplicate ? "1" : "0";
	if (strcmp(name, "alarm") == 0)
		return script.result.is_alarm ? "1" : "0";
	if (strcmp(name, "ticket") == 0)
		return tickets[script.result.ticket];
	if (strcmp(name, "refusal") == 0)
		return refusals[script.result.refusal];
	if (strcmp(name, "cost") == 0) {
		snprintf(number, sizeof number, "%lld", (long long)script.result.cost_micro);
		return number;
	}
	/* In seconds from now; "0" = no wish. */
	if (strcmp(name, "wait") == 0 && script.result.not_before_ms) {
		snprintf(
		    number, sizeof number, "%.1f",
		    (double)(script.result.not_before_ms - script_env.wall_ms) / 1000);
		return number;
	}
	return "0";
}

/* "CLASS field=value ...": the job is over. */
void expect_result(char *line)
{
	char *at = strchr(line, ' ');

	if (at)
		*at++ = '\0';
	script_start();
	if (script.step != OP_DONE)
		BROKEN("not done: %s %s", script.request.method, script.request.url);
	if ((int)script.result.class != FIND(classes, line))
		BROKEN(
		    "%s, wanted %s: %s", result_class_name(script.result.class), line,
		    script.result.text);
	while (at && *at)
		check_pair(&at, result_value, NULL);
	if (script.item_next != script.item_count)
		BROKEN(
		    "%zu items too many, the first is a %s: %s",
		    script.item_count - script.item_next,
		    item_kinds[script.items[script.item_next].kind],
		    script.items[script.item_next].field[7]);
	script_check_text(script.result.text);
	script_drop_items();
	script_end();
}

/* "UNITS LIMIT text" */
void expect_measure(const char *line)
{
	unsigned units, limit, want_units, want_limit;
	int at = 0;
	char *text;

	script_open();
	sscanf(line, "%u %u %n", &want_units, &want_limit, &at);
	text = script_unescape(line + at);
	script_network->notifier->measure(script.account, text, &units, &limit);
	if (units != want_units || limit != want_limit)
		BROKEN("measured %u of %u: %s", units, limit, text);
	free(text);
}

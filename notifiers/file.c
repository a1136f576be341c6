/*
 * Posts go to a file, one JSON object a line: dry run, preview and test double.
 * Called by the agent through notifier.h; http.c appends what is PUT to file://.
 * It must never open, write or read anything itself.
 */
#include "common/buf.h"
#include "notifiers/notifier.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#define LIMIT 500 /* of a post, as Mastodon's default, so that a dry run looks the same */
#define LINE_MAX_BYTES 65536
#define READ_MAX (1024 * 1024) /* of the end of the file, to find our own posts again */
#define TIMEOUT_MS 10000

struct account {
	const struct notifier_settings *settings;
};

struct op {
	struct account *account;
	const struct job *job;
	struct buf url, body;
	bool is_sent;
};

static int file_check(const struct notifier_settings *s, struct err *err)
{
	const char *path = s->handle ? s->handle : "";
	const char *c;

	if (path[0] != '/' || path[strlen(path) - 1] == '/')
		return err_set(err, "handle = \"%s\" must be the full path of a file", path);
	for (c = path; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return err_set(err, "the path in handle holds a control character");
	}
	return 0;
}

static struct account *file_open(const struct notifier_settings *s, struct err *err)
{
	struct account *a;

	if (file_check(s, err) == -1)
		return NULL;
	a = calloc(1, sizeof *a);
	if (!a)
		err_set(err, "out of memory");
	else
		a->settings = s;
	return a;
}

static void file_close(struct account *a)
{
	free(a);
}

static void
file_measure(const struct account *a, const char *text, unsigned *units, unsigned *limit)
{
	size_t left = strlen(text);
	utf8proc_ssize_t n;
	utf8proc_int32_t c;

	(void)a;
	for (*units = 0; left; (*units)++) {
		n = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, &c);
		n = n > 0 ? n : 1;
		text += n;
		left -= (size_t)n;
	}
	*limit = LIMIT;
}

static struct op *file_begin(struct account *a, const struct job *job, struct err *err)
{
	struct op *op;

	switch (job->type) {
	case JOB_POST:
		if (job->key && *job->key)
			break;
		err_set(err, "a post to a file needs a key: it is the post's id");
		return NULL;
	case JOB_DELETE:
	case JOB_FAVOURITE:
	case JOB_BOOST:
	case JOB_GET:
	case JOB_LOOKUP:
	case JOB_TICKET:
	case JOB_TICKET_NOTE:
	case JOB_TICKET_FIND:
	case JOB_TICKET_ANSWERS: err_set(err, "a file can only be written and read"); return NULL;
	case JOB_VERIFY:
	case JOB_EDIT:
	case JOB_RECENT:
	case JOB_COLLECT:
	case JOB_THREAD: break;
	}
	op = calloc(1, sizeof *op);
	if (!op) {
		err_set(err, "out of memory");
		return NULL;
	}
	op->account = a;
	op->job = job;
	return op;
}

static void file_end(struct op *op)
{
	if (!op)
		return;
	buf_finish(&op->url);
	buf_finish(&op->body);
	free(op);
}

static enum op_step finish(struct result *result, enum result_class class, const char *text)
{
	const char *s;
	size_t n = 0;

	for (s = text; *s && n + 1 < sizeof result->text; s++)
		result->text[n++] = (unsigned char)*s < ' ' || *s == 0x7f ? ' ' : *s;
	result->text[n] = '\0';
	result->class = class;
	return OP_DONE;
}

/* file:// and the path, each part of it escaped. */
static void set_url(struct op *op)
{
	const char *path = op->account->settings->handle;
	size_t n;
	char *part;

	buf_init(&op->url, 3 * strlen(path) + 16);
	buf_str(&op->url, "file://");
	while (*path) {
		buf_char(&op->url, '/');
		path += strspn(path, "/");
		n = strcspn(path, "/");
		part = n ? curl_easy_escape(NULL, path, (int)n) : NULL;
		if (part)
			buf_str(&op->url, part);
		curl_free(part);
		path += n;
	}
}

static enum op_step send_request(struct op *op, const char *method, struct request *request)
{
	set_url(op);
	*request = (struct request){
	    .method = method,
	    .url = buf_text(&op->url),
	    .effect = op->body.len ? EFFECT_CREATES : EFFECT_NONE,
	    .max_body = READ_MAX,
	    .timeout_ms = TIMEOUT_MS};
	if (op->body.len) {
		request->body = buf_text(&op->body);
		request->body_len = op->body.len;
	}
	op->is_sent = true;
	return OP_SEND;
}

static void set(json_t *line, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(line, key, json_string(value));
}

static json_t *describe(const struct job *job, int64_t wall_ms)
{
	json_t *line = json_object();
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char when[32] = "";

	if (gmtime_r(&seconds, &tm))
		strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
	set(line, "time", when);
	json_object_set_new(line, "time_ms", json_integer(wall_ms));
	if (job->type == JOB_EDIT)
		set(line, "edit", job->target_id);
	else
		set(line, "key", job->key);
	set(line, "parent", job->parent_id);
	set(line, "to", job->to);
	if (job->type == JOB_POST)
		set(line, "visibility", visibility_name(job->visibility));
	set(line, "language", job->language);
	set(line, "text", job->text);
	return line;
}

static int append(const char *bytes, size_t n, void *arg)
{
	return buf_add(arg, bytes, n);
}

static enum op_step
send_line(struct op *op, const struct op_env *env, struct request *request, struct result *result)
{
	json_t *line = describe(op->job, env->wall_ms);
	int rc;

	buf_init(&op->body, LINE_MAX_BYTES);
	rc = json_dump_callback(line, append, &op->body, JSON_COMPACT);
	buf_char(&op->body, '\n');
	json_decref(line);
	if (rc == -1 || op->body.cut || !op->job->text || !*op->job->text)
		return finish(result, RESULT_PERMANENT, "the text is empty, too long or not UTF-8");
	return send_request(op, "PUT", request);
}

/* The path is who we are. */
static enum op_step verify(struct op *op, const struct op_env *env, struct result *result)
{
	const char *path = op->account->settings->handle;
	struct item item = {
	    .kind = ITEM_SELF,
	    .id = path,
	    .uri = "",
	    .url = "",
	    .parent_id = "",
	    .author_id = path,
	    .acct = "file@localhost",
	    .display = path,
	    .text = "file",
	    .cursor = "",
	    .by_us = true,
	    .bot = true,
	    .locked = true,
	    .limit = LIMIT};

	if (env->emit(env->arg, &item) == EMIT_FAILED)
		return finish(result, RESULT_RETRY, "the store did not take it");
	result->found = true;
	snprintf(result->id, sizeof result->id, "%s", path);
	return finish(result, RESULT_OK, "writes to a file");
}

/* Nobody answers in a file; the cursor only says that somebody listened. */
static enum op_step collect(const struct op *op, const struct op_env *env, struct result *result)
{
	struct item item = {
	    .kind = ITEM_CURSOR,
	    .id = "",
	    .uri = "",
	    .url = "",
	    .parent_id = "",
	    .author_id = "",
	    .acct = "",
	    .display = "",
	    .text = "",
	    .cursor = "file"};

	if (op->job->type == JOB_COLLECT && env->emit(env->arg, &item) == EMIT_FAILED)
		return finish(result, RESULT_RETRY, "the store did not take it");
	return finish(result, RESULT_OK, "nobody answers in a file");
}

static enum op_step
first(struct op *op, const struct op_env *env, struct request *request, struct result *result)
{
	switch (op->job->type) {
	case JOB_VERIFY: return verify(op, env, result);
	case JOB_POST:
	case JOB_EDIT: return send_line(op, env, request, result);
	case JOB_RECENT: return send_request(op, "GET", request);
	case JOB_COLLECT:
	case JOB_THREAD: return collect(op, env, result);
	case JOB_DELETE:
	case JOB_FAVOURITE:
	case JOB_BOOST:
	case JOB_GET:
	case JOB_LOOKUP:
	case JOB_TICKET:
	case JOB_TICKET_NOTE:
	case JOB_TICKET_FIND:
	case JOB_TICKET_ANSWERS: break;
	}
	return finish(result, RESULT_BUG, "no such job for a file");
}

static const char *string_of(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s ? s : "";
}

struct lines {
	bool found; /* a post of the time asked for */
	bool is_past; /* and one from before it */
};

/* One line of the file. False when the store did not take it. */
static bool emit_line(
    const struct op *op, const struct op_env *env, const char *s, size_t n, struct lines *lines)
{
	json_t *line = json_loadb(s, n, 0, NULL);
	struct item item = {
	    .kind = ITEM_OWN,
	    .uri = "",
	    .url = "",
	    .display = "",
	    .cursor = "",
	    .acct = "file@localhost",
	    .by_us = true};
	bool ok = true;

	item.author_id = op->account->settings->handle;
	item.id = item.uri = string_of(line, "key");
	item.parent_id = string_of(line, "parent");
	item.text = string_of(line, "text");
	item.created_ms = json_integer_value(json_object_get(line, "time_ms"));
	while (item.visibility < VISIBILITY_DIRECT &&
	       strcmp(visibility_name(item.visibility), string_of(line, "visibility")) != 0)
		item.visibility++;
	if (*item.id && item.created_ms >= op->job->since_ms) {
		lines->found = true;
		ok = env->emit(env->arg, &item) != EMIT_FAILED;
	} else if (*item.id) {
		lines->is_past = true;
	}
	json_decref(line);
	return ok;
}

/*
 * Newest first, from the end. A half line (disk full) is no post. Of a long file http.c
 * reads the end only: that is enough when it reaches back behind since_ms.
 */
static enum op_step take_lines(
    const struct op *op, const struct answer *answer, const struct op_env *env,
    struct result *result)
{
	const char *start = answer->body, *end = start + answer->body_len, *line;
	bool is_end = answer->body_len && end[-1] == '\n';
	struct lines lines = {.found = false};

	while (end > start) {
		line = memrchr(start, '\n', (size_t)(end - start - 1));
		line = line ? line + 1 : start;
		if (!emit_line(op, env, line, (size_t)(end - line), &lines))
			return finish(result, RESULT_RETRY, "the store did not take it");
		end = line;
	}
	result->found = lines.found;
	if (answer->truncated && !(is_end && lines.is_past))
		return finish(
		    result, RESULT_RETRY, "could not look back far enough: rotate the file");
	return finish(result, RESULT_OK, "read");
}

static enum op_step take(
    const struct op *op, const struct answer *answer, const struct op_env *env,
    struct result *result)
{
	bool creates = op->body.len > 0;

	if (answer->transport == TRANSPORT_NOT_SENT)
		return finish(result, RESULT_RETRY, answer->error);
	if (answer->transport == TRANSPORT_NO_ANSWER)
		return finish(result, creates ? RESULT_UNKNOWN : RESULT_RETRY, answer->error);
	if (op->job->type == JOB_RECENT && answer->status == 404)
		return finish(result, RESULT_OK, "no file yet");
	if (answer->status < 200 || answer->status > 299)
		return finish(result, RESULT_RETRY, "the file could not be written or read");
	if (op->job->type == JOB_RECENT)
		return take_lines(op, answer, env, result);
	snprintf(
	    result->id, sizeof result->id, "%s",
	    op->job->type == JOB_EDIT ? op->job->target_id : op->job->key);
	snprintf(result->uri, sizeof result->uri, "%s", result->id);
	return finish(result, RESULT_OK, "written");
}

static enum op_step file_step(
    struct op *op, const struct answer *answer, const struct op_env *env, struct request *request,
    struct result *result)
{
	*result = (struct result){.class = RESULT_BUG};
	if (op->is_sent == !answer)
		return finish(result, RESULT_BUG, "the caller lost its place");
	return answer ? take(op, answer, env, result) : first(op, env, request, result);
}

const struct notifier notifier_file = {
    .name = "file",
    .caps = NOTIFIER_THREADS,
    .check = file_check,
    .open = file_open,
    .close = file_close,
    .measure = file_measure,
    .begin = file_begin,
    .step = file_step,
    .end = file_end,
};

/*
 * Walks the outermost level of a JSON object, and copies what is asked for.
 * Called by answer.c.
 * It must never read behind the end, whatever the text is.
 */
#include "notifiers/json_pick.h"

#include <string.h>

#define DEPTH_MAX 64

struct reader {
	const char *at, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

static bool take(struct reader *r, char wanted)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != wanted)
		return false;
	r->at++;
	return true;
}

/* From behind its opening quote to behind its closing one. */
static bool skip_string(struct reader *r)
{
	const char *at = r->at, *end = r->end;

	while (at < end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	r->at = at < end ? at + 1 : end;
	return at < end;
}

/* An object or a list, from its opening bracket on. */
static bool skip_nested(struct reader *r)
{
	char closing[DEPTH_MAX];
	unsigned depth = 0;

	while (r->at < r->end) {
		char c = *r->at++;

		if (c == '"') {
			if (!skip_string(r))
				return false;
		} else if (c == '{' || c == '[') {
			if (depth == DEPTH_MAX)
				return false;
			closing[depth++] = c == '{' ? '}' : ']';
		} else if (c == '}' || c == ']') {
			if (closing[--depth] != c)
				return false;
			if (!depth)
				return true;
		}
	}
	return false;
}

/* A number, true, false or null. */
static bool skip_word(struct reader *r)
{
	const char *from = r->at;

	while (r->at < r->end && !memchr(",:{}[]\" \t\r\n", *r->at, 11))
		r->at++;
	return r->at > from;
}

static bool skip_value(struct reader *r)
{
	skip_blanks(r);
	if (r->at < r->end && (*r->at == '{' || *r->at == '['))
		return skip_nested(r);
	return take(r, '"') ? skip_string(r) : skip_word(r);
}

static bool is_wanted(const char *name, size_t n, const char *const *names)
{
	for (; *names; names++) {
		if (strlen(*names) == n && memcmp(*names, name, n) == 0)
			return true;
	}
	return false;
}

/* "name": value */
static bool member(struct reader *r, const char *const *names, struct buf *out)
{
	const char *from, *name;
	size_t n;

	if (!take(r, '"'))
		return false;
	from = r->at - 1;
	name = r->at;
	if (!skip_string(r))
		return false;
	n = (size_t)(r->at - name) - 1;
	if (memchr(name, '\\', n) || !take(r, ':') || !skip_value(r))
		return false;
	if (is_wanted(name, n, names)) {
		if (out->data[out->len - 1] != '{')
			buf_char(out, ',');
		buf_add(out, from, (size_t)(r->at - from));
	}
	return true;
}

static bool members(struct reader *r, const char *const *names, struct buf *out)
{
	do {
		if (!member(r, names, out))
			return false;
	} while (take(r, ','));
	return take(r, '}');
}

bool json_pick(const char *text, size_t n, const char *const *names, struct buf *out)
{
	struct reader r = {text, text + n};

	if (!take(&r, '{') || buf_char(out, '{') == -1)
		return false;
	if (!take(&r, '}') && !members(&r, names, out))
		return false;
	skip_blanks(&r);
	return r.at == r.end && buf_char(out, '}') == 0;
}

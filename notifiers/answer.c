/*
 * Reading answers: JSON, times, and words for the log without secrets or controls.
 * Called by the notifiers.
 * It must never trust a type, a length or an encoding that a server sent.
 */
#include "notifiers/answer.h"
#include "common/buf.h"
#include "notifiers/json_pick.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#define DATE_MAX_S INT64_C(253402300799) /* the end of the year 9999 */
/* What is shorter is no secret, and would blot out every other word. */
#define SECRET_MIN 4

static void hide(char *text, const char *secret)
{
	size_t n = strlen(secret);
	char *hit;

	for (; n >= SECRET_MIN && (hit = strstr(text, secret)); text = hit + n)
		memset(hit, '*', n);
}

/* One line of valid UTF-8 without controls, at most size - 1 bytes. */
static void clean(const char *in, char *out, size_t size)
{
	size_t left = strlen(in), used = 0;
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	while (left) {
		n = utf8proc_iterate((const utf8proc_uint8_t *)in, (utf8proc_ssize_t)left, &c);
		if (used + (n > 0 ? (size_t)n : 1) >= size)
			break;
		if (n <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
		    (c >= 0x2066 && c <= 0x2069))
			out[used++] = n <= 0 ? '?' : ' ';
		else
			memcpy(out + used, in, (size_t)n), used += (size_t)n;
		n = n > 0 ? n : 1;
		in += n;
		left -= (size_t)n;
	}
	out[used] = '\0';
}

void result_words(struct result *r, const char *const *secrets, const char *format, va_list ap)
{
	char text[2048];

	vsnprintf(text, sizeof text, format, ap);
	for (; *secrets; secrets++)
		hide(text, *secrets);
	clean(text, r->text, sizeof r->text);
	explicit_bzero(text, sizeof text);
}

/* snac passes on what other servers sent: bytes that are no UTF-8 must not hide a whole page. */
static json_t *load_repaired(const char *bytes, size_t n, json_error_t *error)
{
	const size_t flags = JSON_ALLOW_NUL;
	utf8proc_int32_t c;
	utf8proc_ssize_t len;
	json_t *json;
	struct buf b;
	size_t i;

	buf_init(&b, 3 * n);
	for (i = 0; i < n; i += (size_t)len) {
		len = utf8proc_iterate(
		    (const utf8proc_uint8_t *)bytes + i, (utf8proc_ssize_t)(n - i), &c);
		if (len > 0)
			buf_add(&b, bytes + i, (size_t)len);
		else
			buf_str(&b, "\xef\xbf\xbd"), len = 1;
	}
	json = json_loadb(buf_text(&b), b.len, flags, error);
	buf_finish(&b);
	return json;
}

/* JSON_ALLOW_NUL: one \u0000 in somebody's post must not hide the page that it is on. */
json_t *answer_json(const struct answer *answer)
{
	json_error_t error;
	json_t *json = json_loadb(answer->body, answer->body_len, JSON_ALLOW_NUL, &error);

	if (!json && !answer->truncated && json_error_code(&error) == json_error_invalid_utf8)
		json = load_repaired(answer->body, answer->body_len, &error);
	return json;
}

json_t *answer_members(const struct answer *answer, const char *const *names)
{
	json_t *json = NULL;
	struct buf few;

	buf_init(&few, answer->body_len + 2);
	if (json_pick(answer->body, answer->body_len, names, &few))
		json = json_loadb(buf_text(&few), few.len, JSON_ALLOW_NUL, NULL);
	buf_finish(&few);
	return json ? json : answer_json(answer);
}

const char *answer_fault(const struct answer *answer)
{
	if (answer->is_too_long)
		return "the answer is longer than any that its API promises";
	return answer->truncated ? "the answer is cut" : "the answer is no JSON";
}

const char *answer_quote(const struct answer *answer)
{
	return strcasestr(answer->body, "oauth_") ? "(it repeats our request)" : answer->body;
}

bool http_date_ms(const char *s, int64_t *ms)
{
	time_t t = curl_getdate(s, NULL);

	/* libcurl takes a year of ten digits, too. */
	if (t < 0 || t > DATE_MAX_S)
		return false;
	*ms = (int64_t)t * 1000;
	return true;
}

int64_t answer_clock_ms(const struct answer *answer, int64_t otherwise_ms)
{
	char date[64];
	int64_t ms;

	if (answer_header(answer, "Date", date, sizeof date) && http_date_ms(date, &ms))
		return ms;
	return otherwise_ms;
}

static bool digits(const char **s, int n, int *value)
{
	*value = 0;
	for (; n; n--, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return false;
		*value = *value * 10 + (**s - '0');
	}
	return true;
}

static bool literal(const char **s, const char *any)
{
	if (!**s || !strchr(any, **s))
		return false;
	(*s)++;
	return true;
}

/* "Z", "+01:00", "-0300" or nothing. */
static bool zone(const char *s, int *minutes)
{
	int h, m, sign = *s == '-' ? -1 : 1;

	*minutes = 0;
	if (!*s || strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
		return true;
	if (!literal(&s, "+-") || !digits(&s, 2, &h))
		return false;
	if (*s == ':')
		s++;
	if (!digits(&s, 2, &m) || *s)
		return false;
	*minutes = sign * (h * 60 + m);
	return true;
}

bool iso8601_ms(const char *s, int64_t *ms)
{
	struct tm tm = {.tm_year = 0};
	int fraction = 0, scale = 100, offset;

	if (!digits(&s, 4, &tm.tm_year) || !literal(&s, "-") || !digits(&s, 2, &tm.tm_mon) ||
	    !literal(&s, "-") || !digits(&s, 2, &tm.tm_mday) || !literal(&s, "Tt ") ||
	    !digits(&s, 2, &tm.tm_hour) || !literal(&s, ":") || !digits(&s, 2, &tm.tm_min) ||
	    !literal(&s, ":") || !digits(&s, 2, &tm.tm_sec))
		return false;
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_year < 1970)
		return false;
	if (*s == '.') {
		for (s++; isdigit((unsigned char)*s); s++, scale /= 10)
			fraction += scale * (*s - '0');
	}
	if (!zone(s, &offset))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ms = ((int64_t)timegm(&tm) - offset * 60) * 1000 + fraction;
	return true;
}

void json_text(const json_t *object, const char *key, char *out, size_t size)
{
	const json_t *v = json_object_get(object, key);
	int n = 0;

	out[0] = '\0';
	if (json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v))
		n = snprintf(out, size, "%s", json_string_value(v));
	else if (json_is_integer(v))
		n = snprintf(out, size, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	/* Half an id is another id. */
	if (n < 0 || (size_t)n >= size)
		out[0] = '\0';
}

bool json_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

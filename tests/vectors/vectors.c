/*
 * Runs published cases of other people's against the X code: x-count.json (lengths and
 * links, from twitter-text) and x-oauth1.json (signatures) in the folder that is the
 * argument. Run by make check-vectors; the files are not part of this tree.
 */
#include "notifiers/oauth1.h"
#include "notifiers/twitter_count.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BASE_MAX 65536
#define PARAMS_MAX 32

static unsigned n_cases, n_failed;

static const char *text_of(const json_t *c, const char *key)
{
	const char *text = json_string_value(json_object_get(c, key));

	return text ? text : "";
}

static bool differs(const json_t *c, const char *what, const char *got, const char *want)
{
	if (!strcmp(got, want))
		return false;
	printf("%s: %s is \"%s\", not \"%s\"\n", text_of(c, "id"), what, got, want);
	return true;
}

static bool number_differs(const json_t *c, const char *what, json_int_t got, json_int_t want)
{
	char a[24], b[24];

	snprintf(a, sizeof a, "%lld", (long long)got);
	snprintf(b, sizeof b, "%lld", (long long)want);
	return differs(c, what, a, b);
}

/* ---- lengths and links ---- */

static size_t characters(const char *text, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* wanted is the address alone, or {"url": ..., "indices": [from, to]} in characters. */
static bool link_differs(const json_t *c, const json_t *wanted, size_t at, size_t len)
{
	const char *text = text_of(c, "text");
	const json_t *indices = json_object_get(wanted, "indices");
	const char *want =
	    json_is_string(wanted) ? json_string_value(wanted) : text_of(wanted, "url");
	char *got = strndup(text + at, len);
	bool is_other = differs(c, "url", got, want);

	if (indices) {
		json_int_t from = (json_int_t)characters(text, at);

		is_other |=
		    number_differs(c, "from", from, json_integer_value(json_array_get(indices, 0)));
		is_other |= number_differs(
		    c, "to", from + (json_int_t)characters(text + at, len),
		    json_integer_value(json_array_get(indices, 1)));
	}
	free(got);
	return is_other;
}

static bool links_differ(const json_t *c)
{
	const json_t *urls = json_object_get(c, "urls");
	const char *text = text_of(c, "text");
	size_t at = 0, len = 0, n = 0;
	bool is_other = false;

	if (!urls)
		return false;
	for (; twitter_url(text, &at, &len); at += len, n++)
		is_other |=
		    n >= json_array_size(urls) || link_differs(c, json_array_get(urls, n), at, len);
	is_other |=
	    number_differs(c, "number of urls", (json_int_t)n, (json_int_t)json_array_size(urls));
	if (n && !twitter_may_link(text))
		is_other |= differs(c, "may link", "no", "yes");
	return is_other;
}

static bool count_differs(const json_t *c)
{
	const char *text = text_of(c, "text");
	bool is_other = links_differ(c);

	is_other |= number_differs(
	    c, "weight", (json_int_t)twitter_weight(text),
	    json_integer_value(json_object_get(c, "weightedLengthV3")));
	is_other |= number_differs(
	    c, "valid", twitter_is_valid(text), json_is_true(json_object_get(c, "validV3")));
	return is_other;
}

/* ---- signatures ---- */

static size_t params(const json_t *c, const char *key, struct oauth1_param *out)
{
	const json_t *list = json_object_get(c, key);
	size_t n = json_array_size(list) < PARAMS_MAX ? json_array_size(list) : PARAMS_MAX;

	for (size_t i = 0; i < n; i++)
		out[i] = (struct oauth1_param){
		    json_string_value(json_array_get(json_array_get(list, i), 0)),
		    json_string_value(json_array_get(json_array_get(list, i), 1))};
	return n;
}

static bool signature_differs(const json_t *c)
{
	struct oauth1_param form[PARAMS_MAX], extra[PARAMS_MAX];
	const struct oauth1_keys keys = {
	    text_of(c, "consumer_key"), text_of(c, "consumer_secret"), text_of(c, "token"),
	    text_of(c, "token_secret")};
	const struct oauth1_request request = {
	    .method = text_of(c, "method"),
	    .url = text_of(c, "url"),
	    .form = form,
	    .n_form = params(c, "form", form),
	    .extra = extra,
	    .n_extra = params(c, "extra_oauth", extra),
	    .nonce = text_of(c, "nonce"),
	    .timestamp = json_integer_value(json_object_get(c, "timestamp")),
	};
	struct buf base, header;
	struct err err = {""};
	char signature[32] = "";
	bool is_other;

	buf_init(&base, BASE_MAX);
	buf_init(&header, BASE_MAX);
	is_other = oauth1_base_string(&keys, &request, &base, &err) ||
		   oauth1_signature(&keys, &request, signature, sizeof signature, &err) ||
		   oauth1_authorization(&keys, &request, &header, &err);
	if (is_other)
		printf("%s: %s\n", text_of(c, "id"), err.text);
	is_other |= differs(c, "base string", buf_text(&base), text_of(c, "base_string"));
	is_other |= differs(c, "signature", signature, text_of(c, "signature"));
	is_other |= differs(c, "authorization", buf_text(&header), text_of(c, "authorization"));
	buf_finish(&header);
	buf_finish(&base);
	return is_other;
}

/* ---- files ---- */

static void run_file(const char *folder, const char *name, bool (*case_differs)(const json_t *c))
{
	char path[4096];
	json_error_t error;
	json_t *cases;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	cases = json_load_file(path, 0, &error);
	if (!json_array_size(cases)) {
		printf("%s: no cases: %s\n", path, error.text);
		n_failed++;
	}
	for (size_t i = 0; i < json_array_size(cases); i++, n_cases++)
		n_failed += case_differs(json_array_get(cases, i));
	json_decref(cases);
}

int main(int argc, char **argv)
{
	if (argc != 2 || access(argv[1], R_OK)) {
		puts("vectors: skipped, no TWICKET_VECTORS");
		return 0;
	}
	run_file(argv[1], "x-count.json", count_differs);
	run_file(argv[1], "x-oauth1.json", signature_differs);
	printf("vectors: %u cases, %u failed\n", n_cases, n_failed);
	return n_failed > 0;
}

/*
 * Single values of the configuration: texts, words, durations, handles, time zones.
 * Called by the config*.c files. Must never take a value that it only half understands.
 */
#include "agent/config_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#define DURATION_MAX_MS (3650LL * 86400 * 1000) /* ten years: beyond is a slip */
#define ZONES "/usr/share/zoneinfo"
#define X_NAME_MAX 15 /* characters, says X's sign-up */
#define X_ID_MAX 19   /* digits of 2^63 */

/* libconfig's "\xff" makes bytes that are no text, even in a file that is UTF-8. */
static bool is_clean(const char *text)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
	utf8proc_ssize_t n;
	int32_t c;

	while (*at) {
		n = utf8proc_iterate(at, -1, &c);
		if (n < 1 || (c < 0x20 && c != '\n') || c == 0x7f)
			return false;
		at += n;
	}
	return true;
}

const char *config_text(struct reader *r, const config_setting_t *s)
{
	const char *text = config_setting_get_string(s);

	if (!text)
		config_fault(r, s, "must be a text in quotes");
	else if (!is_clean(text))
		config_fault(r, s, "has a control character or what is no UTF-8");
	else
		return text;
	return NULL;
}

void config_keep(struct reader *r, char **to, const char *text)
{
	free(*to);
	*to = strdup(text);
	r->no_memory = r->no_memory || !*to;
}

char *config_trim(char *text)
{
	size_t n;

	text += strspn(text, " \t\r\n");
	n = strlen(text);
	while (n && strchr(" \t\r\n", text[n - 1]))
		text[--n] = '\0';
	return text;
}

/* "de_DE" begins with a word of ours, "de". */
static const char *word_in(const char *text, const char *const *words)
{
	size_t n = strcspn(text, "_-.@ ");

	for (; *words; words++)
		if (text[n] && strlen(*words) == n && !strncmp(*words, text, n))
			return *words;
	return NULL;
}

int config_word(struct reader *r, const config_setting_t *s, const char *const *words)
{
	const char *text = config_text(r, s), *near;
	char all[200] = "";

	if (!text)
		return -1;
	for (int i = 0; words[i]; i++) {
		size_t n = strlen(all);

		if (!strcmp(words[i], text))
			return i;
		snprintf(all + n, sizeof all - n, "%s%s", n ? ", " : "", words[i]);
	}
	near = word_in(text, words);
	near = near ? near : config_nearest(text, words);
	if (near)
		config_fault(r, s, "no such word as \"%s\"; did you mean \"%s\"?", text, near);
	else
		config_fault(r, s, "no such word as \"%s\"; there are %s", text, all);
	return -1;
}

static int64_t unit_ms(char unit)
{
	switch (unit) {
	case 's': return 1000;
	case 'm': return 60 * 1000;
	case 'h': return 3600 * 1000;
	case 'd': return 86400 * 1000;
	default: return 0;
	}
}

int64_t config_duration(const char *text, struct err *err)
{
	int64_t total = 0, last = INT64_MAX, unit;
	const char *at = text;

	if (!strcmp(text, "0"))
		return 0;
	while (*at) {
		char *end;
		unsigned long long n = isdigit((unsigned char)*at) ? strtoull(at, &end, 10) : 0;

		if (!isdigit((unsigned char)*at))
			return err_set(
			    err, "\"%s\" is no duration; \"90s\", \"2m\", \"1h30m\" and \"2d\" are",
			    text);
		if (!*end)
			return err_set(
			    err, "a bare number has no unit: \"%.*sm\"?", (int)(end - text), text);
		unit = unit_ms(*end);
		if (!unit || unit >= last)
			return err_set(
			    err, "\"%s\" is no duration; \"90s\", \"2m\", \"1h30m\" and \"2d\" are",
			    text);
		if (n > (unsigned long long)DURATION_MAX_MS / (unsigned long long)unit)
			return err_set(err, "\"%s\" is more than ten years", text);
		total += (int64_t)n * unit;
		last = unit;
		at = end + 1;
	}
	if (at == text)
		return err_set(err, "an empty duration; \"0\" is none");
	if (total > DURATION_MAX_MS)
		return err_set(err, "\"%s\" is more than ten years", text);
	return total;
}

static bool all_of(const char *text, size_t n, const char *also)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr(also, text[i]))
			return false;
	return n > 0;
}

/* A host name or address with an optional port; no label is empty. */
static bool is_server(const char *text)
{
	size_t host = strcspn(text, ":");

	if (!all_of(text, host, ".-") || *text == '.' || *text == '-' || text[host - 1] == '.' ||
	    strstr(text, ".."))
		return false;
	if (!text[host])
		return true;
	return text[host + 1] && strspn(text + host + 1, "0123456789") == strlen(text + host + 1);
}

static int keep_lower(struct reader *r, char **to, const char *text)
{
	config_keep(r, to, text);
	for (char *p = *to; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return 0;
}

int config_handle(struct reader *r, const config_setting_t *s, char **to)
{
	const char *text = config_text(r, s), *at;

	if (!text)
		return -1;
	at = strchr(text, '@');
	if (at == text) {
		config_fault(r, s, "\"%s\": without the first @: \"%s\"", text, text + 1);
		return -1;
	}
	if (!strncmp(text, "http", 4) && strstr(text, "://")) {
		config_fault(r, s, "\"%s\" is an address; a handle is \"name@server\"", text);
		return -1;
	}
	if (!at) {
		config_fault(r, s, "\"%s\" has no server: \"%s@server\"", text, text);
		return -1;
	}
	if (!all_of(text, (size_t)(at - text), "_.-") || !is_server(at + 1)) {
		config_fault(r, s, "\"%s\" is no handle; one is \"name@server\"", text);
		return -1;
	}
	return keep_lower(r, to, text);
}

int config_x_name(struct reader *r, const config_setting_t *s, char **to)
{
	const char *text = config_text(r, s), *name;
	size_t n;

	if (!text)
		return -1;
	name = text + (*text == '@');
	n = strlen(name);
	if (strstr(name, "://"))
		config_fault(r, s, "\"%s\" is an address; a handle on x is the bare name", text);
	else if (all_of(name, strcspn(name, "@"), "_") && strchr(name, '@'))
		config_fault(
		    r, s, "\"%s\": on x a handle is the bare name: \"%.*s\"", text,
		    (int)strcspn(name, "@"), name);
	else if (n > X_NAME_MAX || !all_of(name, n, "_"))
		config_fault(
		    r, s,
		    "\"%s\" is no name on x; one has 1 to %d letters, digits and underscores",
		    text, X_NAME_MAX);
	else
		return keep_lower(r, to, name);
	return -1;
}

int config_x_person(struct reader *r, const config_setting_t *s, char **to)
{
	const char *text = config_setting_get_string(s);
	bool is_named = text && *text == '@';
	const char *digits = text ? text + is_named : "";
	size_t n = strlen(digits);

	if (!n || strspn(digits, "0123456789") != n)
		return config_x_name(r, s, to);
	if (is_named) { /* kept without the @ it would be the id of somebody else */
		config_fault(
		    r, s,
		    "\"%s\": a name of digits only cannot be told from the number of an account; give "
		    "this account's number, without @",
		    text);
		return -1;
	}
	if (n > X_ID_MAX || *text == '0') {
		config_fault(r, s, "\"%s\" is no number of an account on x", text);
		return -1;
	}
	return keep_lower(r, to, text);
}

/* The nearest of zone.tab's third column, as far as it is near enough to be meant. */
static void zone_hint(const char *name, struct err *err)
{
	FILE *f = fopen(ZONES "/zone.tab", "re");
	char line[300], zone[100], best[100] = "";
	const char *two[] = {best, zone, NULL};

	while (f && fgets(line, sizeof line, f))
		if (*line != '#' && sscanf(line, "%*s %*s %99s", zone) == 1 &&
		    config_nearest(name, two) == zone)
			memcpy(best, zone, sizeof best);
	if (*best)
		err_set(err, "no time zone \"%s\"; did you mean \"%s\"?", name, best);
	if (f)
		fclose(f);
}

int config_timezone_check(const char *name, struct err *err)
{
	char path[200];

	if (!*name || !strcmp(name, "UTC"))
		return 0;
	if (*name != '/' && *name != '.' && !strstr(name, "..") &&
	    (size_t)snprintf(path, sizeof path, ZONES "/%s", name) < sizeof path &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-") ==
		strlen(name)) {
		FILE *f = fopen(path, "re");
		char magic[4] = "";
		bool ok = f && fread(magic, 1, 4, f) == 4 && !memcmp(magic, "TZif", 4);

		if (f)
			fclose(f);
		if (ok)
			return 0;
	}
	err_set(err, "no time zone \"%s\"; one is \"Europe/Berlin\"", name);
	zone_hint(name, err);
	return -1;
}

/*
 * The table of networks, and what every network's code needs from an answer.
 * Called by the agent (lookup by name) and by the notifiers.
 * It must never do I/O or know what one network means.
 */
#include "notifiers/notifier.h"

#include <string.h>
#include <strings.h>

/* A new network is one line here and one file beside this one. */
static const struct notifier *const notifiers[] = {
    &notifier_mastodon,
    &notifier_twitter,
    &notifier_file,
};

const struct notifier *notifier_find(const char *name)
{
	size_t i;

	/* As people went on calling it. */
	if (strcmp(name, "twitter") == 0)
		name = "x";
	for (i = 0; i < sizeof notifiers / sizeof notifiers[0]; i++) {
		if (strcmp(notifiers[i]->name, name) == 0)
			return notifiers[i];
	}
	return NULL;
}

/* Desks are no networks: an account cannot be one. */
static const struct notifier *const desks[] = {
    &desk_rt,
    &desk_webhook,
    &desk_mail,
};

const struct notifier *desk_find(const char *type)
{
	for (size_t i = 0; i < sizeof desks / sizeof desks[0]; i++) {
		if (strcmp(desks[i]->name, type) == 0)
			return desks[i];
	}
	return NULL;
}

const char *result_class_name(enum result_class class)
{
	switch (class) {
	case RESULT_OK: return "ok";
	case RESULT_RETRY: return "retry";
	case RESULT_LIMIT: return "limit";
	case RESULT_AUTH: return "auth";
	case RESULT_PERMANENT: return "permanent";
	case RESULT_UNKNOWN: return "unknown";
	case RESULT_BUG: return "bug";
	}
	return "?";
}

const char *visibility_name(enum visibility v)
{
	switch (v) {
	case VISIBILITY_PUBLIC: return "public";
	case VISIBILITY_UNLISTED: return "unlisted";
	case VISIBILITY_FOLLOWERS: return "followers";
	case VISIBILITY_DIRECT: return "direct";
	}
	return "?";
}

/* The value of "Name: value" when the line has that name, NULL else. */
static const char *header_value(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
		return NULL;
	return line + n + 1;
}

bool answer_header(const struct answer *answer, const char *name, char *out, size_t size)
{
	const char *line, *value, *end;
	size_t n;

	if (size)
		out[0] = '\0';
	for (line = answer->headers; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		value = header_value(line, (size_t)(end - line), name);
		if (!value)
			continue;
		n = (size_t)(end - value);
		while (n && strchr(" \t\r", value[n - 1]))
			n--;
		while (n && (*value == ' ' || *value == '\t'))
			value++, n--;
		if (!size)
			return true;
		if (n >= size)
			n = size - 1;
		memcpy(out, value, n);
		out[n] = '\0';
		return true;
	}
	return false;
}

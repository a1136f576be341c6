/*
 * Groups by their tables of keys: one place that knows what a wrong type or an
 * unknown key is told. Called by the config*.c files. Must never skip a setting.
 */
#include "agent/config_internal.h"

#include <limits.h>
#include <string.h>

#define KEYS_MAX 40

void config_unknown(struct reader *r, const config_setting_t *s, const char *what, const char *near)
{
	if (near)
		config_fault(r, s, "%s; did you mean \"%s\"?", what, near);
	else
		config_fault(r, s, "%s", what);
}

static bool is_key(const char *name, const struct config_key *keys)
{
	while (keys->name && strcmp(keys->name, name))
		keys++;
	return keys->name != NULL;
}

/* Where a key that is right in itself would be read; NULL: nowhere. */
static const char *home_of(const char *name)
{
	if (is_key(name, config_audience_keys))
		return "into an audience";
	if (is_key(name, config_account_keys))
		return "into an account";
	if (is_key(name, config_person_keys))
		return "to a person";
	return is_key(name, config_global_keys) ? "outside of all groups" : NULL;
}

/* Groups whose secrets `twicket auth` does not get: where theirs are. NULL: another group. */
static const char *secret_of(const config_setting_t *s)
{
	const config_setting_t *up = config_setting_parent(s);
	const char *group = config_setting_name(up);

	if (!group && config_setting_parent(up)) /* one of a list */
		group = config_setting_name(config_setting_parent(up));
	if (group && !strcmp(group, "desk"))
		return "token_file names where it is";
	return group && !strcmp(group, "icinga2") ? "password_file names where it is" : NULL;
}

static void fault_unknown(
    struct reader *r, const config_setting_t *s, const char *name, const struct config_key *keys)
{
	static const char *const secrets[] = {"token", "password", "secret", "access_token", NULL};
	const char *known[KEYS_MAX + 1] = {NULL};
	size_t n = 0;

	for (; keys->name && n < KEYS_MAX; keys++)
		known[n++] = keys->name;
	for (int i = 0; secrets[i]; i++) {
		if (strcmp(secrets[i], name))
			continue;
		config_fault(
		    r, s, "no such key; secrets are never in this file: %s",
		    secret_of(s) ? secret_of(s) : "`twicket auth` stores them");
		return;
	}
	if (home_of(name))
		config_fault(r, s, "no such key here; it belongs %s", home_of(name));
	else
		config_unknown(r, s, "no such key", config_nearest(name, known));
}

static void read_path(struct reader *r, const config_setting_t *s, char **to)
{
	const char *text = config_text(r, s);
	size_t n;

	if (!text)
		return;
	if (*text != '/') {
		config_fault(r, s, "\"%s\" must be a whole path, beginning with /", text);
		return;
	}
	config_keep(r, to, text);
	for (n = *to ? strlen(*to) : 0; n > 1 && (*to)[n - 1] == '/'; n--)
		(*to)[n - 1] = '\0';
}

void config_read_duration(struct reader *r, const config_setting_t *s, int64_t *to)
{
	const char *text;
	int64_t ms;
	struct err err;

	if (config_setting_type(s) == CONFIG_TYPE_INT ||
	    config_setting_type(s) == CONFIG_TYPE_INT64) {
		config_fault(
		    r, s, "a bare number has no unit: \"%lldm\"?", config_setting_get_int64(s));
		return;
	}
	text = config_text(r, s);
	if (!text)
		return;
	ms = config_duration(text, &err);
	if (ms == -1)
		config_fault(r, s, "%s", err.text);
	else
		*to = ms;
}

static void read_flag(struct reader *r, const config_setting_t *s, bool *to)
{
	if (config_setting_type(s) == CONFIG_TYPE_BOOL)
		*to = config_setting_get_bool(s) != 0;
	else
		config_fault(r, s, "must be true or false, without quotes");
}

void config_read_number(
    struct reader *r, const config_setting_t *s, unsigned least, unsigned most, unsigned *to)
{
	int type = config_setting_type(s);
	long long n =
	    type == CONFIG_TYPE_INT64 ? config_setting_get_int64(s) : config_setting_get_int(s);

	if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
		config_fault(r, s, "must be a whole number, without quotes");
	else if (n < (long long)least || n > (long long)most)
		config_fault(r, s, "%lld is not between %u and %u", n, least, most);
	else
		*to = (unsigned)n;
}

void config_read_key(
    struct reader *r, const config_setting_t *s, const struct config_key *key, void *into)
{
	char *at = (char *)into + key->offset;
	const char *text;

	switch (key->type) {
	case KEY_TEXT:
		text = config_text(r, s);
		if (text)
			config_keep(r, (char **)(void *)at, text);
		break;
	case KEY_PATH: read_path(r, s, (char **)(void *)at); break;
	case KEY_DURATION: config_read_duration(r, s, (int64_t *)(void *)at); break;
	case KEY_FLAG: read_flag(r, s, (bool *)at); break;
	case KEY_COUNT: config_read_number(r, s, 1, 1000000, (unsigned *)(void *)at); break;
	case KEY_PRICE: config_read_price(r, s, (int64_t *)(void *)at); break;
	case KEY_OWN: key->read(r, s, into); break;
	case KEY_ELSEWHERE: break;
	}
}

void config_read_group(
    struct reader *r, const config_setting_t *group, const struct config_key *keys, void *into)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		const char *name = config_setting_name(s);
		const struct config_key *key = keys;

		while (key->name && strcmp(key->name, name))
			key++;
		if (key->name)
			config_read_key(r, s, key, into);
		else
			fault_unknown(r, s, name, keys);
	}
}

void config_read_texts(
    struct reader *r, const config_setting_t *array, void *into,
    void (*read)(struct reader *r, const config_setting_t *s, void *into))
{
	int type = config_setting_type(array);

	if (type == CONFIG_TYPE_STRING) {
		config_fault(
		    r, array, "must be an array: [ \"%s\" ]", config_setting_get_string(array));
		return;
	}
	if (type != CONFIG_TYPE_ARRAY && type != CONFIG_TYPE_LIST) {
		config_fault(r, array, "must be an array of texts: [ \"one\", \"two\" ]");
		return;
	}
	for (int i = 0; i < config_setting_length(array); i++)
		read(r, config_setting_get_elem(array, (unsigned)i), into);
}

static bool is_name(const char *name)
{
	return strlen(name) <= CONFIG_NAME_MAX && !strchr(name, '*');
}

unsigned config_named_groups(struct reader *r, const config_setting_t *all)
{
	if (!config_setting_is_group(all)) {
		config_fault(r, all, "must be a group: { NAME = { ... }; }");
		return 0;
	}
	for (int i = 0; i < config_setting_length(all); i++) {
		const config_setting_t *s = config_setting_get_elem(all, (unsigned)i);

		if (!config_setting_is_group(s))
			config_fault(r, s, "must be a group: { ... }");
		else if (!is_name(config_setting_name(s)))
			config_fault(
			    r, s, "a name has at most %u characters and no *", CONFIG_NAME_MAX);
	}
	return (unsigned)config_setting_length(all);
}

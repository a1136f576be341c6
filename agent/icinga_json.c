/*
 * Reading Icinga 2's fields. Called by the icinga_*.c that take its answers.
 * Must never take one kind of value for another.
 */
#include "agent/icinga_json.h"

#include "common/event.h"

#include <stdio.h>
#include <string.h>

const char *icinga_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

double icinga_number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

int64_t icinga_us(const json_t *object, const char *name)
{
	double s = icinga_number(object, name);

	return s > 0 && s < 1e11 ? (int64_t)(s * 1e6) : 0;
}

int64_t icinga_s(const json_t *object, const char *name)
{
	return icinga_us(object, name) / 1000000;
}

unsigned icinga_count(const json_t *object, const char *name, unsigned max)
{
	double n = icinga_number(object, name);

	return !(n > 0) ? 0 : n > max ? max : (unsigned)n;
}

bool icinga_flag(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name)) || icinga_number(object, name) > 0;
}

uint8_t icinga_state(const json_t *attrs, unsigned kind)
{
	unsigned state = icinga_count(attrs, "state", kind == EVENT_HOST ? EVENT_DOWN : EVENT_UNKNOWN);

	if (kind == EVENT_HOST && state == EVENT_DOWN && json_is_false(json_object_get(attrs, "last_reachable")))
		state = EVENT_UNREACHABLE;
	return (uint8_t)state;
}

size_t icinga_output(const json_t *check_result, const char **text)
{
	size_t n;

	*text = icinga_text(check_result, "output");
	n = strcspn(*text, "\r\n");
	return n < EVENT_TEXT_MAX ? n : EVENT_TEXT_MAX;
}

double icinga_program(const json_t *results, char *version, size_t size)
{
	const json_t *status = json_object_get(json_array_get(results, 0), "status");
	const json_t *app = json_object_get(json_object_get(status, "icingaapplication"), "app");
	const char *said = icinga_text(app, "version");

	snprintf(version, size, "%s", *said ? said + (*said == 'r') : "?");
	return icinga_number(app, "program_start");
}

json_t *icinga_names(const char *const *names, size_t n)
{
	json_t *list = json_array();

	for (size_t k = 0; k < n; k++)
		json_array_append_new(list, json_string(names[k]));
	return list;
}

size_t icinga_key_of(const char *host, const char *service, char key[ICINGA_KEY])
{
	if (!*host || strlen(host) > EVENT_NAME_MAX || strlen(service) > EVENT_NAME_MAX)
		return 0;
	return world_key(key, host, service);
}

size_t icinga_key(const char *name, unsigned kind, char key[ICINGA_KEY])
{
	const char *bang = kind == EVENT_SERVICE ? strchr(name, '!') : NULL;
	size_t n = bang ? (size_t)(bang - name) : 0;
	char host[EVENT_NAME_MAX + 1];

	if (kind == EVENT_HOST)
		return icinga_key_of(name, "", key);
	if (!n || n > EVENT_NAME_MAX || !bang[1])
		return 0;
	memcpy(host, name, n);
	host[n] = '\0';
	return icinga_key_of(host, bang + 1, key);
}

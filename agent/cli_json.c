/*
 * Members of JSON objects as the commands read them. Called by all that look into an
 * answer of the agent; apart, so that check_twicket needs no more than this.
 * It must never trust the type of a member.
 */
#include "agent/cli.h"

const char *cli_string(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

int64_t cli_number(const json_t *object, const char *key)
{
	return (int64_t)json_integer_value(json_object_get(object, key));
}

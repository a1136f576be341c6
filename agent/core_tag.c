/*
 * The public name of an incident: one that nobody has had for a year. Called by the engine
 * through its sink. Must never give one name to two that are open.
 */
#include "agent/core_internal.h"
#include "common/log.h"

#define TAG_TRIES 200
#define TAG_LIFE_MS (365LL * 24 * 3600 * 1000)

/*
 * The engine is asked only for what this process gave away: all else that it has came from the
 * store, and in a storm it would be asked once for each incident that it has.
 */
static bool is_taken(struct core *c, const char *tag, unsigned number)
{
	struct incident_view view;

	if ((c->given[number / 8] & 1u << number % 8) && engine_view_tag(c->engine, tag, &view))
		return true;
	return store_tag_used_since(c->store, tag, c->now.wall_ms - TAG_LIFE_MS, NULL) == 1;
}

/* T and three characters without vowels: 19,683 in a year; then chance has to do. */
void core_fresh_tag(void *arg, char tag[TAG_SIZE])
{
	static const char alphabet[] = "23456789BCDFGHJKMNPQRSTVWXZ";
	const unsigned letters = sizeof alphabet - 1;
	struct core *c = arg;
	unsigned char dice[TAG_SIZE];

	for (int k = 0; k < TAG_TRIES; k++) {
		unsigned number = 0;

		c->env.random(dice, sizeof dice);
		tag[0] = 'T';
		for (size_t j = 1; j + 1 < TAG_SIZE; j++) {
			tag[j] = alphabet[dice[j] % letters];
			number = number * letters + dice[j] % letters;
		}
		tag[TAG_SIZE - 1] = '\0';
		if (!is_taken(c, tag, number)) {
			c->given[number / 8] |= (unsigned char)(1u << number % 8);
			return;
		}
	}
	log_warnx("core", "all tags of a year are used up: #%s is used again", tag);
}

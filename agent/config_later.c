/*
 * Keys of the reference that do nothing in this version: a file that has them loads, with
 * a word of warning. Called by config.c and config_keys.c. Must never let a slip in them
 * pass: it would be an error after the upgrade.
 */
#include "agent/config_internal.h"

#include <stdlib.h>
#include <string.h>

/* What says no more than what is so anyway gets no warning. */
void config_read_database(struct reader *r, const config_setting_t *s, void *into)
{
	const char *text = config_text(r, s);

	(void)into;
	if (text && *text)
		config_warning(
		    r, s, "does nothing in this version: the store is SQLite in state_dir");
}

/* --- groups --------------------------------------------------------------------------------- */

/* What it has; nobody uses it yet. */
struct later {
	char *url, *name, *secret_file, *ca_file;
};

#define AT(field) offsetof(struct later, field)

static void read_later(struct reader *r, const config_setting_t *s, const struct config_key *keys)
{
	struct later later = {NULL, NULL, NULL, NULL};

	if (config_setting_is_group(s))
		config_read_group(r, s, keys, &later);
	else
		config_fault(r, s, "must be a group: { ... }");
	free(later.url);
	free(later.name);
	free(later.secret_file);
	free(later.ca_file);
}

void config_later_icinga2(struct reader *r, const config_setting_t *s, void *into)
{
	static const struct config_key keys[] = {
	    {"url", KEY_TEXT, AT(url), NULL},
	    {"user", KEY_TEXT, AT(name), NULL},
	    {"password_file", KEY_PATH, AT(secret_file), NULL},
	    {"ca_file", KEY_PATH, AT(ca_file), NULL},
	    {NULL, KEY_TEXT, 0, NULL},
	};

	(void)into;
	read_later(r, s, keys);
}

/*
 * Keys of the reference that do nothing in this version: a file that has them loads, with
 * a word of warning. Called by config.c and config_keys.c. Must never let a slip in them
 * pass: it would be an error after the upgrade.
 */
#include "agent/config_internal.h"

/* What says no more than what is so anyway gets no warning. */
void config_read_database(struct reader *r, const config_setting_t *s, void *into)
{
	const char *text = config_text(r, s);

	(void)into;
	if (text && *text)
		config_warning(
		    r, s, "does nothing in this version: the store is SQLite in state_dir");
}

/*
 * Shared by the config*.c files only: the reader that carries the configuration in
 * the making and its report, and the tables of keys. Nobody else may include it.
 */
#ifndef TWICKET_CONFIG_INTERNAL_H
#define TWICKET_CONFIG_INTERNAL_H

#include <libconfig.h>

#include "agent/config.h"
#undef config_destroy /* in these files it is libconfig's */

#include <stddef.h>

#define CONFIG_FILE_MAX (1024 * 1024) /* bytes; ours are a few KiB */
#define CONFIG_NAME_MAX 64u	      /* of accounts, audiences, people: names of files, too */
#define CONFIG_X "x"		      /* the network, and the key of people */

struct reader {
	struct config *c;
	struct config_report *report;
	const char *file; /* base name, as in the messages */
	bool is_for_all; /* others may read the file */
	bool no_memory;
};

/* --- the report (config_report.c) ------------------------------------------------------ */

/* "twicket.cfg:5: audiences.public.hold: ..."; the path and line are the setting's. */
void config_fault(struct reader *r, const config_setting_t *s, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void config_warning(struct reader *r, const config_setting_t *s, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Without a setting; line 0 = the file as a whole. */
void config_fault_line(struct reader *r, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void config_report_sort(struct config_report *report);

/* --- values (config_value.c) ------------------------------------------------------------- */

/* NULL with a fault when it is no text, or has what no text of ours may have. */
const char *config_text(struct reader *r, const config_setting_t *s);
/* Replaces *to by a copy. */
void config_keep(struct reader *r, char **to, const char *text);
/* The index of the text among `words` (NULL-terminated), -1 with a fault. */
int config_word(struct reader *r, const config_setting_t *s, const char *const *words);
/* "name@server", lower-cased into *to; -1 with a fault. */
int config_handle(struct reader *r, const config_setting_t *s, char **to);
/* A name on X, "@" dropped, lower-cased into *to; -1 with a fault. */
int config_x_name(struct reader *r, const config_setting_t *s, char **to);
/* The same, or the number of an account. */
int config_x_person(struct reader *r, const config_setting_t *s, char **to);
/* 0, or -1 with err that names the nearest. "" is the system's. */
int config_timezone_check(const char *name, struct err *err);

/* --- tables of keys (config_keys.c) -------------------------------------------------------- */

enum key_type {
	KEY_TEXT,     /* char * */
	KEY_PATH,     /* char *, absolute */
	KEY_DURATION, /* int64_t, ms */
	KEY_FLAG,     /* bool */
	KEY_COUNT,    /* unsigned, at least 1 */
	KEY_PRICE,    /* int64_t, micro USD */
	KEY_OWN,      /* by its function */
	KEY_ELSEWHERE /* read by another pass */
};

struct config_key {
	const char *name; /* NULL ends the table */
	enum key_type type;
	size_t offset;
	void (*read)(struct reader *r, const config_setting_t *s, void *into);
};

/* Each in the file that reads it; a key that stands in the wrong group is sent to its own. */
extern const struct config_key config_global_keys[], config_account_keys[], config_audience_keys[],
	config_person_keys[];

/* Reads every setting of a group into the struct `into`; what no key knows is a fault. */
void config_read_group(struct reader *r, const config_setting_t *group,
		       const struct config_key *keys, void *into);
/* One setting that is known to be in the table. */
void config_read_key(struct reader *r, const config_setting_t *s, const struct config_key *key,
		     void *into);
/* "no such key; did you mean "hold"?"; near NULL: without the question. */
void config_unknown(struct reader *r, const config_setting_t *s, const char *what, const char *near);
/* *to stays as it was after a fault. */
void config_read_duration(struct reader *r, const config_setting_t *s, int64_t *to);
void config_read_number(struct reader *r, const config_setting_t *s, unsigned least, unsigned most,
			unsigned *to);
/* Calls read for each element of an array of texts. */
void config_read_texts(struct reader *r, const config_setting_t *array, void *into,
		       void (*read)(struct reader *r, const config_setting_t *s, void *into));
/* A group of named groups, checked: how many there are; 0 with or without a fault. */
unsigned config_named_groups(struct reader *r, const config_setting_t *all);

/* --- money (config_money.c) ------------------------------------------------------------------ */

void config_read_limit(struct reader *r, const config_setting_t *s, void *into);
void config_read_prices(struct reader *r, const config_setting_t *s, void *into);
void config_read_price(struct reader *r, const config_setting_t *s, int64_t *to);
void config_default_prices(struct config_account *a); /* and the limit */

/* --- the engine's (config_group.c) ------------------------------------------------------------ */

void config_read_group_by(struct reader *r, const config_setting_t *s, void *into);
void config_read_group_min(struct reader *r, const config_setting_t *s, void *into);
void config_read_same_objects(struct reader *r, const config_setting_t *s, void *into);
void config_read_sentinels(struct reader *r, const config_setting_t *s, void *into);
void config_read_isolation(struct reader *r, const config_setting_t *s, void *into);
void config_group_defaults(struct reader *r);
void config_check_group(struct reader *r, const config_setting_t *root);
void config_group_finish(struct config *c);

/* --- keys of later versions (config_later.c) -------------------------------------------------- */

void config_read_database(struct reader *r, const config_setting_t *s, void *into);

/* --- the parts of an audience ------------------------------------------------------------------ */

/* What it begins as (config_inherit.c): "public" or "operators", or another audience. */
void config_built_in(struct reader *r, struct config_audience *a, const char *base);
void config_inherit(struct reader *r, struct config_audience *a, const struct config_audience *from);
void config_audience_finish(struct config_audience *a);

/* Its own sentences (config_words.c). */
void config_read_words(struct reader *r, const config_setting_t *s, void *into);
void config_drop_words(struct config_audience *a);
/* Of an audience without internals. */
void config_check_words(struct reader *r, const struct config_audience *a);

/* config_policy.c */
void config_read_announce(struct reader *r, const config_setting_t *s, void *into);
void config_read_reports(struct reader *r, const config_setting_t *s, void *into);
void config_read_storm(struct reader *r, const config_setting_t *s, void *into);
void config_read_escalate(struct reader *r, const config_setting_t *s, void *into);
void config_drop_escalate(struct config_audience *a);
/* Parses quiet_hours and urgent. */
void config_check_hours(struct reader *r, const config_setting_t *s, struct config_audience *a);
/* Of all audiences, when all are read. */
void config_check_escalate(struct reader *r, const config_setting_t *audiences);
void config_check_approve(struct reader *r, const config_setting_t *audiences); /* config_approve.c */

/* --- the parts of the file ------------------------------------------------------------------- */

void config_read_accounts(struct reader *r, const config_setting_t *accounts);
void config_read_audiences(struct reader *r, const config_setting_t *audiences);
void config_read_people(struct reader *r, const config_setting_t *people);
void config_read_desk(struct reader *r, const config_setting_t *desk, const config_setting_t *accounts);
void config_read_icinga(struct reader *r, const config_setting_t *all);
void config_icinga_finish(struct config *c);
void config_account_finish(struct config_account *a);
/* Warns of a login in the proxy of the group s, where everybody may read the file. */
void config_check_proxy(struct reader *r, const config_setting_t *s, const struct config_account *a);
bool config_is_on_x(struct reader *r, const config_setting_t *s, const struct config_account *a,
		    const char *why);
/* What metered accounts and the audiences together must not be (config_doubles.c). */
void config_check_doubles(struct reader *r, const config_setting_t *audiences);

/* Is there a syntax that libconfig must not see (@include)? True with a fault. */
bool config_syntax_forbidden(struct reader *r, const char *text);
/* Says what is wrong where libconfig has only said "syntax error" of a line. */
void config_syntax_explain(struct reader *r, const char *text, int line, const char *said);

#endif

/*
 * The ticket desk: where reports of end users go. Called by config.c. Must never let
 * through an address to which the token, or a mail, would travel in the clear.
 */
#include "agent/config_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "desk" /* in the log, and of the systemd credential */

static const struct config_key desk_keys[] = {
    {"type", KEY_ELSEWHERE, 0, NULL}, /* before all others: it decides what they may be */
    {"url", KEY_TEXT, offsetof(struct config_account, url), NULL},
    {"queue", KEY_TEXT, offsetof(struct config_account, handle), NULL},
    {"token_file", KEY_PATH, offsetof(struct config_account, token_file), NULL},
    {"from", KEY_TEXT, offsetof(struct config_account, from), NULL},
    {"proxy", KEY_TEXT, offsetof(struct config_account, proxy), NULL},
    {"ca_file", KEY_PATH, offsetof(struct config_account, ca_file), NULL},
    {NULL, KEY_TEXT, 0, NULL},
};

static void read_type(struct reader *r, const config_setting_t *s, struct config_account *a)
{
	static const char *const words[] = {"rt", "webhook", "mail", NULL};
	const config_setting_t *type = config_setting_get_member(s, "type");
	int i = type ? config_word(r, type, words) : -1;

	if (!type)
		config_fault(r, s, "type is missing: \"rt\", \"webhook\" or \"mail\"");
	config_keep(r, &a->network, i == -1 ? "" : words[i]);
}

/* "twicket@" and the name of this machine. */
static void default_from(struct reader *r, struct config_account *a)
{
	char host[256] = "", from[300];

	if (gethostname(host, sizeof host - 1) == -1 || !*host)
		snprintf(host, sizeof host, "localhost");
	snprintf(from, sizeof from, "twicket@%s", host);
	config_keep(r, &a->from, from);
}

static void set_defaults(struct reader *r, struct config_account *a)
{
	char path[4096];

	config_keep(r, &a->name, NAME);
	config_keep(r, &a->url, "");
	config_keep(
	    r, &a->handle, strcmp(a->network ? a->network : "", "rt") == 0 ? "General" : "");
	config_keep(r, &a->language, "");
	config_keep(r, &a->proxy, "");
	config_keep(r, &a->ca_file, "");
	config_keep(r, &a->app_file, "");
	snprintf(path, sizeof path, "%s/auth/" NAME, r->c->state_dir ? r->c->state_dir : "");
	config_keep(r, &a->token_file, path);
	default_from(r, a);
}

/* The systemd credential of an account has its name, too. */
static void check_name(struct reader *r, const config_setting_t *accounts)
{
	const config_setting_t *same = accounts ? config_setting_get_member(accounts, NAME) : NULL;

	if (same)
		config_fault(
		    r, same, "an account cannot be called " NAME " beside the group " NAME);
}

void config_read_desk(
    struct reader *r, const config_setting_t *desk, const config_setting_t *accounts)
{
	struct config_account *a = calloc(1, sizeof *a);
	const struct notifier *n;
	unsigned before = r->report->errors;
	struct notifier_settings settings;
	struct err err = {""};

	r->c->desk = a;
	r->no_memory = r->no_memory || !a;
	if (!a || !config_setting_is_group(desk)) {
		config_fault(r, desk, "must be a group: { ... }");
		return;
	}
	a->line = (int)config_setting_source_line(desk);
	read_type(r, desk, a);
	set_defaults(r, a);
	config_read_group(r, desk, desk_keys, a);
	check_name(r, accounts);
	config_check_proxy(r, desk, a);
	n = r->report->errors == before && !r->no_memory ? desk_find(a->network) : NULL;
	settings = config_settings(a, "");
	if (n && n->check(&settings, &err) == -1)
		config_fault(r, desk, "%s", err.text);
}

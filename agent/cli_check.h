/*
 * What the files of `twicket check` share, and nobody else sees.
 */
#ifndef TWICKET_CLI_CHECK_H
#define TWICKET_CLI_CHECK_H

#include "agent/cli_objects.h"
#include "agent/config.h"
#include "common/buf.h"

#include <jansson.h>

struct check {
	struct cli *cli;
	const struct config *config;
	struct cli_objects objects;
	bool has_objects;
	json_t *errors, *warnings;
};

/* Adds to c->errors or c->warnings; line 0: of no one line of the file. */
void check_complain(json_t *list, const struct check *c, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Warns of every name in the configuration that no object has. */
void check_names(const struct check *c);

/* Of a metered account: a new object with what an incident costs there, and how many a month pays for. */
json_t *check_prices(const struct config *config, unsigned account);

/*
 * What an admin who pays for an account should know before the first post: at most `max`
 * lines, which live as long as the program. Returns how many.
 */
unsigned check_price_advice(const struct config *config, unsigned account, const char **lines,
			    unsigned max);

/* Puts what an audience holds back, sums up, announces and whom it calls into its facts. */
void check_policy(const struct config *config, const struct config_audience *a, json_t *audience);

/* Puts what belongs to no audience into the facts: groups, sentinels. objects NULL: not known. */
void check_whole(const struct config *config, const struct cli_objects *objects, json_t *facts);

struct cli_net;

/* The ticket desk, when there is one; net NULL: it is not asked. */
void check_desk(const struct check *c, struct cli_net *net, json_t *facts);

/* Each Icinga 2: its certificates and logins; net not NULL: is it there, and may we what we must. */
void check_icinga(const struct check *c, struct cli_net *net, json_t *facts);

/* Its lines of what `check` prints; left: the width of the labels. */
void check_icinga_text(const json_t *all, unsigned left, struct buf *out);
void check_icinga_online_text(const json_t *all, unsigned left, struct buf *out);
void check_label(struct buf *out, const char *text, unsigned width);

/* What we need of an ApiUser, or (verb not NULL) what one verb of replies wants. */
struct check_right {
	const char *permission, *what; /* "actions/add-comment", "comment" */
	const char *verb;
};

/* The first behind `after` (NULL: of all) that the list of permissions does not give; NULL: no more. */
const struct check_right *
check_rights_missing(const json_t *permissions, const struct check_right *after);

/* How many of the objects belong to it. */
size_t check_count(const struct cli_objects *objects, const struct match *match);

#endif

/*
 * `check`: what an ApiUser of Icinga 2 must be allowed, and what its list of permissions
 * lacks. Called by cli_check_icinga.c. It must never call something allowed that Icinga
 * would answer by 404.
 */
#include "agent/cli_check.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* Who has a filter on it sees less, and is listed so. */
#define FILTERED " (filtered)"

static const struct check_right rights[] = {
    {"status/query", "read the status", NULL},
    {"objects/query/Host", "read hosts", NULL},
    {"objects/query/Service", "read services", NULL},
    {"objects/query/Comment", "read comments", NULL},
    {"objects/query/Downtime", "read downtimes", NULL},
    {"objects/query/Dependency", "read dependencies", NULL},
    /* one stream for all of them: without one of these there is none */
    {"events/StateChange", "hear of state changes", NULL},
    {"events/AcknowledgementSet", "hear of acknowledgements", NULL},
    {"events/AcknowledgementCleared", "hear of acknowledgements that end", NULL},
    {"events/CommentAdded", "hear of comments", NULL},
    {"events/CommentRemoved", "hear of comments that are removed", NULL},
    {"events/DowntimeAdded", "hear of planned downtimes", NULL},
    {"events/DowntimeStarted", "hear of fixed downtimes that begin", NULL},
    {"events/DowntimeTriggered", "hear of downtimes that begin", NULL},
    {"events/DowntimeRemoved", "hear of downtimes that end", NULL},
    {"events/Flapping", "hear of flapping", NULL},
    {"events/Notification", "hear of notifications", NULL},
    {"actions/acknowledge-problem", "acknowledge", NULL},
    {"actions/remove-acknowledgement", "take an acknowledgement back", NULL},
    {"actions/add-comment", "comment", NULL},
    {"actions/schedule-downtime", "schedule a downtime", "downtime"},
    {"actions/remove-downtime", "remove a downtime", "downtime cancel"},
    {"actions/reschedule-check", "have a check made now", "recheck"},
    {NULL, NULL, NULL},
};

/* As Icinga: * and ? in the permission of the user, case does not matter. */
static bool covers(const char *permission, const char *right)
{
	char pattern[256];
	size_t n = strlen(permission), end = strlen(FILTERED);

	if (n >= end && strcmp(permission + n - end, FILTERED) == 0)
		n -= end;
	if ((size_t)snprintf(pattern, sizeof pattern, "%.*s", (int)n, permission) >= sizeof pattern)
		return false;
	return fnmatch(pattern, right, FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

static bool is_given(const json_t *permissions, const char *right)
{
	const json_t *one;
	size_t k;

	json_array_foreach (permissions, k, one) {
		const char *permission = json_string_value(one);

		if (permission && covers(permission, right))
			return true;
	}
	return false;
}

const struct check_right *
check_rights_missing(const json_t *permissions, const struct check_right *after)
{
	const struct check_right *right = after ? after + 1 : rights;

	while (right->permission && is_given(permissions, right->permission))
		right++;
	return right->permission ? right : NULL;
}

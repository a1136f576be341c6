/*
 * The configuration as plain data (SURFACE section 1). Read by config.c from a
 * file; shared read-only by everybody else. No secret is in it: secret.c brings
 * the tokens. A loaded configuration never changes; a reload makes a new one.
 */
#ifndef TWICKET_CONFIG_H
#define TWICKET_CONFIG_H

#include "agent/hours.h"
#include "agent/match.h"
#include "common/err.h"
#include "common/log.h"
#include "notifiers/notifier.h"

#include <stdbool.h>
#include <stdint.h>

enum feedback { FEEDBACK_FAVOURITE, FEEDBACK_REPLY, FEEDBACK_NONE };

/* A bit per word of `states`: bit EVENT_x of services, and of hosts shifted. */
#define STATE_BIT(kind, state) (1u << ((state) + ((kind) == EVENT_HOST ? 8 : 0)))

struct config_account {
	char *name;
	char *network; /* "mastodon", "x", "file" */
	char *handle;
	char *url;	  /* "" = from the handle */
	char *token_file; /* filled in: state_dir/auth/NAME when not given */
	char *language;
	char *proxy, *ca_file;
	unsigned posts_per_hour, posts_per_day;
	int64_t poll_ms;
	enum feedback feedback;
	bool is_metered; /* its network takes money */
	int64_t usd_micro_per_month; /* 0 = no limit */
	int64_t prices[PRICES];	     /* micro */
	char *fields; /* "tweet" or "post": see notifier_settings */
	bool messages;	/* direct messages are read */
	char *app_file; /* x: keys of the app, for `twicket auth` only; filled in: token_file with ".app" */
	char *from; /* a desk's: the address that its mails come from; NULL else */
	int line;
};

/* Of the built-in audiences: new incidents in 10 min that are told one by one. */
#define CONFIG_REPORTS 3
#define CONFIG_STORM_PUBLIC 5
#define CONFIG_STORM_OPERATORS 20

/* Nobody acknowledged for so long: mention these. */
struct config_escalation {
	int64_t after_ms;
	unsigned *people; /* indexes into config.people */
	unsigned n_people;
	int line;
};

struct config_audience {
	char *name;
	char *base; /* "public" or "operators": whose words and defaults it has in the end */
	unsigned *accounts; /* indexes into config.accounts */
	unsigned n_accounts;
	struct match *match;
	char *match_text;
	unsigned states; /* STATE_BITs; DOWN includes UNREACHABLE */
	char *as_contact;
	char *approve_text; /* as in the file; "" = none */
	unsigned approve;   /* 1 + the index of the audience that says `go` first; 0 = nobody is asked */
	bool soft, internals, acks, links;
	bool tickets; /* what a stranger tells us becomes a ticket, where it is nothing known */
	/* stand in the file: then they hold where a post costs, too */
	bool acks_asked, remind_asked, remind_acked_asked;
	int64_t hold_ms, recovery_hold_ms, reopen_ms, update_ms, remind_ms, remind_acked_ms;
	int64_t flap_digest_ms;
	enum visibility visibility;
	struct config_word *words; /* overrides */
	unsigned n_words;
	struct config_escalation *escalate; /* soonest first */
	unsigned n_escalate;
	unsigned reports;     /* so many people with the same trouble are told to operators; 0 = never */
	unsigned storm;	      /* new incidents in 10 min that are told one by one; 0 = no limit */
	int64_t *announce_ms; /* so long before a downtime; longest first */
	unsigned n_announce;
	char *quiet_hours_text, *urgent_text; /* as in the file; "" = none */
	struct hours *quiet_hours;	      /* NULL = none */
	struct match *urgent;		      /* NULL = nothing is */
	int line;
};

/* An Icinga 2, watched by its API. */
struct config_icinga {
	char *url; /* "https://10.0.0.5:5665": https always, with the port, no trailing slash */
	char *node; /* NodeName: what its certificate says; not given: url's host */
	char *user, *password_file; /* "" = by certificate */
	char *cert_file, *key_file; /* "" = by password */
	char *ca_file;
	int line;
};

struct config_word {
	char *language, *event, *text; /* "en", "problem", "$SYMBOL$ ..." */
	int line;
};

enum role { ROLE_NOBODY, ROLE_COMMUNICATOR, ROLE_OPERATOR, ROLE_LEAD, ROLE_ADMIN };

struct config_person {
	char *name;
	char *mastodon; /* "name@server", lower case; "" = none */
	char *x;	/* name without @, lower case, or the numeric id; "" = none */
	enum role role;
	struct match *match;
	char *match_text;
	bool notify;
	bool mention; /* may be mentioned by an escalation */
	int line;
};

/* group_by: what else belongs together besides host, parents and equal public names. */
enum group_kind { GROUP_NONE, GROUP_HOSTGROUP, GROUP_SERVICEGROUP, GROUP_VAR };

struct config {
	char *path;
	char *language, *timezone, *link;
	char *state_dir, *run_dir;
	char *metrics_file; /* "" = none */
	char **core_users; /* who may connect as a module */
	unsigned n_core_users;
	enum group_kind group_kind;
	char *group_by; /* the group's or variable's name ("web", "_RACK"); "" = none */
	int64_t keep_ms; /* history */
	unsigned group_min; /* objects; fewer stay single */
	char **same_objects; /* nodes that watch the same objects */
	unsigned n_same_objects;
	char *sentinels_text;
	struct match *sentinels; /* NULL = none: isolation is not looked for */
	unsigned isolation;	 /* % of the objects */
	enum log_level log;
	enum log_format log_format;
	struct config_account *accounts;
	unsigned n_accounts;
	struct config_audience *audiences;
	unsigned n_audiences;
	struct config_person *people;
	unsigned n_people;
	/* NULL: tickets stay in our own store. Else an account named "desk": its network is the
	 * desk's type (desk_find()), its handle the queue, or the address that gets the mail. */
	struct config_account *desk;
	struct config_icinga *icinga; /* each with a node of its own */
	unsigned n_icinga;
};

/* One thing wrong in the file: "twicket.cfg:5: audiences.public.hodl: no such key; ..." */
struct config_error {
	int line; /* 0 = the file as a whole */
	bool warning;
	char *text;
};

struct config_report {
	struct config_error *at;
	unsigned n, errors, warnings;
};

/* Its first error, one line, and how many more there are. */
void config_report_first(const struct config_report *report, struct err *err);

/*
 * Reads and checks the file. NULL when there is at least one error; the report
 * then says all of them (of meaning; libconfig stops at the first of syntax).
 * Needs no network and no core. The report is the caller's: config_report_finish().
 */
struct config *config_load(const char *path, struct config_report *report);
void config_discard(struct config *c); /* NULL is fine */
/* libconfig has a function of this name, which the linker would replace by ours: */
#define config_destroy config_discard
void config_report_finish(struct config_report *report);

/*
 * The command line's -s and -r: other folders than the file says (NULL = as it says);
 * token files in the default place move along. -1 with err: not an absolute path.
 */
int config_override(struct config *c, const char *state_dir, const char *run_dir, struct err *err);

/* For demonstrations (-x): every hold, recovery_hold, flap_digest and escalate.after divided by factor. */
void config_hurry(struct config *c, unsigned factor);

/* What a notifier gets of an account; the strings and prices stay the account's, the token the caller's. */
struct notifier_settings config_settings(const struct config_account *a, const char *token);

/* Index by name, -1 when there is none. */
int config_account_index(const struct config *c, const char *name);
int config_audience_index(const struct config *c, const char *name);
int config_person_index(const struct config *c, const char *name);

/* Is this audience (by name) told on this account? */
bool config_tells(const struct config *c, const char *audience, const char *account);

/* Does an audience with internals = true hear of something on this account? */
bool config_tells_internals(const struct config *c, unsigned account);

/* "https://NODE:PORT": in front of a path of its API, so that NODE is verified; -1: does not fit. */
int config_icinga_base(const struct config_icinga *i, char *out, size_t size);
/* "host:port": where to connect to for that. */
const char *config_icinga_address(const struct config_icinga *i);
/* One that outlives its configuration, texts never NULL. -1: out of memory, nothing is kept. */
int config_icinga_copy(struct config_icinga *to, const struct config_icinga *from);
void config_icinga_clear(struct config_icinga *i);
/* In all but the line that it stands in. */
bool config_icinga_is_same(const struct config_icinga *a, const struct config_icinga *b);

/* "90s" "2m" "1h30m" "2d" -> ms; "0" -> 0. -1 with err: a bare number gets a hint. */
int64_t config_duration(const char *text, struct err *err);

/* Without the blanks around it, cut in place. */
char *config_trim(char *text);

/* The name in `names` (NULL-terminated) that is nearest to `word`, NULL when none is near. */
const char *config_nearest(const char *word, const char *const *names);

#endif

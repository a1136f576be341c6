/*
 * What core.c, core_words.c and core_accounts.c share, and nobody else sees.
 */
#ifndef TWICKET_CORE_INTERNAL_H
#define TWICKET_CORE_INTERNAL_H

#include "agent/core.h"
#include "agent/knowledge.h"
#include "agent/smalltalk.h"
#include "agent/suspicion.h"
#include "agent/ticket.h"

struct note {
	struct note *next;
	struct timeline_row row;
	char *kind, *text;
};

/* The open accounts of one configuration; index as in config->accounts. */
struct accounts {
	unsigned n;
	const struct notifier **notifiers;
	struct account **accounts; /* NULL: no token */
	char **tokens;
	struct notifier_settings *settings;
	char **troubles; /* why there is no token */
	struct words **words; /* of the account's language */
	/* the desk; NULL: none, or no login */
	const struct notifier *desk;
	struct account *desk_account;
	struct notifier_settings desk_settings;
	char *desk_token;
};

/* So many within an hour. */
struct hourly {
	int64_t since_ms; /* wall */
	unsigned n;
};

struct core {
	const struct config *config;
	struct store *store;
	struct core_env env;
	struct engine *engine;
	struct runner *runner;
	struct people *people;
	struct ledger *ledger;
	struct knowledge *knowledge;
	struct outbox *outbox;
	struct inbox *inbox;
	struct collector *collector;
	struct tickets *tickets;
	struct suspicion *suspicion;
	struct smalltalk *smalltalk;
	unsigned nodes_to_come; /* whose objects are not all there yet */
	bool wants_names, knows_names;
	struct accounts accounts;
	struct now now; /* of the turn under way */
	struct note *notes, **notes_tail;
	unsigned n_notes;
	int64_t *born_s; /* per audience and account of the configuration */
	uint64_t *orphans; /* threads of audiences and accounts that are no longer configured */
	unsigned n_orphans;
	char **open_told; /* accounts of which was said that they are open to everybody */
	unsigned n_open_told;
	int64_t clock; /* wall minus boot, ms; 0 = not looked at yet */
	char store_trouble[512];
	bool is_damage_told; /* in the log */
	int64_t retry_boot_ms;
	int64_t turned_ms; /* boot: the last turn */
	bool has_news; /* a core has said something since */
	int64_t purge_boot_ms;
	int64_t house_boot_ms; /* the next slice of core_keep_house() */
	bool same_boot;
	struct hourly opened; /* tickets */
	bool is_flood_told; /* within that hour */
	struct hourly answers, paid, told; /* to strangers, the paid ones; tickets to operators */
	unsigned char given[27 * 27 * 27 / 8 + 1]; /* a bit for each tag that core_fresh_tag() gave */
};

/* core_tag.c */
void core_fresh_tag(void *arg, char tag[TAG_SIZE]); /* unused within a year */
void core_note(struct core *c, uint64_t incident, const char *kind, const char *text);

int core_load(struct core *c, struct err *err); /* core_load.c */

/* core_knowledge.c: what helps is kept (for the inbox, see its learn) and told again */
void core_learn(void *arg, const struct reply_row *reply, const char *kind, const char *text, const char *by);
bool core_last_fix(struct core *c, uint64_t incident, const struct say *say, const struct words *words,
		   struct buf *out); /* false: nothing is known */
void core_keep_house(struct core *c); /* a slice of what can wait: the index, retention */

/* core_born.c: since when each audience is told on each account */
int core_born_load(struct core *c, const struct config *config, int64_t **out, struct err *err);
int64_t core_born_s(void *arg, unsigned audience, unsigned account);

/* core_accounts.c */
int core_accounts_open(struct core *c, const struct config *config, struct accounts *out, struct err *err);
void core_accounts_close(struct core *c, struct accounts *a);
void core_accounts_use(struct core *c); /* tells outbox and collector */

/* core_people.c: for the engine, see its is_revoked */
bool core_is_revoked(void *arg, unsigned person);
bool core_is_stopped(void *arg, unsigned person, unsigned account);

/* core_alarm.c: an account that cannot speak is told on the others */
/* To all who may know internals, each account once; the second with a tag of each line's own. */
void core_say_inside(struct core *c, struct say *say);
void core_tell_inside(struct core *c, struct say *say);
void core_alarm(void *arg, const char *account, const char *text, bool is_over);

/* core_locked.c: may this audience's facts be told on this account? False: said why, once per account and start */
bool core_may_tell(struct core *c, const struct say_target *target);
void core_locked_finish(struct core *c);

/* core_hand.c: for the outbox, see its is_paused */
/* and for the inbox, see its pause */
bool core_is_answering(void *arg, uint64_t reply); /* a pause waits for what it said */
void core_pause_asked(void *arg, unsigned account, const char *by);
bool core_is_paused(void *arg, unsigned account, uint64_t thread);

/* core_words.c: the sink of the engine and the inbox */
void core_say(void *arg, const struct say_target *target, const struct say *say);
char *core_word(void *arg, const struct say_target *target, const struct say *say); /* engine_sink.word */
void core_answer(void *arg, const struct inbox_answer *answer);
void core_boost(void *arg, unsigned account, uint64_t reply, const char *remote_id);
/* incident: whose first post it is, what helped before is said with it; 0 = none.
 * 0: out holds the text. 1: there is nothing to say. -1: cannot be said (logged). */
int core_render(struct core *c, unsigned audience, unsigned account, const char *base, const struct say *say,
		uint64_t incident, struct buf *out);
void core_favourite(void *arg, unsigned account, uint64_t reply, const char *remote_id);

/* core_ticket.c, core_reporter.c, core_known.c: what strangers report, and what they hear of it */
struct tickets *core_tickets_build(struct core *c); /* NULL: no memory */
void core_mention(void *arg, struct inbox_mention *m);
int core_audience_for(const struct core *c, unsigned account); /* that tells strangers on it; -1: none does */
void core_gone(void *arg, const struct reply_row *reply, struct buf *words); /* for the inbox, see its gone */
void core_tell_reporters(struct core *c, const struct say_target *target, const struct say *say);

#define HOUSE_MS 5000 /* between the slices of core_keep_house() */
#define LIVE_INCIDENTS 512 /* at most so many are looked at */
struct live_incidents {
	uint64_t id[LIVE_INCIDENTS];
	unsigned n;
};
/* core_known.c: those that are open and not over; the caller frees it. NULL: no memory. */
struct live_incidents *core_live(const struct core *c);

/* core_suspect.c: a report became that ticket; is it one of many? */
void core_suspect(struct core *c, const char *ticket);

#endif

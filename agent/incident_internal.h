/*
 * The engine's own functions, shared by incident*.c and by nobody else; its structs are in
 * incident_state.h. Where the rules of SPEC 4 stand:
 *	incident.c, _event, _snapshot	what the core reports
 *	_problem			one object's trouble (4.0)
 *	_place, _group, _same		which incident it belongs to (4.0)
 *	_root				what stands for an incident, and its state from that
 *	_child				an incident that is part of another (4.0)
 *	_thread				the table of 4.1: states and events
 *	_about				what a thread is about: how bad, since when, until when
 *	_line				"part of", acknowledged and let go, no longer monitored
 *	_timer, _due			the deadlines of 4.2; who is looked at
 *	_hush				why nothing may be said right now
 *	_channel, _list			the one digest (4.2), and what it lists
 *	_storm, _cutoff			storms and isolation (4.2)
 *	_downtime			the core's downtimes
 *	_maintenance, _plan		planned work, announced and over; which downtimes are one
 *	_plan_say			the facts of a sentence about it
 *	_left				what is still bad when it is over
 *	_rest				downtime in the middle of an incident
 *	_flap				flapping, the core's and our own
 *	_remind				reminders, escalation, "what fixed it?"
 *	_approve, _answer, _pieces	words that wait for a `go`; what is answered; how they are shown
 *	_hand, _open			what people say of it by hand; opened, closed, retracted
 *	_undo				what was said by hand, taken back
 *	_silence			quiet and pause
 *	_say, _names			the facts of a sentence; which members it names
 *	_view				for others to look at
 *	_rows, _load, _gone		persistence: what changed, and back; what no one knows any more
 */
#ifndef TWICKET_INCIDENT_INTERNAL_H
#define TWICKET_INCIDENT_INTERNAL_H

#include "agent/incident.h"
#include "agent/incident_hand.h"
#include "agent/incident_state.h"

/* incident.c */
struct node *engine_node(struct engine *e, const char *name);
struct problem *engine_problem(const struct engine *e, const char *node, const char *host, const char *service);
char *engine_strdup(const char *s);
void engine_set_string(char **at, const char *s);
void engine_note(struct engine *e, struct incident *i, const char *kind, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void engine_ask(struct engine *e, struct problem *p, const struct now *now); /* for its description */

/* incident_event.c */
void event_state(struct engine *e, struct node *n, const struct event *ev, const struct now *now);
void event_ack(struct engine *e, struct problem *p, const struct event *ev, const struct now *now);
void event_ack_gone(struct engine *e, struct problem *p, const struct event *ev, const struct now *now);
void event_flag(struct engine *e, struct problem *p, uint32_t flag, bool on, const struct now *now);
void event_downtime(struct engine *e, struct node *n, const struct event *ev, const struct now *now);
void event_notified(struct engine *e, struct node *n, const struct event *ev, const struct now *now);

/* incident_snapshot.c */
void snapshot_ahead(struct engine *e, struct node *n, const struct now *now); /* asks for what is known */
void snapshot_begin(struct engine *e, struct node *n, const struct event *ev);
void snapshot_end(struct engine *e, struct node *n, const struct event *ev, const struct now *now);
/* Is its "OK" from before the trouble? Then the core is asked again. */
bool snapshot_proves_nothing(struct engine *e, struct problem *p, const struct object *o, const struct now *now);
bool snapshot_is_older(const struct problem *p, const struct event *ev); /* the same of what stands in it */
void snapshot_timers(struct engine *e, const struct now *now);
void say_to_operators(struct engine *e, enum say_event event, const struct node *n, unsigned count,
		      const struct now *now);
void operators_hear(struct engine *e, struct say *say, const struct now *now); /* a line without a thread */

/* incident_problem.c */
void problem_touch(struct problem *p); /* its row must be saved */
void problem_label(const struct problem *p, char *out, size_t size); /* "db1/Postgres" */
char *problem_label_dup(const struct problem *p);
struct problem *problem_create(struct engine *e, struct node *n, const struct event *ev);
static inline bool problem_is_live(const struct problem *p)
{
	return p->until_s == 0;
}

unsigned problem_severity(const struct problem *p); /* 0 OK, 1 WARNING, 2 UNKNOWN, 3 CRITICAL or UNREACHABLE, 4 DOWN */
const char *problem_state_word(const struct problem *p);
struct problem *problem_open(struct engine *e, struct node *n, const struct event *ev, const struct now *now);
void problem_change(struct engine *e, struct problem *p, const struct event *ev, const struct now *now);
void problem_recover(struct engine *e, struct problem *p, int64_t until_s, const char *output, const struct now *now);
void problem_stop_waiting(struct problem *p); /* for its description */
void problem_forget(struct engine *e, struct problem *p); /* it belongs to no incident */
void problem_free(struct problem *p);
/* Since when it is trouble to an audience: HARD (or SOFT), and bad enough. */
int64_t problem_since_for(const struct engine *e, const struct problem *p, unsigned audience);
void problem_hear(struct engine *e, struct problem *p); /* recomputes in and heard */
uint64_t problem_heard_as(const struct engine *e, const struct problem *p); /* who hears of its state; described */
bool audience_includes(const struct config_audience *a, const struct object *o); /* whatever its state */

/* incident_member.c */
void member_add(struct incident *i, struct problem *p);
void member_remove(struct incident *i, struct problem *p);
void member_changed(const struct problem *p); /* its state, its times, its object, or whether it flaps; of none: nothing */
void members_changed(struct incident *i);     /* or since when the incident is */
void members_sum_up(struct incident *i);      /* after changes: one walk, and none by those who ask */
struct problem *incident_root(const struct incident *i); /* the problem that stands for it; NULL: none left */
unsigned incident_worst(const struct incident *i);	 /* severity of the worst live member, whoever hears of it */
bool incident_flaps(const struct incident *i);		 /* does any member? */
bool is_of_before(const struct incident *i, const struct problem *p); /* of an earlier round */

/* incident_place.c */
void incidents_place_anew(struct engine *e, const struct now *now);
void place_problem(struct engine *e, struct problem *p, const struct now *now);
/* An adopted host is well: what was laid at its door, and goes on, is told after all. */
void place_left(struct engine *e, const struct node *n, const char *host, const struct now *now);
bool incident_has_live(const struct incident *i);
bool incident_is_known(const struct incident *i); /* all members are described */
bool any_is_unknown(const struct engine *e);
bool incident_is_in_snapshot(const struct incident *i); /* a member's node reports anew */
bool incident_is_over(const struct incident *i);  /* all threads are final */
void incident_let_go(struct engine *e, struct incident *i, const struct now *now); /* of all that led to it */
void incident_close(struct engine *e, struct incident *i, const struct now *now);
void incident_close_if_over(struct engine *e, struct incident *i, const struct now *now);
void incident_free(struct engine *e, struct incident *i);
void incident_add_refs(struct engine *e, struct incident *i, struct problem *p);
struct incident *incident_link(struct engine *e, struct incident *i);
void incident_touch(struct incident *i); /* its row must be saved */
struct incident *incident_create(struct engine *e, int64_t since_s, const struct now *now);
bool is_only_live(const struct incident *i, const struct problem *p);
void incident_refresh(struct incident *i); /* object, state word: as last known */
bool incident_had_owner(const struct incident *i); /* in this round, when it is over */

/* incident_about.c */
const struct config_audience *audience_of(const struct engine *e, const struct thread *t);
bool thread_costs(const struct engine *e, const struct thread *t); /* does its network take money? */
static inline bool thread_hears(const struct thread *t, const struct problem *p)
{
	return (p->heard & AUDIENCE_BIT(t->audience)) != 0;
}

/* Heard members that are trouble; once it is told, but for those that rest. */
bool thread_is_live(const struct thread *t);
unsigned thread_worst(const struct thread *t); /* severity of the worst of them */
bool problem_is_covered(const struct problem *p); /* by scheduled downtime */
bool thread_is_muted(const struct thread *t);  /* scheduled downtime covers them all */
bool thread_is_unmuted_by(const struct thread *t, const struct problem *p); /* all but this one */
int64_t thread_since(const struct engine *e, const struct thread *t);	 /* as it is told now; wall s */
int64_t thread_first_s(const struct engine *e, const struct thread *t); /* the first of all its members */
int64_t thread_last_s(const struct thread *t);				 /* when the last was over */

/* incident_line.c */
/* Does the parent speak for it to these people? */
bool parent_speaks(const struct incident *i, unsigned audience, unsigned account);
bool thread_is_silent(const struct thread *t); /* a parent speaks for it */
void thread_part_line(struct engine *e, struct thread *t, const struct now *now); /* "part of", once */
void children_part_lines(struct engine *e, const struct thread *parent, const struct now *now); /* it was told */
bool thread_takes_lines(const struct engine *e, const struct thread *t, const struct now *now);
void threads_ack_line(struct engine *e, struct incident *i, const struct now *now);
void threads_unack_line(struct engine *e, struct incident *i, const struct now *now);
void threads_gone_line(struct engine *e, struct incident *i, const struct problem *p, const struct now *now);

/* incident_thread.c */
struct thread *thread_find(const struct incident *i, unsigned audience, unsigned account); /* not CLOSED or MISSED; NULL */
void thread_free(struct engine *e, struct thread *t);
struct thread *thread_create(struct engine *e, struct incident *i, unsigned audience, unsigned account);
void threads_for(struct engine *e, struct incident *i, struct problem *p, const struct now *now);
void thread_hold(struct engine *e, struct thread *t, int64_t since_s, const struct now *now);
void thread_tell(struct engine *e, struct thread *t, enum say_event event, const char *was, const struct now *now);
void thread_tell_again(struct engine *e, struct thread *t, const struct now *now);
void thread_names_members(const struct engine *e, struct thread *t); /* all that is trouble is told with this line */
void thread_told(struct engine *e, struct thread *t, const struct now *now); /* the members were named */
void thread_look(struct engine *e, struct thread *t, const struct now *now);
void thread_over(struct engine *e, struct thread *t, const struct now *now); /* all that it hears is OK */
void thread_resolve(struct engine *e, struct thread *t, const struct now *now);
void thread_resolved(struct engine *e, struct thread *t, const struct now *now); /* its end was said, or needs none */
void thread_pay_end(struct engine *e, struct thread *t, const struct now *now);
void thread_touch(struct thread *t); /* its row must be saved */
void thread_finish(struct thread *t, enum thread_state state);
void incident_update(struct engine *e, struct incident *i, const struct now *now); /* after any change to its problems */

/* incident_timer.c */
void thread_timers(struct engine *e, struct incident *i, const struct now *now);
bool is_due(int64_t deadline, const struct now *now); /* 0 = no deadline: never */

int64_t clock_of(const struct now *now); /* wall minus boot, ms: changes when the wall clock is set */

/* incident_due.c */
void engine_wake(struct engine *e, int64_t boot_ms); /* to look at all: what happens may matter to any */
void incident_wake(struct engine *e, struct incident *i, int64_t boot_ms); /* a deadline of its own */
void incident_forget_due(struct engine *e, struct incident *i); /* it is about to be freed */
bool due_take(struct engine *e, const struct now *now); /* into e->due; true: that is all of them */

/* incident_hush.c */
enum hush thread_hush(const struct engine *e, const struct thread *t, const struct now *now);
/* Of a whole channel: NONE, PAUSED, CUT_OFF or HOURS. */
enum hush channel_hush(const struct engine *e, unsigned audience, unsigned account, const struct now *now);
bool is_missed_by(enum hush hush);  /* does what passes meanwhile go into a digest? */
bool hush_owes(enum hush hush);	    /* is even an end not said now, but owed? */
int64_t boot_of(int64_t wall_s, const struct now *now);
void hush_wake(struct engine *e, const struct now *now); /* when a hush that time ends is over */

/* incident_channel.c */
struct channel *channel_find(struct engine *e, unsigned audience, unsigned account);
int channels_build(struct engine *e); /* for the configuration; -1 no memory */
void channels_count(struct engine *e); /* what is missed, afresh */
void channels_clock(struct engine *e, int64_t step_ms); /* the wall clock was set by that */
void channels_remap(struct engine *e, const struct config *old);
void thread_miss(struct engine *e, struct thread *t, enum hush why, const struct now *now);
void thread_note_names(struct engine *e, struct thread *t, unsigned n); /* e->names, in t->names */
void problem_passed(struct engine *e, struct problem *p, const struct now *now); /* begun and ended while we were away */
void channels_lost(struct engine *e, unsigned lost, const struct now *now); /* events that never reached us */
void thread_died(struct engine *e, struct thread *t, const struct now *now); /* its first post never arrives */
void channels_timers(struct engine *e, const struct now *now);
void channel_changed(struct engine *e, const struct thread *t, const struct now *now); /* told, or over */
bool channel_delivery(struct engine *e, uint64_t thread, enum delivery delivery, const struct now *now);
/* A pause since then is over: a summary of what is still true. */
void channel_lift(struct engine *e, struct channel *c, int64_t since_s, const struct now *now);

void channel_undo_digest(struct engine *e, struct channel *c); /* the one that still waits */

struct channel_line {
	enum say_event event;
	uint64_t thread;
	const char *tag;
	bool is_root;
};
/* Fills in event and tag, and takes away what the public must not hear. */
void channel_say(struct engine *e, const struct channel *c, const struct channel_line *line, struct say *say);

/* incident_list.c: what a list names; the strings are the incidents'. */
struct spans {
	struct say_span *at;
	unsigned n, cap;
	char **kept; /* texts that some of them point into */
	unsigned n_kept;
};
void spans_take(struct engine *e, struct spans *s, const struct thread *t, bool is_open);
void spans_finish(struct spans *s);

/* incident_storm.c: does the storm's summary tell it? Then not the thread. */
bool storm_named(struct engine *e, const struct thread *t); /* did the summary name it? */
void storm_leave(struct engine *e, struct thread *t); /* it was nothing: not counted any more */
bool storm_takes(struct engine *e, struct thread *t, const struct now *now);
void storm_timers(struct engine *e, struct channel *c, const struct now *now);

/* incident_cutoff.c */
void cutoff_look(struct engine *e, const struct now *now);

/* incident_gone.c: rows whose audience or account is not in the configuration any more */
void gone_thread(struct engine *e, const struct thread_row *row);
void gone_channel(struct engine *e, const char *audience, const char *account);
void gone_save(const struct engine *e, const struct engine_rows *rows);
void gone_saved(struct engine *e);

/* incident_flap.c: an object that flaps is trouble even while it is OK. */
static inline bool problem_flaps(const struct problem *p) /* by the core's word or our own count */
{
	return p->flap_s != 0;
}

static inline bool problem_is_trouble(const struct problem *p) /* not OK, or it flaps */
{
	return problem_is_live(p) || problem_flaps(p);
}

void flap_changed(struct engine *e, struct problem *p, const struct now *now); /* it broke, or is OK */
bool flap_follow(struct problem *p, bool does, const struct now *now); /* what the core says; true: that is news */
void flap_ends(struct problem *p);
void flap_event(struct engine *e, struct node *n, const struct event *ev, const struct now *now);
bool flap_calms(struct engine *e, struct incident *i, const struct now *now); /* ends what is calm again */
void flap_timers(struct engine *e, struct incident *i, const struct now *now);
bool thread_flaps(struct engine *e, const struct thread *t, const struct now *now); /* and nothing else is bad */
void thread_flap_begin(struct engine *e, struct thread *t, const struct now *now); /* as what the thread is about */
void thread_flap_look(struct engine *e, struct thread *t, const struct now *now); /* begins, goes on, ends */
void flap_fill(struct engine *e, const struct thread *t, enum say_event event, struct say *say);
/* Beyond the life of a struct problem: an object may fail often before anybody hears of it. */
void flap_remember(struct engine *e, const struct problem *p);
void flap_recall(struct engine *e, struct problem *p);
void flap_free(struct engine *e);

/* incident_remind.c */
int64_t remind_interval(const struct engine *e, const struct thread *t);
void remind_restart(struct engine *e, struct thread *t, const struct now *now);
void thread_remind(struct engine *e, struct thread *t, const struct now *now);	 /* TOLD: what is due */
void thread_escalate(struct engine *e, struct thread *t, const struct now *now); /* TOLD and nobody has it */
void escalate_restart(struct engine *e, struct thread *t, const struct now *now);
void escalate_watch(struct engine *e, struct thread *t, const struct now *now); /* TOLD: has somebody got it? */
void mentions_free(struct engine *e);
void ask_later(struct engine *e, struct thread *t, const struct now *now); /* its end was said */
void remind_fill(const struct engine *e, const struct thread *t, enum say_event event, struct say *say);
void thread_ask_fixed(struct engine *e, struct thread *t, const struct now *now); /* RESOLVED */

/* incident_downtime.c: the core's downtimes */
void downtime_event(struct engine *e, struct node *n, const struct event *ev, const struct now *now);
void downtime_object(struct engine *e, struct node *n, const char *host, const char *service, struct object *o,
		     const struct now *now); /* borrowed: share it */
void downtimes_begin(struct engine *e, struct node *n); /* a snapshot */
void downtimes_end(struct engine *e, struct node *n, const struct now *now);
void downtime_attach(struct downtime *d, struct incident *i); /* makes it part of a maintenance */
void downtimes_let_go(struct incident *i);		       /* the maintenance is closed */
void downtime_free(struct downtime *d);
void downtime_link(struct engine *e, struct downtime *d);
void downtime_unlink(struct engine *e, struct downtime *d);
/* Those of a host and some others, linked by host_next: whoever walks them compares the host. */
struct downtime *downtimes_near(const struct engine *e, const char *host);
bool downtime_covers(const struct downtime *d, const struct problem *p); /* a host's, its services, too */
/* Does one that runs cover it? On its own node, or on any that watches the same. */
bool downtime_mutes(const struct engine *e, const struct problem *p, bool on_any_node);
int64_t downtime_end_of(const struct engine *e, const struct problem *p, const struct downtime **which);

/* incident_maintenance.c: what is said of them; incident_plan.c: which belong together, what
 * they are called; incident_plan_say.c: the facts */
void maintenance_timers(struct engine *e, struct incident *i, const struct now *now);
/* A planned one by hand: no downtime of the core belongs to it. */
struct incident *maintenance_open(struct engine *e, const struct open_order *order, const struct now *now);
int maintenance_close(struct engine *e, struct incident *i, const char *text, const char *by,
		      const struct now *now, struct err *err); /* by hand, before its time */
/* It ends, and what is still bad is an incident under its tag from now on. True: all is said. */
bool maintenance_hands_over(struct engine *e, struct incident *plan, const struct now *now);
bool maintenance_may_end(struct engine *e, const struct thread *t, const struct now *now);   /* say its end now */
void maintenance_thread_ends(struct engine *e, struct thread *t, const struct now *now); /* all of it is well, or not ours */
bool maintenance_is_over(const struct incident *i);
bool announces(const struct engine *e, const struct thread *t); /* where it costs, only what was asked for */
void maintenance_join(struct engine *e, struct downtime *d, const struct now *now);
void maintenance_hear(struct engine *e, struct downtime *d, const struct now *now); /* its object is described */
void maintenance_settle(struct engine *e, struct incident *i, const struct now *now); /* more may come */
void maintenance_look(struct engine *e, struct incident *i, const struct now *now);	 /* at the next timers */
bool maintenance_is_about(const struct incident *i, const struct match *match); /* one of its objects */
bool maintenance_is_within(const struct incident *i, const struct match *match); /* all of them */
const struct downtime *maintenance_root(const struct incident *i, const struct config_audience *a);
/* "mx1", "mx1/SMTP", "mx1 +49"; a NULL: to nobody in particular. Returns how many the +N counts. */
unsigned maintenance_label(const struct incident *i, const struct config_audience *a, char *out, size_t size);
bool maintenance_names_more(const struct engine *e, const struct incident *i, const struct thread *trouble);
bool maintenance_is_gone(const struct incident *i, const struct config_audience *a); /* from the configuration */
struct problem *maintenance_worst(const struct engine *e, const struct thread *t); /* still bad; NULL: all is well */
void downtime_fill(const struct engine *e, const struct thread *t, enum say_event event, struct say *say);

/* incident_rest.c: an incident in trouble, and what covers it */
void thread_downtime_look(struct engine *e, struct thread *t, const struct now *now);
int64_t thread_downtime_end(const struct engine *e, const struct thread *t); /* when what covers it ends; 0 = not known */
bool rest_is_pending(const struct thread *t); /* is its end, or another one, about to be said? */
bool rest_tells(const struct engine *e, const struct thread *t); /* does trouble of the same people tell of a maintenance? */
void rest_fill(const struct engine *e, const struct thread *t, enum say_event event, struct say *say);

/* incident_group.c */
struct incident *group_find(struct engine *e, struct problem *p); /* beside host, parents and names */
void group_look(struct engine *e, struct problem *p, const struct now *now); /* are there enough by now? */
void group_timers(struct engine *e, const struct now *now); /* before any thread tells its first post */
bool is_unexplained(const struct engine *e, const struct thread *t); /* UNREACHABLE, and no ancestor is DOWN */
bool has_a_way(const struct engine *e, const struct problem *p); /* one of its parents is well, another is not */
void group_fill(struct engine *e, const struct thread *t, enum say_event event, struct say *say);

/* incident_same.c: nodes that watch the same objects */
const char *site_of(const struct engine *e, const struct node *n);
struct problem *site_problem(const struct engine *e, const struct node *n, const char *host,
			     const char *service); /* a live one; NULL */
bool is_twin(const struct problem *a, const struct problem *b); /* one object, two nodes */
bool is_said_by_twin(const struct incident *i, const struct problem *p, unsigned audience);
bool is_told_by_twin(const struct engine *e, const struct problem *p);
bool stands_for_incident(const struct incident *i, const struct problem *p); /* its root, on whichever node */
/* The live root, where somebody has it; NULL. */
const struct problem *incident_acked(const struct incident *i, const struct problem *root);
bool is_member(const struct incident *i, const struct problem *p); /* live, and no older twin is one */
unsigned incident_members(const struct incident *i); /* live, each object once */
void same_timers(struct engine *e, struct incident *i, const struct now *now);
void same_fill(struct engine *e, const struct incident *i, struct say *say);

/* incident_child.c */
void become_child(struct engine *e, struct incident *child, struct incident *parent, const struct now *now);
void incident_take(struct engine *e, struct incident *into, struct incident *from, const struct now *now);
void merge(struct engine *e, struct incident *into, struct incident *from, const struct now *now);
bool was_told(const struct incident *i);
void absorb(struct engine *e, struct problem *host, const struct now *now);	 /* what a host that is not UP caused */
void find_parent(struct engine *e, struct problem *p, const struct now *now); /* whose DOWN explains it */
void release_children(struct engine *e, struct incident *i, const struct now *now); /* it is over for good */

/* incident_hand.c, incident_open.c */
struct incident *incident_find(const struct engine *e, uint64_t id); /* open ones; NULL */
/* The incident, and that something can still be done about it. NULL with err. */
struct incident *incident_to_act_on(struct engine *e, uint64_t id, struct err *err);

/* incident_silence.c */
struct quiet *quiet_add(struct engine *e, const struct quiet_row *row, struct err *err);
struct pause *pause_add(struct engine *e, const struct pause_row *row);
bool pause_covers(const struct engine *e, const struct pause *p, unsigned audience, unsigned account);
bool quiet_covers(const struct engine *e, const struct thread *t, const struct now *now);
bool is_paused(const struct engine *e, unsigned audience, unsigned account);
void quiet_free(struct quiet *q);
void pause_free(struct pause *p);
void hand_timers(struct engine *e, const struct now *now); /* quiets that are over */

/* incident_approve.c */
/* What a person said, where the sentence is about that. */
struct words_of {
	const char *text, *by;
};
/* One sentence of a thread, before its facts are known. */
struct sentence {
	enum say_event event;
	const char *was;
	const struct words_of *words; /* NULL: none */
};
/* Is it held back? Then it is asked for, or never said. */
bool approve_takes(struct engine *e, struct thread *t, const struct sentence *s, const struct now *now);
bool approve_keeps_back(const struct engine *e, const struct thread *t, const struct sentence *s); /* the words in it */
/* Says that with this text, in several posts where one does not hold it; incident_pieces.c. */
void pieces_say(struct engine *e, const struct say_target *target, struct say *say, const char *shown);
bool is_approving(const struct engine *e, const struct thread *t);
void approve_drop(struct thread *t); /* nobody is asked any more */
void approve_free(struct thread *t); /* the thread goes */
struct thread *open_question(const struct incident *i); /* the one that is asked just now; NULL: none is */
bool approve_is_hushed(struct engine *e, const struct thread *t, const struct now *now);
bool is_as_asked(struct engine *e, struct thread *t, const struct now *now);
/* What was asked then is asked anew: by all that share it, as it is by now. */
void ask_anew(struct engine *e, struct incident *i, unsigned audience, int64_t asked_ms, const struct now *now);
void approve_publish(struct engine *e, struct thread *t, const struct now *now);
void approve_timer(struct engine *e, struct thread *t, const struct now *now);
/* All is well before anybody said `go`, or after somebody said `no`. True: nothing is said of it. */
bool approve_ends(struct engine *e, struct thread *t, const struct now *now);
void approve_save(const struct thread *t, struct thread_row *row, const struct now *now);
void approve_load(struct thread *t, const struct thread_row *row, int64_t again);
/* To those who may hear who said it to the public. */
void insiders_hear(struct engine *e, struct incident *i, const struct words_of *words, const struct now *now);
int64_t on_the_wall(int64_t boot_ms, const struct now *now); /* incident_rows.c */

/* incident_say.c */
void say_compose(struct engine *e, struct thread *t, const struct sentence *s, const struct now *now,
		 struct say_target *target, struct say *out);
void thread_say_sentence(struct engine *e, struct thread *t, const struct sentence *s, const struct now *now);
void thread_say(struct engine *e, struct thread *t, enum say_event event, const char *was, const struct now *now);
/* A person's own words: to the public as they stand. */
void thread_say_words(struct engine *e, struct thread *t, enum say_event event, const char *text, const char *by,
		      const struct now *now);
void say_fill(struct engine *e, struct incident *i, unsigned audience, unsigned account, enum say_event event,
	      const struct now *now, struct say *out);
void say_internals(struct engine *e, struct incident *i, unsigned audience, struct say *out);
void say_object(struct engine *e, const struct problem *p, struct say *out); /* what it is said of */

/* incident_names.c */
bool problem_rests(const struct problem *p, unsigned audience); /* in downtime, and not told before */
bool incident_is_awake(const struct incident *i, unsigned audience); /* some of it is in none */
/* The member that stands for the incident to an audience. */
struct problem *incident_root_heard(const struct incident *i, unsigned audience);
unsigned thread_names_since(struct engine *e, const struct thread *t, const char *language);
/* Walks what a public thread names: start with i itself. NULL: no more. */
const struct incident *next_part(const struct engine *e, const struct incident *i, const struct incident *at,
				 unsigned audience);
bool is_named_by_parent(const struct engine *e, const struct incident *i);
bool thread_has_news(struct engine *e, const struct thread *t); /* is something trouble that was not named yet? */
bool goes_without_saying(const struct incident *i, const struct problem *p, unsigned audience);
/* The distinct public names, in e->names, in a language. Returns how many. */
unsigned incident_names(struct engine *e, const struct incident *i, unsigned audience, const char *language);
unsigned names_noted(struct engine *e, const struct thread *t); /* those in t->names */
/* What of a public thread is kept by name, for when an object leaves before its end is said. */
void names_note(const struct engine *e, struct thread *t, unsigned n); /* e->names */
void names_push(struct engine *e, unsigned *n, const char *name);
/* The members beside its root that operators are told of, in e->members. Returns how many. */
unsigned members_fill(struct engine *e, const struct incident *i, const struct problem *root, unsigned audience);

#endif

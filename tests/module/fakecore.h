/*
 * A core that is just enough for twicket.so: object lists, descriptors, one timer,
 * callbacks, comments, a log that tests read, and a clock that tests turn.
 * Used by cases.c; built against the same headers as the module.
 */
#ifndef TWICKET_FAKECORE_H
#define TWICKET_FAKECORE_H

#include "common/event.h"
#include "module/neb_compat.h"

/* ---- the core ---- */

extern const char *core_version;
extern int core_command_code; /* what process_external_command1 returns */
extern unsigned core_commands; /* how often it was called */
extern char core_last_command[8192], core_command_before[8192];
extern int64_t core_clock_step_ns; /* the clock goes on by that at each reading */
extern int64_t core_clock_offset_ns;

void core_reset(void); /* a core as at start: no objects, callbacks, descriptors, log */
host *core_add_host(const char *name);
service *core_add_service(host *h, const char *name);
void core_add_parent(host *h, host *parent);
void core_add_variable(customvariablesmember **list, const char *name, const char *value);
hostgroup *core_add_hostgroup(const char *name);
void core_add_member(hostgroup *group, host *h);
contact *core_add_contact(const char *name, int can_submit_commands);
void core_add_contact_to(contactsmember **list, contact *c);
void core_add_contactgroup(contactgroupsmember **list, const char *name, contact *member);
/* The contact is that of an escalation of the host, or of the service when there is one. */
void core_add_escalation(host *h, service *s, contact *c);
unsigned long core_add_comment(service *s, int entry_type, const char *author, const char *text);
void core_delete_comment(unsigned long id);
scheduled_downtime *core_add_downtime(host *h, service *s, time_t from, time_t to); /* of one of the two */
void core_delete_downtime(unsigned long id);
scheduled_downtime *core_find_downtime(unsigned long id);
void core_set_downtime(unsigned long id, const char *comment);

void core_load(const char *so, const char *args); /* dlopen, nebmodule_init */
void core_unload(void); /* nebmodule_deinit, dlclose: all that is loaded */
void core_enter_loop(void); /* EVENTLOOPSTART */
void core_leave_loop(int type); /* EVENTLOOPEND, then RESTART or SHUTDOWN */
int core_init_code(void); /* what nebmodule_init said last */
unsigned core_callbacks(void);
int core_turn(void); /* one turn of the loop: ready descriptors; returns how many */
void core_tick(
    unsigned seconds); /* the clock goes on; the timer runs each second, a turn after each */
unsigned core_descriptors(void);
unsigned core_log_count(const char *part); /* lines that hold it */

void core_dispatch(int type, void *data); /* neb_make_callbacks */
void core_change(service *s, int state, int state_type);
void core_change_host(host *h, int state);
void core_external(int command, const char *args, void (*action)(void *), void *arg);

/* ---- the agent's end ---- */

extern char agent_path[100];
void agent_listen(uid_t uid); /* as that user, if we are root */
void agent_stop(void);
int agent_accept(void); /* true when the module has connected */
void agent_hang_up(void);
void agent_send(const struct event *ev);
void agent_send_bytes(const void *bytes, size_t n);
/* The next message, waiting turns of the loop for it; NULL when none comes. */
const struct event *agent_next(void);
/* Skips to one of that type. */
const struct event *agent_find(unsigned type);
int agent_is_open(void); /* the module has not closed */
void agent_welcome(void); /* accept, HELLO, WELCOME, first snapshot */

#endif

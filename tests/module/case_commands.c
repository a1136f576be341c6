/*
 * What the agent asks and orders.
 * Part of the module's tests; cases.c runs them.
 * Never sleeps: time is the fake core's.
 */
#include "tests/module/cases.h"

/* ---- commands and questions ---- */

static void acknowledges(void)
{
	service *s = case_start_connected("");
	struct event ev = {
	    .type = EVENT_COMMAND,
	    .id = 77,
	    .sub = EVENT_VERB_ACK,
	    .kind = EVENT_SERVICE,
	    .flags = EVENT_STICKY | EVENT_NOTIFY,
	    .host = "web",
	    .service = "http",
	    .author = "alice;x",
	    .text = "on it; $(id) `x`\n[1] SHUTDOWN_PROGRAM",
	    .mark = "T7K2:r12"};
	const struct event *got;
	const char *line;

	s->current_state = 2;
	agent_send(&ev);
	got = agent_next();
	CHECK(got && got->type == EVENT_ACK && (got->flags & EVENT_OURS));
	CHECK(!strcmp(got->mark, "T7K2:r12"));
	got = agent_next();
	CHECK(got && got->type == EVENT_COMMENT && (got->flags & EVENT_OURS));
	got = agent_next();
	CHECK(got && got->type == EVENT_RESULT && got->id == 77 && got->code == EVENT_CODE_OK);
	line = strchr(core_last_command, ' ') + 1;
	CHECK(!strcmp(
	    line, "ACKNOWLEDGE_SVC_PROBLEM;web;http;2;1;0;alice x;"
		  "on it id x 1 SHUTDOWN_PROGRAM T7K2:r12"));
	got = case_order(EVENT_VERB_UNACK, "http", "alice", "", "T7K2:r13");
	CHECK(got && got->code == EVENT_CODE_OK && core_commands == 2);
	CHECK(!s->problem_has_been_acknowledged);
	case_stop();
}

/* By itself where the core knows of that; elsewhere the agent takes it away. */
static void acknowledges_until(void)
{
	service *s = case_start_connected("");
	struct event ev = {
	    .type = EVENT_COMMAND,
	    .sub = EVENT_VERB_ACK,
	    .kind = EVENT_SERVICE,
	    .flags = EVENT_STICKY,
	    .host = "web",
	    .service = "http",
	    .author = "alice",
	    .text = "on it",
	    .mark = "T7K2:r12",
	    .until = time(NULL) + 3600};
	const struct event *got;
	char line[200];

	s->current_state = 2;
	agent_send(&ev);
	got = agent_find(EVENT_ACK);
	CHECK(got && got->until == (COMPAT_ACKS_END ? ev.until : 0));
	got = agent_find(EVENT_RESULT);
	CHECK(got && got->code == EVENT_CODE_OK);
	snprintf(
	    line, sizeof line, "ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;web;http;2;0;0;%lld;alice;on it T7K2:r12",
	    (long long)ev.until);
	CHECK(!strcmp(
	    strchr(core_last_command, ' ') + 1,
	    COMPAT_ACKS_END ? line : "ACKNOWLEDGE_SVC_PROBLEM;web;http;2;0;0;alice;on it T7K2:r12"));
	ev.until = 5; /* over by now */
	agent_send(&ev);
	got = agent_find(EVENT_RESULT);
	CHECK(got && got->code == EVENT_CODE_OK && !strstr(core_last_command, "_EXPIRE;"));
	case_stop();
}

static void unack_tells_ours(void)
{
	service *s = case_start_connected("");
	struct event ev = {
	    .type = EVENT_COMMAND,
	    .sub = EVENT_VERB_UNACK,
	    .kind = EVENT_SERVICE,
	    .host = "web",
	    .service = "http",
	    .author = "alice",
	    .text = "not me",
	    .mark = "T7K2:r14"};
	const struct event *got;

	s->current_state = 2;
	s->problem_has_been_acknowledged = TRUE;
	agent_send(&ev);
	got = agent_next();
	CHECK(got && got->type == EVENT_ACK_GONE && (got->flags & EVENT_OURS));
	CHECK(!strcmp(got->mark, "T7K2:r14"));
	CHECK(agent_next() && core_commands == 2);
	CHECK(strstr(core_last_command, "ADD_SVC_COMMENT;web;http;1;alice;not me T7K2:r14"));
	case_stop();
}

static void refusals(void)
{
	service *s = case_start_connected("");
	const struct event *got;

	got = case_order(EVENT_VERB_ACK, "nothing", "a", "t", "");
	CHECK(got && got->code == EVENT_CODE_UNKNOWN_OBJECT && got->id == 5);
	got = case_order(EVENT_VERB_ACK, "http", "a", "t", "");
	CHECK(got && got->code == EVENT_CODE_NOT_A_PROBLEM);
	got = case_order(EVENT_VERB_UNACK, "http", "a", "t", "");
	CHECK(got && got->code == EVENT_CODE_NOT_ACKED);
	s->current_state = 2;
	got = case_order(0, "http", "a", "t", "");
	CHECK(got && got->code == EVENT_CODE_REFUSED);
	got = case_order(200, "http", "a", "t", "");
	CHECK(got && got->code == EVENT_CODE_REFUSED);
	got = case_order(EVENT_VERB_ACK, "http;x", "a", "t", "");
	CHECK(got && got->code == EVENT_CODE_REFUSED);
	got = case_order(EVENT_VERB_ACK, "http\nx", "a", "t", "");
	CHECK(got && got->code == EVENT_CODE_REFUSED);
	got = case_order(EVENT_VERB_ACK, "http", "$;`", "t", "");
	CHECK(got && got->code == EVENT_CODE_REFUSED);
	got = case_order(EVENT_VERB_ACK, "http", "a", "t", "T7K2");
	CHECK(got && got->code == EVENT_CODE_REFUSED);
	got = case_order(EVENT_VERB_ACK, "http", "a", "<>", "");
	CHECK(got && got->code == EVENT_CODE_REFUSED);
	CHECK(core_commands == 0);
	core_command_code = 4;
	got = case_order(EVENT_VERB_ACK, "http", "a", "t", "");
	CHECK(got && got->code == 4 && *got->text);
	core_command_code = -7;
	got = case_order(EVENT_VERB_ACK, "http", "a", "t", "");
	CHECK(got && got->code == EVENT_CODE_CORE_MAX);
	case_stop();
}

static void many_commands_share_the_loop(void)
{
	struct event ev = {
	    .type = EVENT_COMMAND,
	    .sub = EVENT_VERB_COMMENT,
	    .kind = EVENT_SERVICE,
	    .host = "web",
	    .service = "http",
	    .author = "a",
	    .text = "t"};
	const struct event *got;
	unsigned before;

	case_start_connected("");
	for (ev.id = 1; ev.id <= 200; ev.id++)
		agent_send(&ev);
	while (core_commands < 200) {
		before = core_commands;
		CHECK(core_turn() > 0);
		CHECK(core_commands - before <= 64); /* both descriptors may have had a turn */
	}
	for (uint32_t id = 1; id <= 200; id++) {
		got = agent_find(EVENT_RESULT);
		CHECK(got && got->id == id && got->code == 0);
	}
	case_stop();
}

static unsigned count_key(const struct event *ev, const char *key, const char *value)
{
	const char *k = NULL, *v;
	unsigned n = 0;

	while ((k = event_list_next(ev, k))) {
		v = event_list_next(ev, k);
		CHECK(v);
		n += !strcmp(k, key) && (!value || !strcmp(v, value));
		k = v;
	}
	return n;
}

static void describes(void)
{
	service *s = case_start_connected("");
	host *up = core_add_host("switch"), *top = core_add_host("router");
	const struct event *ev;

	core_add_parent(s->host_ptr, up);
	core_add_parent(up, top);
	core_add_member(core_add_hostgroup("webs"), s->host_ptr);
	core_add_variable(&s->custom_variables, "TWICKET_PUBLIC", "Web");
	core_add_variable(&s->custom_variables, "EMPTY", NULL);
	core_add_variable(&s->host_ptr->custom_variables, "RACK", "r1");
	agent_send(&(struct event){
	    .type = EVENT_DESCRIBE,
	    .id = 1,
	    .kind = EVENT_SERVICE,
	    .host = "web",
	    .service = "http"});
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_DESCRIPTION && ev->id == 1 && ev->code == 0);
	CHECK(count_key(ev, "_TWICKET_PUBLIC", "Web") == 1 && count_key(ev, "_EMPTY", "") == 1);
	CHECK(count_key(ev, "host._RACK", "r1") == 1 && count_key(ev, "hostgroup", "webs") == 1);
	CHECK(count_key(ev, "parent", "switch") == 1 && count_key(ev, "parent", NULL) == 1);
	CHECK(count_key(ev, "ancestor", NULL) == 2 && !ev->flags);
	agent_send(
	    &(struct event){.type = EVENT_DESCRIBE, .id = 2, .kind = EVENT_HOST, .host = "web"});
	ev = agent_next();
	CHECK(ev && count_key(ev, "service", NULL) == 2 && count_key(ev, "_RACK", "r1") == 1);
	CHECK(count_key(ev, "._TWICKET_PUBLIC", "Web") == 1 && count_key(ev, "address", NULL) == 1);
	agent_send(
	    &(struct event){.type = EVENT_DESCRIBE, .id = 3, .kind = EVENT_HOST, .host = "router"});
	ev = agent_next();
	CHECK(ev && count_key(ev, "child", "switch") == 1 && count_key(ev, "ancestor", NULL) == 0);
	agent_send(
	    &(struct event){.type = EVENT_DESCRIBE, .id = 4, .kind = EVENT_HOST, .host = "x"});
	ev = agent_next();
	CHECK(ev && ev->id == 4 && ev->code == -1);
	agent_send(
	    &(struct event){.type = EVENT_DESCRIBE, .id = 5, .kind = EVENT_NONE, .host = "web"});
	ev = agent_next();
	CHECK(ev && ev->id == 5 && ev->code == -1);
	case_stop();
}

/* As the web interface has it: contacts of every kind, if they may submit commands at all. */
static void describes_who_may_command(void)
{
	service *s = case_start_connected("");
	host *h = s->host_ptr;
	const struct event *ev;

	core_add_contact_to(&s->contacts, core_add_contact("alice", 1));
	core_add_contact_to(&s->contacts, core_add_contact("reader", 0));
	core_add_contactgroup(&s->contact_groups, "webbers", core_add_contact("bob", 1));
	core_add_contactgroup(&s->contact_groups, "readers", core_add_contact("reader2", 0));
	core_add_escalation(h, s, core_add_contact("carol", 1));
	core_add_contact_to(&h->contacts, core_add_contact("dave", 1));
	core_add_contactgroup(&h->contact_groups, "hosters", core_add_contact("erin", 1));
	core_add_escalation(h, NULL, core_add_contact("frank", 1));
	core_add_escalation(h, NULL, core_add_contact("reader3", 0));
	agent_send(&(struct event){
	    .type = EVENT_DESCRIBE,
	    .id = 1,
	    .kind = EVENT_SERVICE,
	    .host = "web",
	    .service = "http"});
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_DESCRIPTION && count_key(ev, "commander", NULL) == 6);
	CHECK(count_key(ev, "commander", "alice") == 1 && count_key(ev, "commander", "bob") == 1);
	CHECK(count_key(ev, "commander", "carol") == 1 && count_key(ev, "commander", "dave") == 1);
	CHECK(count_key(ev, "commander", "erin") == 1 && count_key(ev, "commander", "frank") == 1);
	CHECK(count_key(ev, "contact", "reader") == 1 && count_key(ev, "contact", "dave") == 0);
	agent_send(
	    &(struct event){.type = EVENT_DESCRIBE, .id = 2, .kind = EVENT_HOST, .host = "web"});
	ev = agent_next();
	CHECK(ev && ev->type == EVENT_DESCRIPTION && count_key(ev, "commander", NULL) == 3);
	CHECK(count_key(ev, "commander", "dave") == 1 && count_key(ev, "commander", "erin") == 1);
	CHECK(count_key(ev, "commander", "frank") == 1);
	agent_send(&(struct event){.type = EVENT_LIST, .id = 3});
	while ((ev = agent_next()) && ev->type == EVENT_INVENTORY)
		CHECK(count_key(ev, "commander", NULL) == 0);
	case_stop();
}

static void big_answers_come_in_parts(void)
{
	service *s = case_start_connected("");
	hostgroup *g = core_add_hostgroup("all");
	unsigned found = 0, parts = 0, services = 2;
	const struct event *ev;
	char name[64];

	for (; services < 5000; services++) {
		snprintf(name, sizeof name, "service-with-a-long-name-%u", services);
		core_add_service(s->host_ptr, name);
	}
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "a-host-with-a-long-name-%u", i);
		core_add_member(g, core_add_host(name));
	}
	agent_send(
	    &(struct event){.type = EVENT_DESCRIBE, .id = 1, .kind = EVENT_HOST, .host = "web"});
	do {
		ev = agent_next();
		CHECK(ev && ev->type == EVENT_DESCRIPTION && ev->id == 1);
		found += count_key(ev, "service", NULL);
		parts++;
	} while (ev->flags & EVENT_MORE);
	CHECK(found == services && parts > 2);
	agent_send(
	    &(struct event){.type = EVENT_GROUP, .id = 2, .sub = EVENT_HOSTGROUP, .host = "all"});
	found = parts = 0;
	do {
		ev = agent_next();
		CHECK(ev && ev->type == EVENT_MEMBERS && ev->id == 2);
		for (const char *at = NULL; (at = event_list_next(ev, at));)
			found++;
		parts++;
	} while (ev->flags & EVENT_MORE);
	CHECK(found == 10000 && parts > 2);
	agent_send(
	    &(struct event){.type = EVENT_GROUP, .id = 3, .sub = EVENT_HOSTGROUP, .host = "x"});
	ev = agent_next();
	CHECK(ev && ev->code == -1);
	agent_send(&(struct event){.type = EVENT_LIST, .id = 4});
	found = 0;
	while ((ev = agent_next()) && ev->type == EVENT_INVENTORY)
		found += !(ev->flags & EVENT_MORE);
	CHECK(ev && ev->type == EVENT_INVENTORY_END && ev->code == (int32_t)found);
	CHECK(found == services + 10001);
	case_stop();
}

static void agent_asks_and_does_not_read(void)
{
	service *s = case_start_connected("ring=512");
	struct event ask = {.type = EVENT_DESCRIBE, .kind = EVENT_HOST, .host = "web"};
	const struct event *ev;
	char frame[200];
	uint32_t answered = 0, asked = 0;
	size_t n;

	case_add_problems(s->host_ptr, 1000);
	for (; asked < 100; asked++) {
		ask.id = asked + 1;
		n = event_encode(&ask, frame, sizeof frame);
		agent_send_bytes(frame, n);
	}
	for (int i = 0; i < 1000; i++)
		core_turn();
	CHECK(core_turn() == 0); /* it waits without spinning */
	while ((ev = agent_next())) {
		CHECK(ev->type == EVENT_DESCRIPTION);
		answered += !(ev->flags & EVENT_MORE);
	}
	CHECK(answered == asked);
	case_stop();
}

const struct test case_commands[] = {
    CASE(acknowledges),
    CASE(acknowledges_until),
    CASE(unack_tells_ours),
    CASE(refusals),
    CASE(many_commands_share_the_loop),
    CASE(describes),
    CASE(describes_who_may_command),
    CASE(big_answers_come_in_parts),
    CASE(agent_asks_and_does_not_read),
    {NULL, NULL},
};

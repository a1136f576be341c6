/*
 * What the control socket answers to whom: a table of requests, well-formed and not, about
 * incidents that live, that are over and that never were. On the rig of control_rig.h.
 * Must never ask for what a table cannot say in one line, but who asks and in how many pieces.
 */
#include "tests/unit/control_rig.h"

/* ---- the table ---- */

#define NO(text) "{\"ok\":false,\"error\":\"" text "\"}"
#define YES "{\"ok\":true}"
#define DENIED                                                                                     \
	"{\"ok\":false,\"error\":\"only root and members of the group twicket may do that\",\"denied\":true}"

struct exchange {
	const char *request, *want;
};

static const struct exchange malformed[] = {
	{"", NO("that is not a JSON object")},
	{"{", NO("that is not a JSON object")},
	{"[]", NO("that is not a JSON object")},
	{"\"status\"", NO("that is not a JSON object")},
	{"{\"do\":\"list\"} {\"do\":\"list\"}", NO("that is not a JSON object")},
	{"{\"do\":\"list\",\"do\":\"pause\"}", NO("that is not a JSON object")},
	{"{\"do\":\"open\",\"text\":\"a\\u0000b\",\"to\":\"public\"}", NO("that is not a JSON object")},
	{"{\"do\":\"list\",\"tag\":\"\xff\"}", NO("that is not a JSON object")},
	{"{}", NO("a request says what to do: {\\\"do\\\":\\\"status\\\"}")},
	{"{\"do\":7}", NO("a request says what to do: {\\\"do\\\":\\\"status\\\"}")},
	{"{\"do\":\"\"}", NO("unknown request \\\"\\\"")},
	{"{\"do\":\"Status\"}", NO("unknown request \\\"Status\\\"")},
	{"{\"do\":\"0123456789012345678901234567890123456789xyz\"}",
	 NO("unknown request \\\"0123456789012345678901234567890123456789\\\"")},
	/* cut in the middle of a character: not a broken answer */
	{"{\"do\":\"012345678901234567890123456789012345678\xc3\xa4\"}",
	 NO("unknown request \\\"012345678901234567890123456789012345678\\uFFFD\\\"")},
};

static const struct exchange about_incidents[] = {
	{"{\"do\":\"show\"}", NO("a tag looks like T7K2")},
	{"{\"do\":\"show\",\"tag\":7}", NO("tag must be a string")},
	{"{\"do\":\"show\",\"tag\":\"T7K2X\"}", NO("a tag looks like T7K2")},
	{"{\"do\":\"show\",\"tag\":\"T222\"}", NO("no incident T222")},
	{"{\"do\":\"show\",\"tag\":\"' OR 1\"}", NO("a tag looks like T7K2")},

	{"{\"do\":\"close\"}", NO("no incident #")},
	{"{\"do\":\"close\",\"tag\":[]}", NO("tag must be a string")},
	{"{\"do\":\"close\",\"tag\":\"T222\"}", NO("no incident #T222")},
	{"{\"do\":\"close\",\"tag\":\"#$B\"}", NO("#$B is closed")},
	{"{\"do\":\"close\",\"tag\":\"$A\",\"text\":\"x\"}",
	 NO("only what was opened by hand can be closed: the monitoring decides about this one")},
	{"{\"do\":\"close\",\"tag\":\"$M\",\"text\":null}", NO("text must be a string")},
	{"{\"do\":\"close\",\"tag\":\"$M\"}", YES},
	{"{\"do\":\"close\",\"tag\":\"$M\"}", NO("#$M is closed")},
	{"{\"do\":\"close\",\"tag\":\"$H\",\"text\":\"fast again\"}", YES},
	{"{\"do\":\"close\",\"tag\":\"$H\"}", NO("#$H is closed")},

	{"{\"do\":\"retract\"}", NO("no incident #")},
	{"{\"do\":\"retract\",\"tag\":\"T222\",\"delete\":true}", NO("no incident #T222")},
	{"{\"do\":\"retract\",\"tag\":\"$B\"}", NO("#$B is closed")},
	{"{\"do\":\"retract\",\"tag\":\"$A\",\"delete\":\"yes\"}", NO("delete must be true or false")},
	{"{\"do\":\"retract\",\"tag\":\"$A\",\"delete\":false,\"text\":\"broken check\"}", YES},
	{"{\"do\":\"retract\",\"tag\":\"$A\"}", NO("#$A is closed")},

	/* over by now */
	{"{\"do\":\"reply\",\"tag\":\"$A\"}", NO("reply needs a tag and words")},
	{"{\"do\":\"reply\",\"words\":\"ack\"}", NO("reply needs a tag and words")},
	{"{\"do\":\"reply\",\"tag\":7,\"words\":\"ack\"}", NO("tag must be a string")},
	{"{\"do\":\"reply\",\"tag\":\"T222\",\"words\":\"ack\"}", NO("no incident #T222")},
	{"{\"do\":\"reply\",\"tag\":\"$A\",\"words\":\"\"}", NO("nothing to say")},
	{"{\"do\":\"reply\",\"tag\":\"$A\",\"words\":\"ack 30\"}",
	 NO("\\\"30\\\": a duration needs its unit: 30m or 2h, say")},
};

#define SAID(state, text) "{\"ok\":true,\"state\":\"" state "\",\"ms\":0,\"text\":\"" text "\"}"
#define REPLY(tag, words) "{\"do\":\"reply\",\"tag\":\"" tag "\",\"words\":\"" words "\"}"

#define HELP                                                                                       \
	"ack, ack 2h, ack all, unack, take\\n?, last?, recheck, downtime 30m, quiet 1h\\n"          \
	"eta 16:00, fixed: \\u2026, known: \\u2026, ticket INC123\\nmajor, part of T7K2, pause\\n" \
	"say: \\u2026 goes to the public; endorse: a helpful answer\\n"                            \
	"undo: takes the last one back; any other words: a comment"

static const struct exchange replies[] = {
	{REPLY("#$A", "ack disk full"), SAID("confirmed", "")},
	{REPLY("$A", "eta 2h"), SAID("done", "mx1/SMTP: noted, expected by 05:04.")},
	{REPLY("$A", "major"), SAID("done", "mx1/SMTP: a major incident now.")},
	{REPLY("$A", "known: restart it"), SAID("done", "mx1/SMTP: noted as a known error.")},
	{REPLY("$A", "part of T222"), SAID("no effect", "There is no incident with that tag.")},
	{REPLY("$A", "part of $A"), SAID("no effect", "mx1/SMTP: it would be part of itself, so nothing was done.")},
	{REPLY("$A", "quiet 1h"), SAID("done", "mx1/SMTP: quiet until 04:04; its end will be told.")},
	{REPLY("$A", "say: we know"), SAID("done", "mx1/SMTP: said in public.")},
	{REPLY("$A", "fixed: a reboot"), SAID("done", "mx1/SMTP: noted, for the next time.")},
	{REPLY("$A", "?"), SAID("status", "\\uD83D\\uDD34 mx1/SMTP CRITICAL since 03:00, 4 min, admin has it\\nrefused\\n#$A")},
	{REPLY("$A", "unack"), SAID("confirmed", "")},
	{REPLY("$A", "the fan"), SAID("comment", "")},
	{REPLY("$A", "help"), SAID("status", HELP)},
	{REPLY("$A", "pause"), NO("\\\"pause\\\" is of the account that is answered, and here is none")},
	/* opened by hand: no core knows it */
	{REPLY("$H", "ack"), SAID("no effect", "Intranet: opened by hand, so the core has nothing to acknowledge.")},
	{REPLY("$H", "the fan"), SAID("comment", "kept")},
	{REPLY("$H", "eta 2h"), SAID("done", "Intranet: noted, expected by 05:04.")},
	/* planned */
	{REPLY("$M", "ack"), SAID("no effect", "new kernel: opened by hand, so the core has nothing to acknowledge.")},
	{REPLY("$M", "eta 2h"), SAID("done", "new kernel: noted, expected by 05:04.")},
	{REPLY("$M", "part of $A"), SAID("no effect", "new kernel: it would be part of itself, so nothing was done.")},
	{REPLY("$M", "the fan"), SAID("comment", "kept")},
	/* closed */
	{REPLY("$B", "ack"), SAID("no effect", "closed, so nothing was done.")},
	{REPLY("$B", "eta 2h"), SAID("no effect", "closed, so nothing was done.")},
	{REPLY("$B", "say: sorry"), SAID("no effect", "closed, so nothing was done.")},
	{REPLY("$B", "fixed: the cable"), SAID("done", "noted, for the next time.")},
	{REPLY("$B", "help"), SAID("status", HELP)},
	{REPLY("$B", "?"), SAID("status", "closed; `twicket show` has its story")},
};

static const struct exchange openings[] = {
	{"{\"do\":\"open\"}", NO("nobody would hear of it: name an audience")},
	{"{\"do\":\"open\",\"text\":\"x\"}", NO("nobody would hear of it: name an audience")},
	{"{\"do\":\"open\",\"text\":\"\",\"to\":\"public\"}", NO("without a word nobody knows what is open")},
	{"{\"do\":\"open\",\"text\":7,\"to\":\"public\"}", NO("text must be a string")},
	{"{\"do\":\"open\",\"text\":\"x\",\"to\":[\"public\"]}", NO("to must be a string")},
	{"{\"do\":\"open\",\"text\":\"x\",\"to\":\"operator\"}",
	 NO("no audience \\\"operator\\\"; did you mean \\\"operators\\\"?")},
	{"{\"do\":\"open\",\"text\":\"x\",\"to\":\"public,,operators\"}", NO("no audience \\\"\\\"")},
	{"{\"do\":\"open\",\"text\":\"x\",\"to\":\"public\",\"from_ms\":1795320000000}",
	 NO("a planned maintenance has an end: until_ms")},
	{"{\"do\":\"open\",\"text\":\"x\",\"to\":\"public\",\"from_ms\":1795327200000,\"until_ms\":1795320000000}",
	 NO("it would end before it begins")},
	{"{\"do\":\"open\",\"text\":\"x\",\"to\":\"public\",\"until_ms\":1}", NO("it would end before it begins")},
	{"{\"do\":\"open\",\"text\":\"x\",\"to\":\"public\",\"until_ms\":9223372036854775807}", NO("until_ms: no such time")},
};

static const struct exchange hushes[] = {
	{"{\"do\":\"quiet\"}", NO("quiet until when? until_ms")},
	{"{\"do\":\"quiet\",\"match\":\"host:\",\"until_ms\":1795320000000}", NO("\\\"host:\\\" names nothing")},
	{"{\"do\":\"quiet\",\"match\":7,\"until_ms\":1795320000000}", NO("match must be a string")},
	{"{\"do\":\"quiet\",\"match\":\"host:mx*\"}", NO("quiet until when? until_ms")},
	{"{\"do\":\"quiet\",\"match\":\"host:mx*\",\"until_ms\":\"1795320000000\"}", NO("until_ms must be a whole number")},
	{"{\"do\":\"quiet\",\"match\":\"host:mx*\",\"until_ms\":1795310000000}", NO("that time has passed")},
	{"{\"do\":\"quiet\",\"end\":\"4711\"}", NO("no quiet 4711: twicket quiet --list")},
	{"{\"do\":\"quiet\",\"end\":\"-1\"}", NO("no quiet 18446744073709551615: twicket quiet --list")},
	{"{\"do\":\"quiet\",\"end\":\"T222\"}", NO("no incident #T222")},
	{"{\"do\":\"quiet\",\"end\":\"$B\"}", NO("#$B is closed")},
	{"{\"do\":\"quiet\",\"end\":\"$A\"}", NO("#$A is not quiet")},
	{"{\"do\":\"quiet\",\"list\":1}", NO("list must be true or false")},
	{"{\"do\":\"quiet\",\"list\":true}", "{\"ok\":true,\"quiet\":[]}"},

	/* taken for absent it would mean everything */
	{"{\"do\":\"pause\",\"name\":7}", NO("name must be a string")},
	{"{\"do\":\"pause\",\"name\":\"publik\"}", NO("no audience and no account \\\"publik\\\"")},
	{"{\"do\":\"pause\",\"name\":\"account:public\"}", NO("no audience and no account \\\"account:public\\\"")},
	{"{\"do\":\"resume\",\"name\":\"public\"}", NO("nothing is paused")},
	{"{\"do\":\"pause\",\"name\":\"audience:public\",\"text\":\"audit\"}",
	 "{\"ok\":true,\"audience\":\"public\",\"account\":\"\"}"},
	{"{\"do\":\"resume\"}", NO("everything is not paused by itself, but: public")},
	{"{\"do\":\"resume\",\"name\":\"publik\"}", NO("no audience and no account \\\"publik\\\"")},
	{"{\"do\":\"resume\",\"name\":\"public\"}", "{\"ok\":true,\"audience\":\"public\",\"account\":\"\"}"},
	{"{\"do\":\"resume\",\"name\":\"public\"}", NO("nothing is paused")},
};

static const struct exchange others[] = {
	{"{\"do\":\"queue\"}", "{\"ok\":true,\"posts\":[]}"},
	{"{\"do\":\"queue\",\"retry\":4711}", NO("no post 4711 is waiting")},
	{"{\"do\":\"queue\",\"drop\":4711}", NO("no post 4711 is waiting")},
	{"{\"do\":\"queue\",\"drop\":-1}", NO("no post 18446744073709551615 is waiting")},
	{"{\"do\":\"queue\",\"drop\":\"4711\"}", NO("drop must be a whole number")},
	{"{\"do\":\"login\",\"account\":7}", NO("account must be a string")},
	{"{\"do\":\"login\",\"account\":\"noo\"}", NO("no account \\\"noo\\\"")},
	{"{\"do\":\"login\",\"account\":\"noc\"}", YES},
	{"{\"do\":\"inventory\"}", NO("no core is connected")},
	{"{\"do\":\"list\",\"search\":\"refused nowhere\"}", "{\"ok\":true,\"cut\":false,\"incidents\":[]}"},
	{"{\"do\":\"list\",\"search\":\"\\\" OR (\"}", "{\"ok\":true,\"cut\":false,\"incidents\":[]}"},
	{"{\"do\":\"list\",\"search\":7}", NO("search must be a string")},
	{"{\"do\":\"show\",\"tag\":\"T222\"}", NO("no incident T222")},
};

#define ALICE(rest)                                                                                \
	"{\"ok\":true,\"people\":[{\"name\":\"alice\",\"role\":\"operator\",\"match\":\"*\"," \
	"\"listed\":true,\"handles\":[{\"network\":\"mastodon\",\"handle\":"                      \
	"\"alice@social.example.org\",\"ids\":[]}]," rest ",\"held\":[],\"confirmed\":[]}]}"

static const struct exchange people[] = {
	{"{\"do\":\"people\"}", ALICE("\"revoked_ms\":0,\"revoked_by\":\"\",\"code_until_ms\":0")},
	/* taken for absent it would list them */
	{"{\"do\":\"people\",\"revoke\":true}", NO("revoke must be a string")},
	{"{\"do\":\"people\",\"restore\":[\"alice\"]}", NO("restore must be a string")},
	{"{\"do\":\"people\",\"enrol\":1}", NO("enrol must be a string")},
	{"{\"do\":\"people\",\"revoke\":\"\"}", NO("no person \\\"\\\"")},
	{"{\"do\":\"people\",\"revoke\":\"Alice\"}", NO("no person \\\"Alice\\\"; did you mean \\\"alice\\\"?")},
	{"{\"do\":\"people\",\"enrol\":\"bob\"}", NO("no person \\\"bob\\\"")},
	{"{\"do\":\"people\",\"restore\":\"alice\"}", NO("alice is not revoked")},
	{"{\"do\":\"people\",\"revoke\":\"alice\"}", YES},
	{"{\"do\":\"people\",\"revoke\":\"alice\"}", NO("alice is revoked already")},
	{"{\"do\":\"people\",\"enrol\":\"alice\"}", NO("alice is revoked; twicket people restore alice")},
	{"{\"do\":\"people\",\"restore\":\"alice\"}", YES},
	{"{\"do\":\"people\"}", ALICE("\"revoked_ms\":0,\"revoked_by\":\"\",\"code_until_ms\":0")},
	{"{\"do\":\"audit\",\"since_ms\":\"0\"}", NO("since_ms must be a whole number")},
	{"{\"do\":\"report\"}", NO("report: part is incidents, posts, replies, tickets or money")},
	{"{\"do\":\"report\",\"part\":7}", NO("part must be a string")},
	{"{\"do\":\"report\",\"part\":\"posts\",\"after\":9223372036854775807}", "{\"ok\":true,\"next\":0}"},
	{"{\"do\":\"audit\",\"since_ms\":9223372036854775807}", "{\"ok\":true,\"audit\":[],\"cut\":false}"},
};

static void exchange_all(const struct exchange *all, size_t n)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < n; i++) {
		char answer[65536], want[4096];

		ask(ROOT, all[i].request, answer, sizeof answer);
		expand(all[i].want, want, sizeof want);
		if (strcmp(answer, want) == 0)
			continue;
		print_error("%s\n\tanswered %s\n\tinstead of %s\n", all[i].request, answer, want);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

#define TABLE(name)                                                                                \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		exchange_all(name, sizeof name / sizeof name[0]);                                  \
	}
TABLE(malformed)
TABLE(about_incidents)
TABLE(replies)
TABLE(openings)
TABLE(hushes)
TABLE(others)
TABLE(people)

/* The code stands in its answer, and nowhere else; what was done stands in the audit, newest last. */
static void test_enrol(void **state)
{
	char answer[65536], code[11] = "";

	(void)state;
	ask(ROOT, "{\"do\":\"people\",\"enrol\":\"alice\",\"user\":\"bob\"}", answer, sizeof answer);
	assert_int_equal(sscanf(answer, "{\"ok\":true,\"code\":\"%10s\"", code), 1);
	assert_int_equal(strspn(code, "23456789BCDFGHJKMNPQRSTVWXZ"), 10);
	ask(ROOT, "{\"do\":\"people\"}", answer, sizeof answer);
	assert_null(strstr(answer, code));
	assert_null(strstr(answer, "\"code_until_ms\":0"));
	wants(MEMBER, "{\"do\":\"people\",\"revoke\":\"alice\",\"user\":\"root\"}", YES);
	ask(ROOT, "{\"do\":\"audit\",\"since_ms\":0}", answer, sizeof answer);
	assert_null(strstr(answer, code));
	assert_non_null(strstr(answer, "\"actor\":\"bob\",\"action\":\"people enrol\",\"object\":\"alice\","
				       "\"via\":\"twicket\",\"result\":\"done\"}"));
	assert_non_null(strstr(answer, "\"actor\":\"carol\",\"action\":\"people revoke\",\"object\":\"alice\","
				       "\"via\":\"twicket\",\"result\":\"done\"}],\"cut\":false}"));
}

/* ---- who may ---- */

static void test_who(void **state)
{
	static const char *const all[] = {"list",  "show",  "reply",   "queue", "inventory", "login", "open",
					  "close", "quiet", "retract", "pause", "resume",    "people", "audit", "report", "sing"};
	char request[100], answer[65536];

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		snprintf(request, sizeof request, "{\"do\":\"%s\",\"tag\":\"$A\",\"words\":\"ack\",\"name\":\"\"}", all[i]);
		wants(STRANGER, request, DENIED);
	}
	ask(STRANGER, "{\"do\":\"status\"}", answer, sizeof answer);
	assert_true(strncmp(answer, "{\"ok\":true,\"version\":", 21) == 0);
	assert_non_null(strstr(answer, "\"paused\":[]"));
}

/* Everybody local learns that something is silenced; what it is and why is for those who may. */
static void test_outline(void **state)
{
	static const char *const words[] = {"host:db1", "new switches", "press office", "disk swap", "$A", "mx1"};
	char answer[65536], full[64];

	(void)state;
	ask(ROOT, "{\"do\":\"quiet\",\"match\":\"host:db1\",\"text\":\"new switches\",\"until_ms\":4000000000000}", answer,
	    sizeof answer);
	ask(ROOT, "{\"do\":\"pause\",\"name\":\"public\",\"text\":\"press office\"}", answer, sizeof answer);
	ask(ROOT, "{\"do\":\"reply\",\"tag\":\"$A\",\"words\":\"quiet 1h\"}", answer, sizeof answer);
	ask(MEMBER, "{\"do\":\"status\"}", answer, sizeof answer);
	assert_non_null(strstr(answer, "\"match\":\"host:db1\",\"text\":\"new switches\""));
	assert_non_null(strstr(answer, "\"text\":\"press office\""));
	ask(STRANGER, "{\"do\":\"status\"}", answer, sizeof answer);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		expand(words[i], full, sizeof full);
		assert_null(strstr(answer, full));
	}
	assert_non_null(strstr(answer, "\"quiet\":[{\"id\":"));
	assert_non_null(strstr(answer, ",\"by\":\"admin\",\"since_ms\":"));
	assert_non_null(strstr(answer, "},{\"until_ms\":"));
	assert_non_null(strstr(answer, "\"paused\":[{\"audience\":\"public\",\"account\":\"\",\"by\":\"admin\",\"since_ms\":"));
}

/* Only root speaks for others; everybody else is who they are. */
static void test_in_whose_name(void **state)
{
	char answer[65536];

	(void)state;
	wants(MEMBER, "{\"do\":\"pause\",\"name\":\"public\",\"user\":\"root\"}",
	      "{\"ok\":true,\"audience\":\"public\",\"account\":\"\"}");
	wants(ROOT, "{\"do\":\"pause\",\"name\":\"noc\",\"user\":\"bob\"}",
	      "{\"ok\":true,\"audience\":\"\",\"account\":\"noc\"}");
	wants(ROOT, "{\"do\":\"pause\",\"name\":\"operators\",\"user\":\"\"}",
	      "{\"ok\":true,\"audience\":\"operators\",\"account\":\"\"}");
	ask(MEMBER, "{\"do\":\"status\"}", answer, sizeof answer);
	assert_non_null(strstr(answer, "\"audience\":\"public\",\"account\":\"\",\"text\":\"\",\"by\":\"carol\""));
	assert_non_null(strstr(answer, "\"audience\":\"\",\"account\":\"noc\",\"text\":\"\",\"by\":\"bob\""));
	assert_non_null(strstr(answer, "\"audience\":\"operators\",\"account\":\"\",\"text\":\"\",\"by\":\"admin\""));
}

/* ---- lines ---- */

static void test_lines(void **state)
{
	static const char two[] = "{\"do\":\"sing\"}\n{\"do\":\"dance\"}\n{\"do\":";
	struct client *k = client_call(ROOT);

	(void)state;
	client_say(k, two, strlen(two));
	assert_string_equal(client_hear(k), NO("unknown request \\\"sing\\\"") "\n" NO(
						    "unknown request \\\"dance\\\"") "\n");
	client_say(k, "\"rest\"}\n", 8);
	assert_string_equal(client_hear(k), NO("unknown request \\\"rest\\\"") "\n");
	client_hang_up(k);
}

/* A line that does not end ends the connection; a long one that ends is answered. */
static void test_long_line(void **state)
{
	struct client *k = client_call(ROOT);
	static char line[70000];

	(void)state;
	memset(line, ' ', sizeof line);
	line[60000] = '\n';
	client_say(k, line, 60001);
	assert_string_equal(client_hear(k), NO("that is not a JSON object") "\n");
	line[60000] = ' ';
	client_say(k, line, sizeof line);
	assert_null(client_hear(k));
	client_hang_up(k);
}

/* What somebody says at length is cut for the network, and kept as it is; what is longer is refused. */
static void test_long_text(void **state)
{
	static char line[20000], text[4002];
	struct client *k = client_call(ROOT);
	const struct sim_post *post = NULL;
	const char *said;

	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++)
		text[i] = i % 9 ? 'x' : ' ';
	snprintf(line, sizeof line, "{\"do\":\"open\",\"to\":\"public\",\"text\":\"%s\"}\n", text);
	client_say(k, line, strlen(line));
	assert_string_equal(client_hear(k), NO("text has more than 4000 bytes") "\n");
	snprintf(line, sizeof line,
		 "{\"do\":\"open\",\"to\":\"public\",\"text\":\"%.4000s\",\"name\":\"%.4000s\",\"user\":\"%.4000s\"}\n", text,
		 text, text);
	client_say(k, line, strlen(line));
	said = client_hear(k);
	assert_non_null(said);
	assert_int_equal(sscanf(said, "{\"ok\":true,\"tag\":\"%4s\"}", tags['L']), 1);
	pass(MINUTE_MS / 2);
	assert_int_equal(sim_count(world.sim, "status", tags['L'], &post), 1);
	assert_in_range(strlen(post->text), 300, 500);
	snprintf(line, sizeof line, "{\"do\":\"show\",\"tag\":\"%s\"}\n", tags['L']);
	client_say(k, line, strlen(line));
	said = client_hear(k);
	assert_non_null(said);
	assert_int_equal(strncmp(said, "{\"ok\":true,\"incident\":", 22), 0);
	client_hang_up(k);
}

/* A plugin that says "acknowledged by" has acknowledged nothing. */
static void test_when_taken(void **state)
{
	char answer[65536];

	(void)state;
	simcore_state(world.monitor, "mx1/SMTP", "WARNING", true, "alarm acknowledged by the panel", &world.now);
	pass(MINUTE_MS);
	ask(ROOT, "{\"do\":\"show\",\"tag\":\"$A\"}", answer, sizeof answer);
	assert_non_null(strstr(answer, "WARNING hard 3/3: alarm acknowledged by the panel"));
	assert_null(strstr(answer, "acked_after_ms"));
	ask(ROOT, REPLY("$A", "ack"), answer, sizeof answer);
	ask(ROOT, "{\"do\":\"show\",\"tag\":\"$A\"}", answer, sizeof answer);
	assert_non_null(strstr(answer, "acked_after_ms"));
}

/* After an upgrade the index takes its time: "none" would not be so. */
static void test_search_behind(void **state)
{
	char answer[65536];

	(void)state;
	for (uint64_t id = 1; id <= 2001; id++)
		store_put_timeline(world.store, &(struct timeline_row){.incident = 1000000 + id, .kind = "event", .text = "x"});
	ask(ROOT, "{\"do\":\"list\",\"search\":\"nowhere\"}", answer, sizeof answer);
	assert_non_null(strstr(answer, "\"behind\":true"));
	ask(ROOT, "{\"do\":\"list\",\"search\":\"nowhere\"}", answer, sizeof answer);
	assert_null(strstr(answer, "behind"));
}

/* Who asks nothing for a minute is not kept. */
static void test_idle(void **state)
{
	struct client *k = client_call(ROOT);

	(void)state;
	client_say(k, "{", 1);
	pass(MINUTE_MS - 1000);
	assert_string_equal(client_hear(k), "");
	pass(1000);
	assert_null(client_hear(k));
	client_hang_up(k);
}

/* One user of the machine must not keep the others out. */
static void test_places(void **state)
{
	struct client *k[5], *root;

	(void)state;
	for (int i = 0; i < 5; i++)
		k[i] = client_call(STRANGER);
	root = client_call(ROOT);
	assert_string_equal(client_hear(k[3]), "");
	assert_null(client_hear(k[4]));
	assert_string_equal(client_hear(root), "");
	client_hang_up(root);
	for (int i = 0; i < 5; i++)
		client_hang_up(k[i]);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_malformed), CASE(test_about_incidents), CASE(test_replies), CASE(test_openings),	    CASE(test_hushes),
		CASE(test_people),    CASE(test_enrol),
		CASE(test_others),    CASE(test_who),		  CASE(test_outline), CASE(test_in_whose_name), CASE(test_lines),
		CASE(test_long_line), CASE(test_long_text), CASE(test_when_taken), CASE(test_search_behind), CASE(test_idle),		  CASE(test_places),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	log_setup(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

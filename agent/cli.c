/*
 * The command line: options, the table of commands, help. Called by cli_main.c.
 * It must never guess: a word that it does not know is named with the nearest one.
 */
#include "agent/cli.h"
#include "agent/cli_text.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

struct command {
	const char *name;
	enum cli_exit (*run)(
	    struct cli *cli, int argc, char **argv); /* NULL: not in this version */
	const char *help; /* the lines of its usage, NULL as run */
};

static const struct command commands[] = {
    {"check", cli_check,
     "check [--online]\n"
     "    Is the configuration right, and whom does it reach. Asks the running twicketd for\n"
     "    the objects of the core. --online: asks the networks about each account,\n"
     "    and each Icinga 2 what our user there lacks.\n"},
    {"auth", cli_auth,
     "auth ACCOUNT [--token-stdin]\n"
     "    Log in: prints an address, takes the code, checks the account, stores the token.\n"
     "    On X it first wants the keys of an app of yours, and says how to make it.\n"
     "    --token-stdin: reads a token that was made elsewhere, and does the same checks.\n"},
    {"preview", cli_preview,
     "preview HOST [SERVICE] [--state STATE] [--at TIME] [--all]\n"
     "    Who would be told of it, when, in which words and at which price; or why not.\n"
     "    Asks the running twicketd for the objects of the core; posts nothing.\n"
     "    STATE: down; critical, warning or unknown. Without it: down, critical.\n"
     "    --at: if it went wrong then, not now. --all: the words of all that would follow.\n"},
    {"replay", cli_replay,
     "replay LOG... [--compare FILE] [--posts AUDIENCE] [--objects FILE]\n"
     "    What an old nagios.log would have posted, and what each hold-back saved. LOG may be -.\n"
     "    --compare: the same with another twicket.cfg. --posts: every post to one audience.\n"
     "    --objects: the core's objects.cache, where no agent runs. Posts nothing.\n"},
    {"status", cli_status,
     "status [--metrics]\n"
     "    Module, accounts, queue, money: is twicket well; and what to do where it is not.\n"
     "    --metrics: the same for Prometheus, in its text form.\n"},
    {"list", cli_list,
     "list [MATCH] [--all] [--since TIME] [--search WORDS]\n"
     "list --tickets [--all]\n"
     "    Incidents, open ones first. --all: closed ones too. --since: begun since TIME.\n"
     "    --search: all that have these words anywhere in their story, newest first.\n"
     "    MATCH as in the configuration: \"hostgroup:web, service:HTTP*\".\n"},
    {"show", cli_show,
     "show TAG [--md|--html]\n"
     "    The whole story of one incident, or of a ticket (Q-4K7M). --md, --html: as a document,\n"
     "    the post-mortem.\n"},
    {"reply", cli_reply,
     "reply TAG WORDS...\n"
     "    As if you had answered on your phone:\n"
     "      ack [2h] [text]   acknowledge (on it, mine, looking, taking it say the same)\n"
     "      unack [text]      take the acknowledgement back (release, drop, not me)\n"
     "      eta 16:00, eta 2h when it will work again; said in the next public line\n"
     "      say: text         official words, to everybody who was told in public\n"
     "      quiet 1h          nothing more of it; its end is said\n"
     "      major, not major  a major incident: breaks quiet hours, told sooner\n"
     "      known T7K2, known: text    a known error, its workaround\n"
     "      part of T9QM      that one speaks for it from now on\n"
     "      fixed: text       what helped (cause:, workaround:); kept\n"
     "      ?                 how does it stand\n"
     "      any other text    a comment\n"},
    {"queue", cli_queue,
     "queue [retry|drop ID]\n"
     "    Posts on their way, and why they wait. retry: try now. drop: never send.\n"},
    {"open", cli_open,
     "open TEXT --to AUDIENCE[,AUDIENCE] [--name NAME] [--from TIME --until TIME]\n"
     "    An incident that no monitoring sees, told at once; or with --until a planned\n"
     "    maintenance, told when `announce` says. TEXT is posted, mentions, tags and links in\n"
     "    it broken. NAME: what the public calls the thing. Prints the tag.\n"
     "    --from, --until: 22:00, \"Sat 22:00\", 2026-11-28T22:00, or 2h.\n"},
    {"close", cli_close,
     "close TAG [TEXT]\n"
     "    The end of what was opened by hand, or of a ticket (Q-4K7M).\n"},
    {"retract", cli_retract,
     "retract TAG [TEXT] [--delete]\n"
     "    False alarm: says so wherever it was told, and closes it. --delete: deletes what\n"
     "    was posted instead, where the network can.\n"},
    {"quiet", cli_quiet,
     "quiet MATCH FOR TEXT\n"
     "quiet --list | --end N\n"
     "    Post nothing about these objects for so long; the end of what was told is said.\n"
     "    N: a number of the list, or the tag of an incident that a reply made quiet.\n"},
    {"pause", cli_pause,
     "pause [AUDIENCE|ACCOUNT] [TEXT]\n"
     "    Post nothing there, or nothing at all; states are still followed. A name that both\n"
     "    have is written audience:NAME or account:NAME. TEXT alone needs a blank in it.\n"},
    {"resume", cli_resume,
     "resume [AUDIENCE|ACCOUNT]\n"
     "    Ends that pause, and tells what is still true as one summary. An account that\n"
     "    nobody paused is tried again at once.\n"},
    {"people", cli_people,
     "people [enrol|revoke|restore NAME]\n"
     "    Who may do what, and how we know them.\n"
     "    enrol: prints a code, good for 15 minutes, that NAME sends from the account in\n"
     "    question, as the whole text of a direct message or a reply: proof that it is theirs.\n"
     "    revoke: a stranger at once, on every network, until restored.\n"},
    {"audit", cli_audit,
     "audit [--since TIME]\n"
     "    Who did what, through which handle, with which result, refusals included; newest\n"
     "    last. Without --since: of the last 24 hours.\n"},
    {"report", cli_report,
     "report [--month YYYY-MM] [--md|--html]\n"
     "    What a month was like: incidents, how fast they were taken and over, what flaps,\n"
     "    what cost most, what the public missed, how much was noise, money. Without --month:\n"
     "    this month so far. --md, --html: as a document.\n"},
};
#define N_COMMANDS (sizeof commands / sizeof commands[0])

#define N_OPTIONS 16 /* of one command, the general ones and the end of the list included */

static const char usage[] =
    "usage: twicket [-c FILE] [-s STATE_DIR] [-r RUN_DIR] [--json] COMMAND ...\n"
    "\n"
    "Before the first post\n"
    "  check [--online]                  is the configuration right, and whom does it reach\n"
    "  auth ACCOUNT                      log in: prints an address, takes the code, stores the "
    "token\n"
    "  preview HOST [SERVICE] [--state STATE] [--at TIME] [--all]\n"
    "                                    who would be told what and when, why (not), at which price\n"
    "  replay LOG... [--compare FILE] [--posts AUDIENCE] [--objects FILE]\n"
    "                                    what an old nagios.log would have posted\n"
    "\n"
    "What is going on\n"
    "  status [--metrics]                module, accounts, queue, money: is twicket well\n"
     "  list [MATCH] [--all] [--since TIME] [--search WORDS]\n"
     "                                    incidents, open ones first; --tickets: what strangers report\n"
     "  show TAG [--md|--html]            the whole story of one incident; as a post-mortem\n"
    "\n"
    "Speak\n"
    "  reply TAG WORDS...                as if you had answered on your phone: ack 2h disk full,\n"
    "                                    say: text, eta 16:00, major ... (help reply: all words)\n"
    "  open TEXT --to AUDIENCE[,AUDIENCE] [--name NAME] [--from TIME --until TIME]\n"
    "                                    an incident that no monitoring sees, or a maintenance\n"
    "  close TAG [TEXT]                  end what was opened by hand\n"
    "  retract TAG [TEXT] [--delete]     false alarm\n"
    "\n"
    "Be quiet\n"
    "  quiet MATCH FOR TEXT              post nothing about these objects for so long;\n"
    "                                    quiet --list, --end N\n"
    "  pause [AUDIENCE|ACCOUNT] [TEXT]   post nothing; states are still followed\n"
    "  resume [AUDIENCE|ACCOUNT]         tell what is still true, as one summary\n"
    "\n"
    "People and records\n"
    "  people [enrol|revoke|restore NAME]\n"
    "                                    who may do what; proof that an account is theirs;\n"
    "                                    remove a leaver\n"
    "  queue [retry|drop ID]             posts on their way, and why they wait\n"
    "  audit [--since TIME]              who did what, refusals included\n"
    "  report [--month YYYY-MM] [--md|--html]\n"
    "                                    what a month was like, for the first of the next\n"
    "\n"
    "help COMMAND says more. -c: instead of " CLI_CONFIG ".\n"
    "-s, -r: instead of the file's state_dir and run_dir. All of them also behind COMMAND.\n"
    "TIME: 16:00, \"Sat 22:00\", 2026-11-21T16:00; -3h of what was, 2h of what is to come.\n"
    "FOR: 30m, 2h, 1d.  TAG: T7K2 or #T7K2.\n"
    "Exit: 0 done, 1 no, 2 usage, 3 agent not running, 4 not confirmed in time.\n";

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static enum cli_exit unknown(const struct cli *cli, const char *word)
{
	const char *names[N_COMMANDS + 2], *near;
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		names[i] = commands[i].name;
	names[i++] = "help";
	names[i] = NULL;
	near = config_nearest(word, names);
	if (near)
		return cli_misused(
		    cli, "", "%s: no such command; did you mean \"%s\"?", word, near);
	return cli_misused(cli, "", "%s: no such command", word);
}

static enum cli_exit later(const struct cli *cli, const char *name)
{
	return cli_complain(cli, CLI_USAGE, "%s: not in this version (%s)", name, TWICKET_VERSION);
}

static enum cli_exit help(const struct cli *cli, const char *name)
{
	const struct command *c = name ? find(name) : NULL;

	if (!name || strcmp(name, "help") == 0)
		fputs(usage, stdout);
	else if (!c)
		return unknown(cli, name);
	else if (!c->run)
		return later(cli, name);
	else
		printf("usage: twicket %s", c->help);
	return CLI_DONE;
}

static const struct cli_option *
find_option(const struct cli_option *options, const char *word, size_t len)
{
	for (; options->name; options++) {
		if (strlen(options->name) == len && strncmp(options->name, word, len) == 0)
			return options;
	}
	return NULL;
}

static int no_such_option(const struct cli_option *options, const char *word, struct err *err)
{
	const char *names[N_OPTIONS], *near;
	size_t n = 0;

	for (; options->name && n < N_OPTIONS - 1; options++)
		names[n++] = options->name;
	names[n] = NULL;
	near = config_nearest(word, names);
	if (near)
		return err_set(err, "%s: no such option; did you mean %s?", word, near);
	return err_set(err, "%s: no such option", word);
}

/* The option at argv[i]; how many words it took, -1 with err. */
static int
take_option(int argc, char **argv, int i, const struct cli_option *options, struct err *err)
{
	size_t len = strcspn(argv[i], "=");
	const struct cli_option *o = find_option(options, argv[i], len);

	if (!o)
		return no_such_option(options, argv[i], err);
	if (o->flag) {
		if (argv[i][len])
			return err_set(err, "%s takes no value", o->name);
		*o->flag = true;
		return 1;
	}
	if (argv[i][len]) {
		*o->value = argv[i] + len + 1;
		return 1;
	}
	if (i + 1 >= argc)
		return err_set(err, "%s needs a value", o->name);
	*o->value = argv[i + 1];
	return 2;
}

int cli_options(
    int *argc, char **argv, const struct cli_option *options, enum cli_scope scope, struct err *err)
{
	int kept = 1, i = 1, n;

	while (i < *argc) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (argv[i][0] != '-' || !argv[i][1]) {
			if (scope == CLI_UNTIL_WORD)
				break;
			argv[kept++] = argv[i++];
			continue;
		}
		n = take_option(*argc, argv, i, options, err);
		if (n == -1)
			return -1;
		i += n;
	}
	while (i < *argc)
		argv[kept++] = argv[i++];
	*argc = kept;
	return 0;
}

bool cli_command_options(
    struct cli *cli, int *argc, char **argv, const struct cli_option *options, enum cli_scope scope,
    enum cli_exit *rc)
{
	struct cli_option all[N_OPTIONS] = {
	    {"--json", &cli->json, NULL},	{"--help", &cli->help, NULL},
	    {"-h", &cli->help, NULL},		{"-c", NULL, &cli->config_path},
	    {"--config", NULL, &cli->config_path}, {"-s", NULL, &cli->state_dir},
	    {"-r", NULL, &cli->run_dir}};
	struct err err;
	size_t n = 7;

	for (; options && options->name && n < N_OPTIONS - 1; options++)
		all[n++] = *options;
	if (cli_options(argc, argv, all, scope, &err) == -1) {
		*rc = cli_misused(cli, argv[0], "%s: %s", argv[0], err.text);
		return false;
	}
	if (cli->help)
		*rc = help(cli, argv[0]);
	else
		cli_take_clock(cli); /* before any time is read */
	return !cli->help;
}

static int64_t wall_ms(void)
{
	struct timespec ts = {0, 0};

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Tables are cut to a terminal only: a file or another program gets all of it. */
static void fit_terminal(void)
{
	struct winsize size = {0};

	cli_colours_find();
	if (!isatty(STDOUT_FILENO))
		return;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || !size.ws_col)
		size.ws_col = CLI_TEXT_WIDTH;
	cli_table_fit(size.ws_col);
}

static enum cli_exit run_command(struct cli *cli, int argc, char **argv)
{
	const struct command *c = find(argv[0]);

	if (strcmp(argv[0], "help") == 0)
		return help(cli, argc > 1 && argv[1][0] != '-' ? argv[1] : NULL);
	if (!c)
		return unknown(cli, argv[0]);
	if (!c->run)
		return later(cli, argv[0]);
	return c->run(cli, argc, argv);
}

enum cli_exit cli_run(int argc, char **argv)
{
	struct cli cli = {.now_ms = wall_ms()};
	const struct cli_option options[] = {{"-c", NULL, &cli.config_path},
					     {"--config", NULL, &cli.config_path},
					     {"-s", NULL, &cli.state_dir},
					     {"-r", NULL, &cli.run_dir},
					     {"--json", &cli.json, NULL},
					     {"--help", &cli.help, NULL},
					     {"-h", &cli.help, NULL},
					     {"--version", &cli.version, NULL},
					     {NULL, NULL, NULL}};
	struct err err;

	if (argc < 1)
		return CLI_USAGE;
	if (cli_options(&argc, argv, options, CLI_UNTIL_WORD, &err) == -1)
		return cli_misused(&cli, "", "%s", err.text);
	if (cli.version) {
		printf("twicket %s\n", TWICKET_VERSION);
		return CLI_DONE;
	}
	if (cli.help)
		return help(&cli, argc > 1 ? argv[1] : NULL);
	if (argc < 2) {
		fputs(usage, stderr);
		return CLI_USAGE;
	}
	fit_terminal();
	return run_command(&cli, argc - 1, argv + 1);
}

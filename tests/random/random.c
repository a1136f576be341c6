/*
 * A random-event test of the engine: a million things that happen to monitored objects,
 * networks, clocks and the agent itself, on a virtual clock, and what must hold throughout.
 * Called by `make check-random`. Must never need more than a seed to be repeated:
 *
 *	RANDOM_EVENTS=n	 how many events
 *	RANDOM_SEED=n	 the first run's
 *	RANDOM_RUNS=n	 so many runs, whatever they hold
 *	RANDOM_KEEP_GOING=1  does not stop at the first broken run
 *	RANDOM_SKIP=n,n	 does not look at these rules
 *	RANDOM_WITHOUT=n,n  leaves out these kinds of steps (enum deed)
 *	RANDOM_WHOLE=1	 a broken run as it was, not shortened
 *	RANDOM_ALL=1	 all of its incidents, and from the beginning
 */
#include "common/log.h"
#include "tests/random/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BEGIN_MS INT64_C(1795316400000) /* Sunday, 22 November 2026, 03:00:00 UTC */
#define STEPS 300
#define SHOWN 60
#define SHRINK_RUNS 150
#define BROKEN_MAX 20

static struct line lines[LINES];

/* --- one run -------------------------------------------------------------------------------------- */

/* Every fourth run has a twin that looks every second. */
static void run(struct rig *r, uint64_t seed, const struct step *steps, unsigned n, struct line *log)
{
	memset(r, 0, sizeof *r);
	r->now = (struct now){.wall_ms = BEGIN_MS + (int64_t)(seed % 97) * HOUR_MS, .boot_ms = 5000 * SECOND_MS};
	r->family = (unsigned)(seed % settings_families());
	r->lines = log;
	r->settings = settings_create(r->family, 0);
	r->n_subjects = seed / settings_families() % 4 == 0 ? 2 : 1;
	truth_init(r);
	for (unsigned k = 0; k < r->n_subjects; k++)
		if (subject_init(&r->subjects[k], r, k ? "b" : "a") == -1)
			exit(2);
	story_begin(r);
	for (unsigned k = 0; k < n && !r->is_broken; k++)
		story_do(r, &steps[k]);
	if (!r->is_broken)
		story_end(r);
	for (unsigned k = 0; k < r->n_subjects; k++)
		subject_finish(&r->subjects[k]);
	settings_destroy(r->settings);
}

/* --- what broke it, and nothing else ----------------------------------------------------------------- */

static bool still_breaks(uint64_t seed, const struct step *steps, unsigned n, enum rule rule)
{
	static struct rig r;

	run(&r, seed, steps, n, NULL);
	return r.is_broken && r.rule == rule;
}

/* Leaves out ever smaller pieces, as long as the same rule breaks. Returns how many steps are left. */
static unsigned shrink(uint64_t seed, struct step *steps, unsigned n, enum rule rule)
{
	struct step *fewer = calloc(n, sizeof *fewer);
	unsigned tries = 0;

	if (!fewer)
		exit(2);
	for (unsigned piece = n / 2; piece; piece /= 2)
		for (unsigned at = 0; at < n && tries < SHRINK_RUNS;) {
			unsigned cut = piece < n - at ? piece : n - at;

			memcpy(fewer, steps, at * sizeof *steps);
			memcpy(fewer + at, steps + at + cut, (n - at - cut) * sizeof *steps);
			tries++;
			if (still_breaks(seed, fewer, n - cut, rule)) {
				n -= cut;
				memcpy(steps, fewer, n * sizeof *steps);
			} else {
				at += cut;
			}
		}
	free(fewer);
	return n;
}

static bool is_about(const struct rig *r, const struct line *line)
{
	return !r->incident || !line->incident || line->incident == r->incident || getenv("RANDOM_ALL");
}

static void print_end(const struct rig *r)
{
	unsigned first = r->n_lines > LINES ? r->n_lines - LINES : 0, n = 0;

	for (unsigned k = first; k < r->n_lines; k++)
		n += is_about(r, &lines[k % LINES]);
	for (unsigned k = first; k < r->n_lines; k++) {
		if (!is_about(r, &lines[k % LINES]))
			continue;
		if (n <= SHOWN || getenv("RANDOM_WHOLE") || getenv("RANDOM_ALL"))
			printf("  %s\n", lines[k % LINES].text);
		n -= n > SHOWN;
	}
}

static void explain(uint64_t seed, struct step *steps, unsigned n, enum rule rule)
{
	static struct rig r;

	if (!getenv("RANDOM_WHOLE"))
		n = shrink(seed, steps, n, rule);
	run(&r, seed, steps, n, lines);
	printf("random: RANDOM_SEED=%llu: broken: %s: %s\n  configuration %u, %u steps; the last inputs and decisions:\n",
	       (unsigned long long)seed, rule_name(r.rule), r.why, r.family, n);
	print_end(&r);
	fflush(stdout);
}

/* --- all runs --------------------------------------------------------------------------------------------- */

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && text[0] ? strtoull(text, NULL, 10) : otherwise;
}

/* False: a rule is broken. */
static bool one(uint64_t seed)
{
	static struct rig r;
	static struct step steps[STEPS];

	story_write(steps, STEPS, seed);
	run(&r, seed, steps, STEPS, NULL);
	tally.events += r.events;
	if (!r.is_broken)
		return true;
	tally.broken[r.rule]++;
	if (tally.broken[r.rule] <= number("RANDOM_SHOW", 1))
		explain(seed, steps, STEPS, r.rule);
	else
		printf("random: RANDOM_SEED=%llu: broken: %s: %s\n", (unsigned long long)seed, rule_name(r.rule), r.why);
	return false;
}

static unsigned summary(uint64_t seed, uint64_t runs)
{
	uint64_t broken = 0;

	for (unsigned k = 0; k < RULES; k++) {
		printf("  %2u %-42s %10llu looks, %llu broken\n", k, rule_name(k), (unsigned long long)tally.checked[k],
		       (unsigned long long)tally.broken[k]);
		broken += tally.broken[k];
	}
	printf("  said:");
	for (unsigned k = 0; k < SAY_EVENTS; k++)
		if (tally.by_event[k])
			printf(" %s %llu", words_event_name(k), (unsigned long long)tally.by_event[k]);
	printf("\n  told, but not their end:");
	for (unsigned k = 0; k < sizeof tally.excuses / sizeof *tally.excuses && tally.excuses[k].why; k++)
		printf(" %s %llu;", tally.excuses[k].why, (unsigned long long)tally.excuses[k].n);
	printf("\nrandom: seeds %llu to %llu: %llu events, %llu says, %llu threads, %llu sent, %llu restarts; invariants: %u, %llu broken\n",
	       (unsigned long long)seed, (unsigned long long)(seed + runs - 1), (unsigned long long)tally.events,
	       (unsigned long long)tally.says, (unsigned long long)tally.roots, (unsigned long long)tally.delivered,
	       (unsigned long long)tally.restarts, RULES, (unsigned long long)broken);
	printf("random: %llu cases, 0 skipped\n", (unsigned long long)runs);
	return broken != 0;
}

static unsigned bits(const char *text)
{
	unsigned found = 0;
	char *end;

	for (; text && *text; text = *end ? end + 1 : end) {
		unsigned long n = strtoul(text, &end, 10);

		if (end == text)
			break;
		found |= n < 32 ? 1u << n : 0;
	}
	return found;
}

int main(void)
{
	uint64_t seed = number("RANDOM_SEED", 1), events = number("RANDOM_EVENTS", 60000), runs = 0, broken = 0;
	uint64_t max_runs = number("RANDOM_RUNS", getenv("RANDOM_SEED") && !getenv("RANDOM_EVENTS") ? 1 : UINT64_MAX);

	setenv("TZ", "UTC", 1);
	tzset();
	log_setup(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	tally.skipped = bits(getenv("RANDOM_SKIP"));
	tally.left_out = bits(getenv("RANDOM_WITHOUT"));
	while (tally.events < events && runs < max_runs && broken < BROKEN_MAX) {
		broken += !one(seed + runs++);
		if (broken && !getenv("RANDOM_KEEP_GOING"))
			break;
	}
	return (int)summary(seed, runs);
}

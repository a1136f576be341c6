/*
 * The part of the inbox rig's fake engine that incident_hand.h promises: each call is
 * written down as one line. Included by inbox_rig.h only, behind its `out`.
 */
#ifndef TWICKET_TEST_INBOX_RIG_HAND_H
#define TWICKET_TEST_INBOX_RIG_HAND_H

static bool is_refusing;

static inline int by_hand(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline int by_hand(struct err *err, const char *format, ...)
{
	char line[700];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (is_refusing)
		return err_set(err, "refused");
	buf_printf(&out, "%s\n", line);
	return 0;
}

int engine_quiet(
    struct engine *e, uint64_t incident, int64_t until_s, const char *by, const struct now *at,
    struct err *err)
{
	(void)e;
	return by_hand(
	    err, "quiet %u %lld by %s", (unsigned)incident,
	    (long long)(until_s - at->wall_ms / 1000), by);
}

int engine_eta(
    struct engine *e, uint64_t incident, int64_t eta_s, const char *by, const struct now *at,
    struct err *err)
{
	(void)e;
	return by_hand(
	    err, "eta %u %lld by %s", (unsigned)incident, (long long)(eta_s - at->wall_ms / 1000),
	    by);
}

int engine_major(
    struct engine *e, uint64_t incident, bool is_major, const char *by, const struct now *at,
    struct err *err)
{
	(void)e, (void)at;
	return by_hand(err, "%s %u by %s", is_major ? "major" : "not major", (unsigned)incident, by);
}

int engine_known(
    struct engine *e, uint64_t incident, const char *tag, const char *text, const char *by,
    const struct now *at, struct err *err)
{
	(void)e, (void)at;
	return by_hand(err, "known %u [%s] [%s] by %s", (unsigned)incident, tag, text, by);
}

int engine_part_of(
    struct engine *e, uint64_t incident, uint64_t parent, const char *by, const struct now *at,
    struct err *err)
{
	(void)e, (void)at;
	return by_hand(err, "part %u of %u by %s", (unsigned)incident, (unsigned)parent, by);
}

int engine_say(
    struct engine *e, uint64_t incident, const char *text, const char *by, const struct now *at,
    struct err *err)
{
	(void)e, (void)at;
	return by_hand(err, "say %u \"%s\" by %s", (unsigned)incident, text, by);
}

/* Nothing waits for anybody's go: tests/scenario/approve*.txt. */
enum verdict
engine_answer(struct engine *e, uint64_t incident, const struct go_or_no *answer, const struct now *at)
{
	(void)e, (void)incident, (void)answer, (void)at;
	return VERDICT_NOTHING;
}

bool engine_withdraw(struct engine *e, uint64_t incident, const char *by, const struct now *at)
{
	(void)e, (void)incident, (void)by, (void)at;
	return false;
}

bool engine_question(const struct engine *e, uint64_t incident, struct question_view *view)
{
	(void)e, (void)incident, (void)view;
	return false;
}

bool engine_approves(const struct engine *e)
{
	(void)e;
	return false;
}

int engine_ticket(
    struct engine *e, uint64_t incident, const char *number, const char *by, const struct now *at,
    struct err *err)
{
	(void)e, (void)at;
	return by_hand(err, "ticket %u [%s] by %s", (unsigned)incident, number, by);
}

int engine_undo_eta(
    struct engine *e, uint64_t incident, const char *by, const struct now *at, struct err *err)
{
	(void)e, (void)at;
	return by_hand(err, "undo eta %u by %s", (unsigned)incident, by);
}

int engine_undo_known(
    struct engine *e, uint64_t incident, const char *by, const struct now *at, struct err *err)
{
	(void)e, (void)at;
	return by_hand(err, "undo known %u by %s", (unsigned)incident, by);
}

int engine_undo_part_of(
    struct engine *e, uint64_t incident, const char *by, const struct now *at, struct err *err)
{
	(void)e, (void)at;
	return by_hand(err, "undo part %u by %s", (unsigned)incident, by);
}

void engine_reported(
    struct engine *e, uint64_t incident, const struct engine_reports *reports, const struct now *at)
{
	(void)e, (void)at;
	by_hand(&(struct err){0}, "reported %u %u", (unsigned)incident, reports->count);
}

/* Nobody was told: what strangers may ask is shown in scenarios. */
unsigned engine_told_to(const struct engine *e, uint64_t incident, const char **names, unsigned max)
{
	(void)e, (void)incident, (void)names, (void)max;
	return 0;
}

static bool is_waiting;

bool engine_node_waits(const struct engine *e, const char *node)
{
	(void)e, (void)node;
	return is_waiting;
}

#endif

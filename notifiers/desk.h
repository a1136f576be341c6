/*
 * What the ticket desks share: our names for things, texts of strangers made harmless,
 * verdicts. Used by notifiers/desk_*.c only.
 * Nothing here may do I/O, read a clock, or let a line break through where none belongs.
 */
#ifndef TWICKET_DESK_H
#define TWICKET_DESK_H

#include "common/buf.h"
#include "notifiers/notifier.h"

#include <jansson.h>

#define DESK_TICKET_MAX 33 /* "Q-4K7M" and its end */
#define DESK_TEXT_MAX 16384 /* bytes of a report or note; a post has at most some thousand */
#define DESK_REPORT_MAX (DESK_TEXT_MAX + 4096) /* with who and where below it */
#define DESK_SUBJECT_MAX 180 /* bytes; Request Tracker stores 200 */
#define DESK_ANSWER_MAX DESK_TEXT_MAX /* bytes of an item's text */
#define DESK_TIMEOUT_MS 30000
#define DESK_WAIT_MS (60 * 1000) /* after a 429 that does not say how long */
#define DESK_WAIT_LONGEST_MS (60 * 60 * 1000)

/* "Q-4K7M" -> that and 0, "Q-4K7M.2" -> "Q-4K7M" and 2. -1: it is neither. */
int desk_key(const char *key, char ticket[DESK_TICKET_MAX], unsigned *number);

/* What a desk needs of a job that it takes; err names what is missing. reads: without text. */
int desk_check_job(const struct job *job, unsigned caps, struct err *err);

/* notifier.measure: bytes, at most DESK_TEXT_MAX. */
void desk_measure(const struct account *a, const char *text, unsigned *units, unsigned *limit);

/* Is it an address of the web? RT makes a link of anything: a script, one of its tickets. */
bool desk_is_link(const char *link);

/* Is it a number, as ids are? */
bool desk_is_number(const char *id);

/* Appended as one line: line ends and controls are blanks, what is no UTF-8 is "?"; at most max bytes. */
void desk_line(struct buf *out, const char *text, size_t max);
/* The same, but '\n' stays. */
void desk_text(struct buf *out, const char *text, size_t max);

/* "[twicket Q-4K7M]", or with the number of a note. */
void desk_tag(struct buf *out, const char *key);
/* The tag, a blank, and the subject in one line; the tag alone when there is none. */
void desk_subject(struct buf *out, const char *key, const char *subject);

/* The text of a ticket or note; below a ticket's who reported it, and where. Ends with a line end. */
void desk_report(struct buf *out, const struct job *job);

/* Fills the result, the secret blotted out of its words ("" = there is none); always OP_DONE. */
enum op_step desk_finish(
    struct result *result, const char *secret, enum result_class class, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * The verdict on an answer of HTTP that is not what was hoped for, by the table of notifier.h;
 * what a desk sees otherwise (403, 404, 409) it looks at before.
 */
enum op_step desk_refuse(
    struct result *result, const char *secret, const struct answer *answer, enum effect effect,
    const struct op_env *env);

bool desk_is_ok(const struct answer *answer);

/* A JSON object of an answer that is OK; NULL with the verdict. The caller owns it. */
json_t *desk_json(
    struct result *result, const char *secret, const struct answer *answer, enum effect effect);

/* A url that tokens may travel to, without a slash at its end; NULL with err. The caller frees it. */
char *desk_base_url(const struct notifier_settings *s, struct err *err);

#endif

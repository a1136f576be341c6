/*
 * Words for the public, as they were typed. Called by reply.c for `say:` and `edit:`. Must never take more
 * than its own line: below it people write what is for each other.
 */
#include "agent/reply_lexicon.h"
#include "agent/reply_text.h"

#include <stdlib.h>
#include <string.h>

/* Behind the first "say:" of any language at s, or "edit:"; NULL when it stands elsewhere. */
static const char *
reply_behind(const struct reply_lexicon *lexicon, enum reply_verb verb, const char *s)
{
	char folded[REPLY_PHRASE_SIZE], marks[REPLY_MARKS_SIZE];
	const struct reply_phrase *p;
	const char *rest;

	for (unsigned n = REPLY_PHRASE_WORDS; n > 0; n--) {
		if (!reply_join(s, n, folded, sizeof(folded), &rest, marks))
			continue;
		p = reply_lexicon_find(lexicon, folded);
		if (p && p->command->verb == verb && (strchr(marks, ':') || *rest == ':'))
			return rest + strspn(rest, ": ");
	}
	return NULL;
}

/*
 * Words behind "say:" or "edit:" as they were typed: they are published, so a tag in their middle stays there.
 * What stands in the lines below is a comment, as it is below any command.
 */
void reply_spoken(
    const struct reply_lexicon *lexicon, enum reply_verb verb, const char *text,
    struct reply_parsed *out)
{
	char *clean = reply_clean(text);
	const char *at = clean ? reply_behind_mentions(clean) : "", *words = NULL;

	for (; *at && !words; at += *at != '\0') {
		words = reply_behind(lexicon, verb, reply_behind_opening(at));
		if (!words)
			at += strcspn(at, " :,\n");
	}
	out->text[0] = '\0';
	if (words) {
		clean[(words - clean) + (ptrdiff_t)strcspn(words, "\n")] = '\0';
		reply_copy(out->text, sizeof(out->text), reply_behind_tag(words, out));
		reply_collapse(out->text);
		if (out->text[strspn(out->text, "?!. ")] == '\0')
			out->text[0] = '\0'; /* nothing to say */
	}
	free(clean);
}

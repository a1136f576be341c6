/*
 * `list --search` over the control socket: incidents that have these words, newest first, and
 * why each was found. Called by control_list.c. Must never take the words for anything else.
 */
#include "agent/control_internal.h"

#include <string.h>

#define FOUND_MAX 200	   /* incidents of one answer: who has more says more words */
#define CATCH_UP_MAX 2000 /* incidents that are taken into the index before: some 100 ms */

struct search {
	struct control *control;
	json_t *incidents, *one;
};

static int take_kept(void *arg, const struct incident_row *row)
{
	struct search *s = arg;

	s->one = control_kept(s->control, row);
	return 1;
}

static bool has_mark(const char *text)
{
	return strchr(text, '\1') != NULL;
}

/* Without the marks, in one line. */
static json_t *found_text(const char *text)
{
	json_t *found;
	struct buf b;

	buf_init(&b, 1u << 16);
	for (; *text; text++)
		if (*text != '\1' && *text != '\2')
			buf_char(&b, *text == '\n' ? ' ' : *text);
	found = control_text(buf_text(&b));
	buf_finish(&b);
	return found;
}

static int take_found(void *arg, uint64_t incident, const char *object, const char *excerpt)
{
	struct search *s = arg;
	struct incident_view view;

	s->one = NULL;
	if (engine_view(core_engine(s->control->core), incident, &view))
		s->one = control_live(s->control, &view);
	else
		store_incident_by_id(core_store(s->control->core), incident, take_kept, s, NULL);
	if (!s->one)
		return 0;
	json_object_set_new(s->one, "found", found_text(has_mark(excerpt) || !has_mark(object) ? excerpt : object));
	json_array_append_new(s->incidents, s->one);
	return 0;
}

json_t *control_search(struct control *c, const char *words)
{
	struct search s = {.control = c, .incidents = json_array()};
	struct store *store = core_store(c->core);
	bool is_behind = store_read_stories(store, CATCH_UP_MAX) == CATCH_UP_MAX; /* after an upgrade */
	json_t *answer;
	struct err err;

	if (store_search(store, words, FOUND_MAX, take_found, &s, &err) == -1) {
		json_decref(s.incidents);
		return answer_error("%s", err.text);
	}
	answer = json_pack("{s:b, s:b, s:o}", "ok", 1, "cut", json_array_size(s.incidents) == FOUND_MAX, "incidents",
			   s.incidents);
	if (is_behind)
		json_object_set_new(answer, "behind", json_true());
	return answer;
}

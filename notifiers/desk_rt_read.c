/*
 * Asking Request Tracker: is the login right, is a ticket or note of ours there.
 * Called by the frame in desk_rt.c.
 * It must never take what only looks like our tag for it.
 */
#include "notifiers/answer.h"
#include "notifiers/desk_rt.h"
#include "notifiers/request.h"

#include <stdio.h>
#include <string.h>

#define FOUND_MAX 10 /* tickets with one tag: one, unless somebody copied it */
#define NOTES_MAX "100" /* the newest parts of a ticket that are looked through */

/* --- VERIFY ----------------------------------------------------------------------------------- */

/* The queue's answer names what we may do there: "create" a "ticket". */
static bool may_create(const json_t *queue)
{
	const json_t *link;
	char ref[32], type[32];
	size_t i;

	json_array_foreach (json_object_get(queue, "_hyperlinks"), i, link) {
		json_text(link, "ref", ref, sizeof ref);
		json_text(link, "type", type, sizeof type);
		if (strcmp(ref, "create") == 0 && strcmp(type, "ticket") == 0)
			return true;
	}
	return false;
}

static enum op_step take_version(struct op *op, struct rt_turn *turn)
{
	json_t *rt = rt_object(op, turn);
	char version[64];

	if (!rt)
		return OP_DONE;
	json_text(rt, "Version", version, sizeof version);
	json_decref(rt);
	if (!*version)
		return rt_finish(op, turn, RESULT_PERMANENT, "there is no Request Tracker");
	snprintf(op->reading.status, sizeof op->reading.status, "%s", version);
	rt_path(op, "/queue/");
	url_add_escaped(&op->url, op->account->queue);
	return rt_get(op, turn);
}

static enum op_step take_queue(struct op *op, struct rt_turn *turn)
{
	const char *queue = op->account->queue;
	int status = turn->answer->transport == TRANSPORT_ANSWERED ? turn->answer->status : 0;
	json_t *json;
	char disabled[8];
	bool may;

	if (status == 403 || status == 404)
		return rt_finish(
		    op, turn, RESULT_AUTH,
		    "there is no queue \"%s\", or the token's user lacks the right SeeQueue on it",
		    queue);
	json = rt_object(op, turn);
	if (!json)
		return OP_DONE;
	json_text(json, "Disabled", disabled, sizeof disabled);
	may = may_create(json);
	json_decref(json);
	if (strcmp(disabled, "1") == 0)
		return rt_finish(op, turn, RESULT_AUTH, "the queue \"%s\" is disabled", queue);
	if (!may)
		return rt_finish(
		    op, turn, RESULT_AUTH,
		    "the token's user lacks the right CreateTicket on the queue \"%s\"", queue);
	turn->result->found = true;
	return rt_finish(
	    op, turn, RESULT_OK, "Request Tracker %s, queue %s", op->reading.status, queue);
}

enum op_step rt_verify(struct op *op, struct rt_turn *turn)
{
	if (!turn->answer) {
		rt_path(op, "/rt");
		return rt_get(op, turn);
	}
	return op->state++ == 0 ? take_version(op, turn) : take_queue(op, turn);
}

/* --- FIND ------------------------------------------------------------------------------------- */

static enum op_step ask_found(struct op *op, struct rt_turn *turn)
{
	const char *target = op->job->target_id;
	struct buf query;

	if (target && *target) {
		rt_path(op, "/ticket/");
		buf_str(&op->url, target);
		buf_str(
		    &op->url, "/attachments?fields=Subject,TransactionId&orderby=id&order=DESC"
			      "&per_page=" NOTES_MAX);
		return rt_get(op, turn);
	}
	buf_init(&query, 128);
	buf_str(&query, "Subject LIKE '");
	desk_tag(&query, op->job->key); /* letters, digits, dots: nothing to escape */
	/* who reads our name of it may mail a ticket of that subject */
	buf_str(&query, "' AND Creator = '__CurrentUser__'");
	rt_path(op, "/tickets?query=");
	url_add_escaped(&op->url, buf_text(&query));
	buf_printf(&op->url, "&fields=Subject&orderby=id&order=ASC&per_page=%d", FOUND_MAX);
	buf_finish(&query);
	return rt_get(op, turn);
}

/* The id of the first item whose subject has the tag; how many there are. */
static unsigned
find_tag(const struct op *op, const json_t *items, const char *id_key, char *id, size_t size)
{
	char subject[1024], other[RT_ID_MAX];
	const json_t *item;
	unsigned n = 0;
	struct buf tag;
	size_t i;

	buf_init(&tag, 128);
	desk_tag(&tag, op->job->key);
	json_array_foreach (items, i, item) {
		json_text(item, "Subject", subject, sizeof subject);
		json_text(item, id_key, other, sizeof other);
		if (!strstr(subject, buf_text(&tag)) || !desk_is_number(other))
			continue;
		if (!n++)
			snprintf(id, size, "%s", other);
	}
	buf_finish(&tag);
	return n;
}

enum op_step rt_find(struct op *op, struct rt_turn *turn)
{
	bool is_note = op->job->target_id && *op->job->target_id;
	struct result *result = turn->result;
	const json_t *items;
	json_t *page;
	unsigned n;

	if (!turn->answer)
		return ask_found(op, turn);
	page = rt_object(op, turn);
	if (!page)
		return OP_DONE;
	items = json_object_get(page, "items");
	if (!json_is_array(items)) {
		json_decref(page);
		return rt_finish(op, turn, RESULT_BUG, "the answer has no items");
	}
	n = find_tag(op, items, is_note ? "TransactionId" : "id", result->id, sizeof result->id);
	json_decref(page);
	result->found = n > 0;
	if (n && !is_note)
		rt_ticket_url(op->account, result->id, result->url, sizeof result->url);
	if (n > 1)
		return rt_finish(
		    op, turn, RESULT_OK, "%u carry [twicket %s]; the first is %s", n, op->job->key,
		    result->id);
	return rt_finish(
	    op, turn, RESULT_OK, n ? "[twicket %s] is there" : "no [twicket %s] there",
	    op->job->key);
}

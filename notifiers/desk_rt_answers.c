/*
 * Reading a ticket in Request Tracker: how it stands, and what the reporter was told.
 * Called by the frame in desk_rt.c.
 * It must never bring back what the desk's people wrote to each other, our own words, nor what a
 * stranger mailed into a ticket.
 */
#include "notifiers/answer.h"
#include "notifiers/desk_rt.h"
#include "notifiers/html.h"
#include "notifiers/request.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ask_ticket(struct op *op)
{
	rt_path(op, "/ticket/");
	buf_str(&op->url, op->job->target_id);
}

/* An inactive status sets the date, an active one takes it away, whatever the words are. */
static enum desk_ticket state_of(const json_t *ticket)
{
	char resolved[40];
	int64_t ms;

	json_text(ticket, "Resolved", resolved, sizeof resolved);
	if (!*resolved || !iso8601_ms(resolved, &ms))
		return DESK_TICKET_UNSAID;
	return ms > 0 ? DESK_TICKET_CLOSED : DESK_TICKET_OPEN;
}

/* The words to the requestor, of this ticket and of what it was merged into. */
static void ask_correspondence(struct op *op)
{
	struct rt_reading *r = &op->reading;
	const char *target = op->job->target_id, *cursor = op->job->cursor;
	struct buf query;

	buf_init(&query, 512);
	buf_printf(&query, "(ObjectId = %s", target);
	if (strcmp(r->ticket, target) != 0)
		buf_printf(&query, " OR ObjectId = %s", r->ticket);
	buf_printf(
	    &query, ") AND ObjectType = 'RT::Ticket' AND Type = 'Correspond' AND id > %s",
	    cursor && *cursor ? cursor : "0");
	rt_path(op, "/transactions?query=");
	url_add_escaped(&op->url, buf_text(&query));
	buf_printf(
	    &op->url,
	    "&fields=Creator,Created&fields%%5BCreator%%5D=RealName&orderby=id&order=ASC&per_page=%"
	    "d",
	    RT_ANSWERS);
	buf_finish(&query);
}

static enum op_step take_ticket(struct op *op, struct rt_turn *turn)
{
	struct rt_reading *r = &op->reading;
	json_t *ticket = rt_object(op, turn);
	char subject[1024];

	if (!ticket)
		return OP_DONE;
	json_text(ticket, "id", r->ticket, sizeof r->ticket);
	json_text(ticket, "Status", r->status, sizeof r->status);
	json_text(ticket, "Subject", subject, sizeof subject);
	if (strstr(subject, "[twicket ")) /* another's ticket may be its own author's to answer */
		json_text(json_object_get(ticket, "Creator"), "id", r->creator, sizeof r->creator);
	r->requestors = json_incref(json_object_get(ticket, "Requestor"));
	r->state = state_of(ticket);
	json_decref(ticket);
	if (!desk_is_number(r->ticket))
		return rt_finish(op, turn, RESULT_BUG, "the ticket's answer has no number");
	ask_correspondence(op);
	return rt_get(op, turn);
}

static bool is_requestor(const struct rt_reading *r, const char *author)
{
	const json_t *one;
	char id[RT_NAME_MAX];
	size_t i;

	json_array_foreach (r->requestors, i, one) {
		json_text(one, "id", id, sizeof id);
		if (strcmp(id, author) == 0)
			return true;
	}
	return false;
}

static void take_answer(struct rt_reading *r, const json_t *transaction)
{
	const json_t *creator = json_object_get(transaction, "Creator");
	struct rt_answer *a = &r->at[r->n];
	char created[40];

	*a = (struct rt_answer){.created_ms = 0};
	json_text(transaction, "id", a->id, sizeof a->id);
	json_text(transaction, "Created", created, sizeof created);
	json_text(creator, "id", a->author, sizeof a->author);
	json_text(creator, "RealName", a->display, sizeof a->display);
	if (!iso8601_ms(created, &a->created_ms))
		a->created_ms = 0;
	/* Somebody whom we cannot tell from us is not repeated. */
	a->is_ours =
	    !*a->author || strcmp(a->author, r->creator) == 0 || is_requestor(r, a->author);
	if (desk_is_number(a->id))
		r->n++;
}

static enum op_step finish_answers(struct op *op, struct rt_turn *turn)
{
	const struct rt_reading *r = &op->reading;
	struct item item = {
	    .kind = ITEM_CURSOR,
	    .id = "",
	    .uri = "",
	    .url = "",
	    .parent_id = "",
	    .author_id = "",
	    .acct = "",
	    .display = "",
	    .text = ""};

	item.cursor = r->n ? r->at[r->n - 1].id : op->job->cursor ? op->job->cursor : "";
	if (turn->env->emit(turn->env->arg, &item) == EMIT_FAILED)
		return rt_finish(op, turn, RESULT_RETRY, "the store did not take it");
	turn->result->ticket = r->state;
	turn->result->found = true;
	snprintf(turn->result->id, sizeof turn->result->id, "%s", r->ticket);
	return rt_finish(op, turn, RESULT_OK, "ticket %s is %s", r->ticket, r->status);
}

/* Many queues take mail of everybody, and a ticket's number is easily guessed. */
static enum op_step ask_author(struct op *op, struct rt_turn *turn)
{
	op->state = 4;
	rt_path(op, "/user/");
	url_add_escaped(&op->url, op->reading.at[op->reading.i].author);
	return rt_get(op, turn);
}

/* Asks for the parts of the next answer that is not ours. */
static enum op_step next_answer(struct op *op, struct rt_turn *turn)
{
	struct rt_reading *r = &op->reading;

	while (r->i < r->n && r->at[r->i].is_ours)
		r->i++;
	if (r->i == r->n)
		return finish_answers(op, turn);
	if (strcmp(r->staff, r->at[r->i].author) != 0)
		return ask_author(op, turn);
	op->state = 2;
	rt_path(op, "/transaction/");
	buf_str(&op->url, r->at[r->i].id);
	buf_str(&op->url, "/attachments?fields=ContentType,Filename,Subject&per_page=20");
	return rt_get(op, turn);
}

/* Of the desk are those whom RT calls privileged. */
static enum op_step take_author(struct op *op, struct rt_turn *turn)
{
	int status = turn->answer->transport == TRANSPORT_ANSWERED ? turn->answer->status : 0;
	struct rt_answer *a = &op->reading.at[op->reading.i];
	char privileged[8] = "";
	json_t *user;

	if (status == 403)
		return rt_finish(
		    op, turn, RESULT_AUTH,
		    "the token's user is not privileged: it cannot see who answers at the desk");
	user = status == 404 ? NULL : rt_object(op, turn);
	if (!user && status != 404)
		return OP_DONE;
	json_text(user, "Privileged", privileged, sizeof privileged);
	json_decref(user);
	a->is_ours = strcmp(privileged, "1") != 0;
	if (!a->is_ours)
		snprintf(op->reading.staff, sizeof op->reading.staff, "%s", a->author);
	return next_answer(op, turn);
}

static enum op_step take_correspondence(struct op *op, struct rt_turn *turn)
{
	json_t *page = rt_object(op, turn);
	const json_t *items = json_object_get(page, "items"), *item;
	size_t i;

	if (!page)
		return OP_DONE;
	if (!json_is_array(items)) {
		json_decref(page);
		return rt_finish(op, turn, RESULT_BUG, "the answer has no items");
	}
	json_array_foreach (items, i, item) {
		if (op->reading.n < RT_ANSWERS)
			take_answer(&op->reading, item);
	}
	json_decref(page);
	return next_answer(op, turn);
}

/* "[twicket Q-4K7M.2]" and no more: the subject that our notes have. */
static bool is_note_of_ours(const json_t *part)
{
	char subject[128], key[sizeof subject] = "", ticket[DESK_TICKET_MAX];
	unsigned number;
	int end = 0;

	json_text(part, "Subject", subject, sizeof subject);
	return sscanf(subject, "[twicket %100[^]]]%n", key, &end) == 1 && end && !subject[end] &&
	       desk_key(key, ticket, &number) == 0 && number > 0;
}

/* The words are the first text that is no file; plain before HTML. */
static void choose_part(struct rt_reading *r, const json_t *items)
{
	char type[64], name[256], id[RT_ID_MAX];
	const json_t *item;
	size_t i;

	r->part[0] = '\0';
	r->is_html = false;
	json_array_foreach (items, i, item) {
		bool is_plain, is_html;

		json_text(item, "ContentType", type, sizeof type);
		json_text(item, "Filename", name, sizeof name);
		json_text(item, "id", id, sizeof id);
		is_plain = strcmp(type, "text/plain") == 0;
		is_html = strcmp(type, "text/html") == 0;
		if (is_note_of_ours(item)) {
			r->part[0] = '\0';
			return;
		}
		if (*name || !desk_is_number(id) || !(is_plain || (is_html && !*r->part)))
			continue;
		if (is_plain && *r->part && !r->is_html)
			continue;
		snprintf(r->part, sizeof r->part, "%s", id);
		r->is_html = is_html;
	}
}

static enum op_step take_parts(struct op *op, struct rt_turn *turn)
{
	struct rt_reading *r = &op->reading;
	json_t *page = rt_object(op, turn);

	if (!page)
		return OP_DONE;
	choose_part(r, json_object_get(page, "items"));
	json_decref(page);
	if (!*r->part) { /* a file only, or ours */
		r->i++;
		return next_answer(op, turn);
	}
	op->state = 3;
	rt_path(op, "/attachment/");
	buf_str(&op->url, r->part);
	return rt_get(op, turn);
}

/* The API has it in base64, in lines. -1: it is none. */
static int decode(const char *base64, struct buf *out)
{
	size_t n = strlen(base64), k = 0;
	unsigned char *flat = malloc(n + 1), *bytes = malloc(n + 4);
	int len = -1;

	for (size_t i = 0; flat && i < n; i++) {
		if (!isspace((unsigned char)base64[i]))
			flat[k++] = (unsigned char)base64[i];
	}
	if (flat && bytes && k % 4 == 0)
		len = EVP_DecodeBlock(bytes, flat, (int)k);
	for (; len > 0 && k && flat[k - 1] == '='; k--)
		len--;
	if (len > 0)
		buf_add(out, bytes, (size_t)len);
	free(flat);
	free(bytes);
	return len == -1 ? -1 : 0;
}

/* A signature below "-- " is not said to the reporter. */
static void cut_signature(struct buf *text)
{
	char *end = text->len ? strstr(text->data, "\n-- \n") : NULL;

	if (end)
		buf_truncate(text, (size_t)(end - text->data));
	while (text->len && strchr(" \n", text->data[text->len - 1]))
		buf_truncate(text, text->len - 1);
}

/* "anna" at the desk's host, or the name of a mail address. */
static void acct_of(const struct account *a, const char *author, char *out, size_t size)
{
	size_t n = strcspn(author, "@"), i;

	snprintf(out, size, "%.*s@%s", n ? (int)n : 1, n ? author : "?", a->host);
	for (i = 0; i < strlen(out); i++)
		out[i] = (char)tolower((unsigned char)out[i]);
}

static enum emitted emit_answer(struct op *op, struct rt_turn *turn, const char *text)
{
	const struct rt_reading *r = &op->reading;
	const struct rt_answer *a = &r->at[r->i];
	char acct[2 * RT_NAME_MAX + 2], uri[512], url[512];
	struct item item = {
	    .kind = ITEM_REPLY,
	    .id = a->id,
	    .uri = uri,
	    .url = url,
	    .parent_id = r->ticket,
	    .author_id = a->author,
	    .acct = acct,
	    .display = *a->display ? a->display : a->author,
	    .text = text,
	    .cursor = "",
	    .created_ms = a->created_ms,
	    .visibility = VISIBILITY_DIRECT};

	acct_of(op->account, a->author, acct, sizeof acct);
	snprintf(uri, sizeof uri, "%.450s/transaction/%s", op->account->base, a->id);
	rt_ticket_url(op->account, r->ticket, url, sizeof url);
	return turn->env->emit(turn->env->arg, &item);
}

/* What the part says, as plain text; nothing when it says nothing. */
static void read_part(const struct rt_reading *r, const json_t *part, struct buf *text)
{
	const char *content = json_string_value(json_object_get(part, "Content"));
	struct buf raw;

	buf_init(&raw, 8 * DESK_TEXT_MAX);
	if (content && decode(content, &raw) == 0) {
		if (r->is_html)
			html_to_text(buf_text(&raw), raw.len, text);
		else
			desk_text(text, buf_text(&raw), DESK_ANSWER_MAX);
		cut_signature(text);
	}
	buf_finish(&raw);
}

static enum op_step take_words(struct op *op, struct rt_turn *turn)
{
	bool is_kept = true, is_long = desk_is_ok(turn->answer) && turn->answer->truncated;
	json_t *part = is_long ? NULL : rt_object(op, turn);
	struct buf text;

	if (!part && !is_long)
		return OP_DONE;
	buf_init(&text, DESK_ANSWER_MAX);
	if (is_long) /* it would be as long the next time, and hold up all that follows */
		buf_str(&text, "(too long to be shown here)");
	else
		read_part(&op->reading, part, &text);
	if (text.len)
		is_kept = emit_answer(op, turn, buf_text(&text)) != EMIT_FAILED;
	buf_finish(&text);
	json_decref(part);
	if (!is_kept)
		return rt_finish(op, turn, RESULT_RETRY, "the store did not take it");
	op->reading.i++;
	return next_answer(op, turn);
}

enum op_step rt_answers(struct op *op, struct rt_turn *turn)
{
	if (!turn->answer) {
		ask_ticket(op);
		return rt_get(op, turn);
	}
	switch (op->state) {
	case 0: op->state = 1; return take_ticket(op, turn);
	case 1: return take_correspondence(op, turn);
	case 2: return take_parts(op, turn);
	case 4: return take_author(op, turn);
	default: return take_words(op, turn);
	}
}

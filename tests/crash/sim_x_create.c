/*
 * What the simulated X lets us make: posts, replies, messages; and deletions. Called by
 * sim_x_serve.c. It must never take what X would refuse, nor forget to bill what it took.
 */
#include "notifiers/twitter_count.h"
#include "tests/crash/sim_x_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sim_x_reply invalid(const struct sim_x *x, const char *detail)
{
	return sim_x_problem(x, 400, "invalid-request", "Invalid Request", detail);
}

static const char *string_at(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* Only these members, and the object is one. */
static bool has_only(const json_t *o, const char *const *names)
{
	const char *key;
	json_t *value;

	if (!json_is_object(o))
		return false;
	json_object_foreach((json_t *)o, key, value)
	{
		unsigned k = 0;

		while (names[k] && strcmp(names[k], key) != 0)
			k++;
		if (!names[k])
			return false;
	}
	return true;
}

/* Deleted ones count as well; X does not say for how long. */
static bool is_double(const struct sim_x *x, unsigned author, const char *text)
{
	for (unsigned k = 0; k < x->n_posts; k++)
		if (x->posts[k].author == author && strcmp(x->posts[k].text, text) == 0)
			return true;
	return false;
}

/* The reply rule of February 2026. */
static bool may_answer(const struct sim_x *x, unsigned user, const struct sim_x_post *up)
{
	return sim_x_mentions(up, user) || (up->author == user && !x->refuses_replies);
}

static struct sim_x_reply refuse_parent(struct sim_x *x, const struct sim_x_call *c, const char *parent)
{
	struct sim_x_post *up = sim_x_find(x, parent);

	if (!up || !sim_x_stands(x, up))
		return sim_x_problem(x, 403, NULL, "Forbidden",
				     "You attempted to reply to a Tweet that is deleted or not visible to you.");
	if (!may_answer(x, c->user, up))
		return sim_x_problem(x, 403, "not-authorized-for-resource", "Forbidden",
				     "You can only reply to or quote posts where you are mentioned or are the author.");
	return (struct sim_x_reply){0};
}

static int64_t price_of(const struct sim_x *x, const struct sim_x_post *p)
{
	const struct sim_x_post *up = p->parent[0] ? sim_x_find((struct sim_x *)x, p->parent) : NULL;
	size_t at = 0, len;

	if (x->adds_tco || twitter_url(p->text, &at, &len))
		return SIM_X_PRICE_POST_WITH_URL;
	return up && up->author != p->author ? SIM_X_PRICE_SUMMONED : SIM_X_PRICE_POST;
}

static struct sim_x_reply stand(struct sim_x *x, const struct sim_x_call *c, const char *text, const char *parent)
{
	struct sim_x_post *up = parent[0] ? sim_x_find(x, parent) : NULL, *p = &x->posts[x->n_posts];
	char shown[SIM_X_TEXT * 5 + 64];
	json_t *data;

	if (++x->n_posts == SIM_X_POSTS)
		abort();
	memset(p, 0, sizeof *p);
	p->author = c->user;
	p->created_ms = sim_x_clock(x) + c->late_ms;
	sim_x_next_id(x, p->created_ms, p->id);
	snprintf(p->text, sizeof p->text, "%s", text);
	snprintf(p->parent, sizeof p->parent, "%s", parent);
	memcpy(p->root, up ? up->root : p->id, sizeof p->root);
	sim_x_mentions_find(x, p);
	p->cost_micro = price_of(x, p);
	sim_x_bill(x, c->user, p->cost_micro);
	sim_x_shown(x, p, shown, sizeof shown);
	data = json_pack("{s:s, s:s, s:[s]}", "id", p->id, "text", shown,
			 x->vocabulary == SIM_X_TWEET ? "edit_history_tweet_ids" : "edit_history_post_ids", p->id);
	return (struct sim_x_reply){.status = 201, .body = json_pack("{s:o}", "data", data)};
}

struct sim_x_reply sim_x_create_post(struct sim_x *x, const struct sim_x_call *c)
{
	static const char *const members[] = {"text", "reply", NULL};
	static const char *const reply_members[] = {"in_reply_to_tweet_id", NULL};
	const char *text = string_at(c->body, "text"), *parent = "";
	json_t *reply = json_object_get(c->body, "reply");
	struct sim_x_reply refusal = {0};

	if (!has_only(c->body, members) || (reply && !has_only(reply, reply_members)))
		return invalid(x, "One or more parameters to your request was invalid.");
	if (reply)
		parent = string_at(reply, "in_reply_to_tweet_id");
	if (reply && (!parent[0] || parent[strspn(parent, "0123456789")]))
		return invalid(x, "in_reply_to_tweet_id is not a number");
	if (!twitter_is_valid(text) || strlen(text) >= SIM_X_TEXT)
		return invalid(x, "The text is empty or too long.");
	if (parent[0])
		refusal = refuse_parent(x, c, parent);
	if (refusal.status)
		return refusal;
	if (is_double(x, c->user, text)) {
		x->counts.duplicates++;
		return sim_x_problem(x, 403, NULL, "Forbidden",
				     "You are not allowed to create a Tweet with duplicate content.");
	}
	return stand(x, c, text, parent);
}

struct sim_x_reply sim_x_delete_post(struct sim_x *x, const struct sim_x_call *c)
{
	struct sim_x_post *p = sim_x_find(x, c->target);

	if (!p || !sim_x_stands(x, p))
		return sim_x_problem(x, 404, "resource-not-found", "Not Found Error", "Could not find the post.");
	if (p->author != c->user)
		return sim_x_problem(x, 403, NULL, "Forbidden", "You are not permitted to delete this post.");
	p->is_deleted = true;
	sim_x_bill(x, c->user, SIM_X_PRICE_DELETE);
	return (struct sim_x_reply){.status = 200, .body = json_pack("{s:{s:b}}", "data", "deleted", 1)};
}

/* Only to who wrote first. */
static int partner(const struct sim_x *x, const struct sim_x_call *c)
{
	for (unsigned k = 0; k < x->n_messages; k++)
		if (x->messages[k].to == c->user && strcmp(x->users[x->messages[k].from].id, c->target) == 0)
			return (int)x->messages[k].from;
	return -1;
}

struct sim_x_reply sim_x_create_message(struct sim_x *x, const struct sim_x_call *c)
{
	static const char *const members[] = {"text", NULL};
	const char *text = string_at(c->body, "text");
	struct sim_x_message *m;
	int to = partner(x, c);

	if (!has_only(c->body, members) || !text[0] || strlen(text) >= SIM_X_TEXT)
		return invalid(x, "One or more parameters to your request was invalid.");
	if (to < 0)
		return sim_x_problem(x, 403, NULL, "Forbidden",
				     "You are not permitted to send a direct message to this user.");
	m = sim_x_send(x, x->users[c->user].name, (unsigned)to, text);
	m->created_ms += c->late_ms;
	m->cost_micro = SIM_X_PRICE_MESSAGE;
	sim_x_bill(x, c->user, m->cost_micro);
	return (struct sim_x_reply){.status = 201,
				    .body = json_pack("{s:{s:s, s:s}}", "data", "dm_conversation_id", c->target,
						      "dm_event_id", m->id)};
}

/*
 * People who left: revoked by name, until they are restored; kept in the store, so that
 * neither a restart nor a reload forgets it. Called by core_people.c and by people*.c. It
 * must never let a revoked person be anything but a stranger.
 */
#include "agent/people_internal.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct people_mark *people_mark(const struct people *p, const char *name)
{
	for (size_t i = 0; i < p->n_marks; i++)
		if (strcmp(p->marks[i].name, name) == 0)
			return &p->marks[i];
	return NULL;
}

/* NULL when memory ran out. */
struct people_mark *people_mark_make(struct people *p, const char *name)
{
	struct people_mark *m = people_mark(p, name), *more;

	if (m)
		return m;
	more = realloc(p->marks, (p->n_marks + 1) * sizeof(*more));
	if (!more)
		return NULL;
	p->marks = more;
	more[p->n_marks] = (struct people_mark){.name = strdup(name)};
	return more[p->n_marks].name ? &more[p->n_marks++] : NULL;
}

void people_marks_finish(struct people *p)
{
	for (size_t i = 0; i < p->n_marks; i++)
		free(p->marks[i].name);
	free(p->marks);
}

static int people_load_mark(void *arg, const struct person_row *row)
{
	struct people_mark *m = people_mark_make(arg, row->name);

	if (!m)
		return 1;
	m->revoked_ms = row->revoked_ms;
	snprintf(m->revoked_by, sizeof(m->revoked_by), "%s", row->revoked_by);
	snprintf(m->code_hash, sizeof(m->code_hash), "%s", row->code_hash);
	m->code_until_ms = row->code_until_ms;
	m->code_wrong = row->code_wrong;
	return 0;
}

int people_load_marks(struct people *p, struct err *err)
{
	return store_persons(p->store, people_load_mark, p, err) == -1 ? -1 : 0;
}

void people_put_mark(struct people *p, struct people_mark *m)
{
	m->changed = true;
	store_put_person(
	    p->store, &(struct person_row){
			  .name = m->name,
			  .revoked_ms = m->revoked_ms,
			  .revoked_by = m->revoked_by,
			  .code_hash = m->code_hash,
			  .code_until_ms = m->code_until_ms,
			  .code_wrong = m->code_wrong});
}

static bool people_is_gone(const struct people *p, const char *name)
{
	const struct people_mark *m = people_mark(p, name);

	return m && m->revoked_ms;
}

bool people_is_revoked(const struct people *p, unsigned person)
{
	return person < p->config->n_people && people_is_gone(p, p->config->people[person].name);
}

int people_find(const struct people *p, const char *name, struct err *err)
{
	const struct config *c = p->config;
	const char **names, *near = NULL;

	for (unsigned i = 0; i < c->n_people; i++)
		if (strcmp(c->people[i].name, name) == 0)
			return (int)i;
	names = calloc(c->n_people + 1, sizeof(*names));
	for (unsigned i = 0; names && i < c->n_people; i++)
		names[i] = c->people[i].name;
	if (names)
		near = config_nearest(name, names);
	err_set(
	    err, near ? "no person \"%.60s\"; did you mean \"%s\"?" : "no person \"%.60s\"", name,
	    near);
	free(names);
	return -1;
}

int people_revoke(
    struct people *p, const char *name, const char *by, const struct now *now, struct err *err)
{
	struct people_mark *m;

	if (people_find(p, name, err) == -1)
		return -1;
	if (people_is_gone(p, name))
		return err_set(err, "%s is revoked already", name);
	m = people_mark_make(p, name);
	if (!m)
		return err_set(err, "out of memory");
	m->revoked_ms = now->wall_ms;
	snprintf(m->revoked_by, sizeof(m->revoked_by), "%s", by);
	m->code_hash[0] = '\0';
	people_put_mark(p, m);
	log_info("people", "%s is revoked by %s: a stranger from now on", name, by);
	return 0;
}

/* Also who is no longer in the file: there is nothing to be told apart any more. */
int people_restore(struct people *p, const char *name, struct err *err)
{
	struct people_mark *m = people_mark(p, name);

	if (!m && people_find(p, name, err) == -1)
		return -1;
	if (!m || !m->revoked_ms)
		return err_set(err, "%s is not revoked", name);
	m->revoked_ms = 0;
	m->revoked_by[0] = '\0';
	people_put_mark(p, m);
	return 0;
}

/* ---- what `twicket people` shows ---- */

static void people_fill(const struct people_mark *m, struct people_view *v)
{
	v->revoked_ms = m->revoked_ms;
	v->revoked_by = m->revoked_by;
	v->code_until_ms = m->code_hash[0] ? m->code_until_ms : 0;
}

void people_each(const struct people *p, people_fn *fn, void *arg)
{
	const struct config *c = p->config;
	const struct people_mark *m;

	for (unsigned i = 0; i < c->n_people; i++) {
		struct people_view v = {
		    .name = c->people[i].name, .person = &c->people[i], .revoked_by = ""};

		m = people_mark(p, v.name);
		if (m)
			people_fill(m, &v);
		fn(arg, &v);
	}
	for (size_t i = 0; i < p->n_marks; i++) {
		struct people_view v = {.name = p->marks[i].name};

		people_fill(&p->marks[i], &v);
		if (v.revoked_ms && config_person_index(c, v.name) < 0)
			fn(arg, &v);
	}
}

void people_each_id(
    const struct people *p, const char *network, const char *handle, people_id_fn *fn, void *arg)
{
	for (size_t i = 0; i < p->n_pins; i++) {
		const struct pin *pin = &p->pins[i];

		if (pin->network == people_network(network) && people_is_same(pin->acct, handle))
			fn(arg, &(struct identity_row){
				    .person = pin->person,
				    .network = network,
				    .acct = pin->acct,
				    .server_account = pin->server,
				    .author_id = pin->author_id,
				    .disabled = pin->disabled,
				    .pinned_ms = pin->pinned_ms,
				    .proven_ms = pin->proven_ms});
	}
}

/*
 * The match language. Called by the engine for every problem, by people.c and by
 * config.c. Must never guess at a term, and never take longer than pattern times name.
 */
#include "agent/match.h"
#include "agent/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum term_kind {
	TERM_HOST,
	TERM_SERVICE,
	TERM_HOSTGROUP,
	TERM_SERVICEGROUP,
	TERM_CONTACT,
	TERM_CONTACTGROUP,
	TERM_NODE,
	TERM_VAR,
	TERM_NAMED,
	TERM_ALL
};

static const char *const kind_names[] = {
    [TERM_HOST] = "host",           [TERM_SERVICE] = "service",
    [TERM_HOSTGROUP] = "hostgroup", [TERM_SERVICEGROUP] = "servicegroup",
    [TERM_CONTACT] = "contact",     [TERM_CONTACTGROUP] = "contactgroup",
    [TERM_NODE] = "node",           [TERM_VAR] = NULL,
};

/* Strings point into the match's copy of the text. */
struct term {
	enum term_kind kind;
	bool never;
	unsigned group; /* terms of one group must all hold */
	const char *var; /* "_RACK" */
	const char *pattern;
};

struct match {
	struct term *terms;
	size_t n;
	bool any; /* at least one term that is not a "never" */
	char text[];
};

static int parse_var(struct term *t, char *text, struct err *err)
{
	char *value = strchr(text, '=');

	if (!value)
		return err_set(
		    err, "\"%s\" has no value: \"%s=VALUE\", or \"%s=*\" for any", text, text,
		    text);
	*value++ = '\0';
	t->var = config_trim(text);
	for (char *p = text; *p; p++) /* the core knows them in capitals only */
		*p = (char)toupper((unsigned char)*p);
	t->pattern = config_trim(value);
	if (!t->var[1])
		return err_set(err, "\"_=%s\" names no variable", t->pattern);
	t->kind = TERM_VAR;
	return 0;
}

static const char *const kinds[] = {"host",	   "service",	   "hostgroup", "servicegroup",
				    "contact", "contactgroup", "node",	"named",
				    NULL};

/* "gw", "host=gw": a name without its kind, or behind the wrong sign. */
static int no_kind(char *word, struct err *err)
{
	char *value = strchr(word, '=');
	const char *near;

	if (value) {
		*value = '\0';
		value = config_trim(value + 1);
	}
	near = config_nearest(word = config_trim(word), kinds);
	if (value && near && strcmp(near, "named") != 0)
		return err_set(
		    err, "\"%s=%s\" is no term; did you mean \"%s:%s\"?", word, value, near,
		    value);
	if (value)
		return err_set(
		    err, "\"%s=%s\" is no term; did you mean \"_%s=%s\"?", word, value, word, value);
	if (near && (!strcmp(near, "named") || !strcmp(near, word)))
		return err_set(
		    err, "\"%s\" is no term; did you mean \"%s%s\"?", word, near,
		    strcmp(near, "named") ? ":NAME" : "");
	return err_set(
	    err, "\"%s\" is no term; did you mean \"host:%s\" or \"hostgroup:%s\"?", word, word,
	    word);
}

static int unknown_kind(const char *word, struct err *err)
{
	const char *near = config_nearest(word, kinds);

	if (near && strcmp(near, "named") != 0)
		return err_set(
		    err, "no such term as \"%s:\"; did you mean \"%s:\"?", word, near);
	return err_set(
	    err,
	    "no such term as \"%s:\"; there are host: service: hostgroup: "
	    "servicegroup: contact: contactgroup: node: _VAR= named *",
	    word);
}

/* What looks like another language of filters, and would silently name nothing. */
static int check_pattern(const char *pattern, const char *kind, struct err *err)
{
	if (!*pattern)
		return err_set(err, "\"%s:\" names nothing", kind);
	for (int k = 0; kinds[k]; k++) {
		const char *at = strstr(pattern, kinds[k]);

		if (at && at > pattern && at[-1] == ' ' && at[strlen(kinds[k])] == ':')
			return err_set(
			    err, "between \"%.*s\" and \"%s\" a comma (any) or & (both) is missing",
			    (int)(at - pattern - 1), pattern, at);
	}
	if (strpbrk(pattern, "()|\"'"))
		return err_set(
		    err, "\"%s\": there are no brackets, quotes or |; where a name has one, write ?",
		    pattern);
	return 0;
}

static int parse_kind(struct term *t, char *text, struct err *err)
{
	char *pattern = strchr(text, ':');

	if (!pattern)
		return no_kind(text, err);
	*pattern++ = '\0';
	text = config_trim(text);
	t->pattern = config_trim(pattern);
	for (int k = TERM_HOST; k <= TERM_NODE; k++) {
		if (strcmp(text, kind_names[k]))
			continue;
		t->kind = (enum term_kind)k;
		return check_pattern(t->pattern, text, err);
	}
	return unknown_kind(text, err);
}

static int parse_term(struct match *m, char *text, unsigned group, struct err *err)
{
	struct term *t = &m->terms[m->n];

	text = config_trim(text);
	t->group = group;
	t->never = *text == '!';
	if (t->never)
		text = config_trim(text + 1);
	if (!*text)
		return err_set(err, t->never ? "\"!\" forbids nothing" : "an empty term");
	m->n++;
	m->any = m->any || !t->never;
	if (*text == '_')
		return parse_var(t, text, err);
	if (!strcmp(text, "*"))
		t->kind = TERM_ALL;
	else if (!strcmp(text, "named"))
		t->kind = TERM_NAMED;
	else
		return parse_kind(t, text, err);
	return 0;
}

/* Cuts the text at each comma and ampersand. */
static int parse_terms(struct match *m, struct err *err)
{
	unsigned group = 0;
	char *at = m->text, *end;
	char separator;

	if (!*config_trim(m->text))
		return 0;
	do {
		end = at + strcspn(at, ",&");
		separator = *end;
		*end = '\0';
		if (parse_term(m, at, group, err) == -1)
			return -1;
		group += separator == ',';
		at = end + 1;
	} while (separator);
	return 0;
}

struct match *match_parse(const char *text, struct err *err)
{
	size_t len = strlen(text), most = 1;
	struct match *m = malloc(sizeof *m + len + 1);

	for (const char *p = text; *p; p++)
		most += *p == ',' || *p == '&';
	if (m) {
		*m = (struct match){.terms = calloc(most, sizeof *m->terms)};
		memcpy(m->text, text, len + 1);
	}
	if (!m || !m->terms) {
		err_set(err, "out of memory");
	} else if (parse_terms(m, err) == 0) {
		return m;
	}
	match_destroy(m);
	return NULL;
}

void match_destroy(struct match *m)
{
	if (!m)
		return;
	free(m->terms);
	free(m);
}

/* Behind the character that starts at s: a UTF-8 one is one "?". */
static const char *next_char(const char *s)
{
	s++;
	while (((unsigned char)*s & 0xc0) == 0x80)
		s++;
	return s;
}

/* Only the last "*" is ever tried again, so a name costs at most pattern times name. */
static bool fits(const char *pattern, const char *name)
{
	const char *star = NULL, *again = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			again = name;
		} else if (*pattern == '?') {
			pattern++;
			name = next_char(name);
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = again = next_char(again);
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool any_fits(const char *pattern, const char *const *list)
{
	for (; list && *list; list++)
		if (fits(pattern, *list))
			return true;
	return false;
}

static bool var_fits(const struct term *t, const struct object *o)
{
	const char *value = object_var(o, t->var);

	return value && fits(t->pattern, value);
}

/* What `contact:` asks: who hears of it, or who may command it. */
enum asker { FOR_AUDIENCE, FOR_PERSON };

static bool
term_holds(const struct term *t, const struct object *o, enum asker asker)
{
	switch (t->kind) {
	case TERM_HOST: return fits(t->pattern, o->host);
	case TERM_SERVICE: return o->kind == EVENT_SERVICE && fits(t->pattern, o->service);
	case TERM_HOSTGROUP: return any_fits(t->pattern, o->hostgroups);
	case TERM_SERVICEGROUP:
		return o->kind == EVENT_SERVICE && any_fits(t->pattern, o->servicegroups);
	case TERM_CONTACT:
		return any_fits(t->pattern, asker == FOR_PERSON ? o->commanders : o->contacts);
	case TERM_CONTACTGROUP: return any_fits(t->pattern, o->contactgroups);
	case TERM_NODE: return fits(t->pattern, o->node);
	case TERM_VAR: return var_fits(t, o);
	case TERM_NAMED: return object_named(o);
	case TERM_ALL: return true;
	}
	return false;
}

/* One group: all its terms hold, and it has more than "never" in it. Moves *at behind it. */
static bool
group_holds(const struct match *m, size_t *at, const struct object *o, enum asker asker)
{
	unsigned group = m->terms[*at].group;
	bool all = true, some = false;

	for (; *at < m->n && m->terms[*at].group == group; ++*at) {
		const struct term *t = &m->terms[*at];

		if (t->never)
			continue;
		some = true;
		all = all && term_holds(t, o, asker);
	}
	return all && some;
}

static bool match_it(const struct match *m, const struct object *o, enum asker asker)
{
	/* "never" is about all that it could mean: in doubt it holds */
	for (size_t i = 0; i < m->n; i++)
		if (m->terms[i].never && (term_holds(&m->terms[i], o, asker) ||
					  term_holds(&m->terms[i], o, FOR_AUDIENCE)))
			return false;
	if (!m->any)
		return m->n > 0;
	for (size_t i = 0; i < m->n;)
		if (group_holds(m, &i, o, asker))
			return true;
	return false;
}

bool match_object(const struct match *m, const struct object *o)
{
	return match_it(m, o, FOR_AUDIENCE);
}

bool match_for_person(const struct match *m, const struct object *o)
{
	return match_it(m, o, FOR_PERSON);
}

void match_names(
    const struct match *m, void (*fn)(void *arg, const char *kind, const char *name), void *arg)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct term *t = &m->terms[i];

		if (t->kind <= TERM_NODE && !strpbrk(t->pattern, "*?"))
			fn(arg, kind_names[t->kind], t->pattern);
	}
}

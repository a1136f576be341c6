/*
 * What libconfig's "syntax error" means: walks the text with libconfig's own grammar
 * and names the first thing that does not fit. Called by config.c only after libconfig
 * has refused (and before it, for @include). Must never refuse anything by itself.
 */
#include "agent/config_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 100 /* groups in groups; ours are five */
#define SHOWN_MAX 120 /* bytes of a line that are shown around the caret */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_SIGN };

struct token {
	enum token_kind kind;
	const char *at;
	size_t len;
	int line;
	bool spans; /* a string that goes on in the next line */
	bool closed; /* a string with its second quote */
};

struct lexer {
	const char *at;
	int line;
};

/* What may come next, inside of the innermost bracket. */
enum expect { EXPECT_NAME, EXPECT_EQUALS, EXPECT_VALUE, EXPECT_FIRST, EXPECT_AFTER };

struct walk {
	struct lexer lex;
	struct token open[DEPTH_MAX]; /* the brackets that are open */
	unsigned depth;
	enum expect expect;
	struct token name; /* the last one */
	struct token comma; /* the last one, when a value must follow */
	struct token odd; /* the first string that goes over a line's end */
	struct token fault;
	char what[200];
};

/* --- tokens ------------------------------------------------------------------------------- */

static void skip_comment(struct lexer *l, const char *end)
{
	const char *stop = strstr(l->at, end);

	for (; *l->at && l->at != stop; l->at++)
		l->line += *l->at == '\n';
	if (stop && *end == '*')
		l->at += 2;
}

static void skip_blanks(struct lexer *l)
{
	for (;;) {
		if (*l->at == '#' || !strncmp(l->at, "//", 2)) {
			skip_comment(l, "\n");
		} else if (!strncmp(l->at, "/*", 2)) {
			l->at += 2;
			skip_comment(l, "*/");
		} else if (*l->at && strchr(" \t\r\n\f\v", *l->at)) {
			l->line += *l->at++ == '\n';
		} else {
			return;
		}
	}
}

static void take_string(struct lexer *l, struct token *t)
{
	for (l->at++; *l->at && *l->at != '"'; l->at++) {
		if (*l->at == '\\' && l->at[1])
			l->at++;
		if (*l->at == '\n') {
			l->line++;
			t->spans = true;
		}
	}
	t->closed = *l->at == '"';
	l->at += t->closed;
}

static struct token next_token(struct lexer *l)
{
	struct token t;

	skip_blanks(l);
	t = (struct token){.at = l->at, .line = l->line, .len = 1, .kind = TOKEN_SIGN};
	if (!*l->at) {
		t.kind = TOKEN_END;
		t.len = 0;
	} else if (*l->at == '"') {
		t.kind = TOKEN_STRING;
		take_string(l, &t);
	} else if (strchr("={}[](),;:", *l->at)) {
		l->at++;
	} else {
		t.kind = TOKEN_WORD;
		l->at += strcspn(l->at, " \t\r\n\f\v={}[](),;:\"#");
	}
	t.len = (size_t)(l->at - t.at);
	return t;
}

static bool is_sign(const struct token *t, char c)
{
	return t->kind == TOKEN_SIGN && *t->at == c;
}

static bool is_word(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && t->len == strlen(word) && !strncasecmp(t->at, word, t->len);
}

static bool is_name(const struct token *t)
{
	if (t->kind != TOKEN_WORD || (!isalpha((unsigned char)*t->at) && *t->at != '*'))
		return false;
	for (size_t i = 0; i < t->len; i++)
		if (!isalnum((unsigned char)t->at[i]) && !strchr("-_*", t->at[i]))
			return false;
	return true;
}

static bool is_number(const struct token *t)
{
	char copy[64], *end;

	if (t->len >= sizeof copy)
		return false;
	memcpy(copy, t->at, t->len);
	copy[t->len] = '\0';
	if (strspn(copy, "0123456789+-.eExXabcdefABCDEFL") != t->len)
		return false;
	strtod(copy, &end);
	end += strspn(end, "L");
	return !*end;
}

/* --- the walk ------------------------------------------------------------------------------- */

static bool fault(struct walk *w, const struct token *t, const char *what)
{
	w->fault = *t;
	snprintf(w->what, sizeof w->what, "%s", what);
	return false;
}

/* With the token's own text in the place of %. */
static bool fault_with(struct walk *w, const struct token *t, const char *before, const char *after)
{
	w->fault = *t;
	snprintf(
	    w->what, sizeof w->what, "%s\"%.*s\"%s", before, (int)(t->len < 60 ? t->len : 60),
	    t->at, after);
	return false;
}

static char partner(char open)
{
	return open == '{' ? '}' : open == '[' ? ']' : ')';
}

static bool close_bracket(struct walk *w, const struct token *t)
{
	if (!w->depth)
		return fault_with(w, t, "", " closes nothing");
	if (*t->at != partner(*w->open[w->depth - 1].at)) {
		w->fault = *t;
		snprintf(
		    w->what, sizeof w->what,
		    "\"%c\" where the \"%c\" of line %d must be closed first", *t->at,
		    *w->open[w->depth - 1].at, w->open[w->depth - 1].line);
		return false;
	}
	w->depth--;
	w->expect = EXPECT_AFTER;
	return true;
}

static bool open_bracket(struct walk *w, const struct token *t)
{
	if (w->depth == DEPTH_MAX)
		return fault(w, t, "too many brackets inside of one another");
	if (w->depth && *w->open[w->depth - 1].at == '[')
		return fault(w, t, "an array [ ] holds plain values only; use ( ) here");
	w->open[w->depth++] = *t;
	w->expect = *t->at == '{' ? EXPECT_NAME : EXPECT_FIRST;
	return true;
}

static bool take_value(struct walk *w, const struct token *t)
{
	static const char *const flags[] = {"yes", "no", "on", "off", NULL};

	if (t->kind == TOKEN_SIGN && strchr("{[(", *t->at))
		return open_bracket(w, t);
	if (t->kind == TOKEN_SIGN && strchr("])", *t->at)) {
		if (w->expect == EXPECT_VALUE && w->comma.at)
			return fault_with(w, &w->comma, "a ", " too many: nothing follows it");
		return close_bracket(w, t);
	}
	if (t->kind != TOKEN_WORD && t->kind != TOKEN_STRING)
		return fault(w, t, "a value is missing before this");
	for (int i = 0; flags[i]; i++)
		if (is_word(t, flags[i]))
			return fault_with(w, t, "", " is no value; write true or false");
	if (t->kind == TOKEN_WORD && !is_word(t, "true") && !is_word(t, "false") && !is_number(t))
		return fault_with(w, t, "text needs quotes: ", "");
	w->expect = EXPECT_AFTER;
	return true;
}

static bool take_name(struct walk *w, const struct token *t)
{
	if (is_sign(t, '}') && w->depth)
		return close_bracket(w, t);
	if (is_name(t)) {
		w->name = *t;
		w->expect = EXPECT_EQUALS;
		return true;
	}
	if (t->kind == TOKEN_WORD)
		return fault_with(
		    w, t, "", " cannot be a name: letters, digits, - and _, a letter first");
	if (t->kind == TOKEN_STRING)
		return fault(w, t, "a text where a name must stand (names take no quotes)");
	if (strchr("}])", *t->at))
		return close_bracket(w, t);
	return fault(w, t, "a name is missing before this");
}

static bool take_after(struct walk *w, const struct token *t)
{
	bool in_group = !w->depth || *w->open[w->depth - 1].at == '{';

	if (t->kind == TOKEN_STRING)
		return true; /* "a" "b" is one text */
	if (t->kind == TOKEN_SIGN && strchr("}])", *t->at))
		return close_bracket(w, t);
	if (in_group && (is_sign(t, ';') || is_sign(t, ','))) {
		w->expect = EXPECT_NAME;
		return true;
	}
	if (in_group)
		return take_name(w, t);
	if (is_sign(t, ',')) {
		w->comma = *t;
		w->expect = EXPECT_VALUE;
		return true;
	}
	return fault(w, t, "a comma is missing before this");
}

static bool take_token(struct walk *w, const struct token *t)
{
	switch (w->expect) {
	case EXPECT_NAME: return take_name(w, t);
	case EXPECT_EQUALS:
		if (!is_sign(t, '=') && !is_sign(t, ':'))
			return fault_with(w, &w->name, "a = is missing behind ", "");
		w->expect = EXPECT_VALUE;
		w->comma = (struct token){.kind = TOKEN_END};
		return true;
	case EXPECT_VALUE:
	case EXPECT_FIRST: return take_value(w, t);
	case EXPECT_AFTER: return take_after(w, t);
	}
	return true;
}

static bool at_end(struct walk *w, const struct token *t)
{
	if (w->depth) {
		struct token open = w->open[w->depth - 1];

		return fault_with(w, &open, "this ", " is never closed");
	}
	if (w->expect == EXPECT_EQUALS)
		return fault_with(w, &w->name, "a = is missing behind ", "");
	if (w->expect == EXPECT_VALUE)
		return fault_with(w, &w->name, "a value is missing behind ", "");
	return t->kind == TOKEN_END;
}

/* False when something does not fit: what and fault say it. */
static bool walk(struct walk *w)
{
	struct token t;
	bool fits = true;

	do {
		t = next_token(&w->lex);
		if (t.kind == TOKEN_STRING && t.spans && !w->odd.at)
			w->odd = t;
		if (t.kind == TOKEN_STRING && !t.closed)
			fits = fault(w, &t, "this quote has no partner");
		else
			fits = t.kind == TOKEN_END ? at_end(w, &t) : take_token(w, &t);
	} while (fits && t.kind != TOKEN_END);
	/* a text over two lines before the fault is the likelier cause of it */
	if (!fits && w->odd.at && w->odd.at <= w->fault.at)
		fault(w, &w->odd, "this quote has no partner in its line");
	return fits;
}

/* --- the message ------------------------------------------------------------------------------ */

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The line of `at` and a caret under it; of a long line only what is near. */
static void show(struct reader *r, const char *text, const char *at, int line, const char *what)
{
	const char *from = at, *to = at + strcspn(at, "\r\n");
	char shown[SHOWN_MAX + 8], caret[SHOWN_MAX + 8];
	size_t n = 0, k = 0;

	while (from > text && from[-1] != '\n')
		from--;
	if (at - from > SHOWN_MAX / 2)
		for (from = at - SHOWN_MAX / 2; is_inside(*from); from++)
			;
	for (const char *p = from; p < to && n < SHOWN_MAX; p++)
		shown[n++] = (unsigned char)*p < 0x20 && *p != '\t' ? '?' : *p;
	while (n && from + n < to && is_inside(from[n]))
		n--;
	for (const char *p = from; p < at && k < SHOWN_MAX; p++)
		if (!is_inside(*p))
			caret[k++] = *p == '\t' ? '\t' : ' ';
	shown[n] = '\0';
	caret[k] = '\0';
	config_fault_line(
	    r, line, "%s\n  %s\n  %s^\nThe rest of the file was not looked at.", what, shown,
	    caret);
}

void config_syntax_explain(struct reader *r, const char *text, int line, const char *said)
{
	struct walk *w = calloc(1, sizeof *w);
	const char *at = text;

	if (!w) {
		r->no_memory = true;
		return;
	}
	w->lex = (struct lexer){.at = text, .line = 1};
	if (!walk(w)) {
		show(r, text, w->fault.at, w->fault.line, w->what);
	} else {
		for (int i = 1; i < line && strchr(at, '\n'); i++)
			at = strchr(at, '\n') + 1;
		show(r, text, at + strspn(at, " \t"), line, said ? said : "syntax error");
	}
	free(w);
}

bool config_syntax_forbidden(struct reader *r, const char *text)
{
	struct lexer lex = {.at = text, .line = 1};
	struct token t;

	do {
		t = next_token(&lex);
		if (t.kind != TOKEN_WORD || strncmp(t.at, "@include", 8))
			continue;
		show(r, text, t.at, t.line, "@include is not taken: the configuration is one file");
		return true;
	} while (t.kind != TOKEN_END);
	return false;
}

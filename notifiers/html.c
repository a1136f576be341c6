/*
 * HTML to text with gumbo, an HTML5 parser: servers pass "load <5 & >3" and even
 * <script> through unescaped (facts/MASTODON.md section 3). Called by notifiers.
 * It must never recurse over foreign nesting or grow with foreign size.
 */
#include "notifiers/html.h"

#include <gumbo.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

#define HTML_MAX 65536

/*
 * HTML5 reopens every unclosed <b> in every later <p>: the tree grows with the
 * square of the tags. 512 keep the worst case at some 65,000 nodes and gumbo's
 * own (recursive) freeing shallow; a post of 500 characters has below 200.
 */
#define HTML_TAGS_MAX 512
#define HTML_TAG_MAX 2048 /* bytes of one tag: gumbo compares each attribute with all before */

struct walk {
	struct buf text;
	bool has_text; /* something other than blanks and mentions was written */
	bool after_mention; /* a leading mention was just dropped */
	bool blank; /* a blank is due before the next character */
	unsigned newlines; /* and so many line ends */
	unsigned pre; /* depth of <pre> */
};

static bool has_class(const GumboElement *element, const char *name)
{
	const GumboAttribute *class = gumbo_get_attribute(&element->attributes, "class");
	size_t n = strlen(name), len;
	const char *s;

	if (!class)
		return false;
	for (s = class->value; *s; s += len) {
		s += strspn(s, " \t\r\n\f");
		len = strcspn(s, " \t\r\n\f");
		if (len == n && memcmp(s, name, n) == 0)
			return true;
	}
	return false;
}

/* "mention hashtag" is a tag: the hashtag class decides first. */
static bool is_mention(const GumboElement *e)
{
	return e->tag == GUMBO_TAG_A && has_class(e, "mention") && !has_class(e, "hashtag");
}

/* What a reader does not see, and what a server adds to the author's words. */
static bool is_dropped(const GumboElement *e)
{
	switch ((int)e->tag) {
	case GUMBO_TAG_SCRIPT:
	case GUMBO_TAG_STYLE:
	case GUMBO_TAG_TEMPLATE:
	case GUMBO_TAG_TITLE:
	case GUMBO_TAG_HEAD:
	case GUMBO_TAG_IFRAME:
	case GUMBO_TAG_NOEMBED:
	case GUMBO_TAG_NOFRAMES:
	case GUMBO_TAG_OBJECT:
	case GUMBO_TAG_SVG:
	case GUMBO_TAG_MATH: return true;
	}
	return has_class(e, "quote-inline") || has_class(e, "gts-system-message");
}

static bool is_block(const GumboElement *e)
{
	switch ((int)e->tag) {
	case GUMBO_TAG_P:
	case GUMBO_TAG_DIV:
	case GUMBO_TAG_UL:
	case GUMBO_TAG_OL:
	case GUMBO_TAG_LI:
	case GUMBO_TAG_DL:
	case GUMBO_TAG_DT:
	case GUMBO_TAG_DD:
	case GUMBO_TAG_PRE:
	case GUMBO_TAG_BLOCKQUOTE:
	case GUMBO_TAG_H1:
	case GUMBO_TAG_H2:
	case GUMBO_TAG_H3:
	case GUMBO_TAG_H4:
	case GUMBO_TAG_H5:
	case GUMBO_TAG_H6:
	case GUMBO_TAG_HR:
	case GUMBO_TAG_TABLE:
	case GUMBO_TAG_TR:
	case GUMBO_TAG_SECTION:
	case GUMBO_TAG_ARTICLE: return true;
	}
	return false;
}

/* A paragraph's edge: the next character stands on a new line. */
static void walk_edge(struct walk *w)
{
	if (w->newlines == 0)
		w->newlines = 1;
}

/* <br>: one more line end, but never more than one empty line. */
static void walk_break(struct walk *w)
{
	if (w->newlines < 2)
		w->newlines++;
}

static bool is_blank(utf8proc_int32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == 0xa0 ||
	       c == 0x3000 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f;
}

/*
 * Controls, zero-width blanks and marks that turn the direction of text: invisible,
 * and able to make a line read otherwise than it is parsed. U+200C and U+200D stay (Persian, emoji).
 */
static bool is_invisible(utf8proc_int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200b || c == 0x200e || c == 0x200f ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       c == 0xad;
}

static void walk_char(struct walk *w, const char *bytes, size_t n, utf8proc_int32_t c)
{
	if ((c == '\n' && w->pre) || c == 0x2028 || c == 0x2029) {
		walk_break(w);
		return;
	}
	if (is_blank(c)) {
		w->blank = true;
		return;
	}
	if (is_invisible(c))
		return;
	/* "@status: ack", "@status, ack": the mark belongs to the mention. */
	if (w->after_mention && !w->has_text && (c == ':' || c == ',')) {
		w->after_mention = false;
		return;
	}
	w->after_mention = false;
	if (w->has_text) {
		while (w->newlines) {
			buf_char(&w->text, '\n');
			w->newlines--;
			w->blank = false;
		}
		if (w->blank)
			buf_char(&w->text, ' ');
	}
	w->newlines = 0;
	w->blank = false;
	w->has_text = true;
	buf_add(&w->text, bytes, n);
}

static void walk_text(struct walk *w, const char *s)
{
	size_t left = strlen(s);
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	while (left && !w->text.cut) {
		n = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)left, &c);
		if (n <= 0) {
			walk_char(w, "\xef\xbf\xbd", 3, 0xfffd);
			n = 1;
		} else {
			walk_char(w, s, (size_t)n, c);
		}
		s += n;
		left -= (size_t)n;
	}
}

/* ".@status ack": the full stop that once made a mention public is no text. */
static bool walk_is_leading(struct walk *w)
{
	if (w->has_text && w->text.len == 1 && w->text.data[0] == '.' && !w->blank &&
	    !w->newlines) {
		buf_reset(&w->text);
		w->has_text = false;
	}
	return !w->has_text;
}

/* True when the children are to be walked. */
static bool walk_enter(struct walk *w, const GumboNode *node)
{
	const GumboElement *e = &node->v.element;
	const GumboAttribute *alt;

	switch (node->type) {
	case GUMBO_NODE_TEXT:
	case GUMBO_NODE_CDATA:
	case GUMBO_NODE_WHITESPACE: walk_text(w, node->v.text.text); return false;
	case GUMBO_NODE_COMMENT: return false;
	case GUMBO_NODE_DOCUMENT: return true;
	case GUMBO_NODE_TEMPLATE: return false;
	case GUMBO_NODE_ELEMENT: break;
	}
	if (is_dropped(e))
		return false;
	if (is_mention(e) && walk_is_leading(w)) {
		w->after_mention = true;
		return false;
	}
	if (is_block(e))
		walk_edge(w);
	if (e->tag == GUMBO_TAG_BR)
		walk_break(w);
	if (e->tag == GUMBO_TAG_PRE)
		w->pre++;
	/* Custom emoji come as pictures on some servers. */
	alt = e->tag == GUMBO_TAG_IMG ? gumbo_get_attribute(&e->attributes, "alt") : NULL;
	if (alt)
		walk_text(w, alt->value);
	return true;
}

static void walk_leave(struct walk *w, const GumboNode *node)
{
	if (node->type != GUMBO_NODE_ELEMENT)
		return;
	if (is_block(&node->v.element))
		walk_edge(w);
	if (node->v.element.tag == GUMBO_TAG_PRE && w->pre)
		w->pre--;
}

static const GumboVector *children_of(const GumboNode *node)
{
	return node->type == GUMBO_NODE_DOCUMENT ? &node->v.document.children
						 : &node->v.element.children;
}

/* Depth first without recursion: a child knows its parent and its place. */
static void walk_tree(struct walk *w, const GumboNode *root)
{
	const GumboNode *node = root;
	const GumboVector *siblings;

	for (;;) {
		if (walk_enter(w, node) && children_of(node)->length) {
			node = children_of(node)->data[0];
			continue;
		}
		for (;;) {
			walk_leave(w, node);
			if (node == root)
				return;
			siblings = children_of(node->parent);
			if (node->index_within_parent + 1 < siblings->length) {
				node = siblings->data[node->index_within_parent + 1];
				break;
			}
			node = node->parent;
		}
	}
}

/* How much of the HTML is parsed: see HTML_MAX and HTML_TAGS_MAX. */
static size_t html_bounded(const char *html, size_t n)
{
	size_t i, tags = 0, tag = SIZE_MAX; /* tag: where the one begins that is open */

	if (n > HTML_MAX)
		n = HTML_MAX;
	for (i = 0; i + 1 < n; i++) {
		if (html[i] == '>')
			tag = SIZE_MAX;
		if (tag != SIZE_MAX && i - tag > HTML_TAG_MAX)
			return tag;
		if (html[i] != '<' || (html[i + 1] | 0x20) < 'a' || (html[i + 1] | 0x20) > 'z')
			continue;
		if (++tags > HTML_TAGS_MAX)
			return i;
		if (tag == SIZE_MAX)
			tag = i;
	}
	return n;
}

/* gumbo makes a visible U+FFFD of a control character: they are taken out before it. */
static void copy_without_controls(struct buf *out, const char *html, size_t n)
{
	const unsigned char *s = (const unsigned char *)html;
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] == 0xc2 && i + 1 < n && s[i + 1] >= 0x80 && s[i + 1] < 0xa0)
			i++; /* U+0080 to U+009F */
		else if (s[i] == 0x7f || (s[i] < 0x20 && !strchr("\t\n\r\f", s[i])) || !s[i])
			continue;
		else
			buf_char(out, html[i]);
	}
}

void html_cut(struct buf *b, size_t n)
{
	if (b->len <= n)
		return;
	while (n && ((unsigned char)b->data[n] & 0xc0) == 0x80)
		n--;
	buf_truncate(b, n);
}

static void append_nfc(struct buf *out, const struct buf *text)
{
	size_t room = out->max - out->len, n;
	utf8proc_uint8_t *nfc = NULL;
	const char *s;
	utf8proc_ssize_t len;

	len = utf8proc_map(
	    (const utf8proc_uint8_t *)buf_text(text), (utf8proc_ssize_t)text->len, &nfc,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	s = len < 0 ? buf_text(text) : (const char *)nfc;
	n = len < 0 ? text->len : (size_t)len;
	if (n > room) {
		n = room;
		while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
		while (n && (s[n - 1] == ' ' || s[n - 1] == '\n'))
			n--;
	}
	buf_add(out, s, n);
	free(nfc);
}

void html_to_text(const char *html, size_t n, struct buf *out)
{
	GumboOptions options = kGumboDefaultOptions;
	struct walk w = {.has_text = false};
	struct buf clean;
	GumboOutput *tree;

	buf_init(&clean, HTML_MAX);
	copy_without_controls(&clean, html, html_bounded(html, n));
	options.fragment_context = GUMBO_TAG_DIV;
	options.max_errors = 0;
	tree = gumbo_parse_with_options(&options, buf_text(&clean), clean.len);
	if (!tree)
		goto out;
	/* Composing can only shorten what people write; ordering marks costs the square of them. */
	buf_init(&w.text, 3 * (out->max - out->len) + 64);
	walk_tree(&w, tree->root);
	html_cut(&w.text, w.text.len - (w.text.cut ? 4 : 0));
	append_nfc(out, &w.text);
	buf_finish(&w.text);
	gumbo_destroy_output(&options, tree);
out:
	buf_finish(&clean);
}

/*
 * The last gate for the characters of a command, and the builder of its line.
 * Called by command.c with fields from the agent, which is believed in nothing.
 * Must never let through a byte that ends a shell's command, expands there or in the core, or is
 * markup to a browser. `#` and `?` pass: macros are to be quoted all the same.
 */
#include "common/gate.h"

#include <stdio.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

/* Letters, marks that letters of their scripts need, and our own typographic quotes. Sorted. */
static const struct range allowed[] = {
    {' ', ' '},       {'#', '#'},         {'%', '%'},       {'+', ':'},       {'=', '='},
    {'?', 'Z'},       {'_', '_'},         {'a', 'z'},       {0x00c0, 0x00d6}, {0x00d8, 0x00f6},
    {0x00f8, 0x02af}, {0x0370, 0x0373},   {0x0376, 0x0377}, {0x037b, 0x037d}, {0x0386, 0x0386},
    {0x0388, 0x03ff}, {0x0400, 0x0481},   {0x048a, 0x052f}, {0x0531, 0x0556}, {0x0561, 0x0587},
    {0x05d0, 0x05ea}, {0x0620, 0x064a},   {0x0660, 0x0669}, {0x0671, 0x06d3}, {0x06f0, 0x06fc},
    {0x0900, 0x0963}, {0x0966, 0x0df3},   {0x0e01, 0x0e3a}, {0x0e40, 0x0e4e}, {0x0e50, 0x0e59},
    {0x0e81, 0x0edf}, {0x10a0, 0x10fa},   {0x1100, 0x115e}, {0x1161, 0x11ff}, {0x1200, 0x135a},
    {0x1780, 0x17b3}, {0x17b6, 0x17d3},   {0x1e00, 0x1fbc}, {0x1fc2, 0x1fcc}, {0x1fd0, 0x1fdb},
    {0x1fe0, 0x1fec}, {0x1ff2, 0x1ffc},   {0x2019, 0x2019}, {0x201d, 0x201d}, {0x3005, 0x3007},
    {0x3041, 0x3096}, {0x30a1, 0x30fe},   {0x3105, 0x312f}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff},
    {0xac00, 0xd7a3}, {0x20000, 0x2a6df},
};

static int is_allowed(uint32_t c)
{
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed && c >= allowed[i].first; i++)
		if (c <= allowed[i].last)
			return 1;
	return 0;
}

/* What phones type instead of plain quotes and dashes; anything not allowed is a space. */
static uint32_t translate(uint32_t c)
{
	switch (c) {
	case '\'':
	case 0x2018: return 0x2019;
	case '"':
	case 0x201c: return 0x201d;
	case 0x2013:
	case 0x2014: return '-';
	}
	return is_allowed(c) ? c : ' ';
}

/* One character; a byte that starts no valid sequence is taken alone, as U+FFFD. */
static size_t decode(const unsigned char *in, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = *in < 0x80   ? 1
		   : *in < 0xc2 ? 0
		   : *in < 0xe0 ? 2
		   : *in < 0xf0 ? 3
		   : *in < 0xf5 ? 4
				: 0;

	*c = n == 1 ? *in : n ? *in & (0x7fu >> n) : 0xfffd;
	if (n < 2)
		return 1;
	for (size_t i = 1; i < n; i++) {
		if ((in[i] & 0xc0) != 0x80) /* the final NUL is none either */
			goto broken;
		*c = *c << 6 | (in[i] & 0x3f);
	}
	if (*c >= least[n] && *c <= 0x10ffff && (*c < 0xd800 || *c > 0xdfff))
		return n;
broken:
	*c = 0xfffd;
	return 1;
}

static size_t encode(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t gate_clean(const char *in, char *out, size_t cap, size_t chars)
{
	const unsigned char *at = (const unsigned char *)in;
	size_t len = 0;
	uint32_t c;

	while (*at && chars && len + 4 < cap) {
		at += decode(at, &c);
		c = translate(c);
		if (c == ' ' && (!len || out[len - 1] == ' '))
			continue;
		len += encode(c, out + len);
		chars--;
	}
	if (len && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
	return len;
}

int gate_name_is_safe(const char *name)
{
	if (!*name)
		return 0;
	for (; *name; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f || *name == ';')
			return 0;
	return 1;
}

int gate_mark_is_valid(const char *mark)
{
	static const char tag[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t digits;

	if (!*mark)
		return 1;
	if (strspn(mark, tag) != 4 || mark[4] != ':' || mark[5] != 'r')
		return 0;
	digits = strspn(mark + 6, "0123456789");
	return digits > 0 && digits <= 20 && !mark[6 + digits];
}

void gate_mark_of(const char *text, char *out)
{
	const char *word = strrchr(text, ' ');
	size_t len;

	word = word ? word + 1 : text;
	len = strlen(word);
	if (len >= GATE_MARK_BYTES || !gate_mark_is_valid(word))
		len = 0;
	memcpy(out, word, len);
	out[len] = '\0';
}

/* What stands behind the object's names. */
enum gate_shape {
	SHAPE_NOTHING,
	SHAPE_ACK,
	SHAPE_ACK_UNTIL,
	SHAPE_COMMENT,
	SHAPE_DOWNTIME,
	SHAPE_ID,
	SHAPE_TIME
};

static const struct gate_form {
	const char *verb;
	enum gate_shape shape;
	int has_service;
} gate_forms[] = {
    [GATE_ACK_HOST] = {"ACKNOWLEDGE_HOST_PROBLEM", SHAPE_ACK, 0},
    [GATE_ACK_SERVICE] = {"ACKNOWLEDGE_SVC_PROBLEM", SHAPE_ACK, 1},
    [GATE_ACK_HOST_UNTIL] = {"ACKNOWLEDGE_HOST_PROBLEM_EXPIRE", SHAPE_ACK_UNTIL, 0},
    [GATE_ACK_SERVICE_UNTIL] = {"ACKNOWLEDGE_SVC_PROBLEM_EXPIRE", SHAPE_ACK_UNTIL, 1},
    [GATE_UNACK_HOST] = {"REMOVE_HOST_ACKNOWLEDGEMENT", SHAPE_NOTHING, 0},
    [GATE_UNACK_SERVICE] = {"REMOVE_SVC_ACKNOWLEDGEMENT", SHAPE_NOTHING, 1},
    [GATE_COMMENT_HOST] = {"ADD_HOST_COMMENT", SHAPE_COMMENT, 0},
    [GATE_COMMENT_SERVICE] = {"ADD_SVC_COMMENT", SHAPE_COMMENT, 1},
    [GATE_DOWNTIME_HOST] = {"SCHEDULE_HOST_DOWNTIME", SHAPE_DOWNTIME, 0},
    [GATE_DOWNTIME_SERVICE] = {"SCHEDULE_SVC_DOWNTIME", SHAPE_DOWNTIME, 1},
    [GATE_DOWNTIME_SERVICES] = {"SCHEDULE_HOST_SVC_DOWNTIME", SHAPE_DOWNTIME, 0},
    [GATE_CANCEL_HOST] = {"DEL_HOST_DOWNTIME", SHAPE_ID, 0},
    [GATE_CANCEL_SERVICE] = {"DEL_SVC_DOWNTIME", SHAPE_ID, 0},
    [GATE_CHECK_HOST] = {"SCHEDULE_FORCED_HOST_CHECK", SHAPE_TIME, 0},
    [GATE_CHECK_SERVICE] = {"SCHEDULE_FORCED_SVC_CHECK", SHAPE_TIME, 1},
};

/* Author and text, cleaned, with the mark as the last word. Returns the length, 0 when one is missing. */
static size_t gate_words(const struct gate_order *order, char *out, size_t cap)
{
	char author[GATE_AUTHOR_BYTES], text[GATE_TEXT_BYTES];
	size_t text_len = gate_clean(order->text, text, sizeof text, GATE_TEXT_CHARS);
	int n;

	if (!gate_clean(order->author, author, sizeof author, GATE_AUTHOR_CHARS))
		return 0;
	if (!text_len && !*order->mark)
		return 0;
	n = snprintf(
	    out, cap, ";%s;%s%s%s", author, text, text_len && *order->mark ? " " : "", order->mark);
	return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

/* The fields between the object and the words. */
static void gate_fields(const struct gate_order *order, enum gate_shape shape, char *out, size_t cap)
{
	switch (shape) {
	case SHAPE_NOTHING:
	case SHAPE_ID: out[0] = '\0'; break;
	case SHAPE_ACK: /* not persistent: its comment would stay for ever */
		snprintf(
		    out, cap, ";%d;%d;0", order->is_sticky ? 2 : 1, !!order->is_notifying);
		break;
	case SHAPE_ACK_UNTIL:
		snprintf(
		    out, cap, ";%d;%d;0;%lld", order->is_sticky ? 2 : 1, !!order->is_notifying,
		    (long long)order->until);
		break;
	case SHAPE_COMMENT: /* persistent: Naemon would delete another comment at a reload */
		snprintf(out, cap, ";1");
		break;
	case SHAPE_DOWNTIME: /* fixed, triggered by none */
		snprintf(
		    out, cap, ";%lld;%lld;1;0;%lld", (long long)order->from,
		    (long long)order->until, (long long)(order->until - order->from));
		break;
	case SHAPE_TIME: snprintf(out, cap, ";%lld", (long long)order->from); break;
	}
}

static int gate_has_words(enum gate_shape shape)
{
	return shape == SHAPE_ACK || shape == SHAPE_ACK_UNTIL || shape == SHAPE_COMMENT || shape == SHAPE_DOWNTIME;
}

static int gate_is_safe(const struct gate_order *order, const struct gate_form *form)
{
	if (!gate_mark_is_valid(order->mark))
		return 0;
	if (form->shape == SHAPE_ID)
		return order->id > 0;
	if (form->shape == SHAPE_DOWNTIME && order->until <= order->from)
		return 0;
	if (form->shape == SHAPE_ACK_UNTIL && order->until <= order->time)
		return 0;
	return gate_name_is_safe(order->host) &&
	       (!form->has_service || gate_name_is_safe(order->service));
}

size_t gate_command(const struct gate_order *order, char *out, size_t cap)
{
	const struct gate_form *form = &gate_forms[order->command];
	char fields[80], id[24];
	size_t len, words;
	int n;

	if (!gate_is_safe(order, form))
		return 0;
	gate_fields(order, form->shape, fields, sizeof fields);
	snprintf(id, sizeof id, "%llu", (unsigned long long)order->id);
	n = snprintf(
	    out, cap, "[%lld] %s;%s%s%s%s", (long long)order->time, form->verb,
	    form->shape == SHAPE_ID ? id : order->host, form->has_service ? ";" : "",
	    form->has_service ? order->service : "", fields);
	if (n <= 0 || (size_t)n >= cap)
		return 0;
	len = (size_t)n;
	if (!gate_has_words(form->shape))
		return len;
	words = gate_words(order, out + len, cap - len);
	return words ? len + words : 0;
}

/*
 * The last gate for the characters of a command, and the builder of its line.
 * Called by command.c with fields from the agent, which is believed in nothing.
 * Must never let through a byte that ends a shell's command, expands there or in the core, or is
 * markup to a browser. `#` and `?` pass: macros are to be quoted all the same.
 */
#include "module/gate.h"

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

static const char *gate_verb(enum gate_command command)
{
	switch (command) {
	case GATE_ACK_HOST: return "ACKNOWLEDGE_HOST_PROBLEM";
	case GATE_ACK_SERVICE: return "ACKNOWLEDGE_SVC_PROBLEM";
	case GATE_UNACK_HOST: return "REMOVE_HOST_ACKNOWLEDGEMENT";
	case GATE_UNACK_SERVICE: return "REMOVE_SVC_ACKNOWLEDGEMENT";
	case GATE_COMMENT_HOST: return "ADD_HOST_COMMENT";
	case GATE_COMMENT_SERVICE: return "ADD_SVC_COMMENT";
	}
	return NULL;
}

static int has_service(enum gate_command command)
{
	return command == GATE_ACK_SERVICE || command == GATE_UNACK_SERVICE ||
	       command == GATE_COMMENT_SERVICE;
}

static int is_unack(enum gate_command command)
{
	return command == GATE_UNACK_HOST || command == GATE_UNACK_SERVICE;
}

static int is_ack(enum gate_command command)
{
	return command == GATE_ACK_HOST || command == GATE_ACK_SERVICE;
}

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

size_t gate_command(const struct gate_order *order, char *out, size_t cap)
{
	int with_service = has_service(order->command);
	char flags[16] = ";1"; /* persistent: Naemon would delete another comment at a reload */
	size_t len, words;
	int n;

	if (!gate_name_is_safe(order->host) ||
	    (with_service && !gate_name_is_safe(order->service)) ||
	    !gate_mark_is_valid(order->mark))
		return 0;
	if (is_unack(order->command))
		flags[0] = '\0';
	else if (is_ack(order->command)) /* not persistent: its comment would stay for ever */
		snprintf(
		    flags, sizeof flags, ";%d;%d;0", order->is_sticky ? 2 : 1,
		    !!order->is_notifying);
	n = snprintf(
	    out, cap, "[%lld] %s;%s%s%s%s", (long long)order->time, gate_verb(order->command),
	    order->host, with_service ? ";" : "", with_service ? order->service : "", flags);
	if (n <= 0 || (size_t)n >= cap)
		return 0;
	len = (size_t)n;
	if (is_unack(order->command))
		return len;
	words = gate_words(order, out + len, cap - len);
	return words ? len + words : 0;
}

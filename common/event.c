/*
 * The wire format, both directions. Linked into the module and the agent.
 * Must never allocate, never read past the bytes it was given, never trust one.
 */
#include "common/event.h"

#include <string.h>

#define HEAD_NUMBERS offsetof(struct event, host)
#define STRINGS 5
#define HEAD_SIZE (HEAD_NUMBERS + STRINGS * 2 + 2 + 4)

_Static_assert(HEAD_NUMBERS == 64, "the numbers of struct event are the wire's");
_Static_assert(offsetof(struct event, seq) == 24 && offsetof(struct event, last_ok) == 56,
	       "no padding inside the numbers");
_Static_assert(EVENT_MAX <= UINT16_MAX + 1u, "string lengths are 16 bits");

struct tail { /* follows the numbers on the wire */
	uint16_t len[STRINGS];
	uint16_t zero;
	uint32_t list_len;
};
_Static_assert(sizeof(struct tail) == HEAD_SIZE - HEAD_NUMBERS, "no padding in the tail");

static size_t cut_length(const char *s, size_t max)
{
	return s ? strnlen(s, max) : 0;
}

static char *put_string(char *at, const char *s, size_t n)
{
	if (n)
		memcpy(at, s, n);
	at[n] = '\0';
	return at + n + 1;
}

size_t event_encode(const struct event *ev, void *out, size_t cap)
{
	struct tail tail = {.list_len = ev->list_len};
	size_t host = cut_length(ev->host, EVENT_NAME_MAX + 1);
	size_t service = cut_length(ev->service, EVENT_NAME_MAX + 1);
	size_t text = cut_length(ev->text, EVENT_TEXT_MAX);
	size_t author = cut_length(ev->author, EVENT_TEXT_MAX);
	size_t mark = cut_length(ev->mark, EVENT_TEXT_MAX);
	size_t size = HEAD_SIZE + host + service + text + author + mark + STRINGS + ev->list_len;
	uint32_t size32 = (uint32_t)size;
	char *at = out;

	if (host > EVENT_NAME_MAX || service > EVENT_NAME_MAX || size > EVENT_MAX || size > cap)
		return 0;
	tail.len[0] = (uint16_t)host;
	tail.len[1] = (uint16_t)service;
	tail.len[2] = (uint16_t)text;
	tail.len[3] = (uint16_t)author;
	tail.len[4] = (uint16_t)mark;
	memcpy(at, ev, HEAD_NUMBERS);
	memcpy(at, &size32, sizeof size32);
	memcpy(at + HEAD_NUMBERS, &tail, sizeof tail);
	at += HEAD_SIZE;
	at = put_string(at, ev->host, host);
	at = put_string(at, ev->service, service);
	at = put_string(at, ev->text, text);
	at = put_string(at, ev->author, author);
	at = put_string(at, ev->mark, mark);
	if (ev->list_len)
		memcpy(at, ev->list, ev->list_len);
	return size;
}

/* A string of the stated length whose NUL is where it must be and nowhere before. */
static const char *take_string(const char **at, const char *end, size_t n)
{
	const char *s = *at;

	if ((size_t)(end - s) < n + 1 || s[n] != '\0' || memchr(s, '\0', n))
		return NULL;
	*at = s + n + 1;
	return s;
}

static int type_is_known(unsigned type)
{
	return (type >= EVENT_HELLO && type <= EVENT_RESULT) ||
	       (type >= EVENT_WELCOME && type <= EVENT_COMMAND);
}

/* State and kind must fit together, so that nobody behind this indexes with a wild number. */
static int numbers_are_sane(const struct event *ev)
{
	unsigned last_state = ev->kind == EVENT_HOST ? EVENT_UNREACHABLE : EVENT_UNKNOWN;

	return type_is_known(ev->type) && ev->kind <= EVENT_SERVICE && ev->state <= last_state &&
	       !(ev->flags & ~EVENT_FLAGS_ALL);
}

int event_decode(const void *in, size_t have, struct event *ev, size_t *used)
{
	const char *at = in, *end;
	struct tail tail;
	uint32_t size;

	if (have < sizeof size)
		return 0;
	memcpy(&size, at, sizeof size);
	if (size < HEAD_SIZE + STRINGS || size > EVENT_MAX)
		return -1;
	if (have < size)
		return 0;
	end = at + size;
	memset(ev, 0, sizeof *ev);
	memcpy(ev, at, HEAD_NUMBERS);
	memcpy(&tail, at + HEAD_NUMBERS, sizeof tail);
	if (!numbers_are_sane(ev))
		return -1;
	at += HEAD_SIZE;
	if (!(ev->host = take_string(&at, end, tail.len[0])) ||
	    !(ev->service = take_string(&at, end, tail.len[1])) ||
	    !(ev->text = take_string(&at, end, tail.len[2])) ||
	    !(ev->author = take_string(&at, end, tail.len[3])) ||
	    !(ev->mark = take_string(&at, end, tail.len[4])))
		return -1;
	if (tail.list_len != (size_t)(end - at) || (tail.list_len && end[-1] != '\0'))
		return -1;
	ev->list = at;
	ev->list_len = tail.list_len;
	*used = size;
	return 1;
}

const char *event_list_next(const struct event *ev, const char *at)
{
	at = at ? at + strlen(at) + 1 : ev->list;
	return at < ev->list + ev->list_len ? at : NULL;
}

const char *event_type_name(unsigned type)
{
	switch ((enum event_type)type) {
	case EVENT_HELLO: return "HELLO";
	case EVENT_STATE: return "STATE";
	case EVENT_OBJECT: return "OBJECT";
	case EVENT_SNAP_BEGIN: return "SNAP_BEGIN";
	case EVENT_SNAP_END: return "SNAP_END";
	case EVENT_ACK: return "ACK";
	case EVENT_ACK_GONE: return "ACK_GONE";
	case EVENT_COMMENT: return "COMMENT";
	case EVENT_COMMENT_GONE: return "COMMENT_GONE";
	case EVENT_DOWNTIME: return "DOWNTIME";
	case EVENT_FLAPPING: return "FLAPPING";
	case EVENT_NOTIFIED: return "NOTIFIED";
	case EVENT_PROCESS: return "PROCESS";
	case EVENT_LOST: return "LOST";
	case EVENT_DESCRIPTION: return "DESCRIPTION";
	case EVENT_MEMBERS: return "MEMBERS";
	case EVENT_INVENTORY: return "INVENTORY";
	case EVENT_INVENTORY_END: return "INVENTORY_END";
	case EVENT_RESULT: return "RESULT";
	case EVENT_WELCOME: return "WELCOME";
	case EVENT_REFUSE: return "REFUSE";
	case EVENT_SNAPSHOT: return "SNAPSHOT";
	case EVENT_DESCRIBE: return "DESCRIBE";
	case EVENT_GROUP: return "GROUP";
	case EVENT_LIST: return "LIST";
	case EVENT_COMMAND: return "COMMAND";
	}
	return "?";
}

const char *event_state_word(unsigned kind, unsigned state)
{
	static const char *const host[] = {"UP", "DOWN", "UNREACHABLE"};
	static const char *const service[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

	if (kind == EVENT_HOST)
		return state <= EVENT_UNREACHABLE ? host[state] : "?";
	return state <= EVENT_UNKNOWN ? service[state] : "?";
}

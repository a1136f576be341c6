/*
 * libFuzzer entry of the wire: any bytes in, nothing read outside of them.
 * Run by make check for a short time, by make check-long for ten minutes.
 * It must never accept a frame that does not survive another trip.
 */
#include "common/event.h"

#include <stdlib.h>
#include <string.h>

static void check_list(const struct event *ev)
{
	const char *at = NULL;
	size_t n = 0;

	while ((at = event_list_next(ev, at)))
		n += strlen(at) + 1;
	if (n != ev->list_len)
		abort();
}

static void check_trip(const struct event *ev, const uint8_t *frame, size_t used)
{
	static char out[EVENT_MAX];
	struct event again;
	size_t size = event_encode(ev, out, sizeof out), used_again;

	if (!size) { /* names longer than ours are read, but not written */
		if (strlen(ev->host) <= EVENT_NAME_MAX && strlen(ev->service) <= EVENT_NAME_MAX)
			abort();
		return;
	}
	if (event_decode(out, size, &again, &used_again) != 1 || used_again != size)
		abort();
	if (size == used && memcmp(out, frame, 74)) /* all but two bytes that mean nothing */
		abort();
	if (size == used && memcmp(out + 76, frame + 76, size - 76))
		abort();
	if (strcmp(ev->host, again.host) || strcmp(ev->service, again.service) ||
	    ev->list_len != again.list_len || memcmp(ev->list, again.list, ev->list_len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* of its own size, for ASan */
	size_t at = 0, used;
	struct event ev;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	while (event_decode(copy + at, size - at, &ev, &used) == 1) {
		if (!used || used > size - at)
			abort();
		check_list(&ev);
		check_trip(&ev, copy + at, used);
		at += used;
	}
	free(copy);
	return 0;
}

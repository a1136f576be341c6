/*
 * What of the ring outlives a connection.
 * Called by sender.c when one ends, and for the number of HELLO.
 * Must never allocate, and never lose count of a loss.
 */
#include "module/news.h"

#include <stddef.h>
#include <string.h>

#include "common/event.h"

static struct {
	uint64_t seq, lost;
} kept; /* while ring_keep() runs */

int news_is(const char *frame)
{
	switch ((enum event_type)(uint8_t)frame[offsetof(struct event, type)]) {
	case EVENT_STATE:
	case EVENT_ACK:
	case EVENT_ACK_GONE:
	case EVENT_COMMENT:
	case EVENT_COMMENT_GONE:
	case EVENT_DOWNTIME:
	case EVENT_FLAPPING:
	case EVENT_NOTIFIED:
	case EVENT_PROCESS: return 1;
	case EVENT_HELLO:
	case EVENT_OBJECT:
	case EVENT_SNAP_BEGIN:
	case EVENT_SNAP_END:
	case EVENT_LOST:
	case EVENT_DESCRIPTION:
	case EVENT_MEMBERS:
	case EVENT_INVENTORY:
	case EVENT_INVENTORY_END:
	case EVENT_RESULT:
	case EVENT_WELCOME:
	case EVENT_REFUSE:
	case EVENT_SNAPSHOT:
	case EVENT_DESCRIBE:
	case EVENT_GROUP:
	case EVENT_LIST:
	case EVENT_COMMAND: break;
	}
	return 0;
}

static int keep_frame(char *frame)
{
	int32_t lost;

	if (frame[offsetof(struct event, type)] == EVENT_LOST) {
		memcpy(&lost, frame + offsetof(struct event, code), sizeof lost);
		kept.lost += (uint64_t)lost;
	}
	if (!news_is(frame))
		return 0;
	kept.seq++;
	memcpy(frame + offsetof(struct event, seq), &kept.seq, sizeof kept.seq);
	return 1;
}

uint64_t news_before(const struct ring *ring, uint64_t seq)
{
	const char *at;

	if (!ring_peek(ring, &at))
		return seq;
	memcpy(&seq, at + offsetof(struct event, seq), sizeof seq);
	return seq - 1;
}

uint64_t news_keep(struct ring *ring, uint64_t seq, uint64_t *lost)
{
	kept.seq = news_before(ring, seq);
	kept.lost = 0;
	ring_keep(ring, keep_frame);
	*lost += kept.lost;
	return kept.seq;
}

/*
 * Chance, from OpenSSL. Called by whatever needs a tag, a key or a pause of its own length.
 * Must never give the same bytes twice, nor go on without any.
 */
#include "agent/chance.h"

#include "common/log.h"

#include <openssl/rand.h>
#include <string.h>

#define RANDOM_KEPT 512

static void dice(void *bytes, size_t n)
{
	if (RAND_bytes(bytes, (int)n) != 1)
		fatal("chance", "no randomness to be had");
}

/* A call costs as much for four bytes as for hundreds: taken in advance, and wiped when given away. */
void chance_bytes(void *bytes, size_t n)
{
	static unsigned char kept[RANDOM_KEPT];
	static size_t left;

	if (n > sizeof kept) {
		dice(bytes, n);
		return;
	}
	if (n > left) {
		dice(kept, sizeof kept);
		left = sizeof kept;
	}
	left -= n;
	memcpy(bytes, kept + left, n);
	explicit_bzero(kept + left, n);
}

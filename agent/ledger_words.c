/*
 * An amount of money in words. Called by the ledger's users and by the command line;
 * apart, because it needs no store. It must never round an amount to nothing.
 */
#include "agent/ledger.h"

#include <inttypes.h>
#include <stdio.h>

void ledger_words(int64_t micro, char *out, size_t size)
{
	int64_t unit = micro < 999500 ? 1000 : 10000, n = (micro + unit / 2) / unit;
	int digits = unit == 1000 ? 3 : 2;
	int64_t whole = unit == 1000 ? n / 1000 : n / 100;
	int64_t rest = unit == 1000 ? n % 1000 : n % 100;

	snprintf(out, size, "%" PRId64 ".%0*" PRId64 " USD", whole, digits, rest);
}

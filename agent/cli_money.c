/*
 * Amounts of money as people read them. Called by the commands that show prices and
 * costs. Pure; the words are the ledger's.
 */
#include "agent/cli_text.h"
#include "agent/ledger.h"

#include <stdio.h>
#include <string.h>

#define MOST (INT64_C(1000000000) * 1000000) /* an answer that says more is not believed */

const char *cli_usd(char out[CLI_TIME_SIZE], int64_t micro)
{
	char *unit;

	ledger_words(micro < 0 ? 0 : micro > MOST ? MOST : micro, out, CLI_TIME_SIZE);
	unit = strstr(out, " USD");
	if (unit)
		*unit = '\0';
	return out;
}

const char *cli_usd_month(char out[CLI_TIME_SIZE], int64_t spent, int64_t limit)
{
	char have[CLI_TIME_SIZE], most[CLI_TIME_SIZE];
	size_t n;

	cli_usd(have, spent);
	if (!spent)
		snprintf(have, sizeof have, "0");
	cli_usd(most, limit);
	n = strlen(most);
	if (n > 3 && strcmp(most + n - 3, ".00") == 0)
		most[n - 3] = '\0';
	if (limit)
		snprintf(out, CLI_TIME_SIZE, "%.20s of %.20s USD", have, most);
	else
		snprintf(out, CLI_TIME_SIZE, "%.20s USD", have);
	return out;
}

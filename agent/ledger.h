/*
 * What each account has spent this month (UTC), for networks that take money.
 * The outbox enters posts, the collector and the outbox's looks enter reads; the
 * limit is usd_per_month. Amounts are micro USD. An estimate by the price table: it
 * may err upwards, so that the limit is reached before the network's own.
 */
#ifndef TWICKET_LEDGER_H
#define TWICKET_LEDGER_H

#include "agent/config.h"
#include "agent/rows.h"
#include "agent/store.h"
#include "common/now.h"

struct ledger;

struct ledger *ledger_create(struct store *store);
void ledger_destroy(struct ledger *l); /* NULL is fine */

/* Entered at once in memory, in the open transaction by ledger_save(). Nothing happens for 0. */
void ledger_post(struct ledger *l, const char *account, int64_t micro, const struct now *now);
void ledger_read(struct ledger *l, const char *account, int64_t micro, const struct now *now);

/* The month under way; all 0 when nothing was spent. account in it is the argument. */
void ledger_month(
    struct ledger *l, const char *account, const struct now *now, struct ledger_row *out);

/*
 * What strangers can make us pay: reads may use a quarter of usd_per_month, and no more
 * than what is left of the whole without what recoveries need. False: nothing more may be
 * read in this month.
 */
bool ledger_may_read(struct ledger *l, const struct config_account *a, const struct now *now);
/* How much of that is left, micro; 0 or less: nothing. INT64_MAX where nothing limits it. */
int64_t ledger_left_to_read(struct ledger *l, const struct config_account *a, const struct now *now);

/* What the end of something that was told costs now, where that is more than a plain post. */
void ledger_end_price(struct ledger *l, const char *account, int64_t micro, const struct now *now);

/* Wall ms at which the month under way is over. */
int64_t ledger_next_month_ms(const struct now *now);

void ledger_save(struct ledger *l);
void ledger_saved(struct ledger *l);

/* "1.24 USD", "0.015 USD": to the cent from 1 USD on, to the tenth of a cent below. */
void ledger_words(int64_t micro, char *out, size_t size);

#endif

/*
 * Who did what, through which handle, with which result: a line in the store, and a copy of
 * it in the journal, which an intruder with our file cannot take back. Called by whoever
 * makes such a line, once for each.
 */
#ifndef TWICKET_AUDIT_H
#define TWICKET_AUDIT_H

#include "agent/rows.h"

/* The copy: one line of the log, whatever its level. The caller sees to the store. */
void audit_copy(const struct audit_row *row);

#endif

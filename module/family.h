/*
 * Which cores twicket.so is built for, and what one says that was loaded into another.
 * Cores of one family lay out their hosts and services alike; pure, no header of a core.
 */
#ifndef TWICKET_FAMILY_H
#define TWICKET_FAMILY_H

#include <stddef.h>

enum family_core { FAMILY_NAGIOS, FAMILY_NAEMON };

struct family;

/* The family of a core by what it calls its version ("4.4.6", "1.5.2-1"); NULL: none of ours. */
const struct family *family_of(enum family_core core, const char *version);

/* The number of the broker's interface that this core wants of a module: for another it stops. */
int family_api(enum family_core core, const char *version);

/*
 * One line: built for what, loaded into what, and which file to load instead. `built` is the
 * family of the headers, `file` the path that the core loaded; the other modules are looked for
 * beside its folder, as make install puts them.
 */
void family_advise(
    const struct family *built, enum family_core core, const char *version, const char *file,
    char *out, size_t cap);

#endif

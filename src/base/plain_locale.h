/* Numbers as text, the same everywhere: for the calling thread only, the C locale (so '.' is the decimal point whatever
 * setlocale the host made) and rounding to nearest (which strtod and printf take from the thread's mode). */
#ifndef LS_BASE_PLAIN_LOCALE_H
#define LS_BASE_PLAIN_LOCALE_H

#include <locale.h>

typedef struct ls_plain_locale {
    locale_t locale;
    int rounding;
} ls_plain_locale;

/* Switches this thread over; give the result to ls_plain_locale_leave. Thread-safe, cheap, may be nested. */
ls_plain_locale ls_plain_locale_enter(void);

/* Switches back. */
void ls_plain_locale_leave(ls_plain_locale saved);

#endif

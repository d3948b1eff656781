/* The C locale for the calling thread only: numbers are written and read with '.' whatever setlocale the host
 * made. */
#ifndef LS_BASE_PLAIN_LOCALE_H
#define LS_BASE_PLAIN_LOCALE_H

#include <locale.h>

/* Switches this thread to the C locale; give the result to ls_plain_locale_leave. Thread-safe, cheap, may be
 * nested. */
locale_t ls_plain_locale_enter(void);

/* Switches back. */
void ls_plain_locale_leave(locale_t saved);

#endif

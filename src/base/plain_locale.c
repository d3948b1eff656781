/* The C locale, made once per process and lent to one thread at a time through uselocale, which, unlike
 * setlocale, leaves the other threads of the host alone. */
#include "base/plain_locale.h"

#include <pthread.h>

static locale_t plain;
static pthread_once_t plain_once = PTHREAD_ONCE_INIT;

static void plain_create(void)
{
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t ls_plain_locale_enter(void)
{
    pthread_once(&plain_once, plain_create);
    return uselocale(plain); /* were newlocale to fail, uselocale(0) changes nothing */
}

void ls_plain_locale_leave(locale_t saved)
{
    uselocale(saved);
}

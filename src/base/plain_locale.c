/* The C locale, made once per process and lent to one thread at a time through uselocale, which, unlike
 * setlocale, leaves the other threads of the host alone. */
#include "base/plain_locale.h"

#include <fenv.h>
#include <pthread.h>

static locale_t plain;
static pthread_once_t plain_once = PTHREAD_ONCE_INIT;

static void plain_create(void)
{
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

ls_plain_locale ls_plain_locale_enter(void)
{
    pthread_once(&plain_once, plain_create);
    ls_plain_locale saved = {uselocale(plain), fegetround()}; /* were newlocale to fail, uselocale(0) changes nothing */
    if (saved.rounding != FE_TONEAREST)
        fesetround(FE_TONEAREST);
    return saved;
}

void ls_plain_locale_leave(ls_plain_locale saved)
{
    if (saved.rounding != FE_TONEAREST)
        fesetround(saved.rounding);
    uselocale(saved.locale);
}

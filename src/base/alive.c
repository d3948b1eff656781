/* Who is told that long work goes on. */
#include "base/alive.h"

#include <stddef.h>

static _Thread_local ls_alive_function told;
static _Thread_local void *told_user;

void ls_alive_set(ls_alive_function function, void *user)
{
    told = function;
    told_user = user;
}

void ls_alive(void)
{
    if (told)
        told(told_user);
}

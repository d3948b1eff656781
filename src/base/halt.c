/* Whom long work asks whether to end. */
#include "base/halt.h"

#include "base/fault.h"

#include <stddef.h>

static _Thread_local ls_halt_function asked;
static _Thread_local void *asked_user;

void ls_halt_set(ls_halt_function function, void *user)
{
    asked = function;
    asked_user = user;
}

ls_status ls_halt(void)
{
    LS_TRY(ls_fault("halt"));
    return asked && asked(asked_user) ? ls_fail(LS_STOPPED, "stopped") : LS_OK;
}

/* Whom long work asks whether to end. */
#include "base/halt.h"

#include "base/fault.h"

#include <stddef.h>
#include <stdint.h>

static _Thread_local ls_halt_function asked;
static _Thread_local void *asked_user;

void ls_halt_set(ls_halt_function function, void *user)
{
    asked = function;
    asked_user = user;
}

static bool is_set(void *user)
{
    const volatile sig_atomic_t *stop = user;
    return *stop != 0;
}

ls_halt_before ls_halt_set_flag(const volatile sig_atomic_t *stop)
{
    const ls_halt_before before = {asked, asked_user};
    if (stop != NULL)
        ls_halt_set(is_set, (void *)(uintptr_t)stop);
    return before;
}

ls_status ls_halt(void)
{
    if (!asked)
        return LS_OK;
    LS_TRY(ls_fault("halt"));
    return asked(asked_user) ? ls_fail(LS_STOPPED, "stopped") : LS_OK;
}

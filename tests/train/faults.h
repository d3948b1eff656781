/* Whether this build has fault points (base/fault.h); in others LOCKSTEP_FAULT does nothing. */
#ifndef LS_TESTS_FAULTS_H
#define LS_TESTS_FAULTS_H

#include <lockstep.h>

#include <stdbool.h>
#include <stdlib.h>

/* A misspelt fault is an error. */
static inline bool has_faults(void)
{
    ls_context *context = NULL;
    setenv("LOCKSTEP_FAULT", "nonsense", 1);
    const ls_status status = ls_context_create(NULL, &context);
    unsetenv("LOCKSTEP_FAULT");
    ls_context_destroy(context);
    return status != LS_OK;
}

#endif

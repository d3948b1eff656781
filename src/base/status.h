/* Status and error text. A function that can fail returns ls_status; whoever detects the failure records its
 * message once with ls_fail and everybody above forwards the code. The message lives in thread-local memory. */
#ifndef LS_BASE_STATUS_H
#define LS_BASE_STATUS_H

#include <lockstep.h>

/* Records a message for this thread and returns `code`. The text says what is wrong, where (file, dataset, row,
 * column), what was expected and what to do; no trailing newline. Replaces an earlier message. */
ls_status ls_fail(ls_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts text in front of the recorded message ("rank 3 (node7): "); returns `code`. */
ls_status ls_fail_prefix(ls_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forward a failing status to the caller. */
#define LS_TRY(expression)                                                                                             \
    do {                                                                                                               \
        ls_status ls_try_status_ = (expression);                                                                       \
        if (ls_try_status_ != LS_OK)                                                                                   \
            return ls_try_status_;                                                                                     \
    } while (0)

/* The same in functions that have something to release at their `cleanup:` label; needs a variable `status`. */
#define LS_TRY_CLEANUP(expression)                                                                                     \
    do {                                                                                                               \
        status = (expression);                                                                                         \
        if (status != LS_OK)                                                                                           \
            goto cleanup;                                                                                              \
    } while (0)

#endif

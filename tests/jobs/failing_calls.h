/* Calls of the C library and of libhdf5 that fail on request: those that the library makes itself, which the linker
 * sends here (-Wl,--wrap). What failing_calls.def lists can fail.
 *
 * A place is a call with what it was called by, so that one that all use counts as many. A job is first recorded, which
 * tells the places that were not known yet, and then run again for each of them. Forked processes never fail. */
#ifndef LS_TESTS_FAILING_CALLS_H
#define LS_TESTS_FAILING_CALLS_H

#include <stdbool.h>

typedef enum failing_kind { FAILING_MEMORY, FAILING_FILES, FAILING_HDF5 } failing_kind;

/* Calls of this kind are noted until failing_calls_end, which returns the number of all places that were noted so far:
 * those that differ in function or in the `callers` innermost (at most 6) that it was called by. */
void failing_calls_record(failing_kind kind, int callers);
/* The call at this place fails when it is reached the first time, until failing_calls_end. */
void failing_calls_fail(int place);
int failing_calls_end(void);
/* Whether the chosen place was reached since. */
bool failing_calls_reached(void);
/* The function called there. */
const char *failing_calls_name(int place);
/* Prints what it was called by, for `addr2line` or a debugger. */
void failing_calls_explain(int place);

#endif

/* Linked into the programs that scripts/coverage.sh builds: counts are written by an exit handler, so processes that
 * leave by _exit, MPI_Abort or a signal of their own write them here before they do. */
#include <signal.h>
#include <stdatomic.h>

void __gcov_dump(void); /* of libgcov */
void __real__exit(int code);
int __real_raise(int number);
void __wrap__exit(int code);
int __wrap_raise(int number);
int PMPI_Abort(void *communicator, int code) __attribute__((weak)); /* where there is MPI */
int MPI_Abort(void *communicator, int code);

/* Once: a signal's handler may come here while its thread already is. */
static void write_counts(void)
{
    static atomic_flag written = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&written))
        __gcov_dump();
}

/* -Wl,--wrap=_exit */
void __wrap__exit(int code)
{
    write_counts();
    __real__exit(code);
}

/* -Wl,--wrap=raise */
int __wrap_raise(int number)
{
    if (number == SIGKILL)
        write_counts();
    return __real_raise(number);
}

int MPI_Abort(void *communicator, int code)
{
    write_counts();
    return PMPI_Abort(communicator, code);
}

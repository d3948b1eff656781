/* Limits of a process against what MPI takes. */
#include "cli/mpi_limits.h"

#include "cli/output.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

/* What MPI takes to start: address space, most of it shared memory, and descriptors. Where it does not get that, it
 * ends in a screenful of its stack. */
#define MPI_BYTES       ((size_t)128 << 20)
#define MPI_DESCRIPTORS ((rlim_t)40)
#define MPI_THREADS     4

static bool has_room(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return true;
    void *room = mmap(NULL, MPI_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return room != MAP_FAILED && munmap(room, MPI_BYTES) == 0;
}

/* The limit that a process may raise by itself is raised. */
static bool has_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= MPI_DESCRIPTORS)
        return true;
    limit.rlim_cur = limit.rlim_max < MPI_DESCRIPTORS ? limit.rlim_max : MPI_DESCRIPTORS;
    return limit.rlim_cur == MPI_DESCRIPTORS && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static void *nothing(void *mutex)
{
    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
    return NULL;
}

/* As many at once as MPI has for its own progress. */
static bool has_threads(void)
{
    pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread[MPI_THREADS];
    int started = 0;
    pthread_mutex_lock(&held);
    while (started < MPI_THREADS && pthread_create(&thread[started], NULL, nothing, &held) == 0)
        started++;
    pthread_mutex_unlock(&held);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    return started == MPI_THREADS;
}

static ls_status check(const cli_launcher *launcher)
{
    if (!has_room())
        return output_fail(LS_ERR_MEMORY,
                           "not enough address space: MPI takes up to %d MiB to start, and this process (rank %d) is "
                           "limited to less (ulimit -v); raise the limit",
                           (int)(MPI_BYTES >> 20), launcher->rank);
    if (!has_descriptors())
        return output_fail(LS_ERR_MEMORY,
                           "too few open files: MPI takes up to %d to start, and this process (rank %d) is limited to "
                           "less (ulimit -n); raise the limit",
                           (int)MPI_DESCRIPTORS, launcher->rank);
    if (!has_threads())
        return output_fail(LS_ERR_MEMORY,
                           "too few threads: MPI takes up to %d to start, and this process (rank %d) cannot have them; "
                           "look at the limits on processes and threads (ulimit -u, a container's pids)",
                           MPI_THREADS, launcher->rank);
    return LS_OK;
}

/* Ranks cannot agree yet, so each that lacks something says so; lower ones first, whose end is mostly that of the job.
 */
static ls_status say_limit(const cli_launcher *launcher, ls_status status)
{
    const int turn = launcher->rank < 10 ? launcher->rank : 10;
    nanosleep(&(struct timespec){turn / 2, turn % 2 * 500000000L}, NULL);
    if (launcher->rank > 0) /* else it is said at the end */
        output_error(output_message());
    return status;
}

ls_status mpi_limits_check(const cli_launcher *launcher)
{
    const ls_status status = check(launcher);
    return status == LS_OK ? LS_OK : say_limit(launcher, status);
}

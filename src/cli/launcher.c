/* Launchers by their environment variables, and the restart with sleeping waits. */
#include "cli/launcher.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESTARTED "LOCKSTEP_RESTARTED" /* set in the process that launcher_restart_for_waits starts */
#define SELF      "/proc/self/exe"     /* the program itself, also when its file has been removed */

/* A decimal number that a variable begins with (Slurm writes "4(x2)"), or `otherwise`. */
static int number(const char *variable, int otherwise)
{
    const char *text = getenv(variable);
    char *end;
    if (text == NULL)
        return otherwise;
    long value = strtol(text, &end, 10);
    return end == text || value < 0 || value > INT_MAX ? otherwise : (int)value;
}

/* Tasks of this step on this node: "2(x3),1" lists them node by node. */
static int slurm_local_size(void)
{
    const char *text = getenv("SLURM_STEP_TASKS_PER_NODE");
    if (text == NULL)
        text = getenv("SLURM_TASKS_PER_NODE");
    int node = number("SLURM_NODEID", 0), tasks = 1;
    while (text != NULL && *text != '\0') {
        int repeat = 1, length = 0;
        if (sscanf(text, "%d%n(x%d)%n", &tasks, &length, &repeat, &length) < 1)
            return 1;
        node -= repeat;
        if (node < 0)
            break;
        text += length;
        text += *text == ',';
    }
    return tasks > 0 ? tasks : 1;
}

/* The launcher closest to the process comes first: mpirun inside a Slurm job starts its daemons with srun,
 * and what they start has Slurm's variables too, which describe the daemons. */
cli_launcher launcher_find(void)
{
    if (getenv("OMPI_COMM_WORLD_SIZE") != NULL)
        return (cli_launcher){.present = true,
                              .has_pmi = true,
                              .rank = number("OMPI_COMM_WORLD_RANK", 0),
                              .size = number("OMPI_COMM_WORLD_SIZE", 0),
                              .local_size = number("OMPI_COMM_WORLD_LOCAL_SIZE", 1),
                              .name = "mpirun of Open MPI"};
    bool slurm = getenv("SLURM_STEP_NUM_TASKS") != NULL;
    if (getenv("PMI_SIZE") != NULL || getenv("PMI_FD") != NULL || getenv("PMI_PORT") != NULL)
        return (cli_launcher){.present = true,
                              .has_pmi = true,
                              .rank = number("PMI_RANK", 0),
                              .size = number("PMI_SIZE", 0),
                              .local_size = number("MPI_LOCALNRANKS", slurm ? slurm_local_size() : 1),
                              .name = slurm ? "srun" : "mpiexec of MPICH or Intel MPI"};
    if (getenv("MV2_COMM_WORLD_SIZE") != NULL)
        return (cli_launcher){.present = true,
                              .has_pmi = true,
                              .rank = number("MV2_COMM_WORLD_RANK", 0),
                              .size = number("MV2_COMM_WORLD_SIZE", 0),
                              .local_size = number("MV2_COMM_WORLD_LOCAL_SIZE", 1),
                              .name = "mpiexec of MVAPICH"};
    if (getenv("PMIX_RANK") != NULL || slurm)
        return (cli_launcher){.present = true,
                              .has_pmi = getenv("PMIX_RANK") != NULL,
                              .rank = number("PMIX_RANK", number("SLURM_PROCID", 0)),
                              .size = number("SLURM_STEP_NUM_TASKS", 0),
                              .local_size = slurm ? slurm_local_size() : 1,
                              .name = slurm ? "srun" : "the launcher"};
    return (cli_launcher){.local_size = 1, .name = "nothing"};
}

/* ---- stacked threads ---- */

/* Cores that this host's ranks have together, as far as one of them can see before MPI starts. A rank that
 * its launcher bound to cores of its own has a smaller mask than its parent: then only its own threads share
 * them. */
static int cores_of_ranks(int *sharing)
{
    cpu_set_t mine, parents;
    CPU_ZERO(&mine);
    CPU_ZERO(&parents);
    if (sched_getaffinity(0, sizeof mine, &mine) != 0)
        return INT_MAX;
    if (sched_getaffinity(getppid(), sizeof parents, &parents) == 0 && !CPU_EQUAL(&mine, &parents))
        *sharing = 1;
    int cores = CPU_COUNT(&mine);
    double quota = 0, period = 0; /* a container's share of the machine */
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (file != NULL) {
        if (fscanf(file, "%lf %lf", &quota, &period) == 2 && period > 0 && quota < cores * period)
            cores = quota > period ? (int)(quota / period) : 1;
        fclose(file);
    }
    return cores;
}

/* The program's own file by its path, which gives the process its name; false when there is no such path (any more), or
 * something else is there. */
static bool own_path(char *path, size_t capacity)
{
    struct stat found, self;
    const ssize_t length = readlink(SELF, path, capacity);
    if (length <= 0 || (size_t)length >= capacity)
        return false;
    path[length] = '\0';
    return stat(path, &found) == 0 && stat(SELF, &self) == 0 && found.st_dev == self.st_dev &&
           found.st_ino == self.st_ino;
}

/* Valgrind loads a library of its own into the programs it runs. What they start anew it would let go, or refuse. */
static bool under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");
    return preload != NULL && strstr(preload, "vgpreload_") != NULL;
}

/* How often libgomp looks before a waiting thread sleeps; its own 300,000 times are a millisecond and more, in which
 * a thread whose core another program wants keeps that core from its own team. This is longer than threads of a step
 * wait for each other. */
#define LOOKS "3000"

void launcher_restart_for_waits(const cli_launcher *launcher, int64_t threads, char **argv)
{
    if (getenv(RESTARTED) != NULL || getenv("OMP_WAIT_POLICY") != NULL) /* done, or the user's own choice */
        return;
    if (under_valgrind())
        return;
    int sharing = launcher->local_size > 0 ? launcher->local_size : 1;
    int cores = cores_of_ranks(&sharing);
    if (threads == 0)
        threads = number("OMP_NUM_THREADS", cores / sharing); /* without either, ranks share the cores by themselves */
    const bool stacked = threads * sharing > cores && threads * sharing > 1;
    if (!stacked && (threads <= 1 || getenv("GOMP_SPINCOUNT") != NULL))
        return;
    setenv(RESTARTED, "1", 1);
    if (stacked) {
        setenv("OMP_WAIT_POLICY", "passive", 0);
        setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    }
    setenv("GOMP_SPINCOUNT", stacked ? "0" : LOOKS, 0); /* even when passive it looks a little */
    char path[PATH_MAX];
    if (own_path(path, sizeof path))
        execv(path, argv);
    execv(SELF, argv); /* returns only where there is no /proc: then it stays as slow as it was */
}

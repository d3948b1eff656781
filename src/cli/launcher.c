/* Launchers by their environment variables. */
#include "cli/launcher.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* The names under which launchers, or their daemons on each host, start processes. */
static bool is_launcher(const char *name)
{
    static const char *const names[] = {"mpirun", "mpiexec",       "orterun",         "orted",      "prterun", "prted",
                                        "prte",   "mpiexec.hydra", "hydra_pmi_proxy", "slurmstepd", "srun"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

int launcher_to_follow(const cli_launcher *launcher)
{
    char path[64], name[64] = "";
    const int parent = (int)getppid();
    if (!launcher->present || launcher->size != 1)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/comm", parent);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    if (fgets(name, sizeof name, file) != NULL)
        name[strcspn(name, "\n")] = '\0';
    fclose(file);
    return is_launcher(name) ? parent : 0;
}

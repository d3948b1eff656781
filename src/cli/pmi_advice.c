/* Every MPI library understands some of the interfaces (PMI) through which launchers tell ranks of each other. */
#include "cli/pmi_advice.h"

#include <stdio.h>
#include <string.h>

/* In the order in which they are looked for: Intel's and Cray's texts have MPICH's name in them. */
static const struct {
    const char *word;    /* in the text of MPI_Get_library_version */
    const char *srun;    /* the interface of srun that it needs */
    const char *further; /* what it needs beside; "" nothing */
} libraries[] = {
    {"Open MPI", "pmix", ""},
    {"Intel", "pmi2", ", with I_MPI_PMI_LIBRARY set to Slurm's libpmi2.so"},
    {"CRAY", "cray_shasta", ""},
    {"MVAPICH", "pmi2", ""},
    {"MPICH", "pmi2", ", or --mpi=pmix if this MPICH was built with PMIx"},
};

void pmi_advice_library(const char *version, char *name, size_t size)
{
    size_t length = 0;
    for (const char *c = version; *c != '\0' && *c != ',' && *c != '\n' && length + 1 < size; c++) {
        const char letter = *c == '\t' ? ' ' : *c;
        if (letter != ' ' || (length > 0 && name[length - 1] != ' '))
            name[length++] = letter;
    }
    while (length > 0 && name[length - 1] == ' ')
        length--;
    if (size > 0)
        name[length] = '\0';
}

void pmi_advice_separate(const char *launcher, int tasks, const char *version, char *text, size_t size)
{
    char name[64];
    pmi_advice_library(version, name, sizeof name);
    const int start =
        snprintf(text, size,
                 "%s started %d processes, but each is a job of its own to MPI (%s): they would all train alone. Use ",
                 launcher, tasks, name);
    if (start < 0 || (size_t)start >= size)
        return;
    text += start;
    size -= (size_t)start;
    if (strcmp(launcher, "srun") != 0) {
        snprintf(text, size, "'mpirun -n %d lockstep ...' with the mpirun that belongs to %s", tasks, name);
        return;
    }
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        if (strstr(version, libraries[i].word) != NULL) {
            snprintf(text, size,
                     "'srun --mpi=%s lockstep ...'%s ('srun --mpi=list' shows what this Slurm has), or 'mpirun -n %d "
                     "lockstep ...' inside the allocation",
                     libraries[i].srun, libraries[i].further, tasks);
            return;
        }
    }
    snprintf(
        text, size,
        "'srun --mpi=KIND lockstep ...' with the KIND that this library was built for ('srun --mpi=list' shows what "
        "this Slurm has), or 'mpirun -n %d lockstep ...' inside the allocation",
        tasks);
}

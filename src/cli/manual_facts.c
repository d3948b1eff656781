/* Variables, files and codes as the manual pages tell of them. */
#include "cli/manual.h"

#include <stddef.h>

#define RANKS  (LS_COMMAND_TRAIN | LS_COMMAND_EVALUATE | LS_COMMAND_PREDICT)
#define TRAIN  LS_COMMAND_TRAIN
#define REPORT LS_COMMAND_REPORT

static const manual_fact variables[] = {
    {RANKS, "OMP_NUM_THREADS", "Threads of each rank where --threads does not say it."},
    {RANKS, "OMP_WAIT_POLICY",
     "How waiting threads wait, active or passive; when it is not set, they sleep where several share a core, and spin "
     "shortly elsewhere."},
    {RANKS, "OMPI_ALLOW_RUN_AS_ROOT, OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
     "Open MPI's mpirun refuses to be started by root unless both are 1."},
    {RANKS, "SLURM_MEM_PER_NODE, SLURM_MEM_PER_CPU, SLURM_CPUS_ON_NODE",
     "The memory that a Slurm job has on a host, for --memory auto."},
    {TRAIN, "SLURM_JOB_END_TIME", "When a Slurm job ends, for --time-limit auto, in seconds since 1970."},
    {RANKS | LS_COMMAND_CONVERT, "TMPDIR",
     "Directory of files that have no name and are gone with the process: rows of standard input, and compressed "
     "tables unpacked. /tmp when it is not set."},
    {MANUAL_ALL, "HDF5_USE_FILE_LOCKING",
     "FALSE lets the HDF5 library open files on file systems that cannot lock them."},
};

static const manual_fact files[] = {
    {TRAIN, "RUN/model.weights.h5",
     "The trained model, for keras.models.load_model and for the other commands; a file of HDF5."},
    {TRAIN, "RUN/best.weights.h5", "The model of the best epoch, where there are validation rows or early stopping."},
    {TRAIN, "RUN/log.csv", "A row an epoch: loss, metrics, validation. The same bytes for the same recipe."},
    {TRAIN, "RUN/timing.csv", "Seconds, samples a second, shares of data, compute and communication."},
    {TRAIN, "RUN/run.json",
     "Options, recipe, data, machine, where each rank's time went, scores, SHA-256 of model and log. --config reads "
     "the options in it."},
    {TRAIN | REPORT, "RUN/report.json", "What evaluated rows and layers showed, from which the pages are made."},
    {TRAIN | REPORT, "RUN/report.html",
     "The page about the run, for any browser. The same bytes for the same recipe and data."},
    {TRAIN | REPORT, "RUN/report-machine.html", "Where and how fast it ran."},
    {TRAIN, "RUN/checkpoints/", "The newest checkpoints (--checkpoint-every, --keep), from which --resume goes on."},
    {LS_COMMAND_EVALUATE | LS_COMMAND_PREDICT, "RUN/model.weights.h5",
     "What is read of a run; another model or a checkpoint is named itself."},
    {LS_COMMAND_EVALUATE, "RUN/run.json", "Says which rows those of a run are, where DATA is not given."},
    {LS_COMMAND_CONVERT, "OUT",
     "HDF5 with /train/x and /train/y, /test/x and /test/y; columns that are no features lie beside them."},
};

static const manual_fact codes[] = {
    {MANUAL_ALL, "127", "the system could not load the program's libraries"},
    {MANUAL_ALL, "130", "aborted by a second Ctrl-C (SIGINT); what was saved before is whole"},
    {MANUAL_ALL, "143", "aborted by a second SIGTERM, since nothing was being saved"},
};

#define AT(rows, index) ((index) < sizeof(rows) / sizeof(rows)[0] ? &(rows)[index] : NULL)

const manual_fact *manual_variable(size_t index)
{
    return AT(variables, index);
}

const manual_fact *manual_file(size_t index)
{
    return AT(files, index);
}

const manual_fact *manual_code(size_t index)
{
    return AT(codes, index);
}

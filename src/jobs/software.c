/* Versions, for --version and run.json: results must not depend on them, and when they seem to, this is asked first. */
#include "jobs/software.h"

#include "comm/mpi_version.h"
#include "hdf5/h5.h"
#include "math/kernels.h"

#include <lockstep.h>
#include <string.h>

#ifndef LS_BUILD_TYPE
#define LS_BUILD_TYPE ""
#endif
#ifndef LS_COMPILER
#define LS_COMPILER ""
#endif

extern const char ls_commit[]; /* scripts/cmake/commit.cmake, at each build */

const char *ls_version_commit(void)
{
    return ls_commit;
}

void ls_software_put(ls_json *json)
{
    char mpi[LS_MPI_VERSION_MAX];
    ls_mpi_version(mpi);
    ls_json_put_string(json, "commit", ls_commit);
    ls_json_put_string(json, "compiler", LS_COMPILER);
    ls_json_put_string(json, "build_type", LS_BUILD_TYPE);
    ls_json_put_string(json, "mpi", mpi);
    ls_json_put_string(json, "mpi_compiled", ls_mpi_compiled());
    ls_json_put_string(json, "hdf5", ls_h5_library_version());
    ls_json_put_string(json, "hdf5_compiled", ls_h5_compiled_version());
}

/* The next table that this CPU runs, from *index on; NULL behind the last. */
static const char *next_table(int *index)
{
    const ls_kernels *table;
    while ((table = ls_kernels_at((*index)++)) != NULL)
        if (table->supported())
            return table->name;
    return NULL;
}

ls_status ls_software_json(char **text)
{
    ls_text out = {0};
    ls_json json = {.text = &out, .indent = 2};
    int index = 0;
    ls_json_object_begin(&json);
    ls_json_put_string(&json, "version", ls_version());
    ls_software_put(&json);
    ls_json_key(&json, "kernels");
    ls_json_array_begin(&json);
    for (const char *name; (name = next_table(&index)) != NULL;)
        ls_json_string(&json, name);
    ls_json_array_end(&json);
    ls_json_object_end(&json);
    ls_text_append(&out, "\n");
    return ls_text_hand_over(&out, text);
}

ls_status ls_software_text(char **text)
{
    ls_text out = {0};
    char mpi[LS_MPI_VERSION_MAX];
    int index = 0;
    ls_mpi_version(mpi);
    mpi[strcspn(mpi, ",")] = '\0'; /* "Open MPI v4.1.4, package ...", "MPICH Version:\t4.0.2" */
    for (char *tab = mpi; (tab = strchr(tab, '\t')) != NULL;)
        *tab = ' ';
    ls_text_printf(&out, "lockstep %s\n", ls_version());
    if (ls_commit[0] != '\0')
        ls_text_printf(&out, "commit    %s\n", ls_commit);
    ls_text_printf(&out, "compiler  %s%s%s\n", LS_COMPILER, LS_BUILD_TYPE[0] != '\0' ? ", " : "", LS_BUILD_TYPE);
    ls_text_printf(&out, "MPI       %s, compiled with %s\n", mpi, ls_mpi_compiled());
    ls_text_printf(&out, "HDF5      %s, compiled with %s\n", ls_h5_library_version(), ls_h5_compiled_version());
    ls_text_append(&out, "kernels  ");
    for (const char *name, *comma = " "; (name = next_table(&index)) != NULL; comma = ", ")
        ls_text_printf(&out, "%s%s", comma, name);
    ls_text_append(&out, "\n");
    return ls_text_hand_over(&out, text);
}

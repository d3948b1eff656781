/* The other public header compiles and links from the installed package as well. */
#include <lockstep_mpi.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    ls_context *context;
    MPI_Init(&argc, &argv);
    ls_status status = ls_context_create_mpi(MPI_COMM_WORLD, NULL, &context);
    if (status != LS_OK) {
        fprintf(stderr, "%s\n", ls_error_message());
        MPI_Abort(MPI_COMM_WORLD, status);
    }
    printf("%s\n", ls_context_description(context));
    ls_context_destroy(context);
    return MPI_Finalize();
}

/* Prints the numbers of a dataset, one row a line, with all digits: what the program tests compare.
 *
 *   print_data FILE DATASET
 */
#include "base/status.h"
#include "hdf5/h5.h"

#include <stdio.h>
#include <stdlib.h>

static ls_status print(const char *path, const char *name)
{
    ls_h5_file *file;
    ls_h5_dataset dataset;
    LS_TRY(ls_h5_open(path, &file));
    ls_status status = ls_h5_describe(file, name, &dataset);
    int64_t rows = status == LS_OK && dataset.rank > 0 ? dataset.shape[0] : 1, columns = 1;
    for (int i = 1; status == LS_OK && i < dataset.rank; i++)
        columns *= dataset.shape[i];
    double *values = calloc((size_t)(rows * columns) + 1, sizeof *values);
    if (status == LS_OK)
        status = values ? ls_h5_read_double(file, name, 0, rows, values) : ls_fail(LS_ERR_MEMORY, "out of memory");
    for (int64_t i = 0; status == LS_OK && i < rows * columns; i++)
        printf("%.17g%s", values[i], (i + 1) % columns == 0 ? "\n" : " ");
    free(values);
    ls_h5_close(file);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: print_data FILE DATASET\n");
        return 2;
    }
    ls_status status = print(argv[1], argv[2]);
    if (status != LS_OK)
        fprintf(stderr, "print_data: %s\n", ls_error_message());
    return status;
}

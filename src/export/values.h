/* Numbers on their way into a file, little endian. */
#ifndef LS_EXPORT_VALUES_H
#define LS_EXPORT_VALUES_H

#include "export/exported.h"

#include <stdint.h>
#include <stdio.h>

/* Local. LS_ERR_OUTPUT with the reason; the file is the caller's to name. */
ls_status ls_values_write(FILE *out, const void *bytes, int64_t count);
ls_status ls_values_write_float(FILE *out, const float *values, int64_t count);
ls_status ls_values_write_double(FILE *out, const double *values, int64_t count);
/* Local. Variable `index` of the network, row by row (a kernel's rows are its inputs); transposed: column by column. */
ls_status ls_values_write_variable(FILE *out, const ls_exported *model, int index, bool transposed);
/* Local. What is still in the file's buffer. */
ls_status ls_values_flush(FILE *out);

/* The variable of a layer with this role; -1: it has none. */
int ls_values_find(const ls_network *network, int layer, ls_role role);

#endif

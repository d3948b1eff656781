/* A model as one C99 file that needs nothing but a C compiler and computes the bits of `lockstep predict`. */
#ifndef LS_EXPORT_C_SOURCE_H
#define LS_EXPORT_C_SOURCE_H

#include "export/exported.h"

#include <stdio.h>

/* Weights that a file holds at most: for so many, compilers take a minute and 5 to 10 GiB. */
#define LS_EXPORT_C_WEIGHTS 20000000
/* Bytes of stack that its function takes at most for the row on its way: threads often have no more than a few MiB. */
#define LS_EXPORT_C_STACK (1 << 20)

/* Local. Writes the file to `out`, whose names are those that belong to the model's path: "my-net.c" gives
 * my_net_predict, MY_NET_FEATURES. LS_ERR_USAGE names what a C file does not hold; then nothing was written.
 * LS_ERR_MEMORY, LS_ERR_OUTPUT. */
ls_status ls_export_c(const ls_exported *model, FILE *out);

#endif

/* How options name datasets: "[FILE:]PATH[COLUMNS]", several of them separated by commas.
 *
 * FILE: is what stands before a colon when it is there as a file, is a pattern (* ? [) or ends like an HDF5 file (.h5
 * .hdf5 .hdf .he5 .mat .nc .nxs); dataset paths may have colons too. COLUMNS is in brackets: see columns.h. A backslash
 * takes away the meaning of the character behind it, but in names of columns in quotes. */
#ifndef LS_SOURCE_SPEC_H
#define LS_SOURCE_SPEC_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define LS_SPEC_AXES 8 /* of a dataset at most */

typedef struct ls_spec_item {
    char file[4096];    /* empty: the data file */
    char path[1024];    /* of the dataset */
    char columns[4096]; /* what stood between the brackets; empty: all */
} ls_spec_item;

/* Local. `option` is for messages ("--x"). *items is freed with ls_memory_free. LS_ERR_USAGE says what is wrong at
 * which item. */
ls_status ls_spec_parse(const char *option, const char *text, ls_spec_item **items, int *count);

/* A dataset's path as an item, with backslashes where they are needed. */
void ls_spec_escape(const char *path, char *text, size_t capacity);

/* Local. "first", "last" or a number below LS_SPEC_AXES as an axis; LS_SPEC_AXES stands for the last one. */
bool ls_spec_axis(const char *text, int *axis);

#endif

/* Room on the disk that is kept for the model: a file of its size beside the run, which gives way to it. */
#ifndef LS_STORE_RESERVE_H
#define LS_STORE_RESERVE_H

#include "base/status.h"

#include <stdint.h>

typedef struct ls_reserve {
    int fd; /* -1: nothing is kept */
    char path[LS_TEXT_MAX];
} ls_reserve;

/* Local. Makes a hidden file with a temporary name (files/temporary.h) in a directory, so that what a killed run has
 * left goes with its other temporary files; it begins with words that say what it is. Nothing is kept, and that is no
 * failure, where the file system cannot keep room. LS_ERR_OUTPUT: there is no such room. */
ls_status ls_reserve_make(ls_reserve *reserve, const char *directory, int64_t bytes);

/* Local. Gives the room back; may be called again. */
void ls_reserve_release(ls_reserve *reserve);

#endif

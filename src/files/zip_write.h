/* Writing zip archives: members as they are, one behind the other, equal bytes for equal contents. */
#ifndef LS_FILES_ZIP_WRITE_H
#define LS_FILES_ZIP_WRITE_H

#include "base/text.h"

#include <stdint.h>
#include <stdio.h>

/* Start from {.out = a file opened for writing}. */
typedef struct ls_zip_writer {
    FILE *out;
    int64_t length;    /* so far */
    ls_text directory; /* what ends the archive */
    int members;
} ls_zip_writer;

/* The sum that members have (CRC-32 of ISO 3309), from 0 on; `sum` is that of what came before. */
uint32_t ls_zip_sum(uint32_t sum, const void *bytes, int64_t count);

/* Local. A member of `size` bytes with this sum, which the caller writes to `out` behind it, before anything else.
 * LS_ERR_USAGE: the archive would have 4 GiB or more, which this form of it has no room for. LS_ERR_OUTPUT. */
ls_status ls_zip_writer_begin(ls_zip_writer *zip, const char *name, int64_t size, uint32_t sum);
/* Local. A whole member. */
ls_status ls_zip_writer_add(ls_zip_writer *zip, const char *name, const void *bytes, int64_t size);
/* Local. The directory. */
ls_status ls_zip_writer_finish(ls_zip_writer *zip);
void ls_zip_writer_free(ls_zip_writer *zip); /* back to {0} */

#endif

/* Text that is written from front to back: to a file that is being made, packed with gzip or not, or to standard
 * output.
 */
#ifndef LS_FILES_TEXTOUT_H
#define LS_FILES_TEXTOUT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ls_textout {
    int fd;           /* not owned; -1: standard output */
    const char *path; /* for messages */
    bool closed;      /* nobody reads standard output any more (head has seen enough); what is written goes nowhere */
    int64_t length;   /* bytes written */
    struct ls_textout_packer *packer; /* NULL: as it stands */
} ls_textout;

/* Local. `fd` -1: standard output, which cannot be packed here. Packed the same text gives the same bytes.
 * LS_ERR_OUTPUT: packed, and this Lockstep was built without zlib. */
ls_status ls_textout_open(ls_textout *out, int fd, const char *path, bool packed);
/* Local. LS_ERR_OUTPUT: it cannot be written; not for a pipe whose reader is gone, which sets `closed`. */
ls_status ls_textout_write(ls_textout *out, const void *bytes, size_t count);
/* Local. What a packed file ends with. */
ls_status ls_textout_finish(ls_textout *out);
void ls_textout_free(ls_textout *out); /* {0} is accepted */

#endif

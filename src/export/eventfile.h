/* An event file on the disk, which readers follow while it grows. Whole records go into it, each time all that wait;
 * what cannot be written waits in memory for the next time. One that was removed or changed by others is left to them,
 * and another one goes on. Local, for the rank that keeps it. */
#ifndef LS_EXPORT_EVENTFILE_H
#define LS_EXPORT_EVENTFILE_H

#include "base/text.h"

#include <stdint.h>

typedef struct ls_eventfile {
    char folder[LS_TEXT_MAX];
    char path[LS_TEXT_MAX];
    int fd;          /* -1: none */
    int64_t written; /* bytes, all of whole records */
    ls_text waiting; /* records that are not in it yet */
    bool late;       /* the last ones could not be written */
    ls_text notice;  /* what was noticed, a line each; whoever reads it clears it */
} ls_eventfile;

/* Makes a new and empty one in `folder`, which is there: events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER.v2, behind all
 * others by its name, since readers go from name to name. LS_ERR_OUTPUT. */
ls_status ls_eventfile_open(const char *folder, ls_eventfile *file);
/* Writes what waits, behind the version that every file begins with. LS_ERR_MEMORY; when it cannot be written, which is
 * noticed once, it waits. */
ls_status ls_eventfile_flush(ls_eventfile *file);
/* A last try. What cannot be written is lost, which is noticed. One that nothing was written to is removed. */
ls_status ls_eventfile_close(ls_eventfile *file);

/* Seconds since 1970. */
double ls_eventfile_time(void);

#endif

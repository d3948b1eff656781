/* A tracked file between writing (tracked.c) and what is looked for and mended (tracked_mend.c). */
#ifndef LS_STORE_TRACKED_INTERNAL_H
#define LS_STORE_TRACKED_INTERNAL_H

#include "base/sha256.h"
#include "base/text.h"
#include "store/tracked.h"

#include <sys/stat.h>

struct ls_tracked {
    char path[LS_TEXT_MAX];
    char *header;
    int fd;            /* -1: there is no file that is ours; then `from` and `written` are 0 */
    int64_t written;   /* bytes in the file */
    ls_sha256 hash;    /* of them */
    int64_t from;      /* where the text begins in the file: 0, or behind a file too long to be held */
    ls_text text;      /* what belongs into it from there on, written or not */
    struct stat state; /* as the last write left it */
    char why[96];      /* what was wrong with it */
    bool waits;        /* rows do, and it was said */
    ls_text notice, told;
};

/* Nothing is in the file. */
void ls_tracked_restart(ls_tracked *f);
/* The next `count` bytes of the text are. */
void ls_tracked_wrote(ls_tracked *f, int64_t count);

/* Takes what is at the path, if it is what `mark` says (tracked.h), cut to that length. False: `why` says what is wrong
 * with it. */
bool ls_tracked_adopt(ls_tracked *f, const ls_logmark *mark);
/* Whether a regular file at the path begins with the header. */
bool ls_tracked_has_header(const ls_tracked *f);
/* Renames what is at the path to the next free NAME.damaged, and gives notice; not what has no other bytes than the
 * text begins with. */
void ls_tracked_put_aside(ls_tracked *f);
/* Makes the file with all of the text, in place of whatever is at the path. LS_ERR_OUTPUT, errno. */
ls_status ls_tracked_make(ls_tracked *f);

void ls_tracked_note_state(ls_tracked *f);
/* Compares the open file, and the path, with what was noted; `thoroughly`: all its bytes in any case. When they differ
 * the file is closed, put aside, and to be made again. */
void ls_tracked_look(ls_tracked *f, bool thoroughly);

#endif

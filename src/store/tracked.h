/* A text file that rows are appended to while others may lay hands on it. What belongs into it is known: its length and
 * SHA-256, and all of it in memory while it is short. So a file that was removed, cut, changed or replaced meanwhile is
 * noticed at the next row and made whole again, and rows that a full disk does not take wait for the next. */
#ifndef LS_STORE_TRACKED_H
#define LS_STORE_TRACKED_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes up to which a file is held in memory, and in checkpoints. */
#define LS_TRACKED_HELD ((int64_t)1 << 20)

/* What a checkpoint says of such a file. */
typedef struct ls_logmark {
    int64_t length;     /* bytes */
    bool known;         /* whether the digest is: older checkpoints have the length alone */
    uint8_t digest[32]; /* SHA-256 of these bytes */
    char *text;         /* (length) these bytes; NULL: not held. Whose it is says who gives the mark */
} ls_logmark;

typedef struct ls_tracked ls_tracked;

/* Local. Opens for appending behind what `mark` says (length 0: a new file; NULL: behind whatever rows are there).
 * `header` is the first line, with its end, of a file that is begun. What is there and is not as it should be (other
 * bytes, too few of them, a link, a pipe) is renamed to NAME.damaged, unless nothing is lost with it, and the file is
 * made again from the mark's text, or begun again where the mark has none; ls_tracked_notice tells. LS_ERR_OUTPUT: the
 * file cannot be made, but for want of space, for which its rows can wait. */
ls_status ls_tracked_open(const char *path, const ls_logmark *mark, const char *header, ls_tracked **file);
void ls_tracked_close(ls_tracked *file); /* NULL is accepted */

/* Local. Whether there is a file with just the bytes that a mark with a digest says. */
bool ls_tracked_matches(const char *path, const ls_logmark *mark);

/* Local. Appends whole rows. When they cannot be written they wait in memory: no failure. LS_ERR_MEMORY. */
ls_status ls_tracked_append(ls_tracked *file, const char *rows);

/* Local. What is written to the disk. LS_ERR_OUTPUT; it is all written again then. */
ls_status ls_tracked_sync(ls_tracked *file);

/* Local. The last look at the file, at all of its bytes. LS_ERR_OUTPUT: rows still wait, and why. */
ls_status ls_tracked_finish(ls_tracked *file);

/* Bytes that belong into the file, with rows that wait. */
int64_t ls_tracked_length(const ls_tracked *file);

/* What a checkpoint is to say of it; the text is borrowed until the next append. */
ls_logmark ls_tracked_mark(const ls_tracked *file);

/* What was noticed since the last call, a line each, "" when nothing was; good until the next call of any of these. */
const char *ls_tracked_notice(ls_tracked *file);

#endif

/* Sealed files: HDF5 behind a 512-byte block that holds magic, version, length and SHA-256 of what follows, replaced
 * atomically. A sealed file either verifies or is not used; a reader of plain HDF5 never notices the block. Whatever a
 * newer version changes, bytes 0 to 11 and 56 to 87 stay as they are: by them older programs tell newer from damaged.
 *
 *   0   8  magic "LOCKSTEP"
 *   8   4  version 1, little endian
 *   12  4  zero
 *   16  8  length of the whole file, little endian
 *   24 32  SHA-256 of bytes 512 .. end
 *   56 32  SHA-256 of bytes 0 .. 55
 *   88     zeros up to 512 */
#ifndef LS_STORE_SEALED_H
#define LS_STORE_SEALED_H

#include "base/status.h"
#include "hdf5/h5.h"

#include <stdbool.h>
#include <stdint.h>

#define LS_SEALED_BLOCK 512

/* A sealed file being written: HDF5 under a temporary name in the final file's directory. */
typedef struct ls_sealed {
    ls_h5_file *file;     /* write the contents here */
    int fd;               /* of the temporary file, from the start: what is renamed is what was made */
    char path[4096];      /* final name */
    char temporary[4096]; /* its temporary name beside it */
} ls_sealed;

/* Local. Starts a file that will replace `path`. LS_ERR_OUTPUT with path and reason. */
ls_status ls_sealed_create(const char *path, ls_sealed *sealed);
/* Local. Closes the HDF5 file, hashes it by reading it back, fills the block, fsyncs, closes, renames, fsyncs the
 * directory. On failure the temporary file is removed and an older `path` is as it was. */
ls_status ls_sealed_commit(ls_sealed *sealed);
/* Local. Gives up: closes and removes the temporary file. Safe after a failed create or commit. */
void ls_sealed_abandon(ls_sealed *sealed);

/* Local. Removes the temporary files that killed runs left in a directory. Only for the run that owns
 * the directory, while it is not writing there itself. */
ls_status ls_sealed_clean(const char *directory);

/* Local. Whether Lockstep has sealed the file, whole or not: it begins with the magic, or the rest of the block or what
 * is behind it tells that it did before it was damaged. A file that something else has written anew, without a block,
 * is none. */
bool ls_sealed_is(const char *path);
/* Local. The same where no is an answer that counts. LS_ERR_OUTPUT: the file cannot be read. */
ls_status ls_sealed_find(const char *path, bool *is);
/* Local. Whether a newer Lockstep sealed it: not damaged, but beyond this one. */
bool ls_sealed_is_newer(const char *path);
/* Local. LS_OK when the file is whole. LS_ERR_OUTPUT says what is wrong: shorter than it was written (bytes found and
 * expected), block damaged, contents damaged, written by a newer version, not a sealed file, cannot be read. */
ls_status ls_sealed_verify(const char *path);

#endif

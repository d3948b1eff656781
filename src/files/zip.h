/* What a zip archive holds: as much of the format as NumPy's .npz and Keras' .keras files need. */
#ifndef LS_FILES_ZIP_H
#define LS_FILES_ZIP_H

#include "files/stream.h"

typedef struct ls_zip_entry {
    char name[200];
    ls_stream_range range; /* of its data in the file */
    int64_t size;          /* unpacked */
} ls_zip_entry;

/* Local. All entries, in the order of the archive; *entries is freed with ls_memory_free. LS_ERR_DATA: no zip archive,
 * damaged, encrypted, packed in another way than stored or deflate. */
ls_status ls_zip_list(const char *path, ls_zip_entry **entries, int *count);

/* Local. The entry of this name in an archive that everybody reads alike; *entry is NULL when there is none.
 * LS_ERR_DATA: two have the name, entries lie over each other, or one claims to be larger than what it is packed into
 * can be. */
ls_status ls_zip_find(const char *path, const ls_zip_entry *entries, int count, const char *name,
                      const ls_zip_entry **entry);

#endif

/* Opening files, and what is done to open ones. A host, or cron, may have started the process with standard input,
 * output or error closed; the next file that is opened gets that number, and what anybody prints lands in it. So every
 * descriptor here is above 2, and closed in programs that this one starts. All of the library opens its files through
 * these functions; a test looks for others.
 *
 * Network file systems and FUSE let a signal interrupt calls that local disks do not. It asks for nothing here:
 * whatever is interrupted is done again.
 */
#ifndef LS_BASE_DESCRIPTOR_H
#define LS_BASE_DESCRIPTOR_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>

/* Local. open(2), with O_CLOEXEC and a number above 2. -1 with errno. */
int ls_descriptor_open(const char *path, int flags, unsigned mode);
/* Local. The same file under a number above 2, closed on exec: `fd` itself where it is one, else another, and `fd` is
 * closed. -1 is handed through with errno as it is; so is a failure. */
int ls_descriptor_raise(int fd);
/* Local. A file to be read, for fclose. NULL with errno. */
FILE *ls_descriptor_read(const char *path);
/* Local. For files that a library opens: until they are released, all numbers up to 2 are taken. */
typedef struct ls_descriptor_hold {
    int fd[3], count;
} ls_descriptor_hold;
void ls_descriptor_take(ls_descriptor_hold *hold);
void ls_descriptor_release(ls_descriptor_hold *hold);
/* Local. A directory to be listed, for closedir. NULL with errno. */
DIR *ls_descriptor_list(const char *path);

/* Local. Reads `count` bytes from byte `at` on; fewer at the end of the file only. -1 with errno. */
int64_t ls_descriptor_read_at(int fd, void *bytes, int64_t count, int64_t at);
/* Local. Whether the file behind `fd` is the one at the path, itself and no link to it: 1, 0, or -1 with errno where
 * that cannot be told. */
int ls_descriptor_is_at(int fd, const char *path);
/* Local. fsync(2), ftruncate(2), flock(2). */
int ls_descriptor_sync(int fd);
int ls_descriptor_truncate(int fd, int64_t length);
int ls_descriptor_lock(int fd, int operation);
/* Local. close(2). An interrupted one has let go of the descriptor; what it was still to bring to the disk is for a
 * sync.
 */
int ls_descriptor_close(int fd);

#endif

/* Calls of the system that a disk may draw out by seconds, each by itself: as those of their names, but whoever waits
 * for this thread hears meanwhile that it is at work (base/alive.h). */
#ifndef LS_FILES_DISK_H
#define LS_FILES_DISK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Local. What the calls return, with errno. */
int ls_disk_sync(int fd); /* fsync */
int ls_disk_close(int fd);
int ls_disk_rename(const char *from, const char *to);
int ls_disk_remove(const char *path);                                       /* unlink */
int ls_disk_make(const char *path, int flags);                              /* open */
ssize_t ls_disk_write(int fd, const void *bytes, size_t count, int64_t at); /* pwrite */

#endif

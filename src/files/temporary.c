/* Temporary names that carry this program's mark. */
#include "files/temporary.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "files/directory.h"
#include "files/disk.h"
#include "files/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK 16  /* digits */
#define NAME  200 /* bytes of the file's name; leaves room for the rest within the 255 that file systems allow */

/* Hash of "NAME.tmp.PID" and a text of our own. */
static void check_of(const char *name, size_t length, char check[CHECK + 1])
{
    static const char mark[] = "a temporary file of lockstep";
    uint8_t digest[32];
    char hex[65];
    ls_sha256 hash;
    ls_sha256_start(&hash);
    ls_sha256_update(&hash, mark, sizeof mark);
    ls_sha256_update(&hash, name, length);
    ls_sha256_finish(&hash, digest);
    ls_sha256_hex(digest, hex);
    memcpy(check, hex, CHECK);
    check[CHECK] = '\0';
}

ls_status ls_temporary_name(const char *path, char *temporary, size_t capacity)
{
    char marked[NAME + 32], check[CHECK + 1];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const int count = snprintf(marked, sizeof marked, "%.*s.tmp.%ld", NAME, name, (long)getpid());
    check_of(marked, (size_t)count, check);
    const int length = snprintf(temporary, capacity, "%.*s.%s-%s", (int)(name - path), path, marked, check);
    if (length >= 0 && (size_t)length < capacity)
        return LS_OK;
    temporary[0] = '\0';
    return ls_fail(LS_ERR_OUTPUT, "%.64s...: the path is too long to be written (%d bytes)", path, length);
}

bool ls_temporary_is(const char *name, const char *of)
{
    char check[CHECK + 1];
    const size_t length = strlen(name), digits = length > CHECK + 2 ? length - CHECK - 2 : 0; /* of NAME.tmp.PID */
    if (digits == 0 || name[0] != '.' || name[1 + digits] != '-')
        return false;
    if (of) {
        char prefix[NAME + 8];
        snprintf(prefix, sizeof prefix, ".%.*s.tmp.", NAME, of);
        if (strncmp(name, prefix, strlen(prefix)) != 0)
            return false;
    }
    check_of(name + 1, digits, check);
    return strcmp(name + 1 + digits + 1, check) == 0;
}

/* `number_is_ours`: only a process on another machine can be writing it, and where there are no locks it is taken for a
 * dead one: in containers all processes have the same number. */
static void remove_unlocked(const char *path, bool number_is_ours)
{
    struct stat info;
    const int fd = ls_descriptor_open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
        (ls_descriptor_lock(fd, LOCK_EX | LOCK_NB) == 0 || (number_is_ours && errno != EWOULDBLOCK)))
        (void)ls_disk_remove(path);
    (void)close(fd);
}

void ls_temporary_remove(const char *path)
{
    remove_unlocked(path, true);
}

ls_status ls_temporary_clean(const char *directory, const char *of)
{
    char path[LS_TEXT_MAX], **names;
    int count;
    LS_TRY(ls_directory_list(directory, ".", "", &names, &count));
    for (int i = 0; i < count; i++)
        if (ls_temporary_is(names[i], of) && ls_path_join(path, sizeof path, directory, names[i]) == LS_OK)
            remove_unlocked(path, false);
    ls_memory_free(names);
    return LS_OK;
}

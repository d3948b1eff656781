/* Copying standard input. */
#include "files/spool.h"

#include "base/descriptor.h"
#include "base/reason.h"
#include "base/text.h"
#include "files/nameless.h"
#include "files/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES 65536
#define PATIENCE_MS 200 /* between two questions whether to stop */

static int spool = -1; /* the process has one standard input */

static ls_status copy(int fd, bool (*stop)(void *user), void *user)
{
    unsigned char bytes[BLOCK_BYTES];
    size_t length = 0;
    for (;;) {
        struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
        if (stop != NULL && stop(user))
            return ls_fail(LS_STOPPED, "stopped");
        if (poll(&wait, 1, PATIENCE_MS) == 0)
            continue;
        const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return ls_fail(LS_ERR_DATA, "%s: cannot be read: %s", LS_SPOOL_NAME,
                           errno == EBADF ? "it is closed" : ls_reason(errno));
        if (got == 0)
            break;
        if (ls_replace_write(fd, "the copy of standard input in TMPDIR", bytes, (size_t)got, length) != LS_OK)
            return LS_ERR_OUTPUT;
        length += (size_t)got;
    }
    return length > 0 ? LS_OK : ls_fail(LS_ERR_DATA, "%s: nothing comes from it", LS_SPOOL_NAME);
}

ls_status ls_spool_read(bool (*stop)(void *user), void *user)
{
    if (spool >= 0)
        (void)close(spool);
    spool = -1;
    LS_TRY(ls_nameless_open("standard input is read twice, and", &spool));
    const ls_status status = copy(spool, stop, user);
    if (status != LS_OK) {
        (void)close(spool);
        spool = -1;
    }
    return status;
}

int ls_spool_open(const char *path)
{
    return spool >= 0 && strcmp(path, LS_SPOOL_NAME) == 0 ? fcntl(spool, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;
}

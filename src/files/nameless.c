/* Files that are made and unlinked. */
#include "files/nameless.h"

#include "base/descriptor.h"
#include "base/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

ls_status ls_nameless_open(const char *what, int *fd)
{
    char name[LS_TEXT_MAX];
    const char *directory = getenv("TMPDIR");
    *fd = -1;
    if (directory == NULL || directory[0] == '\0')
        directory = "/tmp";
    if (snprintf(name, sizeof name, "%s/lockstep-kept-XXXXXX", directory) >= (int)sizeof name)
        return ls_fail(LS_ERR_OUTPUT, "TMPDIR is a path of more than %d bytes", LS_TEXT_MAX - 32);
    *fd = ls_descriptor_raise(mkostemp(name, O_CLOEXEC));
    if (*fd < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: %s cannot be kept here: %s; name another directory in TMPDIR", directory,
                       what, ls_reason(errno));
    (void)unlink(name);
    return LS_OK;
}

ls_status ls_nameless_in_memory(const char *what, int *fd)
{
#ifdef MFD_CLOEXEC
    *fd = ls_descriptor_raise(memfd_create("lockstep", MFD_CLOEXEC));
    if (*fd >= 0)
        return LS_OK;
#endif
    return ls_nameless_open(what, fd);
}

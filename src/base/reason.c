/* Words for errno. */
#include "base/reason.h"

#include <errno.h>
#include <string.h>

const char *ls_reason(int error)
{
    switch (error) {
    case EFBIG:
        return "File too large: it would exceed the limit on the size of files (ulimit -f, or the file system's)";
    case EMFILE:
        return "Too many open files: this process may have no more (ulimit -n)";
    case ENOMEM:
        return "Cannot allocate memory (the host has no more, or a limit forbids it: ulimit -v)";
    default:
        return strerror(error);
    }
}

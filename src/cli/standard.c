/* Descriptors 0 to 2, filled up. */
#include "cli/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void standard_fill(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
            continue;
        /* the lowest free number is this one, since those below are open by now; / where there is no /dev */
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            (void)open("/", O_RDONLY);
    }
}

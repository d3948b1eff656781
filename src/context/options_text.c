/* The text of a configuration file, read once from front to back, whatever it is: a file, a pipe, a device. */
#include "context/options.h"

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/parse.h"
#include "base/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES_MAX ((size_t)1 << 20) /* bytes */
#define CARD_MAX  ((size_t)1 << 24) /* of a run.json, which has some thousand, and more with many classes */
#define PATIENCE  10.0              /* seconds in which whoever is to write into a pipe must have something */

/* A descriptor that the path names is taken as it is where it is a pipe: opened anew, it would not tell an end that
 * came before from a writer yet to come. */
static int open_text(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    int64_t number = strcmp(path, "/dev/stdin") == 0 ? STDIN_FILENO : -1;
    struct stat info;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            (void)ls_parse_int64(path + strlen(folders[i]), &number);
    if (number >= 0 && number <= INT32_MAX && fstat((int)number, &info) == 0 && S_ISFIFO(info.st_mode))
        return fcntl((int)number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return ls_descriptor_open(path, O_RDONLY | O_NONBLOCK, 0); /* or a pipe without a writer would hang us */
}

/* Waits until there is something to read, or the end. */
static ls_status await(int fd, const char *path)
{
    const double until = ls_clock() + PATIENCE;
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    for (double left = PATIENCE; left > 0; left = until - ls_clock()) {
        const int found = poll(&wanted, 1, (int)(1e3 * left) + 1);
        if (found > 0 || (found < 0 && errno != EINTR)) /* reading tells what it is */
            return LS_OK;
    }
    return ls_fail(
        LS_ERR_USAGE,
        "the configuration file '%s' is a pipe, and nobody has written into it for %.0f s; write the options "
        "to a file",
        path, PATIENCE);
}

static ls_status read_all(int fd, const char *path, ls_text *text)
{
    char bytes[16384];
    for (;;) {
        LS_TRY(await(fd, path));
        const ssize_t got = read(fd, bytes, sizeof bytes);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return ls_fail(LS_ERR_USAGE, "cannot read the configuration file '%s': %s", path, ls_reason(errno));
        if (got == 0)
            return ls_text_status(text);
        ls_text_append_bytes(text, bytes, (size_t)got);
        LS_TRY(ls_text_status(text));
        const bool card = ls_options_text_is_card(ls_text_string(text));
        if (text->length > (card ? CARD_MAX : LINES_MAX))
            return ls_fail(LS_ERR_USAGE, "the configuration file '%s' has more than %d MiB: expected %s", path,
                           card ? 16 : 1, card ? "the run.json of a run" : "'key = value' lines");
    }
}

ls_status ls_options_read_text(const char *path, ls_text *text)
{
    if (strlen(path) >= LS_TEXT_MAX)
        return ls_fail(LS_ERR_USAGE, "the path of the configuration file has %zu bytes; at most %d fit", strlen(path),
                       LS_TEXT_MAX - 1);
    const int fd = open_text(path);
    if (fd < 0)
        return ls_fail(LS_ERR_USAGE, "cannot open the configuration file '%s': %s", path, ls_reason(errno));
    const ls_status status = read_all(fd, path, text);
    (void)close(fd);
    return status;
}

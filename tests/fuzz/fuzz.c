#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *fuzz_file(int slot, const void *bytes, size_t size)
{
    static struct {
        int fd;
        char path[32];
    } files[FUZZ_FILES];
    if (files[slot].path[0] == '\0') {
        files[slot].fd = memfd_create("fuzz", MFD_CLOEXEC);
        fuzz_hold(files[slot].fd >= 0, "a file in memory");
        (void)snprintf(files[slot].path, sizeof files[slot].path, "/proc/self/fd/%d", files[slot].fd);
    }
    fuzz_hold(ftruncate(files[slot].fd, 0) == 0, "an empty file in memory");
    for (size_t done = 0; done < size;) {
        const ssize_t put = pwrite(files[slot].fd, (const char *)bytes + done, size - done, (off_t)done);
        fuzz_hold(put > 0 || errno == EINTR, "writing a file in memory");
        done += put > 0 ? (size_t)put : 0;
    }
    return files[slot].path;
}

/* ---- with a name ---- */

static char directory[4000];

static void remove_directory(void)
{
    char path[sizeof directory + 300];
    DIR *list = opendir(directory);
    for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        (void)unlink(path);
    }
    if (list != NULL)
        (void)closedir(list);
    (void)rmdir(directory);
}

const char *fuzz_directory(void)
{
    const char *base = getenv("TMPDIR");
    if (directory[0] != '\0')
        return directory;
    if (base == NULL)
        base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(directory, sizeof directory, "%s/lockstep-fuzz-XXXXXX", base);
    fuzz_hold(mkdtemp(directory) != NULL, "a directory");
    (void)atexit(remove_directory);
    return directory;
}

const char *fuzz_named_file(int slot, const void *bytes, size_t size)
{
    static char path[FUZZ_FILES][sizeof directory + 32];
    (void)snprintf(path[slot], sizeof path[slot], "%s/%d.h5", fuzz_directory(), slot);
    FILE *file = fopen(path[slot], "wb");
    const bool written = file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0;
    fuzz_hold(written, "a file in a directory");
    return path[slot];
}

/* ---- inputs ---- */

uint8_t fuzz_byte(fuzz_input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

static char *take(fuzz_input *input, size_t length)
{
    const uint8_t *zero = length > 0 ? memchr(input->at, 0, length) : NULL;
    const size_t kept = zero != NULL ? (size_t)(zero - input->at) : length;
    char *text = malloc(kept + 1);
    fuzz_hold(text != NULL, "memory");
    if (kept > 0)
        memcpy(text, input->at, kept);
    text[kept] = '\0';
    input->at += length;
    input->left -= length;
    return text;
}

char *fuzz_line(fuzz_input *input)
{
    const uint8_t *end = input->left > 0 ? memchr(input->at, '\n', input->left) : NULL;
    char *text = take(input, end != NULL ? (size_t)(end - input->at) : input->left);
    (void)fuzz_byte(input); /* the line's end */
    return text;
}

char *fuzz_rest(fuzz_input *input)
{
    return take(input, input->left);
}

bool fuzz_taken(ls_status status)
{
    if (status == LS_OK)
        return true;
    fuzz_hold(status == LS_ERR_MEMORY || status == LS_ERR_USAGE || status == LS_ERR_DATA || status == LS_ERR_OUTPUT ||
                  status == LS_ERR_NUMERIC,
              "what an input is refused with is a fault of the input");
    fuzz_hold(ls_error_message()[0] != '\0', "what is refused has a message");
    (void)ls_fail(LS_OK, "%s", ""); /* so that the next message is the next one's */
    return false;
}

void fuzz_hold(bool rule, const char *what)
{
    if (rule)
        return;
    fprintf(stderr, "broken: %s (last message: %s)\n", what, ls_error_message());
    abort();
}

void fuzz_same(const char *a, const char *b, const char *what)
{
    if (strcmp(a, b) == 0)
        return;
    fprintf(stderr, "'%s'\n'%s'\n", a, b);
    fuzz_hold(false, what);
}

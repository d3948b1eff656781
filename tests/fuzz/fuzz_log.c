/* log.csv as others have left it: whatever is there, it ends as header and rows, and what was there is not lost. */
#include "fuzz.h"

#include "base/sha256.h"
#include "store/tracked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char header[] = "epoch,loss\n", row[] = "7,0.25\n";

static size_t read_file(const char *name, char *bytes, size_t capacity)
{
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return 0;
    const size_t got = fread(bytes, 1, capacity, file);
    (void)fclose(file);
    return got;
}

/* What a checkpoint says of the first bytes: their digest, their text, neither. */
static ls_logmark mark_of(uint8_t how, char *text, size_t length)
{
    ls_logmark mark = {.length = (int64_t)length, .known = how & 1, .text = (how & 2) && length > 0 ? text : NULL};
    ls_sha256 hash;
    ls_sha256_start(&hash);
    ls_sha256_update(&hash, text, length);
    ls_sha256_finish(&hash, mark.digest);
    mark.digest[0] ^= how & 4 ? 1 : 0;
    return mark;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char now[1 << 16], marked[300];
    fuzz_input in = {bytes, size};
    const uint8_t how = fuzz_byte(&in);
    size_t length = fuzz_byte(&in);
    length = length <= in.left ? length : in.left;
    memcpy(marked, in.at, length);
    if (how & 8 && length > 0)
        marked[0] ^= 1;
    const ls_logmark mark = mark_of(how, marked, length);
    ls_tracked *log;
    char path[4096], aside[4200];
    (void)snprintf(path, sizeof path, "%s/log.csv", fuzz_directory());
    (void)snprintf(aside, sizeof aside, "%s.damaged", path);
    (void)unlink(aside);
    (void)unlink(path);
    FILE *file = fopen(path, "wb");
    const bool made = file != NULL && fwrite(in.at, 1, in.left, file) == in.left && fclose(file) == 0;
    fuzz_hold(made, "a log");
    if (!fuzz_taken(ls_tracked_open(path, how & 16 ? NULL : &mark, header, &log)))
        return 0;
    fuzz_hold(ls_tracked_append(log, row) == LS_OK && ls_tracked_finish(log) == LS_OK, "a row is written");
    const int64_t belongs = ls_tracked_length(log);
    const ls_logmark last = ls_tracked_mark(log);
    fuzz_hold(ls_tracked_matches(path, &last), "the file is what its mark says");
    (void)ls_tracked_notice(log);
    const size_t got = read_file(path, now, sizeof now);
    fuzz_hold((int64_t)got == belongs && got >= sizeof row - 1 &&
                  memcmp(now + got - (sizeof row - 1), row, sizeof row - 1) == 0,
              "the log ends in the row");
    ls_tracked_close(log);
    if (in.left > 0 && (got < in.left || memcmp(now, in.at, in.left) != 0) && access(aside, F_OK) == 0) {
        const size_t kept = read_file(aside, now, sizeof now);
        fuzz_hold(kept == in.left && memcmp(now, in.at, kept) == 0, "what is put aside is what was there");
    }
    return 0;
}

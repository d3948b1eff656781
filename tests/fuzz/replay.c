/* Harnesses without libFuzzer: their seeds, and a number of seeded random changes of these, in any build.
 *
 *   replay NAME SEEDS [COUNT [SEED]]    the seeds of a file, and COUNT changed ones
 *   replay NAME SEEDS --into FOLDER     writes the seeds as files, for libFuzzer to begin with
 *   replay NAME --file FILE...          inputs that libFuzzer has kept
 *
 * The environment's FUZZ_KEEP names a file that always holds the present input.
 *
 * A file of seeds has one a line, in C's way: \n, \t, \\, \xHH; lines that begin with # are comments. */
#include "../train/fuzz_changes.h"
#include "fuzz.h"
#include "harnesses.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST  4096 /* bytes of an input */
#define SEEDS 512

typedef struct seed {
    uint8_t *bytes;
    size_t size;
} seed;

static seed seeds[SEEDS];
static int seed_count;

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One line's bytes, in its own place. */
static size_t decode(char *line)
{
    char *to = line;
    for (const char *c = line; *c != '\0' && *c != '\n'; c++) {
        if (*c != '\\') {
            *to++ = *c;
            continue;
        }
        c++;
        if (*c == 'x') {
            fuzz_must(hex(c[1]) >= 0 && hex(c[2]) >= 0, line);
            *to++ = (char)(16 * hex(c[1]) + hex(c[2]));
            c += 2;
        } else {
            *to++ = (char)(*c == 'n' ? '\n' : *c == 't' ? '\t' : *c == 'r' ? '\r' : *c);
        }
    }
    return (size_t)(to - line);
}

static void read_seeds(const char *path)
{
    static char line[8 * MOST];
    FILE *file = fopen(path, "rb");
    fuzz_must(file != NULL, path);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        fuzz_must(seed_count < SEEDS, "fewer seeds than there is room for");
        seed *s = &seeds[seed_count++];
        s->size = decode(line);
        s->bytes = malloc(s->size + 1);
        fuzz_must(s->bytes != NULL, "memory");
        memcpy(s->bytes, line, s->size);
    }
    (void)fclose(file);
    fuzz_must(seed_count > 0, path);
}

static void write_seeds(const char *name, const char *folder)
{
    char path[4096];
    for (int i = 0; i < seed_count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s-%03d", folder, name, i);
        FILE *file = fopen(path, "wb");
        const bool written = file != NULL && fwrite(seeds[i].bytes, 1, seeds[i].size, file) == seeds[i].size;
        fuzz_must(written && fclose(file) == 0, path);
    }
}

/* ---- changes ---- */

/* A piece of this or another seed into its place, or in front of it. */
static size_t take_piece(uint8_t *bytes, size_t size, uint64_t *state)
{
    const seed *from = &seeds[fuzz_draw(state) % (uint64_t)seed_count];
    if (from->size == 0)
        return size;
    const size_t at = fuzz_draw(state) % (size + 1), begin = fuzz_draw(state) % from->size;
    size_t count = 1 + fuzz_draw(state) % (from->size - begin);
    if (fuzz_draw(state) % 2) { /* over what is there */
        count = at + count > MOST ? MOST - at : count;
        memcpy(bytes + at, from->bytes + begin, count);
        return at + count > size ? at + count : size;
    }
    count = size + count > MOST ? MOST - size : count;
    memmove(bytes + at + count, bytes + at, size - at);
    memcpy(bytes + at, from->bytes + begin, count);
    return size + count;
}

static size_t change_once(uint8_t *bytes, size_t size, uint64_t *state)
{
    static const char odd[] = "\0\1\x7f\x80\xff\n\r\t \"',;:=#-+.0123456789eE()[]{}\\/%!";
    const uint64_t way = fuzz_draw(state) % 7;
    if (size == 0 || way == 0)
        return take_piece(bytes, size, state);
    const size_t at = fuzz_draw(state) % size, count = 1 + fuzz_draw(state) % (size - at);
    switch (way) {
    case 1:
        bytes[at] ^= (uint8_t)(1u << fuzz_draw(state) % 8);
        return size;
    case 2:
        bytes[at] = (uint8_t)fuzz_draw(state);
        return size;
    case 3:
        bytes[at] = (uint8_t)odd[fuzz_draw(state) % (sizeof odd - 1)];
        return size;
    case 4: /* out of the middle */
        memmove(bytes + at, bytes + at + count, size - at - count);
        return size - count;
    case 5: /* the end */
        return at;
    default: /* once more */
        if (size + count > MOST)
            return size;
        memmove(bytes + at + count, bytes + at, size - at);
        return size + count;
    }
}

/* For who wants to see which input it was: it is in the file that the environment's FUZZ_KEEP names. */
static void keep(const uint8_t *bytes, size_t size)
{
    const char *path = getenv("FUZZ_KEEP");
    FILE *file = path != NULL ? fopen(path, "wb") : NULL;
    fuzz_must(path == NULL || (file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0), "FUZZ_KEEP");
}

static void use(fuzz_harness *one, const uint8_t *bytes, size_t size)
{
    keep(bytes, size);
    uint8_t *own = malloc(size + 1);
    fuzz_must(own != NULL, "memory");
    memcpy(own, bytes, size);
    (void)one(own, size);
    free(own);
}

/* Memory that a harness has asked for is given back. The first input of all may make what is there for good. */
static void use_counted(fuzz_harness *one, const uint8_t *bytes, size_t size, const char *what, int64_t number)
{
    const int64_t before = ls_memory_used();
    use(one, bytes, size);
    if (ls_memory_used() != before) {
        fprintf(stderr, "broken: %" PRId64 " bytes are not given back after %s %" PRId64 "\n",
                ls_memory_used() - before, what, number);
        abort();
    }
}

static void change_seeds(fuzz_harness *one, int64_t count, uint64_t number)
{
    static uint8_t bytes[MOST];
    for (int64_t i = 0; i < count; i++) {
        uint64_t state = number * 0x9E3779B97F4A7C15u ^ (uint64_t)i * 0xD1342543DE82EF95u;
        const seed *from = &seeds[fuzz_draw(&state) % (uint64_t)seed_count];
        size_t size = from->size < MOST ? from->size : MOST;
        memcpy(bytes, from->bytes, size);
        for (uint64_t changes = 1 + fuzz_draw(&state) % 6; changes > 0; changes--)
            size = change_once(bytes, size, &state);
        use_counted(one, bytes, size, "change", i);
    }
}

static void use_file(fuzz_harness *one, const char *path)
{
    FILE *file = fopen(path, "rb");
    fuzz_must(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
    const size_t size = (size_t)ftell(file);
    uint8_t *bytes = malloc(size + 1);
    rewind(file);
    fuzz_must(bytes != NULL && fread(bytes, 1, size, file) == size, path);
    (void)fclose(file);
    use(one, bytes, size);
    free(bytes);
}

int main(int argc, char **argv)
{
    fuzz_harness *one = argc > 2 ? fuzz_find(argv[1]) : NULL;
    if (one == NULL) {
        fprintf(stderr, "replay NAME SEEDS [COUNT [SEED]]\n");
        return 2;
    }
    if (strcmp(argv[2], "--file") == 0) {
        for (int i = 3; i < argc; i++)
            use_file(one, argv[i]);
        return 0;
    }
    read_seeds(argv[2]);
    if (argc > 4 && strcmp(argv[3], "--into") == 0) {
        write_seeds(argv[1], argv[4]);
        return 0;
    }
    const int64_t count = argc > 3 ? atoll(argv[3]) : 1000;
    use(one, seeds[0].bytes, seeds[0].size);
    for (int i = 0; i < seed_count; i++)
        use_counted(one, seeds[i].bytes, seeds[i].size, "seed", i);
    change_seeds(one, count, argc > 4 ? (uint64_t)atoll(argv[4]) : 1);
    printf("%s: %d seeds and %" PRId64 " changed ones\n", argv[1], seed_count, count);
    return 0;
}

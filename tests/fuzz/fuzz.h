/* What harnesses share: files in memory, texts, and rules that must hold. A harness is one file fuzz_NAME.c with the
 * function that libFuzzer calls; replay.c calls the same without libFuzzer. */
#ifndef LS_TESTS_FUZZ_H
#define LS_TESTS_FUZZ_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The harness: uses the bytes as what it is about, and ends the program when a rule is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A file in memory with these bytes, by its path. Its `slot` is one of FUZZ_FILES, and holds it until the next call. */
enum { FUZZ_FILES = 3 };
const char *fuzz_file(int slot, const void *bytes, size_t size);

/* A directory of this process in memory, or where TMPDIR says, removed at its end with the files of harnesses in it. */
const char *fuzz_directory(void);
/* The same as fuzz_file for who needs a name in a directory. */
const char *fuzz_named_file(int slot, const void *bytes, size_t size);

/* An input that is taken apart from its beginning. */
typedef struct fuzz_input {
    const uint8_t *at;
    size_t left;
} fuzz_input;

uint8_t fuzz_byte(fuzz_input *input); /* 0 at the end */
/* The next line without its end, or all that is left, up to the first NUL: a text in a block of just its size, so that
 * a sanitizer sees what is read beyond. Freed with free. */
char *fuzz_line(fuzz_input *input);
char *fuzz_rest(fuzz_input *input);

/* Whether it was taken; if not, it must have been refused as an input may be, with a message of its own. */
bool fuzz_taken(ls_status status);

/* Ends the program, saying which rule is broken, unless it holds. */
void fuzz_hold(bool rule, const char *what);
void fuzz_same(const char *a, const char *b, const char *what);

#endif

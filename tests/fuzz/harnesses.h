/* All harnesses of one program, by their names. */
#ifndef LS_TESTS_FUZZ_HARNESSES_H
#define LS_TESTS_FUZZ_HARNESSES_H

#include "fuzz_harnesses.h" /* FUZZ_HARNESSES: a list of their names, made by CMake */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef int fuzz_harness(const uint8_t *bytes, size_t size);

#define DECLARE(name) fuzz_harness fuzz_one_##name;
FUZZ_HARNESSES(DECLARE)
#undef DECLARE

/* NULL: there is none of this name, and those that there are have been listed. */
static inline fuzz_harness *fuzz_find(const char *name)
{
    static const struct {
        const char *name;
        fuzz_harness *one;
    } harnesses[] = {
#define ENTRY(name) {#name, fuzz_one_##name},
        FUZZ_HARNESSES(ENTRY)
#undef ENTRY
    };
    const size_t count = sizeof harnesses / sizeof harnesses[0];
    for (size_t i = 0; name != NULL && i < count; i++)
        if (strcmp(harnesses[i].name, name) == 0)
            return harnesses[i].one;
    fprintf(stderr, "no harness is called '%s'; there are", name != NULL ? name : "");
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, " %s", harnesses[i].name);
    fprintf(stderr, "\n");
    return NULL;
}

#endif

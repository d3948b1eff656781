/* Networks to export, with contents that are the same everywhere, and what a format makes of them. */
#ifndef LS_TESTS_EXPORT_EXPORTED_EXAMPLE_H
#define LS_TESTS_EXPORT_EXPORTED_EXAMPLE_H

#include "io_test.h"

#include "export/exported.h"

/* What of them there is. */
enum { MAPS = 1, FACTORS = 2, OFFSET = 4, FILL = 8, NAMES = 16, LABELS = 32 };

typedef struct made {
    ls_network *network;
    float *block;
    ls_exported exported;
    unsigned char *bytes; /* of the file */
    size_t count;
} made;

/* With other values in every place of every variable. */
made make(const char *layers, int64_t features, unsigned parts);
/* Writes it, which must succeed. */
void write_with(made *m, ls_status (*format)(const ls_exported *model, FILE *out));
void free_made(made *m);

/* Whether `bytes` are variable `index`, bit for bit. */
bool is_variable(const made *m, int index, bool transposed, const unsigned char *bytes, size_t count);

#endif

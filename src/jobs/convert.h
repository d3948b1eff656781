/* The two halves of `lockstep convert`: opening what is to be converted, and writing it. */
#ifndef LS_JOBS_CONVERT_H
#define LS_JOBS_CONVERT_H

#include "context/context.h"
#include "formats/import.h"

#define LS_CONVERT_MOST 64

/* What is to be written. */
typedef struct ls_conversion {
    int count;
    ls_import import[LS_CONVERT_MOST];
    char name[LS_CONVERT_MOST][200]; /* the dataset to write it to, "/x_train"; empty: /train/x and y, and /test */
    int64_t bytes;                   /* of the input */
    ls_encoding encoding;            /* of tables; count 0: none */
    ls_table_facts facts;
    bool indexed;        /* the features have indices, as in libsvm text, */
    int64_t first_index; /* of the first of them */
} ls_conversion;

/* Local. Before anything is read: the output is none of the inputs and no model, and is there only when it may be
 * replaced. */
ls_status ls_conversion_check_output(const ls_options *options);

/* Local. Opens the input that the options name, by its format, and says what it is. */
ls_status ls_conversion_open(ls_context *context, const ls_options *options, ls_conversion *conversion);
/* Local. The same for a table: its columns are listed in the log. */
ls_status ls_conversion_open_table(ls_context *context, const ls_options *options, ls_conversion *conversion);
/* Whether the context, which `user` is, was asked to stop. */
bool ls_conversion_stopping(void *user);
void ls_conversion_close(ls_conversion *conversion); /* back to {0} */

/* Local. The format of --format that a file has by its first bytes and its name. LS_ERR_USAGE, LS_ERR_DATA: it is none
 * that is converted; what it is, and the way out. */
ls_status ls_conversion_recognise(const char *path, const char **format);
/* Local. The first bytes of a file, unpacked if it is gzip. */
ls_status ls_conversion_peek(const char *path, unsigned char *bytes, int64_t count, int64_t *got, bool *packed);

/* Local. Writes everything to options->output, atomically. */
ls_status ls_conversion_write(ls_context *context, const ls_options *options, ls_conversion *conversion);

#endif

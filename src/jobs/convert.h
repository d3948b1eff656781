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
} ls_conversion;

/* Local. Before anything is read: the output is not the input, and is there only when it may be replaced. */
ls_status ls_conversion_check_output(const ls_options *options);

/* Local. Opens the input that the options name, by its format, and says what it is. */
ls_status ls_conversion_open(ls_context *context, const ls_options *options, ls_conversion *conversion);
/* Local. The same for a table: its columns are listed in the log. */
ls_status ls_conversion_open_table(ls_context *context, const ls_options *options, ls_conversion *conversion);
/* Whether the context, which `user` is, was asked to stop. */
bool ls_conversion_stopping(void *user);
void ls_conversion_close(ls_conversion *conversion); /* back to {0} */

/* Local. Writes everything to options->output, atomically. */
ls_status ls_conversion_write(ls_context *context, const ls_options *options, ls_conversion *conversion);

#endif

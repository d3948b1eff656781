/* Encodings on their way: from a data file into the model, its files and all ranks, and back to tables that are to be
 * evaluated or predicted. An encoding travels as its JSON text (formats/encoding.h). */
#ifndef LS_DATA_ENCODED_H
#define LS_DATA_ENCODED_H

#include "context/context.h"
#include "formats/csv.h"
#include "formats/encoding.h"
#include "hdf5/h5.h"
#include "source/names.h"

/* The index of the first feature where features have indices and no names, as those of libsvm text: an attribute of the
 * features' dataset. */
#define LS_FIRST_INDEX_ATTRIBUTE "first_index"

/* How many rows without a target convert left out, an attribute of "/" beside the encoding; absent for none. */
#define LS_DROPPED_ATTRIBUTE "lockstep_dropped"

/* How many rows the input of convert had, an attribute of the datasets with the rows' numbers: it tells these from
 * other people's datasets of that name. */
#define LS_ROWS_ATTRIBUTE "lockstep_rows"

/* Local. The encoding that a data file or a model file states; *text is NULL when there is none, else freed with
 * ls_memory_free. LS_ERR_DATA when it is damaged. */
ls_status ls_encoded_read(ls_h5_file *file, const char *object, char **text);
/* Local. Nothing for NULL. */
ls_status ls_encoded_write(ls_h5_file *file, const char *object, const char *text);
/* Local. That of a model's columns, into a model file that is written but for it: its format goes up with the
 * encoding's (src/README.md, Versions). */
ls_status ls_encoded_write_model(ls_h5_file *file, const char *text);
/* Local. Has columns of numbers lose a model's offsets (features) besides those that they lose already; false, and
 * nothing is changed, where an offset is of a feature that is none of them. */
bool ls_encoded_take_offsets(ls_encoding *encoding, const double *offset);
/* Local. A copy; NULL of NULL. */
ls_status ls_encoded_copy(const char *text, char **copy);
/* Local. Whether columns that were opened for no model are a model's, in its order: LS_ERR_DATA, beginning with
 * `where`, when both have names (else one is NULL) and they are not. */
ls_status ls_encoded_check(const char *where, const char *text, const char *model);
/* Collective. Rank 0's to all ranks. */
ls_status ls_encoded_share(ls_context *context, char **text);

/* Local. Appends "age, time (less 1700000000), colour (3 categories); target kind (2 classes)". Nothing for NULL. */
ls_status ls_encoded_describe(const char *text, ls_text *out);

/* Local. How the table `path` is taken apart, by --delimiter, --skip-lines and --comment, and by its first lines. */
ls_status ls_encoded_style(const ls_options *options, const char *path, ls_csv_style *style);
/* Local. Adds to how fields are read what --decimal, --thousands, --missing-values and --keep-default-missing say. */
ls_status ls_encoded_fields(const ls_options *options, ls_fields *fields);
/* Local. Whether a file is a table: its name says so (.csv, .tsv, .tab or .txt, perhaps with .gz behind it), or it
 * begins with nothing but text. */
bool ls_encoded_is_table(const char *path);

#endif

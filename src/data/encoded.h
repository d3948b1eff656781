/* Encodings on their way: from a data file into the model, its files and all ranks, and back to tables that are to be
 * evaluated or predicted. An encoding travels as its JSON text (formats/encoding.h). */
#ifndef LS_DATA_ENCODED_H
#define LS_DATA_ENCODED_H

#include "context/context.h"
#include "formats/encoding.h"
#include "hdf5/h5.h"
#include "source/names.h"

/* How many rows without a target convert left out, an attribute of "/" beside the encoding; absent for none. */
#define LS_DROPPED_ATTRIBUTE "lockstep_dropped"

/* Local. The encoding that a data file or a model file states; *text is NULL when there is none, else freed with
 * ls_memory_free. LS_ERR_DATA when it is damaged. */
ls_status ls_encoded_read(ls_h5_file *file, const char *object, char **text);
/* Local. Nothing for NULL. */
ls_status ls_encoded_write(ls_h5_file *file, const char *object, const char *text);
/* Local. A copy; NULL of NULL. */
ls_status ls_encoded_copy(const char *text, char **copy);
/* Collective. Rank 0's to all ranks. */
ls_status ls_encoded_share(ls_context *context, char **text);

/* Local. Appends "age, colour (3 categories); target kind (2 classes)". Nothing for NULL. */
ls_status ls_encoded_describe(const char *text, ls_text *out);

/* Local. What --delimiter says for the file `path`. */
ls_status ls_encoded_delimiter(const char *option, const char *path, char *delimiter);
/* Whether a path's name says CSV: .csv, .tsv, .tab or .txt, perhaps with .gz behind it. */
bool ls_encoded_is_table_name(const char *path);

#endif

/* Encodings of data that is no converted table, so that a model keeps what its labels are called and which numbers
 * stand for no value. */
#ifndef LS_DATA_ENCODED_SOURCE_H
#define LS_DATA_ENCODED_SOURCE_H

#include "hdf5/h5.h"
#include "source/source.h"

#include <lockstep.h>

/* Whether there is something that only an encoding can keep. */
static inline bool ls_encoded_is_needed(const ls_source *source)
{
    return source->names != NULL || source->code_count > 0;
}

/* Local. *text is the encoding of a source's columns, or NULL. Where one is needed it is made, with the names that the
 * columns have or their numbers, and the classes' names and the codes for no value are put in. */
ls_status ls_encoded_complete(const ls_options *options, const ls_source *source, ls_h5_file *main, char **text);

#endif

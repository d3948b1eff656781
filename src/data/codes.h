/* Numbers that stand for no value, as --missing-values lists them and as a model's encoding keeps them. */
#ifndef LS_DATA_CODES_H
#define LS_DATA_CODES_H

#include "base/text.h"
#include "formats/encoding.h"
#include "hdf5/h5.h"
#include "source/source.h"

#include <lockstep.h>

typedef struct ls_codes {
    double number[LS_H5_CODES];
    int count;
} ls_codes;

/* Local. The numbers of --missing-values; where that is not given those of `encoding` (JSON, a model's; NULL: none).
 * Words are for tables and passed over. LS_ERR_USAGE: too many. */
ls_status ls_codes_find(const ls_options *options, const char *encoding, ls_codes *codes);

/* Local. The words of --missing-values, numbers among them, in the encoding's list. */
ls_status ls_codes_note(const ls_options *options, ls_encoding *encoding);

/* Local. Appends a line to `warnings` where features that are trained on with missing values have numbers that stand
 * for none by what their dataset says: a model does not keep these, since each dataset has its own. */
ls_status ls_codes_warn(const ls_options *options, const ls_source *train, ls_h5_file *main, ls_text *warnings);

#endif

/* Numbers that stand for no value, as --missing-values lists them and as a model's encoding keeps them. */
#ifndef LS_DATA_CODES_H
#define LS_DATA_CODES_H

#include "formats/encoding.h"
#include "hdf5/h5.h"

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

#endif

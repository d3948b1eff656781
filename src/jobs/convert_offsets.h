/* What a conversion takes from a table's numbers before they are rounded to float32 (base/offset.h). */
#ifndef LS_JOBS_CONVERT_OFFSETS_H
#define LS_JOBS_CONVERT_OFFSETS_H

#include "jobs/convert_split.h"

/* Local. Sets the offsets of a table's columns in the conversion's encoding, of the rows that do not go to the test
 * part, and says which; warns where values that differ are one number as float32 all the same. The first rows are read
 * twice, and all of them once more where these leave a column in question; the import is brought back to its first
 * row. Nothing for other conversions. With `given` the offsets stay those of the encoding, and the warning is all. */
ls_status ls_convert_offsets_fit(ls_context *context, const ls_convert_split *split, bool given,
                                 ls_conversion *conversion);

#endif

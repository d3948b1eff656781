/* Columns of a table that are no features: what is said of them. */
#ifndef LS_JOBS_CONVERT_BESIDE_H
#define LS_JOBS_CONVERT_BESIDE_H

#include "base/text.h"
#include "jobs/convert.h"

/* What column `i` of the encoding, a weight, group or identifier, is kept as, and where. */
void ls_convert_beside_put(const ls_conversion *conversion, int64_t i, ls_text *text);

/* Local. A warning of a feature that counts the rows: it is learnt as if it meant something, and in new data it goes
 * beyond what was seen. */
void ls_convert_beside_warn(const ls_context *context, const ls_options *options, const ls_conversion *conversion);

#endif

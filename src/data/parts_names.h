/* Names of the parts' columns, compared with a model's or with each other. */
#ifndef LS_DATA_PARTS_NAMES_H
#define LS_DATA_PARTS_NAMES_H

#include "data/parts.h"

/* Local, on the rank that has described the parts. Finds what the columns of each part are called (source/names.h), and
 * puts them in the order of the reference's by name, or of those of the first part without one. LS_ERR_DATA names both
 * sides: columns are missing, or their kinds, categories, classes or offsets differ; but rows that do not train are
 * given the wanted offsets as they are read (source/less.h), where float32 has not lost the digits for it. Where one
 * side has no names its order is trusted, which is remarked. Of rows that are scored only the part that is meant is
 * looked at, and targets that are not the reference's become parts->conflict. Sets parts->encoding, but for rows that
 * are scored by a reference. */
ls_status ls_parts_compare_names(const ls_options *options, ls_parts *parts);

#endif

/* Targets whose labels are texts: which there are, and reading them as numbers. */
#ifndef LS_SOURCE_SOURCE_NAMED_H
#define LS_SOURCE_SOURCE_NAMED_H

#include "source/source.h"

/* Local. The names of the labels of a source whose targets have names (source->named): of texts those that its rows
 * hold, by their bytes; of an enumeration or of categories all that the first file names, in its order, and others that
 * later files name behind them. LS_ERR_DATA: too many to be classes. The names have one holder. */
ls_status ls_source_class_names(const ls_source *source, ls_h5_file *file, const ls_label_names **names);

/* Local. Rows [row, row + count) of the datasets as labels, by source->names: as `number`, int64, float64 or float32.
 * What is missing is nan, and an error where there is none. A text that is none of the names is LS_ERR_DATA with its
 * place. */
ls_status ls_source_read_named(const ls_source *source, ls_h5_file *file, int64_t row, int64_t count,
                               ls_h5_number number, void *values);

#endif

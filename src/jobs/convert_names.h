/* Names in a converted file: of columns, categories, groups. */
#ifndef LS_JOBS_CONVERT_NAMES_H
#define LS_JOBS_CONVERT_NAMES_H

#include "hdf5/h5_layout.h"
#include "jobs/convert.h"

/* Local. Writes the table's encoding, and to each dataset (areas, of which there are `count`) what its columns are
 * called. */
ls_status ls_convert_names_write(const ls_conversion *conversion, ls_h5_file *file, const char *encoding,
                                 const ls_h5_area *area, int count);

/* Local. The index of the first feature, of features that have no names but indices. */
ls_status ls_convert_names_write_index(const ls_conversion *conversion, ls_h5_file *file, const ls_h5_area *area,
                                       int count);

#endif

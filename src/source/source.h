/* A source of rows: where features and targets come from and what they look like, before anybody reads them. */
#ifndef LS_SOURCE_SOURCE_H
#define LS_SOURCE_SOURCE_H

#include "base/status.h"
#include "hdf5/h5.h"
#include "source/label_names.h"
#include "source/layout.h"
#include "source/less.h"
#include "source/selection.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ls_target_kind {
    LS_TARGET_NONE,
    LS_TARGET_LABELS, /* integers, one a row: (rows) or (rows, 1) */
    LS_TARGET_VALUES  /* numbers (rows, outputs) */
} ls_target_kind;

/* Rows [first, first + rows) of a pair of datasets in a file, of what a layout puts together, of a table, or of the
 * caller's arrays; of their kept rows where some are left out. Either `file` is set or `x`. Copies share layout,
 * selection, names of labels and what is taken; ls_source_hold and ls_source_release count who keeps them. */
typedef struct ls_source {
    char file[4096];   /* with a layout: the first one */
    char x_path[1024]; /* with a layout: as the option names it, for messages */
    char y_path[1024]; /* empty: no targets */
    int64_t first;     /* row, of the kept ones, at which this part begins (a split-off tail) */
    int64_t rows;
    ls_selection *kept; /* rows of the datasets that count; NULL: all */
    int64_t features;   /* product of the extents behind the first */
    ls_target_kind target;
    bool integer_target; /* the stored type of y is an integer or boolean */
    int64_t outputs;     /* columns of y; 1 for labels */
    bool x_coded;        /* features have numbers that stand for no value, which are nan when they are read */
    bool y_missing;      /* integer targets may be missing all the same: they are read as numbers, which may be nan */
    bool named;          /* labels are texts, or numbers that have names; there is a layout */
    const ls_label_names *names; /* of the labels then, in the order of their numbers */

    const ls_less *x_less; /* taken from the features besides a model's offsets; NULL: nothing is */

    const ls_layout *layout; /* NULL: datasets x_path and y_path of `file`, rows along their first axis */
    char x_unapplied[64];    /* attributes of x that change what its values mean; with a layout: ls_layout_unapplied */
    ls_h5_number x_stored;   /* smallest type that holds every feature: uint8 int8 uint16 int16 float16 float32 */
    bool x_wide, y_wide;     /* some columns are stored in a type with values that float32 has not; */
    bool x_long;             /* and in one with values that float64 has not */
    int64_t x_together;      /* rows of x that lie together (a band of chunks), 1 where any row can be read alone */
    int row_rank;            /* shape of one row before flattening; 1 and {features} for columns put together */
    int64_t row_shape[LS_H5_MAX_RANK];
    char x_left_out[64];       /* fields of a compound x that are no numbers */
    double codes[LS_H5_CODES]; /* (code_count) numbers that stand for no value, as options say */
    int code_count;
    ls_h5_links links; /* what the files may refer to, */
    bool sizes;        /* and whether any declared size is believed */

    const float *x;        /* (rows, features), borrowed; NULL for files */
    const float *y;        /* (rows, outputs) */
    const int32_t *labels; /* (rows) */

    struct ls_table *table; /* a CSV file, borrowed; `file` is its path, and it is read through this */
    bool x_taken;           /* the table takes the model's offsets already, from numbers of float64 */
} ls_source;

/* Local. Describes x and y of an open file: shapes and types checked against each other (same number of rows, numbers,
 * rank >= 1). y_path NULL or empty: no targets. Integer y with one column counts as labels. LS_ERR_DATA says what is
 * wrong with which dataset. */
ls_status ls_source_describe(ls_h5_file *file, const char *x_path, const char *y_path, ls_source *source);

/* Local. The same for what a layout puts together; `main` is any open file. A request for two plain datasets of one
 * file gives a source without a layout. */
ls_status ls_source_describe_layout(const ls_layout_request *request, ls_h5_file *main, ls_source *source);

/* Local. Gives an HDF5 source other columns, or the same in another order (source/layout.h), through a layout of its
 * own, with one holder. The layout it had is the caller's to release. */
ls_status ls_source_arrange(ls_h5_file *main, bool targets, const ls_layout_order *order, ls_source *source);

/* One more who keeps the source's layout, selection and names, one less. */
void ls_source_hold(const ls_source *source);
void ls_source_release(const ls_source *source);

/* Local. Opens source->file for the functions below, trusting it as far as the source says; NULL for arrays and tables.
 * `pages` as for ls_h5_open_paged. The handle serves every other source too whose file is reached with ls_h5_beside. */
ls_status ls_source_open(const ls_source *source, ls_h5_pages *pages, ls_h5_file **file);

/* Local. Reads features of part rows [first, first + count) into x (count, features); `file` is what
 * ls_source_open gave. NaN and infinities are LS_ERR_DATA naming file, dataset, row and column. */
ls_status ls_source_read_x(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *x);
/* Local. The same as numbers of the type source->x_stored: x (count, features). ls_number_to_float makes the bits that
 * ls_source_read_x gives. Memory beside x: unpacked chunks, libhdf5's or ours (at most 128 MiB for each of 9 open
 * files, usually one band of chunks), chunks being unpacked (256 MiB for all threads; one thread where three chunks are
 * more) and LS_H5_TABLE_MEMORY where rows are not the first axis. Rows in order are read best in pieces of
 * source->x_together, beginning at multiples of it: then no chunk is decompressed twice. */
ls_status ls_source_read_x_stored(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, void *x);
/* Local. Features as float64, which of 64-bit integers are the nearest, nothing checked. */
ls_status ls_source_read_x_numbers(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, double *x);
/* Local. The same of targets. */
ls_status ls_source_read_y_numbers(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, double *y);
/* Local. Features less `offset` (features) and source->x_less, in float64 before they are rounded to float32, nothing
 * checked. Columns whose offset is 0 get the bits of ls_source_read_raw_x, which all do of NULL. Beside x it takes up
 * to 8 MiB or one row, or a band of chunks where that is not above LS_H5_TABLE_MEMORY. */
ls_status ls_source_read_less(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                              const double *offset, float *x);
/* Local. Targets as float32 (count, outputs); not finite is an error as above. */
ls_status ls_source_read_y(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *y);
/* Local. Targets as class numbers 0 .. classes-1; others are LS_ERR_DATA naming file, dataset, row, value and the
 * range. */
ls_status ls_source_read_labels(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                int64_t classes, int32_t *labels);
/* Local. Labels as their places in `known` (classes), ascending: class numbers. NULL: as above. */
ls_status ls_source_read_known_labels(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                      const int64_t *known, int64_t classes, int32_t *labels);
/* Local. The same as numbers of the stored precision, one column of the targets: labels, groups. Anything goes, nan
 * too. */
ls_status ls_source_read_column(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, int64_t column,
                                double *values);
/* Local. Features less their offsets, as above; then whatever is not finite is replaced by its column's fill
 * (features). Without fill that is an error, as for ls_source_read_x. */
ls_status ls_source_read_prepared(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                  const double *offset, const float *fill, float *x);
/* What is not finite in values (rows, columns) becomes fill (columns). */
void ls_source_fill_missing(const float *fill, int64_t columns, int64_t rows, float *values);
/* Local. Features and targets with nothing checked, to look for missing values. */
ls_status ls_source_read_raw_x(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *x);
ls_status ls_source_read_raw_y(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *y);

/* Row of the datasets that row r of the part is: for messages, and the key of its random numbers. */
static inline int64_t ls_source_row(const ls_source *source, int64_t row)
{
    return source->kept ? ls_selection_row(source->kept, source->first + row) : source->first + row;
}

/* Local. "part-0.h5:/x row 17, column 4" of a value of part row `row`, or "new.csv line 18, column 'age'", for
 * messages; without the column where that is negative; buffer of capacity bytes. */
const char *ls_source_place(const ls_source *source, bool targets, int64_t row, int64_t column, char *buffer,
                            int capacity);
/* " (rows and columns count from 0)" where they do: behind a place in messages. */
const char *ls_source_counting(const ls_source *source);
/* Local. "digits.h5:/train/x" for messages; buffer of capacity bytes. */
const char *ls_source_name(const ls_source *source, char *buffer, int capacity);
/* Local. The same for the targets. */
const char *ls_source_target_name(const ls_source *source, char *buffer, int capacity);
/* "nan", "inf or too large for float32": what a value that is not finite is called. */
const char *ls_source_value_name(float value);

#endif

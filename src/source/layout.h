/* Where the columns and rows of a source lie when that is more than one dataset each: several files with the same
 * layout behind one another, datasets side by side, chosen columns, rows that are not the first axis.
 *
 *   layout   two matrices: features and targets
 *   matrix   stacks side by side, all with the same rows
 *   stack    columns of one dataset path, in one file or several behind one another
 *   segment  the rows of a stack that lie in one file, and where that file has the columns
 *
 * A layout is one block of memory without pointers, so that one rank can send it to others, and never changes. */
#ifndef LS_SOURCE_LAYOUT_H
#define LS_SOURCE_LAYOUT_H

#include "formats/dictionary.h"
#include "hdf5/h5.h"

typedef struct ls_layout ls_layout;

/* What is asked for. */
typedef struct ls_layout_request {
    char **files; /* the data files, one behind the other; borrowed */
    int file_count;
    const char *x, *y;               /* as options name them: see spec.h; y is NULL or empty without targets */
    const char *x_option, *y_option; /* "--x": for messages */
    int axis;                        /* of the rows; one beyond a dataset's last axis means its last */
    double codes[LS_H5_CODES];       /* (code_count) numbers that stand for no value, beside those that datasets tell */
    int code_count;
} ls_layout_request;

/* One matrix in numbers. */
typedef struct ls_layout_facts {
    int64_t rows, columns;
    ls_h5_number stored;   /* the smallest type that holds all columns */
    bool integers;         /* every dataset holds integers or booleans */
    bool wide, long_;      /* some dataset is wide (ls_h5_is_wide), or long */
    bool missing;          /* values may be missing though they are integers: nan as float32 or float64 */
    bool named;            /* targets: one column of labels that have names, to be read as texts; */
    bool texts;            /* they are texts, which the files give no numbers */
    int64_t rows_together; /* rows that lie together: a band of chunks; 1 where any row can be read alone */
} ls_layout_facts;

/* Local. Looks at every dataset in every file, through ls_h5_beside(main). The layout has one holder. LS_ERR_DATA says
 * which datasets do not fit together and why. */
ls_status ls_layout_describe(const ls_layout_request *request, ls_h5_file *main, ls_layout **layout);

/* Local. One more holder, one less; the last one frees it. NULL is accepted. */
void ls_layout_hold(const ls_layout *layout);
void ls_layout_release(const ls_layout *layout);

/* The block, for sending; ls_layout_adopt makes a layout with one holder of a copy of it. */
int64_t ls_layout_bytes(const ls_layout *layout);
ls_status ls_layout_adopt(const void *block, int64_t bytes, ls_layout **layout);

/* Shape of one row of the features before flattening; one axis when columns were chosen or put together. */
void ls_layout_row_shape(const ls_layout *layout, int *rank, int64_t shape[LS_H5_MAX_RANK]);
ls_layout_facts ls_layout_matrix(const ls_layout *layout, bool targets);
/* Number of files the matrix has rows in, and the first of them. */
int ls_layout_files(const ls_layout *layout, bool targets);
const char *ls_layout_file(const ls_layout *layout, bool targets);
/* Local. Their names, as ls_files_expand gives them: *paths is freed with ls_memory_free. */
ls_status ls_layout_paths(const ls_layout *layout, bool targets, char ***paths, int *count);

/* Attributes of the features that change what values mean and are not applied (hdf5/h5.h, unapplied): those of the
 * first dataset that has any, its file and path, and how many datasets have some. "" when none has. */
const char *ls_layout_unapplied(const ls_layout *layout, const char **file, const char **path, int *count);

/* Local. Rows [first, first + count) of a matrix as (count, columns) numbers. */
ls_status ls_layout_read(const ls_layout *layout, bool targets, ls_h5_file *main, int64_t first, int64_t count,
                         ls_h5_number number, void *values);

/* Local. Rows of named targets as texts, each given to `visit` in order with its row; NULL: it has none. */
typedef ls_status (*ls_layout_text)(void *user, int64_t row, const char *text);
ls_status ls_layout_read_texts(const ls_layout *layout, ls_h5_file *main, int64_t first, int64_t count,
                               ls_layout_text visit, void *user);
/* Local. Of named targets, the names that the files themselves list, those of the first first; files of texts
 * list none. *open: the first is one. */
ls_status ls_layout_label_names(const ls_layout *layout, ls_h5_file *main, ls_dictionary *texts, bool *open);

/* Fields of compound features that are no numbers and were not asked for: "name, comment", or "". */
const char *ls_layout_left_out(const ls_layout *layout);

/* One of the datasets that make up a matrix. */
typedef struct ls_layout_table {
    const char *file, *path;
    const char *field;      /* of texts, in a compound; NULL: the columns are those of the dataset */
    int stack;              /* tables with the same number are behind one another, others side by side */
    int axis;               /* of the rows */
    int64_t columns, width; /* taken, and there */
} ls_layout_table;
int ls_layout_tables(const ls_layout *layout, bool targets);
ls_layout_table ls_layout_table_at(const ls_layout *layout, bool targets, int table);
/* Of runs of `extent` columns of the dataset those that hold some that are taken. */
int64_t ls_layout_runs_taken(const ls_layout *layout, bool targets, int table, int64_t extent);

/* Where each column of a matrix is: in the dataset of which table (the first of its stack), and there in which column
 * (flattened). Fills table and column (columns). */
void ls_layout_list_columns(const ls_layout *layout, bool targets, int *table, int64_t *column);

/* Other columns of a matrix, or the same in another order. */
typedef struct ls_layout_order {
    const int64_t *columns; /* (count) of the matrix as it is */
    int64_t count;
    int64_t *const *there; /* (tables): which column of a table's dataset is column c of its stack's first: (width);
                              NULL, for all or one: the same */
} ls_layout_order;
/* Local. A new layout with one holder, in which one matrix has the columns of `order`, and a row one axis where that
 * are the features. */
ls_status ls_layout_arrange(const ls_layout *layout, bool targets, const ls_layout_order *order, ls_layout **arranged);

/* Where a value comes from: file and dataset, and there the row and the (flattened) column. */
void ls_layout_locate(const ls_layout *layout, bool targets, int64_t row, int64_t column, const char **file,
                      const char **path, int64_t *row_there, int64_t *column_there);

#endif

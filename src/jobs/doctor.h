/* What `lockstep info` finds in a data file: parts, targets, columns, duplicates, memory, chunks. One rank, one pass
 * for sums and a second for deviations, in bounded memory. */
#ifndef LS_JOBS_DOCTOR_H
#define LS_JOBS_DOCTOR_H

#include "base/text.h"
#include "data/classes.h"
#include "data/dataset.h"
#include "data/statistics.h"
#include "formats/encoding.h"

#include <lockstep.h>

/* Rows of a part that are compared with each other, from the first on: 16 bytes each. */
#define LS_DOCTOR_COMPARED ((int64_t)1 << 21)

/* Columns of features or targets; those without a value have mean nan. */
typedef struct ls_doctor_columns {
    ls_statistics of;      /* of the values that are there, as they are stored */
    int64_t *nan;          /* (columns), owned */
    int64_t *infinite;     /* (columns) inf or too large for float32; part of nan's block */
    double *offset;        /* (columns) that training takes from features before they are float32, owned; 0: none */
    bool *merges;          /* (columns) values that differ are one number as float32 even so, owned */
    int64_t rows_missing;  /* rows with either */
    int64_t cells_missing; /* values */
} ls_doctor_columns;

typedef struct ls_doctor_row {
    uint64_t hash;
    int64_t row; /* of the part */
} ls_doctor_row;

/* Rows whose features are equal, by a 64-bit hash of their bits as float64. */
typedef struct ls_doctor_twins {
    ls_doctor_row *seen; /* (compared) sorted, owned */
    int64_t compared;
    int64_t repeated;       /* rows that are like an earlier one */
    int64_t row, earlier;   /* the first of them, and what it is like; -1: none */
    int64_t in_train;       /* rows that the training part has too; -1: this is the training part */
    int64_t row_there, own; /* the first of them there and here; -1: none */
} ls_doctor_twins;

/* How the chunks of the features suit reading by rows, of all their datasets together. */
typedef struct ls_doctor_chunks {
    bool chunked;     /* false: rows are read as they lie */
    int64_t window;   /* rows of a shuffle window */
    double band;      /* bytes of the chunks that one row touches */
    double in_order;  /* bytes decompressed for each byte of the rows: 1,024 rows at a time */
    double windows;   /* the same for whole shuffle windows in any order, where the cache must hold all */
    int64_t slow;     /* datasets of which other chunks would save more than that: LS_DOCTOR_AMPLIFIED */
    char file[4096];  /* of the first of them, */
    char repack[256]; /* and dataset and chunk extents for h5repack -l */
} ls_doctor_chunks;
#define LS_DOCTOR_AMPLIFIED 2.0

typedef struct ls_doctor_part {
    const char *name;
    const ls_dataset *dataset; /* NULL: the file has no such part */
    ls_doctor_columns x, y;
    bool classes; /* targets are one column of few whole numbers: `labels`; y otherwise */
    ls_labels labels;
    ls_doctor_twins twins;
    ls_doctor_chunks chunks;
} ls_doctor_part;

typedef struct ls_doctor_memory {
    int64_t ranks, shards;
    int64_t rows;        /* of the rank with most */
    int64_t row_bytes;   /* features as they are kept, targets */
    int64_t idle;        /* ranks without a shard */
    int64_t most_shards; /* of a rank */
    ls_text remark;      /* where ranks share the shards unevenly */
} ls_doctor_memory;

typedef struct ls_doctor {
    const ls_options *options;
    char path[4096];     /* the first file */
    int64_t dropped;     /* rows without a target that convert left out */
    char *title;         /* owned; NULL: none */
    ls_h5_dataset *list; /* (count) datasets of the first file, owned */
    int count;
    bool named;  /* --x and --y say what is used; else what has the usual names */
    char *error; /* why there are no parts; owned; NULL: there are */
    ls_datasets datasets;
    ls_doctor_part part[3]; /* train, validation, test */
    char **names;           /* (features), owned, in one block; NULL: columns have no names */
    ls_encoding encoding;   /* of a converted table: names of classes; {0}: there is none */
    ls_doctor_memory memory;
} ls_doctor;

/* Local. Looks at options->data. */
ls_status ls_doctor_look(ls_context *context, const ls_options *options, ls_doctor *doctor);
void ls_doctor_free(ls_doctor *doctor);

/* What a label stands for, by the encoding of a converted table; NULL: it has no name. */
const char *ls_doctor_class_name(const ls_doctor *doctor, const ls_doctor_part *part, double label);

/* Local. Features (targets false), with their duplicates, or targets. */
ls_status ls_doctor_scan(ls_context *context, const ls_dataset *dataset, bool targets, ls_doctor_columns *columns,
                         ls_doctor_twins *twins);
void ls_doctor_columns_free(ls_doctor_columns *columns);
/* Values of a column that are there. */
static inline int64_t ls_doctor_values(const ls_doctor_columns *columns, int64_t column)
{
    return columns->of.rows - columns->nan[column] - columns->infinite[column];
}
double ls_doctor_deviation(const ls_doctor_columns *columns, int64_t column);

/* What all columns together say. */
typedef struct ls_doctor_summary {
    int64_t constant, missing, empty; /* columns with one value, with missing values, without a value */
    int64_t first_constant, first_missing;
    int64_t narrow, wide;     /* columns of the smallest and largest deviation above 0; -1: none */
    int64_t offsets, merging; /* columns with an offset, and of merging values */
    int64_t first_offset, first_merging;
    double scales;   /* how many times larger the one is; 0: none */
    int64_t counter; /* first column that holds the rows' numbers, from 0 or 1, by its range and sums; -1: none */
} ls_doctor_summary;
#define LS_DOCTOR_SCALES 100.0 /* from here on scaling is advised */
ls_doctor_summary ls_doctor_summarize(const ls_doctor_columns *columns);

/* Local. Start with {0}: room for the rows of a part; then each row in order; then what they say together, `train` NULL
 * for the training part itself. */
ls_status ls_doctor_twins_create(int64_t rows, ls_doctor_twins *twins);
void ls_doctor_twins_add(ls_doctor_twins *twins, const double *row, int64_t columns, int64_t number);
void ls_doctor_twins_find(ls_doctor_twins *twins, const ls_doctor_twins *train);
void ls_doctor_twins_free(ls_doctor_twins *twins);

/* Local. */
ls_status ls_doctor_judge_chunks(const ls_dataset *dataset, int64_t window, ls_doctor_chunks *chunks);

/* Local. The findings, appended: for people, and as one JSON object. */
ls_status ls_doctor_text(const ls_doctor *doctor, ls_text *text);
void ls_doctor_json(const ls_doctor *doctor, ls_text *text);

/* One line about a dataset, and the datasets of a part as the program names them. */
void ls_doctor_put_datasets(const ls_h5_dataset *list, int count, ls_text *text);
void ls_doctor_put_part(const char *name, const char *x, const char *y, ls_text *text);

#endif

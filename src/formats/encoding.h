/* How the columns of a table become features and targets. It is made when a table is converted, stored with the dataset
 * and with every model trained on it, and used again when such a model is given a table.
 *
 * As JSON: {"format": 1, "header": true, "columns": [{"name": "age", "role": "feature", "kind": "number"},
 * {"name": "colour", "role": "feature", "kind": "onehot", "categories": ["blue", "red"]},
 * {"name": "kind", "role": "target", "kind": "classes", "categories": ["no", "yes"]}, {"name": "id", "role":
 * "ignored"}]}. Columns stand in the order of the table, and so do the features they become. Classes that were texts of
 * HDF5 have "texts": true, which a program that does not know it passes over, in any format. Format 2 is written where
 * anything of these is there, which format 1 has not: "decimal": ",", "thousands": ".", "usual_missing": false and
 * "missing_values": ["-999"] beside "header"; the roles weight, group and id; "offset": 1.7e9 of a column of numbers;
 * "place": 1 of each target, where they stand in another order than their columns; the kind date, perhaps with
 * "date_format": "%d.%m.%Y" (else ISO 8601) and "date_parts": ["year", "month"] (else the days since 1970-01-01 UTC,
 * under the column's own name); targets without features, where only those have names. */
#ifndef LS_FORMATS_ENCODING_H
#define LS_FORMATS_ENCODING_H

#include "base/status.h"
#include "base/text.h"
#include "formats/dates.h"
#include "formats/dictionary.h"
#include "formats/fields.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ls_column_role {
    LS_ROLE_FEATURE,
    LS_ROLE_TARGET,
    LS_ROLE_IGNORED,
    LS_ROLE_WEIGHT, /* of the row's loss */
    LS_ROLE_GROUP,  /* which rows belong together */
    LS_ROLE_ID      /* which row it is */
} ls_column_role;

typedef enum ls_column_kind {
    LS_COLUMN_NUMBER,  /* as it is; a missing value is NaN */
    LS_COLUMN_INTEGER, /* a target of whole numbers */
    LS_COLUMN_DATE,    /* a feature: days since 1970-01-01 UTC, or parts of the date; NaN when it is missing */
    LS_COLUMN_ONEHOT,  /* one feature a category, 1 for the one that is there; NaN in all when it is missing */
    LS_COLUMN_CODES,   /* the number of the category, from 0; NaN when it is missing */
    LS_COLUMN_CLASSES  /* a target: the number of the category, from 0 */
} ls_column_kind;

typedef struct ls_column {
    char *name; /* owned; of a target without one the path of its dataset, "/train/y" */
    ls_column_role role;
    ls_column_kind kind;
    ls_dictionary categories; /* of the last three kinds, sorted by their bytes */
    bool texts;               /* classes of texts: their numbers are nobody's but the order of their bytes */
    int64_t place;            /* of a target among the targets, from 1; 0: they stand as their columns do */
    int64_t first;            /* its first feature, or its place among the targets, from 0 */
    char *date_format;        /* of a date, for ls_date_parse; NULL: ISO 8601; owned */
    unsigned date_parts;      /* bit i: ls_date_part i is a feature; 0: the days, under the column's own name */
    double offset;            /* taken from a number in float64, before it is rounded to float32; 0: nothing is */
} ls_column;

typedef struct ls_encoding {
    bool header; /* the first record names the columns; otherwise they are told apart by place */
    ls_fields fields;
    int64_t count; /* of columns */
    ls_column *column;
    int64_t features;
    int64_t targets;
    ls_column_kind target_kind; /* of all targets: NUMBER, INTEGER, or CLASSES for one */
} ls_encoding;

/* Local. Counts features and targets and sets `first`; after the columns' roles, kinds and places are known. Places
 * that are those of the columns anyway become 0. */
void ls_encoding_number(ls_encoding *encoding);
void ls_encoding_free(ls_encoding *encoding); /* back to {0} */

/* Local. Appends the JSON text: equal encodings give equal bytes. */
void ls_encoding_write(const ls_encoding *encoding, ls_text *out);
/* The format that it is written in. */
int ls_encoding_format(const ls_encoding *encoding);
/* Local. From JSON text; `where` begins the message of LS_ERR_DATA. */
ls_status ls_encoding_read(const char *text, const char *where, ls_encoding *encoding);

/* The only target of classes, or NULL. */
const ls_column *ls_encoding_classes(const ls_encoding *encoding);
/* What a table calls the column: a target without a name as its dataset, "y". */
const char *ls_column_called(const ls_column *column);
/* Whether a column is a target without a name. */
static inline bool ls_column_is_path(const ls_column *column)
{
    return column->role == LS_ROLE_TARGET && column->name[0] == '/';
}
/* Local. The name of a feature, "age" or "colour=red", appended. */
void ls_encoding_feature_name(const ls_encoding *encoding, int64_t feature, ls_text *out);

/* Local. The names of all features in order, each with its NUL, appended. */
void ls_encoding_feature_names(const ls_encoding *encoding, ls_text *out);

/* The one of a column's features that is a number of float64 less the column's offset: a number, a date's days; -1: it
 * has none. */
static inline int64_t ls_column_number(const ls_column *column)
{
    const unsigned days = 1u << LS_DATE_DAYS;
    if (column->kind == LS_COLUMN_NUMBER || (column->kind == LS_COLUMN_DATE && column->date_parts == 0))
        return column->first;
    return column->kind == LS_COLUMN_DATE && (column->date_parts & days) != 0
               ? column->first + __builtin_popcount(column->date_parts & (days - 1))
               : -1;
}

/* Features that a column becomes, when it is one of them. */
static inline int64_t ls_column_width(const ls_column *column)
{
    if (column->kind == LS_COLUMN_DATE && column->date_parts != 0)
        return __builtin_popcount(column->date_parts);
    return column->kind == LS_COLUMN_ONEHOT ? column->categories.count : 1;
}

#endif

/* The first pass over a table: what its columns hold, and the encoding that follows from it. */
#ifndef LS_FORMATS_TABLE_SCAN_H
#define LS_FORMATS_TABLE_SCAN_H

#include "formats/csv.h"
#include "formats/encoding.h"
#include "formats/table_beside.h"
#include "formats/table_gather.h"
#include "formats/table_like.h"

/* Most categories of a column that becomes one feature each, and of one that becomes codes or classes. */
#define LS_ONEHOT_MOST 1000
#define LS_CODES_MOST  1000000

typedef enum ls_header { LS_HEADER_AUTO, LS_HEADER_ON, LS_HEADER_OFF } ls_header;

/* What the first record turned out to be. */
typedef enum ls_head {
    LS_HEAD_NAMES,   /* a header */
    LS_HEAD_NUMBERS, /* a header with numbers in it */
    LS_HEAD_ROW,     /* a row */
    LS_HEAD_DOUBT    /* a row, but it may have been meant as a header */
} ls_head;

typedef struct ls_table_wishes {
    ls_csv_style style;
    const ls_fields *fields; /* how fields are read; NULL: as usual */
    ls_header header;
    ls_table_like *like; /* borrowed: columns are what they are there, and of what follows style, drop and stop count,
                            and whether the target is "none"; NULL: they are found out */
    const char *target; /* columns by name or number (from 1, from the end with -1), separated by commas; "none"; empty:
                           the only one called target, label, labels, class or y */
    const char *ignore; /* columns to pass over, the same way */
    const char *weight, *group, *id; /* columns of these roles, the same way; one weight and group; NULL: none */
    const char *categories; /* columns whose texts are categories, whatever they look like, the same way; NULL: none */
    bool drop;              /* rows without a target are left out, and else refused */
    bool codes;             /* text columns become codes and not one feature a category */
    int64_t
        max_categories; /* so many different texts are categories, whatever they are; 0: the rules of table_refuse.h */
    const char *date_format;  /* "[COLUMN=]FORMAT, ...": formats of dates besides ISO 8601; NULL or empty: none */
    unsigned date_parts;      /* what dates become, as in ls_column */
    bool (*stop)(void *user); /* asked now and then; may be NULL */
    void *user;
} ls_table_wishes;

/* What was found besides the encoding. */
typedef struct ls_table_facts {
    int64_t rows;       /* that are kept */
    int64_t dropped;    /* rows without a target; nothing of them is in the encoding */
    int64_t *missing;   /* (encoding.count) of each column, in the rows that are kept */
    double least, most; /* of integer targets */
    int64_t far_line;   /* of the first target from 2^53 on, where float64 does not tell whole numbers apart; 0: none */
    int besides;        /* columns beside features and targets */
    ls_beside beside[LS_TABLE_BESIDE];
    bool counter; /* the first column is a feature, has no name, and counts the rows: a written index */
    ls_head head;
    char dropped_word[16]; /* what the only target of all dropped rows says, when it is the same word; else empty */
    ls_gathered *gathered; /* (encoding.count) what the fields of each column are */
} ls_table_facts;

void ls_table_facts_free(ls_table_facts *facts); /* back to {0} */

/* Local. Reads the whole file, twice when a column begins with numbers and goes on with text. LS_ERR_DATA names line
 * and column, or all columns that are not what they seem (table_refuse.h); LS_ERR_USAGE a column that is not there,
 * with a list of those that are; LS_STOPPED. The encoding and the facts are freed by the caller. */
ls_status ls_table_scan(const char *path, const ls_table_wishes *wishes, ls_encoding *encoding, ls_table_facts *facts);

#endif

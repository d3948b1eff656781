/* Columns of a table that stand beside its features and targets: weights of rows, groups, identifiers. A weight is a
 * float32; a group an int64, its own number where all of them are whole, else the number of its text; an identifier an
 * int64 where all of them are whole numbers as int64 has them, else text as it stands. */
#ifndef LS_FORMATS_TABLE_BESIDE_H
#define LS_FORMATS_TABLE_BESIDE_H

#include "formats/csv.h"
#include "formats/encoding.h"

/* Most of them: the identifiers, a weight, a group. */
#define LS_TABLE_IDS    16
#define LS_TABLE_BESIDE (LS_TABLE_IDS + 2)

/* Longest text of an identifier, in bytes. */
#define LS_BESIDE_TEXT_MOST 65536

/* One of them, as the first pass found it. */
typedef struct ls_beside {
    int64_t column;  /* of the encoding */
    bool text;       /* some field is no whole number */
    int64_t longest; /* bytes of a field of an identifier */
} ls_beside;

/* The encoding's columns that stand beside, in its order; returns how many. */
int ls_beside_list(const ls_encoding *encoding, ls_beside beside[LS_TABLE_BESIDE]);

/* Local. First pass: a field of the present record. *again: fields before it have to be seen once more, since they are
 * texts too. LS_ERR_DATA with the line: a weight that is missing, no number, negative or not finite; a group that is
 * missing; text that is not UTF-8 or too long. */
ls_status ls_beside_see(const ls_csv *csv, ls_encoding *encoding, ls_beside *beside, const ls_csv_field *field,
                        bool *again);
/* Behind the first pass: the kind of the column. */
void ls_beside_settle(ls_encoding *encoding, const ls_beside *beside);

/* Bytes of one value as it is stored. */
int64_t ls_beside_bytes(const ls_encoding *encoding, const ls_beside *beside);
/* Local. Second pass: the value of a field, little endian; text is filled up with zeros. */
ls_status ls_beside_put(const ls_csv *csv, const ls_encoding *encoding, const ls_beside *beside,
                        const ls_csv_field *field, void *value);

/* Whether a field is a whole number that int64 and its decimal text give back: not "007", "+1", "1.0" or "1e3". */
bool ls_beside_integer(const ls_csv_field *field, int64_t *value);

#endif

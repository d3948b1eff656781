/* What the fields of one column of a table are, gathered while the table is gone through for the first time: numbers,
 * dates, or texts, and what the texts look like. As much for a column of any length. */
#ifndef LS_FORMATS_TABLE_GATHER_H
#define LS_FORMATS_TABLE_GATHER_H

#include "formats/csv.h"
#include "formats/fields.h"

typedef enum ls_gathered_state { LS_GATHERED_NUMBERS, LS_GATHERED_DATES, LS_GATHERED_TEXTS } ls_gathered_state;

/* A text, cut off, how often it is there, and on which line first; count 0: none. */
typedef struct ls_gathered_word {
    char text[40];
    int64_t count, line;
} ls_gathered_word;

/* Different ones that are counted: words for no value are few. */
#define LS_GATHERED_WORDS 3

typedef struct ls_gathered {
    ls_gathered_state state; /* of all fields so far that are not missing */
    bool real;               /* has a number that is not whole */
    bool late;           /* is one of texts behind numbers or dates, whose texts are not counted as categories yet */
    bool first_is_value; /* the first record's field is a number or a date */
    bool full;           /* has more categories than are counted */
    int64_t numbers, dates, texts, missing; /* fields; a text is none of the others */
    int64_t padded;                         /* of the numbers: whole ones with zeros in front, "007", */
    int64_t padded_line;                    /* the first one's line, */
    char padded_sample[40];                 /* and what it is, cut off */
    /* of the texts: */
    int64_t almost;                           /* are numbers, written in other ways, */
    unsigned writings;                        /* the ways in which each of these is one, */
    char sign[8];                             /* and what the first of them has: "%" */
    int64_t beyond;                           /* of these, as the table has numbers, but too large for float64, */
    int64_t beyond_line;                      /* the first one's line, */
    char beyond_sample[40];                   /* and what it is, cut off; */
    int64_t alike;                            /* are dates, written in other ways, */
    uint64_t guesses;                         /* and the formats in which each of these is one */
    int64_t line;                             /* of the first; 0: there is none, */
    char sample[40];                          /* what it is, cut off, */
    bool same;                                /* and all are the same */
    ls_gathered_word word[LS_GATHERED_WORDS]; /* the first that are neither almost numbers nor dates */
    /* dates: */
    const char *format; /* NULL: ISO 8601; borrowed */
    bool told;          /* nothing but dates of this format is expected */
    bool named;         /* texts are categories, whatever they look like; `state` says texts from the start */
    const char
        *digits; /* of a column that begins with a number: the format of any column that reads it too; borrowed */
} ls_gathered;

/* Formats that dates may have when they have not that of ISO 8601. */
typedef struct ls_date_formats {
    int64_t count;
    const char *const *format; /* (count) */
} ls_date_formats;

/* Local. To be called in front of the first number of a column: whether it could be a date of these formats, such as
 * "%Y%m%d". */
void ls_table_gather_digits(ls_gathered *gathered, const ls_date_formats *formats, const ls_csv_field *field);

/* Local. Takes a field of a record on `line`; `first`: of the first record. Returns what it is; a column that is one of
 * texts has numbers among them. `value` gets a number; NULL: it is not needed. */
ls_field_kind ls_table_gather(ls_gathered *gathered, const ls_fields *fields, const ls_date_formats *formats,
                              const ls_csv_field *field, int64_t line, bool first, double *value);

/* Local. Takes a whole number once more, on `line`, for the zeros that it may have in front. */
void ls_table_gather_padding(ls_gathered *gathered, const ls_csv_field *field, int64_t line);

#endif

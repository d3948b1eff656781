/* What a report is made of: plain numbers and names of a run, whoever collected them. Nothing here knows of ranks,
 * clocks or files: equal structs give equal pages. */
#ifndef LS_REPORT_REPORT_H
#define LS_REPORT_REPORT_H

#include "base/json.h"
#include "base/json_read.h"
#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- rows that were evaluated ---- */

enum {
    LS_REPORT_MATRIX_MOST = 100, /* classes of which every cell of the confusion matrix is kept */
    LS_REPORT_CURVES_MOST = 32,  /* classes that have curves, one by one */
    LS_REPORT_OUTPUTS_MOST = 8,  /* outputs of a regression that are told of */
    LS_REPORT_POINTS = 201,      /* of a curve, with both ends */
    LS_REPORT_BARS = 50,         /* of a histogram of chances */
    LS_REPORT_CALIBRATION = 10,  /* groups of equal width */
    LS_REPORT_WORST = 20,        /* rows that are told one by one */
    LS_REPORT_GRID = 24,         /* cells on a side of predicted against true */
    LS_REPORT_RESIDUALS = 41,    /* bars, the middle one about 0 */
    LS_REPORT_DECILES = 10
};

typedef enum ls_report_kind {
    LS_REPORT_ONE,   /* one of several classes */
    LS_REPORT_EACH,  /* each output says yes or no; a single one: two classes */
    LS_REPORT_VALUES /* numbers */
} ls_report_kind;

/* What is known of an evaluation's rows. All numbers are doubles, counts too, which are exact. */
typedef enum ls_report_item {
    LS_REPORT_SUPPORT,   /* (classes) rows of it, or that say yes */
    LS_REPORT_RIGHT,     /* (classes) of them that were given it */
    LS_REPORT_GIVEN,     /* (classes) rows that were given it */
    LS_REPORT_MATRIX,    /* (classes, classes) rows of a class [row] that were given another [column]; or nothing */
    LS_REPORT_AREAS,     /* (curves, 4) rows of it, rows not of it, area under the ROC curve, average precision */
    LS_REPORT_CURVE,     /* (curves, POINTS, 2) rows of it and not of it with chances above falling ones */
    LS_REPORT_HISTOGRAM, /* (curves, 2, BARS) rows not of it and of it by chance */
    LS_REPORT_CHANCES,   /* (CALIBRATION, 3) rows, sum of chances, rows that were so; by chance of the answer, of yes */
    LS_REPORT_MISSES,    /* (WORST, 4) row, class, class given, its chance (EACH: output, said, chance); row -1: none */
    LS_REPORT_RANGES,    /* (outputs, 4) least and most of targets and predictions; least and most of residuals */
    LS_REPORT_CELLS,     /* (outputs, GRID, GRID) rows by target [column] and prediction [row], from the least up */
    LS_REPORT_OFF,       /* (outputs, RESIDUALS) rows by residual, from -w to w: w is the larger of the two in size */
    LS_REPORT_TENTHS,    /* (outputs, DECILES, 5) rows, least and most target, mean abs(residual), mean residual */
    LS_REPORT_ERRORS,    /* (outputs, 4) mean abs(residual), root of mean square, mean, share of variance explained */
    LS_REPORT_FAR,       /* (WORST, 4) row, output, target, prediction; row -1: none */
    LS_REPORT_UNITS,     /* (layers) units of a layer with relu that gave 0 for all rows; -1: no such layer */
    LS_REPORT_ITEMS
} ls_report_item;

typedef struct ls_report_part {
    char name[16]; /* "validation", "test", "data" */
    ls_report_kind kind;
    int64_t epoch; /* whose weights were evaluated */
    int64_t rows;  /* of the part */
    int64_t every; /* every so many of them were looked at row by row: 1 all */
    int64_t used;  /* rows that were */
    int64_t classes, outputs, layers;
    int64_t at[LS_REPORT_ITEMS + 1]; /* where each item begins in `values`, and their end */
    double *values;                  /* owned */
} ls_report_part;

/* Local. An empty part, all 0. */
ls_status ls_report_part_create(const char *name, ls_report_kind kind, int64_t outputs, int64_t layers,
                                ls_report_part *part);
void ls_report_part_free(ls_report_part *part); /* {0} is accepted */
/* How many doubles such a part has. */
int64_t ls_report_part_size(ls_report_kind kind, int64_t outputs, int64_t layers);
/* Classes that have a curve each; of a single yes-or-no output one. */
int64_t ls_report_part_curves(const ls_report_part *part);
static inline double *ls_report_item_of(const ls_report_part *part, ls_report_item item)
{
    return part->values + part->at[item];
}
static inline int64_t ls_report_item_count(const ls_report_part *part, ls_report_item item)
{
    return part->at[item + 1] - part->at[item];
}
/* Its key in files: "support". */
const char *ls_report_item_key(ls_report_item item);

/* ---- a run ---- */

typedef struct ls_report_pair {
    const char *key, *value;
} ls_report_pair;

/* An option that a resume has changed. */
typedef struct ls_report_change {
    int64_t step;
    const char *option, *before, *after;
} ls_report_change;

typedef struct ls_report_layer {
    const char *name, *kind, *activation;
    int64_t units, parameters;
} ls_report_layer;

/* Lengths of the layers' weights, and of their mean gradient in the last step, of some epochs. */
typedef struct ls_report_norms {
    int64_t epochs, layers;
    const double *values; /* (epochs, 1 + 2 * layers): epoch; weights by layer; gradients by layer */
} ls_report_norms;

/* log.csv. */
typedef struct ls_report_log {
    int columns;
    char **names; /* (columns) */
    int64_t rows;
    double *values; /* (columns, rows); NaN: no number, or left out */
    uint8_t *empty; /* (columns, rows) left out */
    int64_t steps;  /* of an epoch */
} ls_report_log;

enum { LS_REPORT_PARTS = 3 };

typedef struct ls_report {
    const char *title; /* of the run among others; "" alone */
    const char *version;
    int64_t features, outputs, parameters, epochs, steps;
    int64_t rows[3];        /* training, validation, test; 0 none */
    const char *columns[2]; /* what the features and targets are called in the file, or NULL */
    const char *prepared;   /* what was done to the data, or NULL */
    const char *ended_by;   /* the option that ended training before its last epoch, or NULL */
    int64_t planned;        /* epochs that were asked for; 0: not known */
    int64_t best_epoch;     /* 0: not known */
    const char *best_monitor;
    double best_value;
    bool best_restored; /* the model is of that epoch */
    int64_t pairs;
    ls_report_pair *recipe;
    int64_t changes;
    ls_report_change *change;
    int64_t layers;
    ls_report_layer *layer;
    int64_t names;
    const char **name; /* (names) of classes, or of outputs */
    ls_report_norms norms;
    int parts;
    ls_report_part part[LS_REPORT_PARTS];
    ls_report_log log;
    /* what texts and tables above point into */
    ls_json_document document;
    double *norm_values;
} ls_report;

/* Local. From the text of report.json (or of a run.json, which tells less) and of log.csv. LS_ERR_DATA: one of them is
 * none. `title` is borrowed. */
ls_status ls_report_read(const char *title, const char *json, const char *log, ls_report *report);
void ls_report_free(ls_report *report); /* {0} is accepted */

/* Local. Puts a part as an object, and the member "norms" where there are some into the object that is open: what
 * ls_report_read reads. */
void ls_report_part_put(ls_json *json, const ls_report_part *part);
void ls_report_norms_put(ls_json *json, const ls_report_norms *norms);

/* ---- pages ---- */

/* Local. Appends the page of one run, or of several beside each other. */
void ls_report_page(const ls_report *reports, int count, ls_text *html);
/* Local. The page about where and how fast it ran: from run.json and timing.csv ("" where there is none). `title` names
 * the run. */
ls_status ls_report_machine(const char *title, const char *card, const char *timing, ls_text *html);

#endif

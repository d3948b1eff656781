/* `lockstep info` of models and checkpoints: what one holds, read once, for people and for programs. Local. */
#ifndef LS_JOBS_DESCRIBE_H
#define LS_JOBS_DESCRIBE_H

#include "base/json.h"
#include "base/text.h"
#include "hdf5/h5.h"
#include "train/footprint.h"

/* What was asked, and what is known besides the file. */
typedef struct ls_describe_request {
    const ls_options *options; /* batch-size, shards, ranks, threads where they are given; NULL: none is */
    const ls_options *run;     /* of the run that it is of, from its run.json; NULL: not known */
    bool best;                 /* the run keeps its best epoch */
} ls_describe_request;

/* Appends the text, and the members of the present JSON object. The file is open and trusted no further than a model
 * is. */
ls_status ls_describe_model(ls_h5_file *file, const ls_describe_request *request, ls_text *text);
ls_status ls_describe_model_json(ls_h5_file *file, const ls_describe_request *request, ls_json *json);

/* What both tell. */
typedef struct ls_described {
    ls_network *network;
    char *kind;     /* "model" or "checkpoint" */
    char *encoding; /* of a converted table's columns; NULL: none */
    /* Of a file of Keras', else NULL: what it is, lines for people, and the words that compile() comes to. */
    char *keras, *notes, *training_notes, *compiled_optimizer, *compiled_schedule, *optimizer_fault;
    char *recipe; /* of a checkpoint; else NULL */
    int64_t epoch, step, steps;
    char *changes;      /* NULL: none */
    int64_t best_epoch; /* 0: none */
    double best_value;
    bool has_optimizer;
    char optimizer[64];
    bool averages;
    ls_footprint_setup setup; /* of a training of this model */
    ls_footprint footprint;
    bool sealed;     /* else damage cannot be told */
    char digest[65]; /* of the file */
} ls_described;

ls_status ls_described_read(ls_h5_file *file, const ls_describe_request *request, ls_described *described);
void ls_described_free(ls_described *described); /* back to {0} */

#endif

/* What options and a data file offer for training, validation and test, before anybody reads rows: parts_describe.c
 * looks (one rank), parts.c makes all ranks know the same and chooses rows. */
#ifndef LS_DATA_PARTS_H
#define LS_DATA_PARTS_H

#include "base/text.h"
#include "context/context.h"
#include "data/datafiles.h"
#include "data/dataset.h"

/* Each part may be described five times: with all columns, without the targets, and without one more column for each of
 * three options; and weights, groups, and one more that --validation-data replaces. */
#define LS_PARTS_SOURCES (5 * LS_DATASET_PARTS + 4)

/* Names that those of the data are compared with: a model's. */
typedef struct ls_names_reference {
    const char *text; /* the encoding of its columns as JSON; NULL: they have no names */
    const char *name; /* "the model", in messages */
    const char *like; /* what convert's --like takes to do as it does */
    bool nameless;    /* what is trained on keeps no names: it goes on without, as it began */
} ls_names_reference;

/* What a data file offers, described. An absent part has rows 0. The three parts own their selections. */
typedef struct ls_parts {
    ls_source train;
    ls_source validation;
    ls_source test;
    bool scored;                                   /* for evaluate and predict: train_weight is the scored part's */
    bool predicted;                                /* and of these for predict: targets do not count */
    ls_source train_weight, validation_weight;     /* described as the parts were, before rows were chosen */
    ls_source groups;                              /* of the training rows, on rank 0 only */
    const ls_layout *layout[LS_PARTS_SOURCES + 1]; /* of all sources described, one holder each; then NULL */
    ls_datafiles *files;
    const ls_names_reference *reference;   /* on rank 0; NULL: the parts are compared with the first of them */
    char *encoding;                        /* of the columns that are trained on; NULL: they have no names */
    char *conflict;                        /* why the targets are not the reference's, where they may be others; NULL */
    ls_text remarks, warnings;             /* lines to be logged, on rank 0 */
    bool trial;                            /* the child process that looks first, at little */
    const ls_less *less[LS_DATASET_PARTS]; /* of train, validation and test: x_less of their sources */
    const ls_label_names *names;           /* of labels that are texts: of all parts; NULL: none are */
    const ls_label_names *group_names;     /* the same of groups */
    char prepared[512];
    char apart[1024]; /* columns that are no features since options name them for something else; on rank 0 */
} ls_parts;

/* Local. Nothing described, no file open. */
ls_status ls_parts_create(int threads, ls_parts **parts);
void ls_parts_free(ls_parts *parts); /* NULL is accepted */

/* Local. One more source's layout, which the parts release. */
void ls_parts_keep_layout(ls_parts *parts, const ls_source *source);

/* Local. The source has another layout than `before`; the parts let go of that unless another source has it. */
void ls_parts_change_layout(ls_parts *parts, const ls_layout *before, const ls_source *source);

/* Local. Which part evaluate and predict take: "train", "validation", "test" or "all". */
const char *ls_parts_scored(const ls_options *options, const ls_parts *parts);

/* Local. Whether a part's rows ("train", "validation", "test") are among those, or become some of those. */
bool ls_parts_are_scored(const ls_options *options, const ls_parts *parts, const char *part);

/* Local. Adds to what is told about the choice of rows. */
void ls_parts_tell(ls_parts *parts, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Local. Everything a rank can say by itself about options->data and what is named beside it; with options->check_data
 * a child process has looked first. With need_targets every part has targets, or it is LS_ERR_DATA. */
ls_status ls_parts_describe(const ls_options *options, bool need_targets, ls_parts *parts);

/* Collective: the same on all ranks, or an error on all. Rank 0 looks at the files, so that a thousand ranks do not;
 * the others open them when they read rows. Then rows are chosen: those without missing values, the validation rows,
 * the limit. */
ls_status ls_parts_agree(ls_context *context, const ls_options *options, bool need_targets, ls_parts *parts);

#endif

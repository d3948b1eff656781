/* Metrics that count and rank, through the public API: the same bits on all ranks as on one, with little memory too,
 * and through a checkpoint in the middle of an epoch. */
#include "api_data.h"
#include "mpi_test.h"

#include <lockstep_mpi.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char metrics[] = "accuracy, precision, recall average=weighted, f1_score, auc, pr_auc, confusion_matrix, "
                              "log_loss, brier, top_k_categorical_accuracy k=2";

/* A training over some ranks. */
typedef struct training {
    ls_context *context;
    ls_options *options;
    ls_dataset *dataset;
    ls_model *model;
    ls_trainer *trainer;
} training;

static training start(ls_context *context, const ls_arrays *arrays, const char *layers)
{
    const char *const settings[][2] = {{"layers", layers},        {"metrics", metrics}, {"batch-size", "32"},
                                       {"normalize", "standard"}, {"epochs", "2"},      {"learning-rate", "0.05"}};
    training t = {.context = context};
    CHECK_OK(ls_options_create(&t.options));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (i != 1 || strstr(layers, "softmax"))
            CHECK_OK(ls_options_set(t.options, settings[i][0], settings[i][1]));
    CHECK_OK(ls_dataset_from_arrays(context, arrays, &t.dataset));
    CHECK_OK(ls_model_create(context, t.options, t.dataset, &t.model));
    CHECK_OK(ls_trainer_create(context, t.options, t.model, t.dataset, t.dataset, &t.trainer));
    return t;
}

static void end(training *t)
{
    ls_trainer_destroy(t->trainer);
    ls_model_destroy(t->model);
    ls_dataset_destroy(t->dataset);
    ls_options_destroy(t->options);
}

static void check_scores(const ls_scores *got, const ls_scores *want)
{
    CHECK_INT(got->rows, want->rows);
    CHECK_INT(got->count, want->count);
    for (int k = 0; k < want->count; k++) {
        CHECK_STRING(got->name[k], want->name[k]);
        CHECK_INT(memcmp(&got->value[k], &want->value[k], sizeof want->value[k]), 0);
    }
}

static int find(const ls_scores *scores, const char *name)
{
    for (int k = 0; k < scores->count; k++)
        if (strcmp(scores->name[k], name) == 0)
            return k;
    return -1;
}

/* Everything an evaluation tells, as text for ls_text_release. */
static char *evaluate(const training *t)
{
    ls_evaluation *evaluation = NULL;
    char *text = NULL;
    CHECK_OK(ls_evaluation_create(t->context, NULL, t->model, t->dataset, &evaluation));
    if (evaluation)
        CHECK_OK(ls_evaluation_json(evaluation, &text));
    ls_evaluation_destroy(evaluation);
    return text;
}

/* Epoch after epoch, and in the end an evaluation: over all ranks, over all with little memory, and on each alone. */
static void check_split(ls_context *const contexts[3], const ls_arrays *arrays, const char *layers)
{
    training t[3];
    char *text[3];
    for (int i = 0; i < 3; i++)
        t[i] = start(contexts[i], arrays, layers);
    for (int epoch = 0; epoch < 2; epoch++) {
        ls_epoch e[3];
        for (int i = 0; i < 3; i++)
            CHECK_OK(ls_trainer_epoch(t[i].trainer, &e[i]));
        for (int i = 0; i < 2; i++) {
            check_scores(&e[i].train, &e[2].train);
            check_scores(&e[i].validation, &e[2].validation);
        }
        CHECK_INT(find(&e[2].train, "auc"), -1); /* of moving weights: there is none */
        const int recall = find(&e[2].train, "recall"), accuracy = find(&e[2].train, "accuracy");
        if (recall >= 0) /* weighted by the rows of each class it is the accuracy, of this epoch's rows alone */
            CHECK_TRUE(fabs(e[2].train.value[recall] - e[2].train.value[accuracy]) < 1e-14);
    }
    for (int i = 0; i < 3; i++)
        text[i] = evaluate(&t[i]);
    for (int i = 0; i < 2; i++)
        CHECK_STRING(text[i] ? text[i] : "", text[2] ? text[2] : "-");
    for (int i = 0; i < 3; i++) {
        ls_text_release(text[i]);
        end(&t[i]);
    }
}

/* What was counted before a checkpoint in the middle of an epoch counts after it, on another split. */
static void check_resume(ls_context *all, ls_context *alone, const ls_arrays *arrays)
{
    char path[64];
    long long id = mpi_test_rank == 0 ? (long long)getpid() : 0;
    MPI_Bcast(&id, 1, MPI_LONG_LONG, 0, MPI_COMM_WORLD);
    snprintf(path, sizeof path, "evaluation-%lld.h5", id);
    training first = start(all, arrays, "8 relu, 4 softmax"), then = start(alone, arrays, "8 relu, 4 softmax");
    ls_epoch want, got;
    for (int step = 0; step < 4; step++)
        CHECK_OK(ls_trainer_step(first.trainer, NULL));
    CHECK_OK(ls_trainer_save(first.trainer, path));
    CHECK_OK(ls_trainer_epoch(first.trainer, &want));
    CHECK_OK(ls_trainer_load(then.trainer, path));
    CHECK_OK(ls_trainer_epoch(then.trainer, &got));
    check_scores(&got.train, &want.train);
    CHECK_OK(ls_trainer_load(first.trainer, path)); /* and on the same */
    CHECK_OK(ls_trainer_epoch(first.trainer, &got));
    check_scores(&got.train, &want.train);
    MPI_Barrier(MPI_COMM_WORLD);
    if (mpi_test_rank == 0)
        remove(path);
    end(&first);
    end(&then);
}

/* What an evaluation tells class by class, against the predictions. */
static void check_classes(ls_context *context, const ls_arrays *arrays)
{
    enum { CLASSES = 4 };
    training t = start(context, arrays, "8 relu, 4 softmax");
    float prediction[ROWS * CLASSES];
    int64_t counts[CLASSES][CLASSES] = {{0}};
    ls_evaluation *evaluation = NULL;
    ls_class_scores class_;
    bool rare;
    CHECK_OK(ls_trainer_epoch(t.trainer, NULL));
    CHECK_OK(ls_model_predict_rows(t.model, ROWS, arrays->x, prediction));
    for (int r = 0; r < ROWS; r++) {
        int best = 0;
        for (int k = 1; k < CLASSES; k++)
            best = prediction[r * CLASSES + k] > prediction[r * CLASSES + best] ? k : best;
        counts[arrays->labels[r]][best]++;
    }
    CHECK_OK(ls_evaluation_create(context, NULL, t.model, t.dataset, &evaluation));
    CHECK_INT(ls_evaluation_classes(evaluation), CLASSES);
    int64_t most = 0;
    for (int k = 0; k < CLASSES; k++) {
        int64_t support = 0, given = 0;
        for (int j = 0; j < CLASSES; j++) {
            int64_t rows = -1;
            CHECK_OK(ls_evaluation_confusion(evaluation, k, j, &rows));
            CHECK_INT(rows, counts[k][j]);
            support += counts[k][j];
            given += counts[j][k];
        }
        CHECK_OK(ls_evaluation_class(evaluation, k, &class_));
        CHECK_INT(class_.support, support);
        CHECK_INT(class_.label, k);
        CHECK_DOUBLE(class_.recall, support ? (double)counts[k][k] / (double)support : 0);
        CHECK_DOUBLE(class_.precision, given ? (double)counts[k][k] / (double)given : 0);
        CHECK_INT(isnan(class_.auc), support == 0); /* nobody has the last class */
        most = support > most ? support : most;
    }
    CHECK_DOUBLE(ls_evaluation_base_rate(evaluation, &rare), (double)most / ROWS);
    CHECK_INT(ls_evaluation_class(evaluation, CLASSES, &class_), LS_ERR_USAGE);
    ls_evaluation_destroy(evaluation);
    end(&t);
}

/* Rows that weigh differently are not ranked, nor are scores that are no numbers. */
static void check_refused(ls_context *context, const ls_arrays *arrays)
{
    float weights[ROWS], *bias;
    ls_arrays weighted = *arrays;
    ls_dataset *dataset = NULL;
    ls_evaluation *evaluation = NULL;
    ls_variable variable;
    for (int r = 0; r < ROWS; r++)
        weights[r] = 1;
    weighted.weights = weights;
    training t = start(context, arrays, "8 relu, 4 softmax");
    CHECK_OK(ls_dataset_from_arrays(context, &weighted, &dataset));
    CHECK_INT(ls_evaluation_create(context, NULL, t.model, dataset, &evaluation), LS_ERR_USAGE);
    CHECK_CONTAINS(ls_error_message(), "auc and pr_auc rank rows that all count the same");
    CHECK_OK(ls_options_set(t.options, "metrics", "accuracy, recall"));
    CHECK_OK(ls_evaluation_create(context, t.options, t.model, dataset, &evaluation));
    ls_evaluation_destroy(evaluation);
    ls_dataset_destroy(dataset);
    CHECK_OK(ls_options_set(t.options, "threshold", "0.3"));
    CHECK_INT(ls_evaluation_create(context, t.options, t.model, t.dataset, &evaluation), LS_ERR_USAGE);
    CHECK_CONTAINS(ls_error_message(), "--threshold");

    CHECK_OK(ls_model_variable(t.model, 3, &variable));
    bias = calloc((size_t)variable.shape[0], sizeof *bias);
    bias[0] = NAN;
    CHECK_OK(ls_model_set(t.model, 3, bias));
    CHECK_INT(ls_evaluation_create(context, NULL, t.model, t.dataset, &evaluation), LS_ERR_NUMERIC);
    CHECK_CONTAINS(ls_error_message(), "output for row 0 ");
    free(bias);
    end(&t);
}

int main(int argc, char **argv)
{
    static api_data data;
    mpi_test_start(&argc, &argv);
    api_data_make(&data);
    const ls_arrays classes = api_data_classes(&data), values = api_data_regression(&data);
    ls_context_settings settings;
    ls_context *contexts[3]; /* all ranks; all with little memory; each alone */
    ls_context_settings_defaults(&settings);
    settings.threads = 2;
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &contexts[0]));
    settings.memory = "11KiB"; /* on one rank and on two, those trained on leave no room for scores */
    settings.threads = 1;
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &contexts[1]));
    settings.memory = NULL;
    CHECK_OK(ls_context_create(&settings, &contexts[2]));
    check_split(contexts, &classes, "8 relu, 4 softmax");
    check_split(contexts, &values, "8 relu, 1");
    check_resume(contexts[0], contexts[2], &classes);
    check_classes(contexts[0], &classes);
    check_refused(contexts[0], &classes);
    for (int i = 0; i < 3; i++)
        ls_context_destroy(contexts[i]);
    return mpi_test_finish();
}

/* The passes, and how threads share them. Either each thread takes its own sample panels from gathering to the last
 * delta without a barrier, and reads all weights; or the threads share out each layer's outputs, meet after it, and
 * read all samples, each only its own weights, those that it updates too. */
#include "model/pass_internal.h"

#include "base/fpenv.h"
#include "model/layer_kinds.h"

#include <math.h>
#include <omp.h>

/* A thread more pays only if it saves more than a barrier costs; a share of 2e5 multiply-adds is about 4 us. */
#define WORK_PER_THREAD 2e5

/* ---- how threads share a pass ---- */

static int64_t panels_of(const ls_batch *batch)
{
    return (batch->rows + LS_PANEL - 1) / LS_PANEL;
}

/* By rows, a group is a thread; with fewer panels than threads, the threads of a group share a panel's outputs. */
static int groups_of(const ls_pass *pass, int64_t rows, int64_t panels, int team)
{
    if (ls_pass_by_output(pass, rows) || panels < 1)
        return 1;
    return panels < team ? (int)panels : team;
}

static ls_pass_share share_of(const ls_pass *pass, const ls_batch *batch, int thread, int team)
{
    ls_pass_share s;
    const int64_t panels = panels_of(batch);
    const int groups = groups_of(pass, batch->rows, panels, team);
    const int group = thread % groups;
    s.first = panels * group / groups;
    s.last = panels * (group + 1) / groups;
    s.member = thread / groups;
    s.members = (team - group + groups - 1) / groups;
    s.meets = team > groups;
    s.thread = thread;
    s.team = team;
    int64_t begin, end;
    ls_pass_part(&s, s.last - s.first, &begin, &end);
    s.own_first = s.first + begin;
    s.own_last = s.first + end;
    return s;
}

int ls_pass_team(const ls_pass *pass, int64_t rows)
{
    double work = (double)pass->network->trainable * (double)rows * (pass->training ? 3 : 1);
    double useful = work / WORK_PER_THREAD;
    return useful >= pass->threads ? pass->threads : useful < 1 ? 1 : (int)useful;
}

/* ---- passes ---- */

void ls_pass_predict(ls_pass *pass, const float *block, const ls_batch *batch, float *prediction)
{
    const ls_network *network = pass->network;
    const int64_t outputs = network->outputs;
    const float *a = pass->layers[network->count - 1].output;
    const ls_pass_run run = {.block = block, .batch = batch};
#pragma omp parallel num_threads(ls_pass_team(pass, batch->rows))
    {
        const ls_fpenv saved = ls_fpenv_enter();
        const ls_pass_share s = share_of(pass, batch, omp_get_thread_num(), omp_get_num_threads());
        ls_pass_forward(pass, &run, &s, omp_get_thread_num());
        for (int64_t r = s.own_first * LS_PANEL; r < s.own_last * LS_PANEL && r < batch->rows; r++) {
            for (int64_t j = 0; j < outputs; j++) {
                float value = a[(r / LS_PANEL * (outputs + 1) + j) * LS_PANEL + r % LS_PANEL];
                prediction[r * outputs + j] =
                    network->target_map.count ? ls_affine_inverse(&network->target_map, j, value) : value;
            }
        }
        ls_fpenv_leave(saved);
    }
}

void ls_pass_evaluate(ls_pass *pass, const float *block, const ls_batch *batch, double *sums)
{
    const int width = pass->network->metrics.width;
    const ls_pass_run run = {.block = block, .batch = batch};
#pragma omp parallel num_threads(ls_pass_team(pass, batch->rows))
    {
        const ls_fpenv saved = ls_fpenv_enter();
        const ls_pass_share s = share_of(pass, batch, omp_get_thread_num(), omp_get_num_threads());
        ls_pass_forward(pass, &run, &s, omp_get_thread_num());
        ls_pass_score(pass, batch, &s);
        ls_fpenv_leave(saved);
    }
    const ls_fpenv saved = ls_fpenv_enter();
    for (int64_t r = 0; r < batch->rows; r++) {
        for (int i = 0; i < width; i++)
            sums[i] += pass->row_sums[r * width + i];
    }
    ls_fpenv_leave(saved);
}

void ls_pass_count(const ls_pass *pass, int64_t rows, int64_t *counts)
{
    for (int64_t i = 0; i < rows * pass->network->metrics.row_cells; i++)
        if (pass->cells[i] >= 0) /* not of a place without a row */
            counts[pass->cells[i]]++;
}

/* Panels of `units` rows, with one behind them or not. */
static void copy_lanes(const float *panels, int64_t units, int64_t unit, int64_t rows, float *values)
{
    const float *a = panels + unit * LS_PANEL;
    for (int64_t r = 0; r < rows; r++)
        values[r] = a[r / LS_PANEL * units * LS_PANEL + r % LS_PANEL];
}

/* Where scores are; *units: rows of a panel. */
static const float *scores_of(const ls_pass *pass, int64_t *units)
{
    const ls_network *network = pass->network;
    const bool linked = pass->chances && pass->task.classes == LS_CLASSES_ONE;
    *units = network->outputs + (linked ? 0 : 1);
    return linked ? pass->chances : pass->layers[network->count - 1].output;
}

void ls_pass_output(const ls_pass *pass, int64_t rows, int64_t output, float *scores)
{
    int64_t units;
    const float *a = scores_of(pass, &units);
    copy_lanes(a, units, output, rows, scores);
}

float ls_pass_output_of(const ls_pass *pass, int64_t row, int64_t output)
{
    int64_t units;
    const float *a = scores_of(pass, &units);
    return a[(row / LS_PANEL * units + output) * LS_PANEL + row % LS_PANEL];
}

void ls_pass_value(const ls_pass *pass, int64_t rows, int64_t output, float *values)
{
    const ls_network *network = pass->network;
    copy_lanes(pass->layers[network->count - 1].output, network->outputs + 1, output, rows, values);
}

void ls_pass_speaks(const ls_pass *pass, int64_t rows, int layer, uint8_t *speaks)
{
    const int64_t units = pass->network->layers[layer].units;
    const float *a = pass->layers[layer].output;
    for (int64_t u = 0; u < units; u++)
        for (int64_t r = 0; r < rows && !speaks[u]; r++)
            speaks[u] = a[(r / LS_PANEL * (units + 1) + u) * LS_PANEL + r % LS_PANEL] != 0;
}

/* A training batch's arguments, for the threads. */
typedef struct training {
    ls_pass *pass;
    ls_pass_run run;
    const ls_batch_shards *shards;
    const ls_gradient_sink *sink;
    double *sums;
} training;

/* Behind the scores, with an exchange beside it that is told of them at once. */
static void train_beside(const training *t, const ls_pass_share *s)
{
    ls_pass_meet_all(s);
    if (s->thread == 0) {
        ls_gradient_sums(t->pass, t->run.batch, t->shards, t->sums);
        t->run.beside->scored(t->run.beside->user);
    }
    ls_pass_backward(t->pass, &t->run, s);
}

static void train_share(const training *t, int thread, int team)
{
    ls_pass *pass = t->pass;
    const ls_fpenv saved = ls_fpenv_enter();
    const ls_pass_share s = share_of(pass, t->run.batch, thread, team);
    if (pass->operands)
        ls_pass_await(&t->run, &s, pass->network->trainable);
    ls_operands_begin(pass, &t->run, &s);
    ls_pass_forward(pass, &t->run, &s, thread);
    ls_pass_score(pass, t->run.batch, &s);
    if (t->run.beside) {
        train_beside(t, &s);
        ls_fpenv_leave(saved);
        return;
    }
    ls_pass_backward(pass, &t->run, &s);
    if (team > 1) { /* alone there is no region of ours, and a barrier would be one of the host's */
#pragma omp barrier
    }
    if (thread == 0) {
        ls_gradient_sums(pass, t->run.batch, t->shards, t->sums);
        pass->go_on = !t->sink->begin || t->sink->begin(t->sink->user);
    }
    if (t->sink->begin && team > 1) {
#pragma omp barrier
    }
    if (t->sink->apply ? pass->go_on : t->sink->gradients != NULL)
        ls_gradient_share(pass, t->shards, t->sink, thread, team);
    ls_fpenv_leave(saved);
}

void ls_pass_train(ls_pass *pass, uint32_t seed, const float *block, const ls_batch *batch,
                   const ls_batch_shards *shards, const ls_gradient_sink *sink, double *sums)
{
    const training t = {pass, {seed, block, batch, shards, sink->beside}, shards, sink, sums};
    const int team = ls_pass_team(pass, batch->rows);
    if (team == 1) { /* even a region of one thread costs as much as a small layer */
        train_share(&t, 0, 1);
        return;
    }
#pragma omp parallel num_threads(team)
    train_share(&t, omp_get_thread_num(), omp_get_num_threads());
}

/* ---- statistics ---- */

int64_t ls_pass_exchanged(const ls_network *network)
{
    int64_t widest = 0;
    for (int m = network->trainable_matrices; m < network->matrices; m++) {
        const int64_t width = 2 * LS_PANEL * network->matrix[m].panels;
        widest = width > widest ? width : widest;
    }
    return widest;
}

bool ls_pass_statistics_finite(const ls_pass *pass)
{
    for (int64_t i = 0; i < ls_network_statistics(pass->network); i++)
        if (!isfinite(pass->statistics[i]))
            return false;
    return true;
}

void ls_pass_accept(const ls_pass *pass, float *block)
{
    for (int l = 0; l < pass->network->count; l++) {
        const ls_layer_operations *operations = pass->network->layers[l].kind->operations;
        if (operations->accept)
            operations->accept(pass, l, block);
    }
}

/* The exchange of a step without the rest of it: the gradient's sum over ranks, Adam on the owned slice and the
 * weights' way back, beside MPI_Allreduce and Adam on everything, which is what data-parallel trainers usually do. One
 * thread a rank; both in turn, so that a disturbance meets both.
 *
 *   mpirun -n P reduction [--tries N] FLOATS...
 *
 * Rank 0 prints CSV: ranks,floats,lockstep_ms,exchange_ms,allreduce_ms,ratio,sent_bytes. A time is the slowest rank's,
 * the median over tries; exchange_ms is lockstep_ms without Adam, sent_bytes one rank's of a step. */
#include "base/clock.h"
#include "base/memory.h"
#include "comm/comm_mpi.h"
#include "comm/reduce.h"
#include "optim/optimizer.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRIES_MAX = 201,
    WIDTH = 2, /* of the header: loss and a metric */
    LEAST_SHARDS = 8
};

typedef struct bench {
    const ls_kernels *kernels;
    ls_comm *comm;
    int64_t n;
    int nodes;
    float *partials[LS_TREE_MAX_NODES]; /* (n) each */
    float *w, *m, *v;                   /* (n) */
    ls_optimizer adam;
} bench;

static void need(ls_status status)
{
    if (status == LS_OK)
        return;
    fprintf(stderr, "reduction: %s\n", ls_error_message());
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static void add(void *user, int64_t n, const float *a, const float *b, float *sum)
{
    ((const ls_kernels *)user)->add(n, a, b, sum);
}

/* As a backward pass leaves it: new, and partly in the caches. */
static void fill_gradients(bench *b)
{
    for (int j = 0; j < b->nodes; j++) {
        for (int64_t i = 0; i < b->n; i++)
            b->partials[j][i] = (float)(i % 1024) * 0x1p-20F;
    }
}

/* The optimizer on a piece of the owned slice, which begins at `slice`. */
typedef struct updating {
    bench *b;
    ls_update_step step;
    ls_seen seen;
    double seconds;
} updating;

static bool begin(void *user, const ls_reduce_header *total)
{
    (void)total;
    ((updating *)user)->step = ls_optimizer_next(&((updating *)user)->b->adam, 1e-3, 256);
    return true;
}

static void apply(void *user, int64_t first, int64_t n, const float *sum)
{
    updating *u = user;
    const bench *b = u->b;
    const double clock = ls_clock();
    b->kernels->update[LS_UPDATE_ADAM](&u->step, n, sum, b->w + first, (float *[]){b->m + first, b->v + first},
                                       &u->seen);
    u->seconds += ls_clock() - clock;
}

/* The library's reduction is used here and in make_reduction only. Adds to *exchange the seconds without Adam. */
static void lockstep_step(bench *b, ls_reduce *reduce, double *exchange)
{
    double sums[LS_TREE_MAX_NODES * WIDTH] = {0};
    ls_reduce_header header = {sums, 0, 0};
    updating u = {.b = b};
    const ls_reduce_update update = {begin, apply, &u, false};
    const double clock = ls_clock();
    need(ls_reduce_step(reduce, b->partials, &header, &update, b->w));
    *exchange += ls_clock() - clock - u.seconds;
}

static ls_reduce *make_reduction(bench *b)
{
    ls_reduce *reduce;
    const ls_tree_node *nodes;
    int64_t shards = LEAST_SHARDS;
    while (shards < ls_comm_size(b->comm))
        shards *= 2;
    need(ls_reduce_create(b->comm, b->n, NULL, shards, WIDTH, LS_REDUCE_AUTO, add, (void *)b->kernels, &reduce));
    need(ls_reduce_share(reduce));
    b->nodes = ls_reduce_nodes(reduce, &nodes);
    return reduce;
}

static void usual_step(bench *b)
{
    MPI_Allreduce(MPI_IN_PLACE, b->partials[0], (int)b->n, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    const ls_update_step step = ls_optimizer_next(&b->adam, 1e-3, 256);
    b->kernels->update[LS_UPDATE_ADAM](&step, b->n, b->partials[0], b->w, (float *[]){b->m, b->v}, &(ls_seen){0});
}

/* ---- times ---- */

static double slowest(double seconds)
{
    double most;
    MPI_Allreduce(&seconds, &most, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return most;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static void measure(bench *b, int tries)
{
    double ours[TRIES_MAX], exchange[TRIES_MAX], usual[TRIES_MAX];
    int64_t sent = 0;
    ls_reduce *reduce = make_reduction(b);
    for (int j = 0; j < b->nodes || j == 0; j++)
        need(ls_memory_allocate(&b->partials[j], b->n, sizeof(float), "gradients"));
    need(ls_memory_allocate(&b->w, b->n, sizeof(float), "weights"));
    need(ls_memory_allocate(&b->m, b->n, sizeof(float), "m"));
    need(ls_memory_allocate(&b->v, b->n, sizeof(float), "v"));
    const ls_optimizer_settings settings = {.learning_rate = 1e-3, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7};
    ls_optimizer_start(ls_optimizer_find("adam"), &settings, &b->adam);
    for (int i = -2; i < tries; i++) { /* two to warm up */
        const int place = i < 0 ? 0 : i;
        double alone = 0;
        fill_gradients(b);
        sent = ls_comm_bytes_sent(b->comm);
        MPI_Barrier(MPI_COMM_WORLD);
        double clock = ls_clock();
        lockstep_step(b, reduce, &alone);
        ours[place] = slowest(ls_clock() - clock);
        exchange[place] = slowest(alone);
        sent = ls_comm_bytes_sent(b->comm) - sent;
        fill_gradients(b);
        MPI_Barrier(MPI_COMM_WORLD);
        clock = ls_clock();
        usual_step(b);
        usual[place] = slowest(ls_clock() - clock);
    }
    const double a = median(ours, tries), c = median(usual, tries);
    if (ls_comm_rank(b->comm) == 0) {
        printf("%d,%lld,%.4f,%.4f,%.4f,%.3f,%lld\n", ls_comm_size(b->comm), (long long)b->n, a * 1e3,
               median(exchange, tries) * 1e3, c * 1e3, a / c, (long long)sent);
        fflush(stdout);
    }
    for (int j = 0; j < b->nodes || j == 0; j++)
        ls_memory_free(b->partials[j]);
    ls_memory_free(b->w);
    ls_memory_free(b->m);
    ls_memory_free(b->v);
    ls_reduce_destroy(reduce);
}

int main(int argc, char **argv)
{
    int tries = 21, first = 1;
    MPI_Init(&argc, &argv);
    if (argc > 2 && strcmp(argv[1], "--tries") == 0) {
        tries = atoi(argv[2]);
        first = 3;
    }
    if (first >= argc || tries < 1 || tries > TRIES_MAX) {
        fprintf(stderr, "usage: mpirun -n P reduction [--tries N] FLOATS...\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    bench b = {.kernels = ls_kernels_find(NULL)};
    need(ls_comm_create_mpi(MPI_COMM_WORLD, &b.comm));
    if (ls_comm_rank(b.comm) == 0)
        printf("ranks,floats,lockstep_ms,exchange_ms,allreduce_ms,ratio,sent_bytes\n");
    for (int i = first; i < argc; i++) {
        b.n = strtoll(argv[i], NULL, 10);
        if (b.n < 1 || b.n > INT32_MAX) {
            fprintf(stderr, "reduction: '%s' is no number of floats\n", argv[i]);
            MPI_Abort(MPI_COMM_WORLD, 2);
        }
        measure(&b, tries);
    }
    ls_comm_destroy(b.comm);
    MPI_Finalize();
    return 0;
}

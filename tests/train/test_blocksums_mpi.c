/* Norm blocks' sums over ranks: whoever owns which slice, all ranks get what one rank sums of all of it. */
#include "comm/comm_mpi.h"
#include "comm/reduce_internal.h"
#include "mpi_test.h"
#include "operands.h"
#include "train/blocksums.h"

#include <stdlib.h>

enum { SHARDS = 16 };

static void add(void *user, int64_t n, const float *a, const float *b, float *sum)
{
    (void)user, (void)n, (void)a, (void)b, (void)sum;
}

static void check(ls_comm *comm, const ls_norms *norms, const float *block, ls_reduce_scheme scheme, int64_t small)
{
    const ls_kernels *kernels = ls_kernels_find(NULL);
    const ls_reduce_cuts cuts = {norms->count + 1, norms->cuts};
    ls_reduce *reduce;
    ls_blocksums sums;
    CHECK_OK(ls_reduce_create_limit(comm, norms->network->block, &cuts, SHARDS, 0, scheme, add, NULL, small, 1 << 16,
                                    &reduce));
    CHECK_OK(ls_blocksums_create(norms, comm, reduce, LS_NORM_LANES, &sums));
    for (int width = LS_NORM_SUM; width <= LS_NORM_LANES; width += LS_NORM_LANES - LS_NORM_SUM) {
        const size_t bytes = (size_t)(norms->count * width) * sizeof(double);
        double *want = malloc(bytes), *got = malloc(bytes);
        memset(got, 0xFF, bytes);
        ls_norms_sums(norms, kernels, 1, LS_NORM_SQUARES, 0, norms->count, block, width, want);
        ls_norms_sums(norms, kernels, 1, LS_NORM_SQUARES, sums.first, sums.last, block + norms->cuts[sums.first], width,
                      got + sums.first * width);
        CHECK_OK(ls_blocksums_share(&sums, width, got));
        CHECK_INT(memcmp(got, want, bytes), 0);
        free(want);
        free(got);
    }
    ls_blocksums_free(&sums);
    ls_reduce_destroy(reduce);
}

int main(int argc, char **argv)
{
    ls_comm *comm;
    ls_network *network;
    ls_norms norms;
    mpi_test_start(&argc, &argv);
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    ls_comm_set_passive(comm, true);
    ls_comm_set_timeout(comm, 60);
    CHECK_OK(ls_network_create("17 relu, 3", 65, &network));
    CHECK_OK(ls_norms_create(network, &norms));
    float *block = calloc((size_t)network->block, sizeof *block);
    for (int64_t i = 0; i < network->block; i++)
        block[i] = random_operand();
    check(comm, &norms, block, LS_REDUCE_DIRECT, 0);
    check(comm, &norms, block, LS_REDUCE_DIRECT, network->block);
    if ((mpi_test_size & (mpi_test_size - 1)) == 0) {
        check(comm, &norms, block, LS_REDUCE_HALVING, 0);
        check(comm, &norms, block, LS_REDUCE_DOUBLING, 0);
    }
    free(block);
    ls_norms_free(&norms);
    ls_network_destroy(network);
    ls_comm_destroy(comm);
    return mpi_test_finish();
}

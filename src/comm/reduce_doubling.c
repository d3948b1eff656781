/* Recursive doubling for 2^k ranks and small n: in round j full vectors are exchanged with rank ^ 2^j. Before it, each
 * rank holds the sum of an aligned subtree of 2^j ranks' shards, and the two partners' subtrees are siblings; so every
 * addition is a node of the contract's tree, with the lower rank's operand on the left. */
#include "comm/reduce_internal.h"

#include "base/memory.h"

#include <string.h>

/* One message a round: header and vector lie behind each other. */
static int64_t message_bytes(const ls_reduce *reduce)
{
    return ls_reduce_header_bytes(reduce, 1) + reduce->n * (int64_t)sizeof(float);
}

int64_t ls_reduce_doubling_bytes(const ls_reduce *reduce)
{
    return 2 * message_bytes(reduce);
}

ls_status ls_reduce_doubling_create(ls_reduce *reduce)
{
    const int64_t bytes = message_bytes(reduce);
    LS_TRY(ls_memory_allocate(&reduce->mine, bytes, 1, "gradient in one message"));
    return ls_memory_allocate(&reduce->theirs, bytes, 1, "gradient in one message");
}

ls_status ls_reduce_doubling_sum(ls_reduce *reduce, float *const *partials, ls_reduce_header *header, const float **sum)
{
    if (reduce->rounds == 0) {
        *sum = partials[0];
        return ls_comm_check(reduce->comm);
    }
    int64_t header_bytes = ls_reduce_header_bytes(reduce, 1);
    int64_t bytes = header_bytes + reduce->n * (int64_t)sizeof(float);
    float *mine = (float *)(void *)(reduce->mine + header_bytes);
    const float *theirs = (const float *)(const void *)(reduce->theirs + header_bytes);
    ls_reduce_pack_header(reduce, header, 1, reduce->mine);
    memcpy(mine, partials[0], (size_t)reduce->n * sizeof(float));
    for (int j = 0; j < reduce->rounds; j++) {
        int partner = reduce->comm->rank ^ (1 << j);
        bool lower = reduce->comm->rank < partner;
        ls_message receive = {partner, LS_TAG_PACKED, reduce->theirs, bytes};
        ls_message send = {partner, LS_TAG_PACKED, reduce->mine, bytes};
        LS_TRY(ls_comm_exchange(reduce->comm, 1, &receive, 1, &send, "gradient"));
        ls_reduce_add_header(reduce, lower);
        ls_reduce_add_vector(reduce, lower, reduce->n, mine, theirs, mine);
    }
    ls_reduce_unpack_header(reduce, header);
    *sum = mine;
    return LS_OK;
}

/* Rank 0's block is everybody's: the others offer none of their own. */
#include "comm/common.h"

#include "base/memory.h"
#include "base/memory_node.h"
#include "comm/agree.h"
#include "comm/comm_internal.h"

struct ls_common {
    ls_shared shared;
    void *memory;
};

/* Collective. Whether all ranks' cores are near the same memory of the same host. */
static ls_status are_near(ls_comm *comm, bool *near)
{
    double least = ls_memory_node(), most = least;
    LS_TRY(ls_comm_least_double(comm, &least, 1));
    LS_TRY(ls_comm_most_double(comm, &most, 1));
    *near = ls_comm_hosts(comm) == 1 && least >= 0 && least == most;
    return LS_OK;
}

static ls_status list_peers(ls_comm *comm, int64_t bytes, ls_common **common)
{
    ls_common *made;
    LS_TRY(ls_memory_allocate(&made, 1, sizeof *made, "shared memory"));
    *common = made;
    LS_TRY(ls_shared_create(&made->shared, ls_comm_size(comm)));
    const bool first = ls_comm_rank(comm) == 0;
    made->shared.bytes = first ? (bytes + 63) / 64 * 64 : 0;
    for (int r = 0; r < ls_comm_size(comm); r++)
        if (first || r == 0)
            ls_shared_add(&made->shared, comm, r, 0);
    return LS_OK;
}

/* Local. The first rank's block, where it is mapped. */
static void *find_memory(const ls_comm *comm, const ls_shared *shared)
{
    if (ls_comm_rank(comm) > 0) {
        const ls_shared_peer *peer = ls_shared_with(shared, 0);
        return peer ? peer->block : NULL;
    }
    return shared->own;
}

ls_status ls_common_create(ls_comm *comm, int64_t bytes, ls_common **common)
{
    bool near;
    *common = NULL;
    LS_TRY(are_near(comm, &near));
    if (!near)
        return LS_OK;
    ls_status status = ls_agree(comm, list_peers(comm, bytes, common));
    if (status == LS_OK)
        status = ls_comm_share(comm, &(*common)->shared);
    if (status == LS_OK) {
        (*common)->memory = find_memory(comm, &(*common)->shared);
        int64_t without = (*common)->memory == NULL;
        status = ls_comm_sum_int64(comm, &without, 1);
        if (status == LS_OK && without == 0)
            return LS_OK;
    }
    ls_common_destroy(*common);
    *common = NULL;
    return status;
}

void ls_common_destroy(ls_common *common)
{
    if (!common)
        return;
    ls_shared_free(&common->shared);
    ls_memory_free(common);
}

void *ls_common_memory(const ls_common *common)
{
    return common->memory;
}

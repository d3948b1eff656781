/* Where the ranks' time went. */
#include "train/spent.h"

#include "base/memory.h"
#include "comm/agree.h"

/* What a rank tells. */
typedef struct row {
    ls_spent spent;
    int64_t shards;
} row;

static const char *const names[LS_SPENT_KINDS] = {"data", "compute", "exchange", "wait", "evaluate", "write"};

const char *ls_spent_name(ls_spent_kind kind)
{
    return names[kind];
}

/* kind: LS_SPENT_KINDS is the work. */
static double seconds_of(const row *of, int kind)
{
    const double *seconds = of->spent.seconds;
    return kind < LS_SPENT_KINDS ? seconds[kind] : seconds[LS_SPENT_DATA] + seconds[LS_SPENT_COMPUTE];
}

static ls_spent_range compare(const row *all, int size, int kind)
{
    ls_spent_range range = {.min = seconds_of(all, kind), .max = seconds_of(all, kind)};
    double sum = 0;
    for (int r = 0; r < size; r++) {
        const double seconds = seconds_of(&all[r], kind);
        sum += seconds;
        if (seconds < range.min) {
            range.min = seconds;
            range.min_rank = r;
        }
        if (seconds > range.max) {
            range.max = seconds;
            range.max_rank = r;
        }
    }
    range.mean = sum / size;
    return range;
}

ls_status ls_spent_compare(ls_comm *comm, const ls_spent *mine, int64_t shards, ls_spent_report *report)
{
    const row own = {*mine, shards};
    const int size = ls_comm_size(comm);
    row *all;
    *report = (ls_spent_report){.ranks = size};
    ls_status status = ls_agree(comm, ls_memory_allocate(&all, size, sizeof *all, "seconds of the ranks"));
    if (status == LS_OK)
        status = ls_comm_allgather(comm, &own, sizeof own, all);
    if (status == LS_OK) {
        for (int kind = 0; kind < LS_SPENT_KINDS; kind++)
            report->kind[kind] = compare(all, size, kind);
        report->work = compare(all, size, LS_SPENT_KINDS);
        report->most_shards = all[report->work.max_rank].shards;
        for (int r = 0; r < size; r++)
            report->shards += all[r].shards;
    }
    if (status != LS_ERR_PEER) /* messages may still be under way in it */
        ls_memory_free(all);
    return status;
}

double ls_spent_imbalance(const ls_spent_report *report)
{
    const ls_spent_range *work = &report->work;
    return work->mean > 0 ? (work->max - work->mean) / work->mean : 0;
}

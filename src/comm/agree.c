/* Agreement: statuses travel as words, the lowest failing rank's text as one fixed buffer. No allocation, so
 * no rank can fail to take part. */
#include "comm/agree.h"

#include "comm/comm_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Longer texts are cut. */
#define TEXT 2048

ls_status ls_agree(ls_comm *comm, ls_status status)
{
    if (comm->broken)
        return status == LS_ERR_PEER ? status : ls_comm_check(comm);
    comm->words[comm->rank] = (uint64_t)status;
    LS_TRY(ls_comm_gather_blocks(comm, NULL, sizeof *comm->words, comm->words, "agreement"));
    int failing = 0;
    while (failing < comm->size && comm->words[failing] == LS_OK)
        failing++;
    if (failing == comm->size)
        return LS_OK;
    ls_status agreed = (ls_status)comm->words[failing];

    char text[TEXT] = "";
    if (comm->rank == failing) {
        int prefix = failing == 0 ? 0 : snprintf(text, sizeof text, "rank %d (%s): ", comm->given[failing], comm->host);
        snprintf(text + prefix, sizeof text - (size_t)prefix, "%s", ls_error_message());
    }
    LS_TRY(ls_comm_broadcast_as(comm, failing, text, sizeof text, "error message"));
    text[sizeof text - 1] = '\0';
    return ls_fail(agreed, "%s", text);
}

/* The lowest rank with the value that most hold; among equally frequent ones that of the lowest rank. */
static int most_frequent(const uint64_t *words, int size)
{
    int best = 0, best_count = 0;
    for (int r = 0; r < size; r++) {
        int count = 0;
        for (int i = 0; i < size; i++)
            count += words[i] == words[r];
        if (count > best_count) {
            best = r;
            best_count = count;
        }
    }
    return best;
}

ls_status ls_agree_usual(ls_comm *comm, uint64_t word, const char *what, int *usual, bool *same)
{
    comm->words[comm->rank] = word;
    LS_TRY(ls_comm_gather_blocks(comm, NULL, sizeof *comm->words, comm->words, what));
    *usual = 0;
    *same = true;
    for (int r = 1; r < comm->size; r++)
        *same = *same && comm->words[r] == comm->words[0];
    if (!*same)
        *usual = most_frequent(comm->words, comm->size);
    return LS_OK;
}

ls_status ls_agree_hash(ls_comm *comm, uint64_t hash, const char *what)
{
    int rank;
    bool same;
    LS_TRY(ls_agree_usual(comm, hash, what, &rank, &same));
    if (same)
        return LS_OK;
    if (comm->size == 2)
        return ls_agree(comm, ls_fail(LS_ERR_NUMERIC,
                                      "%s of the two ranks differ (hashes %016" PRIx64 " and %016" PRIx64
                                      "), and nothing tells which are right: suspect memory or processor of both, and "
                                      "resume from a checkpoint",
                                      what, comm->words[0], comm->words[1]));
    const uint64_t usual = comm->words[rank];
    ls_status status = LS_OK;
    if (hash != usual) {
        status =
            ls_fail(LS_ERR_NUMERIC,
                    comm->size == 2 ? "%s of the two ranks differ (hashes %016" PRIx64 " and %016" PRIx64
                                      "), which of them is wrong cannot be told: suspect memory or processor of "
                                      "either, and resume from a checkpoint"
                                    : "%s differ from those of other ranks (hash %016" PRIx64 ", elsewhere %016" PRIx64
                                      "): suspect this machine's memory or processor, and resume from a checkpoint",
                    what, hash, usual);
        if (comm->rank == 0) /* ls_agree names every rank but this one */
            ls_fail_prefix(status, "rank 0 (%s): ", comm->host);
    }
    return ls_agree(comm, status);
}

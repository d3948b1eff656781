/* Which ranks are on which host, and in which order they are counted. */
#include "comm/comm_internal.h"

#include "base/hash64.h"

#include <stdio.h>
#include <string.h>

void ls_hosts_order(int size, const uint64_t *hosts, int *order)
{
    int placed = 0;
    for (int first = 0; placed < size; first++) {
        bool fresh = true;
        for (int i = 0; fresh && i < placed; i++)
            fresh = hosts[order[i]] != hosts[first];
        for (int r = first; fresh && r < size; r++)
            if (hosts[r] == hosts[first])
                order[placed++] = r;
    }
}

/* Local. names[i] becomes what names[given[i]] was, cycle by cycle. */
static void sort_names(ls_comm *comm)
{
    uint64_t *done = comm->words;
    char first_name[LS_COMM_HOST_CUT];
    memset(done, 0, (size_t)comm->size * sizeof *done);
    for (int first = 0; first < comm->size; first++) {
        if (done[first])
            continue;
        memcpy(first_name, comm->names[first], sizeof first_name);
        int i = first;
        for (; comm->given[i] != first; i = comm->given[i]) {
            memcpy(comm->names[i], comm->names[comm->given[i]], sizeof first_name);
            done[i] = 1;
        }
        memcpy(comm->names[i], first_name, sizeof first_name);
        done[i] = 1;
    }
}

static uint64_t hash(const ls_comm *comm, int rank)
{
    return ls_hash64_words(0, comm->names[rank], sizeof *comm->names / 4);
}

/* Local. Counts the ranks anew, by what all of them know by now: so all come to the same. */
static void sort(ls_comm *comm)
{
    const int given = comm->rank;
    for (int r = 0; r < comm->size; r++)
        comm->hosts[r] = hash(comm, r);
    ls_hosts_order(comm->size, comm->hosts, comm->given);
    sort_names(comm);
    for (int r = 0; r < comm->size; r++) {
        comm->hosts[r] = hash(comm, r);
        if (comm->given[r] == given)
            comm->rank = r;
    }
}

ls_status ls_comm_locate(ls_comm *comm)
{
    LS_TRY(ls_comm_gather_blocks(comm, NULL, sizeof *comm->names, comm->names, "host names"));
    sort(comm);
    comm->local_rank = comm->local_size = 0;
    for (int r = 0; r < comm->size; r++) {
        if (comm->hosts[r] != comm->hosts[comm->rank])
            continue;
        comm->local_size++;
        comm->local_rank += r < comm->rank;
    }
    return LS_OK;
}

const char *ls_comm_host_of(const ls_comm *comm, int rank)
{
    return comm->names[rank];
}

int ls_comm_given_rank(const ls_comm *comm, int rank)
{
    return comm->given[rank];
}

int ls_comm_hosts(const ls_comm *comm)
{
    int count = 0;
    for (int r = 0; r < comm->size; r += ls_comm_host_size(comm, r))
        count++;
    return count;
}

int ls_comm_host_size(const ls_comm *comm, int rank)
{
    int count = 0;
    for (int r = 0; r < comm->size; r++)
        count += comm->hosts[r] == comm->hosts[rank];
    return count;
}

const char *ls_comm_name(const ls_comm *comm, int rank, char text[LS_COMM_NAME])
{
    snprintf(text, LS_COMM_NAME, "rank %d on %s", comm->given[rank], comm->names[rank]);
    return text;
}

/* Areas under curves. Whatever the ranks, each walks the same counts, from the highest key to the lowest: how many rows
 * of both kinds have it. The counts come together in two passes of 16 bits, in bounded memory:
 *
 * - the rows of each upper half of a key are counted and summed over the ranks;
 * - runs of neighbouring halves with few rows between them travel as keys, all ranks' to all; a half with many, as
 *   counts by its lower half. */
#include "train/areas.h"

#include "base/keys.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

enum { HALVES = LS_KEY_PLACES, GATHERED = 65536 /* keys that travel at once */ };

/* What is known of the rows above the present key. */
typedef struct walk {
    int64_t yes, no;
    uint128 pairs;         /* twice the pairs in the right order, equal ones once */
    double gained, behind; /* sum of yes * precision, and what its additions lost (Neumaier) */
} walk;

struct ls_areas {
    ls_comm *comm;
    uint32_t *scratch;         /* (rows) */
    int64_t (*upper)[2];       /* (HALVES, 2) rows of both kinds by upper half, over all ranks */
    int64_t (*lower)[2];       /* the same by lower half, within one upper half; places while sorting */
    uint32_t *keys, *gathered; /* (GATHERED) */
    int64_t (*shares)[2];      /* (size, 2) keys of each rank in a gathering */
    int64_t *bytes;            /* (size) */
    walk walk;
};

void ls_areas_destroy(ls_areas *areas)
{
    if (!areas)
        return;
    ls_memory_free(areas->scratch);
    ls_memory_free(areas->upper);
    ls_memory_free(areas->lower);
    ls_memory_free(areas->keys);
    ls_memory_free(areas->gathered);
    ls_memory_free(areas->shares);
    ls_memory_free(areas->bytes);
    ls_memory_free(areas);
}

ls_status ls_areas_create(ls_comm *comm, int64_t rows, ls_areas **areas)
{
    ls_areas *a = NULL;
    ls_status status;
    const int size = ls_comm_size(comm);
    *areas = NULL;
    LS_TRY(ls_memory_allocate(&a, 1, sizeof *a, "areas"));
    a->comm = comm;
    LS_TRY_CLEANUP(ls_memory_allocate(&a->scratch, rows, sizeof *a->scratch, "areas"));
    LS_TRY_CLEANUP(ls_memory_allocate(&a->upper, HALVES, sizeof *a->upper, "areas"));
    LS_TRY_CLEANUP(ls_memory_allocate(&a->lower, HALVES, sizeof *a->lower, "areas"));
    LS_TRY_CLEANUP(ls_memory_allocate(&a->keys, GATHERED, sizeof *a->keys, "areas"));
    LS_TRY_CLEANUP(ls_memory_allocate(&a->gathered, GATHERED, sizeof *a->gathered, "areas"));
    LS_TRY_CLEANUP(ls_memory_allocate(&a->shares, size, sizeof *a->shares, "areas"));
    LS_TRY_CLEANUP(ls_memory_allocate(&a->bytes, size, sizeof *a->bytes, "areas"));
    *areas = a;
    return LS_OK;
cleanup:
    ls_areas_destroy(a);
    return status;
}

int64_t ls_areas_bytes(void)
{
    const ls_areas *a;
    return HALVES * (int64_t)(sizeof *a->upper + sizeof *a->lower) +
           GATHERED * (int64_t)(sizeof *a->keys + sizeof *a->gathered);
}

/* ---- the walk ---- */

/* The next lower key, which so many rows have. */
static void meet(walk *w, int64_t yes, int64_t no)
{
    w->pairs += (uint128)no * (uint128)(2 * w->yes + yes);
    w->yes += yes;
    w->no += no;
    if (yes == 0)
        return;
    const double term = (double)yes * ((double)w->yes / (double)(w->yes + w->no));
    const double sum = w->gained + term;
    w->behind += fabs(w->gained) >= fabs(term) ? (w->gained - sum) + term : (term - sum) + w->gained;
    w->gained = sum;
}

/* Keys that are sorted, of both kinds, from the last to the first. */
static void meet_keys(walk *w, const uint32_t *yes, int64_t yes_count, const uint32_t *no, int64_t no_count)
{
    int64_t y = yes_count, n = no_count;
    while (y > 0 || n > 0) {
        const uint32_t key = n == 0 || (y > 0 && yes[y - 1] >= no[n - 1]) ? yes[y - 1] : no[n - 1];
        const int64_t y_before = y, n_before = n;
        while (y > 0 && yes[y - 1] == key)
            y--;
        while (n > 0 && no[n - 1] == key)
            n--;
        meet(w, y_before - y, n_before - n);
    }
}

/* ---- over ranks ---- */

/* A run of sorted keys: those not met yet are [0, count). */
typedef struct run {
    const uint32_t *keys;
    int64_t count;
} run;

/* How many keys at the run's end have upper halves from `least` on. */
static int64_t run_tail(const run *r, uint32_t least)
{
    int64_t low = 0, high = r->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (r->keys[middle] >> 16 >= least)
            high = middle;
        else
            low = middle + 1;
    }
    return r->count - low;
}

static void count_halves(const run *r, int kind, int64_t (*counts)[2])
{
    for (int64_t i = 0; i < r->count; i++)
        counts[r->keys[i] >> 16][kind]++;
}

/* Collective. The keys of upper halves from `least` on, of all ranks. */
static ls_status meet_gathered(ls_areas *a, run runs[2], uint32_t least)
{
    const int size = ls_comm_size(a->comm), rank = ls_comm_rank(a->comm);
    const int64_t mine[2] = {run_tail(&runs[0], least), run_tail(&runs[1], least)};
    int64_t before = 0, count[2] = {0, 0}, at = 0;
    LS_TRY(ls_comm_allgather(a->comm, mine, sizeof mine, a->shares));
    for (int r = 0; r < size; r++) {
        before += r < rank ? a->shares[r][0] + a->shares[r][1] : 0;
        a->bytes[r] = (a->shares[r][0] + a->shares[r][1]) * (int64_t)sizeof *a->gathered;
        count[0] += a->shares[r][0];
    }
    for (int kind = 0; kind < 2; kind++) {
        runs[kind].count -= mine[kind];
        memcpy(a->gathered + before + (kind ? mine[0] : 0), runs[kind].keys + runs[kind].count,
               (size_t)mine[kind] * sizeof *a->gathered);
    }
    LS_TRY(ls_comm_allgatherv(a->comm, a->gathered + before, a->bytes, a->gathered));
    int64_t place[2] = {0, count[0]};
    for (int r = 0; r < size; r++)
        for (int kind = 0; kind < 2; at += a->shares[r][kind++]) {
            memcpy(a->keys + place[kind], a->gathered + at, (size_t)a->shares[r][kind] * sizeof *a->keys);
            place[kind] += a->shares[r][kind];
        }
    count[1] = at - count[0];
    ls_keys_sort(a->keys, a->gathered, count[0], &a->lower[0][0]);
    ls_keys_sort(a->keys + count[0], a->gathered, count[1], &a->lower[0][0]);
    meet_keys(&a->walk, a->keys, count[0], a->keys + count[0], count[1]);
    return LS_OK;
}

/* Collective. The keys of one upper half, as counts. */
static ls_status meet_counted(ls_areas *a, run runs[2], uint32_t half)
{
    memset(a->lower, 0, HALVES * sizeof *a->lower);
    for (int kind = 0; kind < 2; kind++) {
        const int64_t mine = run_tail(&runs[kind], half);
        runs[kind].count -= mine;
        for (int64_t i = runs[kind].count; i < runs[kind].count + mine; i++)
            a->lower[runs[kind].keys[i] & 0xffff][kind]++;
    }
    LS_TRY(ls_comm_sum_int64(a->comm, &a->lower[0][0], (int64_t)HALVES * 2));
    for (int low = HALVES - 1; low >= 0; low--)
        if (a->lower[low][0] + a->lower[low][1] > 0)
            meet(&a->walk, a->lower[low][0], a->lower[low][1]);
    return LS_OK;
}

/* Collective. Upper halves from the highest down, as many at once as travel together. */
static ls_status meet_ranks(ls_areas *a, run runs[2])
{
    memset(a->upper, 0, HALVES * sizeof *a->upper);
    for (int kind = 0; kind < 2; kind++)
        count_halves(&runs[kind], kind, a->upper);
    LS_TRY(ls_comm_sum_int64(a->comm, &a->upper[0][0], (int64_t)HALVES * 2));
    int64_t waiting = 0;
    for (int half = HALVES - 1; half >= 0; half--) {
        const int64_t here = a->upper[half][0] + a->upper[half][1];
        if (waiting + here > GATHERED && waiting > 0) {
            LS_TRY(meet_gathered(a, runs, (uint32_t)half + 1));
            waiting = 0;
        }
        if (here > GATHERED)
            LS_TRY(meet_counted(a, runs, (uint32_t)half));
        else
            waiting += here;
    }
    return waiting > 0 ? meet_gathered(a, runs, 0) : LS_OK;
}

ls_status ls_areas_find(ls_areas *areas, uint32_t *keys, int64_t yes, int64_t no, ls_area *area)
{
    walk *w = &areas->walk;
    *w = (walk){0};
    ls_keys_sort(keys, areas->scratch, yes, &areas->lower[0][0]);
    ls_keys_sort(keys + yes, areas->scratch, no, &areas->lower[0][0]);
    if (ls_comm_size(areas->comm) == 1)
        meet_keys(w, keys, yes, keys + yes, no);
    else
        LS_TRY(meet_ranks(areas, (run[2]){{keys, yes}, {keys + yes, no}}));
    *area = (ls_area){w->yes, w->no, NAN, NAN};
    if (w->yes > 0 && w->no > 0) {
        area->auc = (double)w->pairs / (double)((uint128)2 * (uint128)w->yes * (uint128)w->no);
        area->pr_auc = (w->gained + w->behind) / (double)w->yes;
    }
    return LS_OK;
}

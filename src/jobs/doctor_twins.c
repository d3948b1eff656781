/* Duplicate rows: hashes are kept and sorted, so that equal rows stand together. */
#include "base/hash64.h"
#include "base/memory.h"
#include "jobs/doctor.h"

#include <stdlib.h>
#include <string.h>

ls_status ls_doctor_twins_create(int64_t rows, ls_doctor_twins *t)
{
    *t = (ls_doctor_twins){.row = -1, .earlier = -1, .in_train = -1, .row_there = -1, .own = -1};
    const int64_t most = rows < LS_DOCTOR_COMPARED ? rows : LS_DOCTOR_COMPARED;
    return ls_memory_allocate(&t->seen, most, sizeof *t->seen, "hashes of rows");
}

void ls_doctor_twins_add(ls_doctor_twins *t, const double *row, int64_t columns, int64_t number)
{
    if (t->compared < LS_DOCTOR_COMPARED)
        t->seen[t->compared++] =
            (ls_doctor_row){ls_hash64_words(0, row, (size_t)columns * (sizeof *row / sizeof(uint32_t))), number};
}

static int by_hash(const void *a, const void *b)
{
    const ls_doctor_row *p = a, *q = b;
    if (p->hash != q->hash)
        return p->hash < q->hash ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

/* The first row of `t` with this hash; NULL: none. */
static const ls_doctor_row *look_up(const ls_doctor_twins *t, uint64_t hash)
{
    int64_t low = 0, high = t->compared;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (t->seen[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->compared && t->seen[low].hash == hash ? &t->seen[low] : NULL;
}

void ls_doctor_twins_find(ls_doctor_twins *t, const ls_doctor_twins *train)
{
    int64_t alike = 0; /* place of the first of equal rows */
    qsort(t->seen, (size_t)t->compared, sizeof *t->seen, by_hash);
    for (int64_t i = 1; i < t->compared; i++) {
        if (t->seen[i].hash != t->seen[alike].hash) {
            alike = i;
            continue;
        }
        t->repeated++;
        if (t->row < 0 || t->seen[i].row < t->row) {
            t->row = t->seen[i].row;
            t->earlier = t->seen[alike].row;
        }
    }
    if (!train)
        return;
    t->in_train = 0;
    for (int64_t i = 0; i < t->compared; i++) {
        const ls_doctor_row *there = look_up(train, t->seen[i].hash);
        t->in_train += there != NULL;
        if (there && (t->own < 0 || t->seen[i].row < t->own)) {
            t->own = t->seen[i].row;
            t->row_there = there->row;
        }
    }
}

void ls_doctor_twins_free(ls_doctor_twins *twins)
{
    ls_memory_free(twins->seen);
    memset(twins, 0, sizeof *twins);
}

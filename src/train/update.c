/* Vector loops over the block: additions and the optimizer's updates, on one thread or shared by all. */
#include "train/update.h"

#include "base/fpenv.h"

#include <omp.h>

/* Vectors shorter than this are added or updated by one thread: waking the others costs more. */
#define ALONE_BELOW 32768

/* Thread `t` of `team` takes [*first, *last) of n, at multiples of a panel. */
static void piece(int64_t n, int t, int team, int64_t *first, int64_t *last)
{
    const int64_t panels = (n + LS_PANEL - 1) / LS_PANEL;
    *first = panels * t / team * LS_PANEL;
    *last = panels * (t + 1) / team * LS_PANEL;
    *last = *last < n ? *last : n;
}

static int team_of(const ls_context *context, int64_t n)
{
    return n < ALONE_BELOW ? 1 : context->threads;
}

void ls_update_add(void *user, int64_t n, const float *a, const float *b, float *sum)
{
    const ls_context *context = user;
#pragma omp parallel num_threads(team_of(context, n))
    {
        const ls_fpenv saved = ls_fpenv_enter();
        int64_t first, last;
        piece(n, omp_get_thread_num(), omp_get_num_threads(), &first, &last);
        context->kernels->add(last - first, a + first, b + first, sum + first);
        ls_fpenv_leave(saved);
    }
}

void ls_update_slice(ls_trainer *t, int64_t from, int64_t n, const float *gradient)
{
    const ls_kernels *kernels = t->context->kernels;
    float *w = t->model->block + from, *m = t->m + (from - t->slice_first), *v = t->v + (from - t->slice_first);
#pragma omp parallel num_threads(team_of(t->context, n))
    {
        const ls_fpenv saved = ls_fpenv_enter();
        int64_t first, last;
        piece(n, omp_get_thread_num(), omp_get_num_threads(), &first, &last);
        kernels->adam(&t->constants, last - first, gradient + first, w + first, m + first, v + first);
        ls_fpenv_leave(saved);
    }
}

/* A panel with a single live lane (a single output, mostly) is updated without its padding, which would cost fifteen
 * times as much; so many parameters at a time. */
enum { SINGLE_PIECE = 128 };

static void update_single(const ls_trainer *t, int64_t n, const float *gradient, float *w, float *m, float *v)
{
    float dense[4][SINGLE_PIECE];
    for (int64_t first = 0; first < n; first += SINGLE_PIECE * LS_PANEL) {
        int64_t count = 0;
        for (int64_t at = first; at < n && count < SINGLE_PIECE; at += LS_PANEL, count++) {
            dense[0][count] = gradient[at];
            dense[1][count] = w[at];
            dense[2][count] = m[at];
            dense[3][count] = v[at];
        }
        t->context->kernels->adam(&t->constants, count, dense[0], dense[1], dense[2], dense[3]);
        for (int64_t k = 0; k < count; k++) {
            w[first + k * LS_PANEL] = dense[1][k];
            m[first + k * LS_PANEL] = dense[2][k];
            v[first + k * LS_PANEL] = dense[3][k];
        }
    }
}

void ls_update_piece(const ls_trainer *t, int64_t first, int64_t n, int lanes, const float *gradient)
{
    const int64_t slot = first - t->slice_first;
    float *w = t->model->block + first, *m = t->m + slot, *v = t->v + slot;
    if (lanes == 1)
        update_single(t, n, gradient, w, m, v);
    else
        t->context->kernels->adam(&t->constants, n, gradient, w, m, v);
}

void ls_update_ahead(const ls_trainer *t, ls_ahead *ahead)
{
    ls_ahead_add(ahead, t->model->block + t->slice_first, 0);
    ls_ahead_add(ahead, t->m, 0);
    ls_ahead_add(ahead, t->v, 0);
}

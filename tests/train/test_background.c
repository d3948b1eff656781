/* The thread that writes, the pieces that it waits for, and their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alive.h"
#include "base/memory.h"
#include "store/modelblock.h"
#include "train/background.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PLACES = 2 };

static ls_network *network;
static float *block; /* numbers that differ */
static ls_background *background;

/* Variables of several pieces, and of one. */
static int make(void **state)
{
    (void)state;
    if (ls_network_create("1500 relu, 700 tanh, 3", 40, &network) != LS_OK ||
        ls_memory_allocate(&block, network->block, sizeof *block, "test") != LS_OK)
        return 1;
    for (int64_t i = 0; i < network->block; i++)
        block[i] = (float)i;
    return ls_background_create(PLACES, ls_modelblock_lifted_room(network), &background) != LS_OK;
}

static int unmake(void **state)
{
    (void)state;
    ls_background_destroy(background);
    ls_network_destroy(network);
    ls_memory_free(block);
    if (ls_memory_used() != 0) /* cmocka counts a tear-down that fails as passed */
        exit(EXIT_FAILURE);
    return 0;
}

/* ---- order ---- */

static void check_next(ls_filepieces *pieces, int vector, int variable)
{
    const int64_t rows = ls_network_tensor(network, variable).rows;
    for (int64_t first = 0; first < rows;) {
        const ls_piece piece = ls_filepieces_next(pieces);
        assert_int_equal(piece.vector, vector);
        assert_int_equal(piece.rows.index, variable);
        assert_int_equal(piece.rows.first, first);
        assert_true(piece.rows.count > 0 && piece.rows.first + piece.rows.count <= rows);
        assert_true(ls_lifted_floats(&piece.rows) <= ls_modelblock_lifted_room(network));
        first += piece.rows.count;
    }
}

static void every_piece_in_its_order(void **state)
{
    (void)state;
    ls_filepieces pieces;
    const int variables = network->trainable_variables;
    ls_filepieces_begin(&pieces, network);
    ls_filepieces_add(&pieces, 0, 1);
    ls_filepieces_add(&pieces, 1, 2);
    ls_filepieces_add(&pieces, 3, 0);
    ls_filepieces_add(&pieces, 5, 1);
    assert_true(ls_filepieces_of_vector(network) > variables);
    assert_int_equal(pieces.left, 4 * ls_filepieces_of_vector(network));
    for (int i = 0; i < variables; i++)
        check_next(&pieces, 0, i);
    for (int i = 0; i < variables; i++) {
        check_next(&pieces, 1, i);
        check_next(&pieces, 2, i);
    }
    for (int i = 0; i < variables; i++)
        check_next(&pieces, 5, i);
    assert_int_equal(pieces.left, 0);
}

/* ---- the thread ---- */

/* Waits for all pieces of one vector and compares them with the block. */
static ls_status compare_all(void *user)
{
    ls_filepieces pieces;
    float *rows, *expected;
    ls_status status = LS_OK;
    LS_TRY(ls_memory_allocate(&rows, ls_modelblock_room(network), sizeof *rows, "test"));
    LS_TRY(ls_memory_allocate(&expected, ls_modelblock_room(network), sizeof *expected, "test"));
    ls_filepieces_begin(&pieces, network);
    ls_filepieces_add(&pieces, 0, 1);
    while (status == LS_OK && pieces.left > 0) {
        const ls_piece piece = ls_filepieces_next(&pieces);
        const ls_tensor tensor = ls_network_tensor(network, piece.rows.index);
        status = ls_background_wait(background, &piece, rows);
        ls_network_unpack_rows(network, piece.rows.index, block + network->matrix[tensor.matrix].offset,
                               piece.rows.first, piece.rows.count, expected);
        if (status == LS_OK && memcmp(rows, expected, (size_t)(piece.rows.count * tensor.columns) * sizeof *rows) != 0)
            status =
                ls_fail(LS_ERR_DATA, "variable %d differs at row %lld", piece.rows.index, (long long)piece.rows.first);
    }
    ls_memory_free(rows);
    ls_memory_free(expected);
    *(bool *)user = true;
    return status;
}

static void give(const ls_piece *piece)
{
    ls_lifted_take(&piece->rows, 0, ls_lifted_floats(&piece->rows), block, 0, ls_background_place(background));
    ls_background_give(background, piece);
}

static ls_status give_all(int vector)
{
    ls_filepieces pieces;
    double seconds = -1;
    ls_filepieces_begin(&pieces, network);
    ls_filepieces_add(&pieces, vector, 1);
    while (!ls_background_is_done(background)) {
        assert_in_range(ls_background_room(background), 0, PLACES);
        if (pieces.left > 0 && ls_background_room(background) > 0) {
            const ls_piece piece = ls_filepieces_next(&pieces);
            give(&piece);
        } else {
            (void)ls_background_watch(background);
        }
    }
    const ls_status status = ls_background_end(background, &seconds);
    assert_true(seconds >= 0);
    return status;
}

static void pieces_arrive_as_they_are(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        bool ran = false;
        ls_background_start(background, compare_all, &ran);
        const ls_status status = give_all(0);
        if (status != LS_OK)
            fail_msg("%s", ls_error_message());
        assert_true(ran);
    }
}

static void another_piece_is_refused(void **state)
{
    (void)state;
    bool ran = false;
    ls_background_start(background, compare_all, &ran);
    assert_int_equal(give_all(1), LS_ERR_OUTPUT);
    assert_string_equal(ls_error_message(), "piece 0 of a file is another one than was expected");
    assert_true(ran);
}

/* What was handed over is taken, then it ends. */
static void work_is_given_up(void **state)
{
    (void)state;
    ls_filepieces pieces;
    bool ran = false;
    double seconds;
    ls_filepieces_begin(&pieces, network);
    ls_filepieces_add(&pieces, 0, 1);
    ls_background_start(background, compare_all, &ran);
    const ls_piece piece = ls_filepieces_next(&pieces);
    give(&piece);
    assert_true(ls_background_abandon(background));
    assert_true(ran);
    assert_true(ls_background_is_done(background));
    assert_int_equal(ls_background_end(background, &seconds), LS_ERR_PEER);
    assert_int_equal(ls_background_room(background), PLACES);
}

static ls_status look_at_signals(void *user)
{
    sigset_t blocked;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    *(bool *)user = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGUSR1) && sigismember(&blocked, SIGALRM);
    ls_alive();
    return ls_fail(LS_ERR_NUMERIC, "looked");
}

/* And its message comes over; and that it comes on is seen. */
static void signals_are_for_others(void **state)
{
    (void)state;
    bool blocked = false;
    double seconds;
    sigset_t mine;
    (void)ls_background_watch(background); /* what was before */
    ls_background_start(background, look_at_signals, &blocked);
    while (!ls_background_is_done(background))
        ;
    assert_true(ls_background_watch(background));
    assert_false(ls_background_watch(background));
    assert_int_equal(ls_background_end(background, &seconds), LS_ERR_NUMERIC);
    assert_string_equal(ls_error_message(), "looked");
    assert_true(blocked);
    (void)pthread_sigmask(SIG_BLOCK, NULL, &mine);
    assert_false(sigismember(&mine, SIGTERM));
}

/* ---- waiting a moment ---- */

int __real_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);

static int64_t asked_at, asked_until; /* ns */
static bool asked_well;

static int64_t nanoseconds(const struct timespec *at)
{
    return (int64_t)at->tv_sec * 1000000000 + at->tv_nsec;
}

static int64_t now(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return nanoseconds(&at);
}

/* The linker puts it in front of the system's (--wrap). */
int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until)
{
    asked_at = now();
    asked_until = nanoseconds(until);
    asked_well = until->tv_nsec >= 0 && until->tv_nsec < 1000000000;
    return __real_pthread_cond_timedwait(condition, mutex, until);
}

/* A twentieth of a second from then on, often enough that the second changes in between. */
static void watched_for_a_moment(void **state)
{
    (void)state;
    bool ran = false;
    double seconds;
    ls_background_start(background, compare_all, &ran);
    for (int i = 0; i < 22; i++) {
        const int64_t before = now();
        asked_until = 0;
        (void)ls_background_watch(background);
        assert_true(asked_well && asked_until >= before + 50000000 && asked_until <= asked_at + 50000000);
    }
    assert_true(ls_background_abandon(background));
    assert_int_equal(ls_background_end(background, &seconds), LS_ERR_PEER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_in_its_order), cmocka_unit_test(pieces_arrive_as_they_are),
        cmocka_unit_test(another_piece_is_refused), cmocka_unit_test(work_is_given_up),
        cmocka_unit_test(signals_are_for_others),   cmocka_unit_test(watched_for_a_moment),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}

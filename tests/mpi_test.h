/* A small harness for MPI tests. Every rank checks and counts; a failed check prints both values and its rank
 * at once; at the end the failures of all ranks are added and rank 0 prints "N passed, N failed", N being
 * checks. Checks never return from the test, so all ranks go on making the same collective calls. */
#ifndef LS_TESTS_MPI_TEST_H
#define LS_TESTS_MPI_TEST_H

#include "base/memory.h"

#include <mpi.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int mpi_test_rank, mpi_test_size;
static int mpi_test_passed, mpi_test_failed;

static inline bool mpi_test_count(bool good)
{
    if (good)
        mpi_test_passed++;
    else
        mpi_test_failed++;
    return good;
}

#define MPI_TEST_FAILED_(format, ...)                                                                                  \
    fprintf(stderr, "%s:%d: rank %d of %d: " format "\n", __FILE__, __LINE__, mpi_test_rank, mpi_test_size, __VA_ARGS__)

#define CHECK_TRUE(condition)                                                                                          \
    do {                                                                                                               \
        if (!mpi_test_count(condition))                                                                                \
            MPI_TEST_FAILED_("%s does not hold", #condition);                                                          \
    } while (0)

#define CHECK_INT(value, expected)                                                                                     \
    do {                                                                                                               \
        long long value_ = (long long)(value), expected_ = (long long)(expected);                                      \
        if (!mpi_test_count(value_ == expected_))                                                                      \
            MPI_TEST_FAILED_("%s is %lld, expected %lld", #value, value_, expected_);                                  \
    } while (0)

/* Equal as numbers; the text shows all digits. */
#define CHECK_DOUBLE(value, expected)                                                                                  \
    do {                                                                                                               \
        double value_ = (value), expected_ = (expected);                                                               \
        if (!mpi_test_count(value_ == expected_))                                                                      \
            MPI_TEST_FAILED_("%s is %.17g, expected %.17g", #value, value_, expected_);                                \
    } while (0)

#define CHECK_STRING(value, expected)                                                                                  \
    do {                                                                                                               \
        const char *value_ = (value), *expected_ = (expected);                                                         \
        if (!mpi_test_count(strcmp(value_, expected_) == 0))                                                           \
            MPI_TEST_FAILED_("%s is \"%s\", expected \"%s\"", #value, value_, expected_);                              \
    } while (0)

#define CHECK_CONTAINS(value, part)                                                                                    \
    do {                                                                                                               \
        const char *value_ = (value), *part_ = (part);                                                                 \
        if (!mpi_test_count(strstr(value_, part_) != NULL))                                                            \
            MPI_TEST_FAILED_("%s is \"%s\", which lacks \"%s\"", #value, value_, part_);                               \
    } while (0)

/* A status that should be LS_OK; shows the message otherwise. Needs <lockstep.h>. */
#define CHECK_OK(call)                                                                                                 \
    do {                                                                                                               \
        int status_ = (int)(call);                                                                                     \
        if (!mpi_test_count(status_ == 0))                                                                             \
            MPI_TEST_FAILED_("%s is %d: %s", #call, status_, ls_error_message());                                      \
    } while (0)

static inline void mpi_test_start(int *argc, char ***argv)
{
    MPI_Init(argc, argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &mpi_test_rank);
    MPI_Comm_size(MPI_COMM_WORLD, &mpi_test_size);
}

/* Ends MPI, whatever memory failures have left; the value is main's. */
static inline int mpi_test_end(void)
{
    int mine[2] = {mpi_test_passed, mpi_test_failed}, all[2] = {0, 0};
    MPI_Allreduce(mine, all, 2, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (mpi_test_rank == 0)
        printf("%d passed, %d failed\n", all[0], all[1]);
    MPI_Finalize();
    return all[1] > 0 || all[0] == 0;
}

/* The same, where all memory was given back. */
static inline int mpi_test_finish(void)
{
    CHECK_INT(ls_memory_used(), 0);
    return mpi_test_end();
}

#endif

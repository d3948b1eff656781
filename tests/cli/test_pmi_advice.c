/* What users are told when their launcher and their MPI do not find each other, by the library's own text. */
#include "cli/pmi_advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define START   "srun started 8 processes, but each is a job of its own to MPI "
#define ALONE   ": they would all train alone. Use "
#define ELSE    " ('srun --mpi=list' shows what this Slurm has), or 'mpirun -n 8 lockstep ...' inside the allocation"
#define OPEN    "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022"
#define INTEL   "Intel(R) MPI Library 2021.9 for Linux* OS\n"
#define MPICH   "MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7 12:34:45 CDT 2022\nMPICH ABI:\t14:1:2\n"
#define CRAY    "MPI VERSION    : CRAY MPICH version 8.1.25.17 (ANL base 3.4a2)\nMPI BUILD INFO : Sun Feb 26 15:15 2023\n"
#define MVAPICH "MVAPICH2 Version      :\t2.3.7\nMVAPICH2 Release date :\tWed March 02 22:00:00 EST 2022\n"

static void assert_advice(const char *launcher, const char *version, const char *expected)
{
    char text[1024];
    pmi_advice_separate(launcher, 8, version, text, sizeof text);
    assert_string_equal(text, expected);
}

static void test_srun(void **state)
{
    (void)state;
    assert_advice("srun", OPEN, START "(Open MPI v4.1.4)" ALONE "'srun --mpi=pmix lockstep ...'" ELSE);
    assert_advice("srun", MPICH,
                  START "(MPICH Version: 4.0.2)" ALONE
                        "'srun --mpi=pmi2 lockstep ...', or --mpi=pmix if this MPICH was built with PMIx" ELSE);
    assert_advice("srun", INTEL,
                  START "(Intel(R) MPI Library 2021.9 for Linux* OS)" ALONE
                        "'srun --mpi=pmi2 lockstep ...', with I_MPI_PMI_LIBRARY set to Slurm's libpmi2.so" ELSE);
    assert_advice("srun", CRAY,
                  START "(MPI VERSION : CRAY MPICH version 8.1.25.17 (ANL base 3.4a2))" ALONE
                        "'srun --mpi=cray_shasta lockstep ...'" ELSE);
    assert_advice("srun", MVAPICH, START "(MVAPICH2 Version : 2.3.7)" ALONE "'srun --mpi=pmi2 lockstep ...'" ELSE);
    assert_advice("srun", "Another MPI 1.0",
                  START "(Another MPI 1.0)" ALONE
                        "'srun --mpi=KIND lockstep ...' with the KIND that this library was built for" ELSE);
}

static void test_mpirun(void **state)
{
    (void)state;
    assert_advice("mpiexec of MPICH or Intel MPI", OPEN,
                  "mpiexec of MPICH or Intel MPI started 8 processes, but each is a job of its own to MPI (Open MPI "
                  "v4.1.4): they would all train alone. Use 'mpirun -n 8 lockstep ...' with the mpirun that belongs to "
                  "Open MPI v4.1.4");
}

static void test_names(void **state)
{
    (void)state;
    char name[16];
    pmi_advice_library("", name, sizeof name);
    assert_string_equal(name, "");
    pmi_advice_library("  MPI \t 7 \n more", name, sizeof name);
    assert_string_equal(name, "MPI 7");
    pmi_advice_library("A long name that does not fit", name, sizeof name);
    assert_string_equal(name, "A long name tha");
}

/* However short the room is, what is there ends. */
static void test_room(void **state)
{
    (void)state;
    char text[512];
    for (size_t size = 1; size < sizeof text; size++) {
        memset(text, 'x', sizeof text);
        pmi_advice_separate("srun", 8, MPICH, text, size);
        assert_true(strlen(text) < size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_srun),
        cmocka_unit_test(test_mpirun),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The self-test of kernel tables: a table is used when it gives the portable table's bits on small tiles of every
 * kernel. It guards against what the tests of another machine cannot see: a faulty processor, a miscompiled build, an
 * emulator. */
#ifndef LS_MATH_SELFTEST_H
#define LS_MATH_SELFTEST_H

#include "base/status.h"
#include "math/kernels_tables.h"

#include <stddef.h>

/* Local. Compares every kernel of a table with the reference's, on fixed operands with zeros of both signs and
 * denormals among them. *wrong is the first kernel that differs ("forward"), NULL when all give the same bits.
 * LS_ERR_MEMORY. Takes a fraction of a millisecond. */
ls_status ls_selftest_compare(const ls_kernels *table, const ls_kernels *reference, const char **wrong);

/* Local. The part of that about products in bfloat16, whose operands have a layout of each table's own: compares with
 * loops from README.md, in a floating-point mode with denormals and round to nearest (base/fpenv.h). *wrong:
 * "bfloat16.forward". LS_ERR_MEMORY. */
ls_status ls_selftest_bfloat16(const ls_bfloat16_kernels *kernels, const char **wrong);

/* Local. Chooses a table as ls_kernels_find does, but only one that passes: the one of that name (NULL or "auto": the
 * fastest), else the next in the list, finally the portable one, which is not tested. Tables that fail are rejected for
 * the whole process, and listed in `failed` ("avx512 (forward), avx2 (exp)"), which is empty when there are none. Each
 * table is tested once a process. *kernels is NULL when there is no table of that name for this CPU. LS_ERR_MEMORY. */
ls_status ls_selftest_choose(const char *name, const ls_kernels **kernels, char *failed, size_t capacity);

#endif

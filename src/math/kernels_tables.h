/* The tables behind ls_kernels_at and ls_loss_panel, for this folder and its tests. */
#ifndef LS_MATH_KERNELS_TABLES_H
#define LS_MATH_KERNELS_TABLES_H

#include "math/kernels.h"
#include "math/losses.h"

typedef struct ls_kernels_table {
    ls_kernels kernels;
    /* ls_loss_panel in this instruction set. */
    void (*loss)(ls_loss loss, int64_t outputs, int lanes, const float *z, const float *a, const ls_targets *targets,
                 double *value, float *d);
} ls_kernels_table;

extern const ls_kernels_table ls_kernels_portable;
#if defined(__x86_64__)
extern const ls_kernels_table ls_kernels_avx2;
extern const ls_kernels_table ls_kernels_avx512;
#elif defined(__aarch64__)
extern const ls_kernels_table ls_kernels_neon;
#endif

/* Whether this CPU (and the operating system) runs a table. In kernels.c, which is compiled for every CPU. */
bool ls_kernels_portable_supported(void);
bool ls_kernels_avx2_supported(void);
bool ls_kernels_avx512_supported(void);
bool ls_kernels_neon_supported(void);

/* What the self-test (selftest.h) has said of a table in this process. */
typedef enum ls_verdict { LS_UNTESTED = 0, LS_PASSED, LS_REJECTED } ls_verdict;
ls_verdict ls_kernels_table_verdict(int index);
void ls_kernels_table_judge(int index, ls_verdict verdict);

/* As ls_kernels_at and ls_kernels_find, which are made from these. */
const ls_kernels_table *ls_kernels_table_at(int index);
const ls_kernels_table *ls_kernels_table_find(const char *name);

#endif

/* The tables behind ls_kernels_at, and what is known of them, for this folder and its tests. */
#ifndef LS_MATH_KERNELS_TABLES_H
#define LS_MATH_KERNELS_TABLES_H

#include "math/kernels.h"

extern const ls_kernels ls_kernels_portable;
#if defined(__x86_64__)
extern const ls_kernels ls_kernels_avx2;
extern const ls_kernels ls_kernels_avx512;
extern const ls_kernels ls_kernels_avx512_bf16;
#elif defined(__aarch64__)
extern const ls_kernels ls_kernels_neon;
#endif

/* Whether this CPU (and the operating system) runs a table. In kernels.c, which is compiled for every CPU. */
bool ls_kernels_portable_supported(void);
bool ls_kernels_avx2_supported(void);
bool ls_kernels_avx512_supported(void);
bool ls_kernels_avx512_bf16_supported(void);
bool ls_kernels_neon_supported(void);

/* What the self-test (selftest.h) has said of a table in this process. */
typedef enum ls_verdict { LS_UNTESTED = 0, LS_PASSED, LS_REJECTED } ls_verdict;
ls_verdict ls_kernels_table_verdict(int index);
void ls_kernels_table_judge(int index, ls_verdict verdict);

#endif

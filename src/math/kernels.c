/* The list of kernel tables, and which of them this CPU runs. Compiled for every CPU of the platform: the
 * tables' own files are not. */
#include "math/kernels_tables.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

bool ls_kernels_portable_supported(void)
{
    return true;
}

#if defined(__x86_64__)
bool ls_kernels_avx2_supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool ls_kernels_avx512_supported(void)
{
    return ls_kernels_avx2_supported() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

bool ls_kernels_avx512_bf16_supported(void)
{
    return ls_kernels_avx512_supported() && __builtin_cpu_supports("avx512bf16");
}
#elif defined(__aarch64__)
bool ls_kernels_neon_supported(void)
{
    return true; /* part of every AArch64 processor, and of what compilers for it use everywhere */
}
#endif

static const ls_kernels *const tables[] = {
#if defined(__x86_64__)
    &ls_kernels_avx512_bf16,
    &ls_kernels_avx512,
    &ls_kernels_avx2,
#elif defined(__aarch64__)
    &ls_kernels_neon,
#endif
    &ls_kernels_portable,
};

enum { TABLES = sizeof tables / sizeof tables[0] };

static atomic_int verdicts[TABLES]; /* ls_verdict */

ls_verdict ls_kernels_table_verdict(int index)
{
    return (ls_verdict)atomic_load_explicit(&verdicts[index], memory_order_relaxed);
}

void ls_kernels_table_judge(int index, ls_verdict verdict)
{
    atomic_store_explicit(&verdicts[index], (int)verdict, memory_order_relaxed);
}

const ls_kernels *ls_kernels_at(int index)
{
    return index >= 0 && index < TABLES ? tables[index] : NULL;
}

const ls_kernels *ls_kernels_find(const char *name)
{
    const bool any = !name || strcmp(name, "auto") == 0;
    for (int i = 0; i < TABLES; i++)
        if ((any || strcmp(name, tables[i]->name) == 0) && tables[i]->supported() &&
            ls_kernels_table_verdict(i) != LS_REJECTED)
            return tables[i];
    return NULL;
}

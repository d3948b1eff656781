/* The list of kernel tables, and which of them this CPU runs. Compiled for every CPU of the platform: the
 * tables' own files are not. */
#include "math/kernels_tables.h"

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
#elif defined(__aarch64__)
bool ls_kernels_neon_supported(void)
{
    return true; /* part of every AArch64 processor, and of what compilers for it use everywhere */
}
#endif

static const ls_kernels_table *const tables[] = {
#if defined(__x86_64__)
    &ls_kernels_avx512,
    &ls_kernels_avx2,
#elif defined(__aarch64__)
    &ls_kernels_neon,
#endif
    &ls_kernels_portable,
};

const ls_kernels_table *ls_kernels_table_at(int index)
{
    const int count = (int)(sizeof tables / sizeof tables[0]);
    return index >= 0 && index < count ? tables[index] : NULL;
}

const ls_kernels_table *ls_kernels_table_find(const char *name)
{
    const bool any = !name || strcmp(name, "auto") == 0;
    const ls_kernels_table *table;
    for (int i = 0; (table = ls_kernels_table_at(i)); i++)
        if ((any || strcmp(name, table->kernels.name) == 0) && table->kernels.supported())
            return table;
    return NULL;
}

const ls_kernels *ls_kernels_at(int index)
{
    const ls_kernels_table *table = ls_kernels_table_at(index);
    return table ? &table->kernels : NULL;
}

const ls_kernels *ls_kernels_find(const char *name)
{
    const ls_kernels_table *table = ls_kernels_table_find(name);
    return table ? &table->kernels : NULL;
}

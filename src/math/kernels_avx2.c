/* The kernel table for x86-64 with AVX2 and FMA (Haswell 2013, Zen 2017 and later). */
#if defined(__x86_64__)
#if !defined(__AVX2__) || !defined(__FMA__)
#error "kernels_avx2.c must be compiled with -mavx2 -mfma"
#endif
#include "math/simd_avx2.h"

#define LS_TABLE           ls_kernels_avx2
#define LS_TABLE_NAME      "avx2"
#define LS_TABLE_SUPPORTED ls_kernels_avx2_supported
#include "math/kernels_body.inc"
#else
typedef int ls_kernels_avx2_is_empty; /* ISO C wants at least one declaration */
#endif

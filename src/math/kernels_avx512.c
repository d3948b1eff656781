/* The kernel table for x86-64 with AVX-512 F, DQ, BW and VL (Skylake-X 2017, Zen 4 and later). */
#if defined(__x86_64__)
#if !defined(__AVX512F__) || !defined(__AVX512DQ__) || !defined(__AVX512BW__) || !defined(__AVX512VL__)
#error "kernels_avx512.c must be compiled with -mavx512f -mavx512dq -mavx512bw -mavx512vl"
#endif
#include "math/simd_avx512.h"

#define LS_TABLE           ls_kernels_avx512
#define LS_TABLE_NAME      "avx512"
#define LS_TABLE_SUPPORTED ls_kernels_avx512_supported
#include "math/kernels_body.inc"
#else
typedef int ls_kernels_avx512_is_empty; /* ISO C wants at least one declaration */
#endif

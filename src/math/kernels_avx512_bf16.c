/* The kernel table for x86-64 with AVX-512 and its BF16 instructions (Cooper Lake 2020, Zen 4 and later, Sapphire
 * Rapids and later): that of AVX-512, with products of pairs in bfloat16. */
#if defined(__x86_64__)
#if !defined(__AVX512BF16__) && !defined(LS_WITHOUT_BF16)
#error "kernels_avx512_bf16.c must be compiled with the flags of kernels_avx512.c and -mavx512bf16"
#endif
#include "math/kernels.h"
#include "math/simd_avx512.h"
#include "math/simd_pairs_avx512.h"

#define LS_PAIRED 1
#ifdef LS_WITHOUT_BF16 /* tests on other processors: the same table over the instruction's formula */
#define LS_TABLE           ls_kernels_avx512_pairs
#define LS_TABLE_NAME      "avx512_pairs"
#define LS_TABLE_SUPPORTED ls_kernels_avx512_supported
extern const ls_kernels ls_kernels_avx512_pairs;
#else
#define LS_TABLE                ls_kernels_avx512_bf16
#define LS_TABLE_NAME           "avx512_bf16"
#define LS_TABLE_SUPPORTED      ls_kernels_avx512_bf16_supported
#define LS_BFLOAT16_INSTRUCTION true
#endif
#include "math/kernels_body.inc"
#else
typedef int ls_kernels_avx512_bf16_is_empty; /* ISO C wants at least one declaration */
#endif

/* The kernel table for AArch64, all of which has Advanced SIMD (NEON) with fused multiply-add. */
#if defined(__aarch64__)
#include "math/simd_neon.h"

#define LS_TABLE           ls_kernels_neon
#define LS_TABLE_NAME      "neon"
#define LS_TABLE_SUPPORTED ls_kernels_neon_supported
#include "math/kernels_body.inc"
#else
typedef int ls_kernels_neon_is_empty; /* ISO C wants at least one declaration */
#endif

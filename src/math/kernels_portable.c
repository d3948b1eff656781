/* The kernel table of plain C: right on every CPU, and slow where fmaf is a library call. */
#include "math/simd_portable.h"

#define LS_TABLE           ls_kernels_portable
#define LS_TABLE_NAME      "portable"
#define LS_TABLE_SUPPORTED ls_kernels_portable_supported
#include "math/kernels_body.inc"

/* The kernel table of plain C: right on every CPU, and slow where fmaf is a library call. Its operands in bfloat16 are
 * pairs, as an instruction set takes them that multiplies such: so both layouts are in use on every CPU. */
#include "math/simd_pairs_portable.h"
#include "math/simd_portable.h"

#define LS_PAIRED          1
#define LS_TABLE           ls_kernels_portable
#define LS_TABLE_NAME      "portable"
#define LS_TABLE_SUPPORTED ls_kernels_portable_supported
#include "math/kernels_body.inc"

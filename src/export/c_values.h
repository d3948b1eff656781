/* Values as C has them: numbers in hexadecimal, which are exact and short to read for compilers, and strings. */
#ifndef LS_EXPORT_C_VALUES_H
#define LS_EXPORT_C_VALUES_H

#include <stdint.h>
#include <stdio.h>

/* "static const float NAME[n] = {...};"; the values are finite. */
void ls_c_values_floats(const char *name, int64_t n, const float *values, FILE *out);
void ls_c_values_doubles(const char *name, int64_t n, const double *values, FILE *out);
/* "const int64_t NAME[n] = {...};" */
void ls_c_values_integers(const char *name, int64_t n, const int64_t *values, FILE *out);
/* "const char *const NAME[n] = {...};" What is not plain ASCII is written in octal, as compilers differ about it. */
void ls_c_values_strings(const char *name, int64_t n, const char *const *values, FILE *out);
/* One float64, without a sign in front of its 0x where it is not negative. */
void ls_c_values_double(double value, FILE *out);
/* Text within a comment, on one line; what could end the comment or is not plain ASCII becomes '?'. */
void ls_c_values_comment(const char *text, FILE *out);

#endif

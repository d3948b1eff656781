/* UTF-8: what JSON and HDF5 texts must be. */
#ifndef LS_BASE_UTF8_H
#define LS_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

/* The byte order mark that Windows' programs put in front of UTF-8. */
#define LS_UTF8_MARK "\xEF\xBB\xBF"

/* Bytes of the well-formed character at `s`, 0 when there is none. A NUL ends the text. */
int ls_utf8_length(const unsigned char *s);
bool ls_utf8_valid(const char *text);
/* The same of bytes without a NUL behind them; one among them is not valid. */
bool ls_utf8_valid_bytes(const char *bytes, int64_t count);

#endif

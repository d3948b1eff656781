/* Headers of arrays, and their rows. */
#include "formats/array.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define NPY_HEADER_MOST 65536

struct ls_array {
    ls_stream *stream;
    ls_element element;
    bool big_endian;
    int64_t text;       /* bytes of one text in the stream; 0: numbers */
    bool wide;          /* texts have 4 bytes a character (NumPy's U), else they are bytes (S) */
    bool columns_first; /* Fortran's order: the first index runs fastest */
    int rank;
    int64_t shape[LS_H5_MAX_RANK];
    int64_t row_bytes;
    int64_t data;         /* where the numbers begin in the stream */
    int64_t row;          /* the next */
    unsigned char *texts; /* (text_rows) rows of texts as they are in the stream */
    int64_t text_rows;
    unsigned char *column; /* (count) a piece of one, for Fortran's order */
    int64_t column_rows;
};

/* ---- NumPy's header ----
 * "\x93NUMPY", version, length, then a Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } */

static ls_status bad_header(const ls_array *a, const char *header, const char *what)
{
    return ls_fail(LS_ERR_DATA, "%s: its NumPy header has no %s that can be read: %.100s", ls_stream_name(a->stream),
                   what, header);
}

/* Behind "'key':" and spaces, or NULL. */
static const char *find_key(const char *header, const char *key)
{
    char quoted[32];
    (void)snprintf(quoted, sizeof quoted, "'%s':", key);
    const char *found = strstr(header, quoted);
    if (found == NULL)
        return NULL;
    found += strlen(quoted);
    return found + strspn(found, " ");
}

/* What to do about a type that is not read: by its letter, or its bracket. */
static const char *advice_for(const char *text)
{
    if (*text == '[')
        return "save its fields as columns, with numpy.lib.recfunctions.structured_to_unstructured";
    switch (text[0] == '\'' && text[1] != '\0' ? text[2] : '\0') {
    case 'O':
        return "save numbers with astype('float32') and labels with astype(str)";
    case 'M':
        return "save times as numbers, for example with astype('datetime64[s]').astype('int64')";
    case 'c':
        return "save both parts side by side, with numpy.concatenate([x.real, x.imag], axis=-1)";
    default:
        return "save it with astype, for example astype('float32')";
    }
}

/* "'<U12'" and "'|S8'": texts of so many characters. */
static bool parse_text(ls_array *a, const char *text)
{
    const int64_t most = 16384;
    int64_t length = 0;
    if (text[0] != '\'' || text[1] == '\0' || strchr("<>|=", text[1]) == NULL || (text[2] != 'U' && text[2] != 'S'))
        return false;
    const char *c = text + 3;
    for (; *c >= '0' && *c <= '9' && length <= most; c++)
        length = 10 * length + (*c - '0');
    if (*c != '\'' || length < 1 || length > most)
        return false;
    a->wide = text[2] == 'U';
    a->text = a->wide ? 4 * length : length;
    a->element = LS_ELEMENT_UINT8;
    a->big_endian = text[1] == '>';
    return true;
}

static ls_status parse_type(ls_array *a, const char *header)
{
    static const struct {
        const char *text;
        ls_element element;
    } types[] = {{"b1", LS_ELEMENT_BOOL},    {"i1", LS_ELEMENT_INT8},    {"u1", LS_ELEMENT_UINT8},
                 {"i2", LS_ELEMENT_INT16},   {"u2", LS_ELEMENT_UINT16},  {"i4", LS_ELEMENT_INT32},
                 {"u4", LS_ELEMENT_UINT32},  {"i8", LS_ELEMENT_INT64},   {"u8", LS_ELEMENT_UINT64},
                 {"f2", LS_ELEMENT_FLOAT16}, {"f4", LS_ELEMENT_FLOAT32}, {"f8", LS_ELEMENT_FLOAT64}};
    const char *text = find_key(header, "descr");
    if (text == NULL)
        return bad_header(a, header, "type");
    if (*text == '\'' && text[1] != '\0' && strchr("<>|=", text[1]) != NULL)
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
            if (strncmp(text + 2, types[i].text, 2) == 0 && text[4] == '\'') {
                a->element = types[i].element;
                a->big_endian = text[1] == '>';
                return LS_OK;
            }
    if (parse_text(a, text))
        return LS_OK;
    return ls_fail(LS_ERR_DATA,
                   "%s: holds NumPy's type %.*s, expected numbers (integers, float16 to float64 or booleans), or texts "
                   "as labels; %s",
                   ls_stream_name(a->stream), (int)strcspn(text, *text == '[' ? "]" : "},"), text, advice_for(text));
}

static ls_status parse_shape(ls_array *a, const char *header)
{
    const char *c = find_key(header, "shape");
    if (c == NULL || *c++ != '(')
        return bad_header(a, header, "shape");
    while (*(c += strspn(c, " ")) != ')') {
        int64_t extent = 0;
        const char *digits = c;
        for (; *c >= '0' && *c <= '9'; c++)
            if (__builtin_mul_overflow(extent, 10, &extent) || __builtin_add_overflow(extent, *c - '0', &extent))
                return bad_header(a, header, "shape");
        if (c == digits)
            return bad_header(a, header, "shape");
        if (a->rank == LS_H5_MAX_RANK)
            return ls_fail(LS_ERR_DATA, "%s: has more than %d dimensions", ls_stream_name(a->stream), LS_H5_MAX_RANK);
        a->shape[a->rank++] = extent;
        c += strspn(c, " ");
        if (*c == ',')
            c++;
        else if (*c != ')')
            return bad_header(a, header, "shape");
    }
    return LS_OK;
}

static ls_status parse_header(ls_array *a, const char *header)
{
    LS_TRY(parse_type(a, header));
    LS_TRY(parse_shape(a, header));
    const char *order = find_key(header, "fortran_order");
    if (order == NULL || (strncmp(order, "True", 4) != 0 && strncmp(order, "False", 5) != 0))
        return bad_header(a, header, "order");
    a->columns_first = order[0] == 'T' && a->rank > 1;
    if (!a->columns_first)
        return LS_OK;
    const bool packed = ls_stream_packing(a->stream) != LS_PACKED_NOT;
    if (a->rank != 2 || packed || a->text > 0)
        return ls_fail(LS_ERR_DATA,
                       "%s: is stored column by column (Fortran's order)%s; save it with numpy.ascontiguousarray%s",
                       ls_stream_name(a->stream), packed ? " and compressed" : "",
                       packed && a->rank == 2 ? ", or unpack it first" : "");
    return LS_OK;
}

static ls_status read_npy(ls_array *a)
{
    unsigned char start[12];
    char *header;
    LS_TRY(ls_stream_take(a->stream, start, 10));
    if (memcmp(start, "\x93NUMPY", 6) != 0)
        return ls_fail(LS_ERR_DATA, "%s: is no NumPy array: it does not begin with \\x93NUMPY",
                       ls_stream_name(a->stream));
    if (start[6] < 1 || start[6] > 3)
        return ls_fail(LS_ERR_DATA, "%s: has version %d of NumPy's format; 1 to 3 can be read",
                       ls_stream_name(a->stream), start[6]);
    int64_t length = start[8] | start[9] << 8;
    a->data = 10;
    if (start[6] > 1) {
        LS_TRY(ls_stream_take(a->stream, start + 10, 2));
        length |= (int64_t)start[10] << 16 | (int64_t)start[11] << 24;
        a->data = 12;
    }
    if (length > NPY_HEADER_MOST)
        return ls_fail(LS_ERR_DATA, "%s: its NumPy header is said to have %lld bytes", ls_stream_name(a->stream),
                       (long long)length);
    a->data += length;
    LS_TRY(ls_memory_allocate(&header, length + 1, 1, "header of an array"));
    ls_status status = ls_stream_take(a->stream, header, length);
    if (status == LS_OK)
        status = parse_header(a, header);
    ls_memory_free(header);
    return status;
}

/* ---- IDX: two zeros, type, rank, then extents of 4 bytes, all big endian (yann.lecun.com/exdb/mnist) ---- */

static ls_status read_idx(ls_array *a)
{
    static const struct {
        unsigned char code;
        ls_element element;
    } types[] = {{0x08, LS_ELEMENT_UINT8}, {0x09, LS_ELEMENT_INT8},    {0x0B, LS_ELEMENT_INT16},
                 {0x0C, LS_ELEMENT_INT32}, {0x0D, LS_ELEMENT_FLOAT32}, {0x0E, LS_ELEMENT_FLOAT64}};
    unsigned char start[4], extent[4];
    LS_TRY(ls_stream_take(a->stream, start, sizeof start));
    size_t i = 0;
    while (i < sizeof types / sizeof types[0] && types[i].code != start[2])
        i++;
    if (start[0] != 0 || start[1] != 0 || i == sizeof types / sizeof types[0] || start[3] < 1 ||
        start[3] > LS_H5_MAX_RANK)
        return ls_fail(LS_ERR_DATA, "%s: is no IDX file: it begins with %02x %02x %02x %02x", ls_stream_name(a->stream),
                       start[0], start[1], start[2], start[3]);
    a->element = types[i].element;
    a->big_endian = true;
    a->rank = start[3];
    a->data = 4 + 4 * (int64_t)a->rank;
    for (int k = 0; k < a->rank; k++) {
        LS_TRY(ls_stream_take(a->stream, extent, sizeof extent));
        a->shape[k] = (int64_t)extent[0] << 24 | extent[1] << 16 | extent[2] << 8 | extent[3];
    }
    return LS_OK;
}

/* ---- arrays ---- */

/* The shape against the bytes that are there. */
static ls_status check_size(ls_array *a, int64_t size)
{
    int64_t bytes = a->text > 0 ? a->text : ls_element_bytes(a->element);
    bool too_many = false;
    for (int i = a->rank - 1; i >= 0; i--) {
        if (i == 0)
            a->row_bytes = bytes;
        too_many = too_many || __builtin_mul_overflow(bytes, a->shape[i], &bytes);
    }
    if (too_many)
        return ls_fail(LS_ERR_DATA, "%s: its header claims more numbers than a file can hold",
                       ls_stream_name(a->stream));
    if (a->rank > 0 && bytes == 0)
        return ls_fail(LS_ERR_DATA, "%s: the array is empty", ls_stream_name(a->stream));
    if (size >= 0 && size != a->data + bytes)
        return ls_fail(LS_ERR_DATA, "%s: is %s than its header says: %lld bytes found, expected %lld",
                       ls_stream_name(a->stream), size < a->data + bytes ? "shorter" : "longer", (long long)size,
                       (long long)(a->data + bytes));
    return LS_OK;
}

ls_status ls_array_open(const char *path, const char *name, const ls_stream_range *range, int64_t size,
                        ls_array_format format, ls_array **array)
{
    ls_array *a;
    *array = NULL;
    LS_TRY(ls_memory_allocate(&a, 1, sizeof *a, "array"));
    ls_status status = ls_stream_open(path, name, range, &a->stream);
    if (status == LS_OK)
        status = format == LS_ARRAY_NPY ? read_npy(a) : read_idx(a);
    if (status == LS_OK)
        status = check_size(a, size >= 0 ? size : ls_stream_length(a->stream));
    if (status != LS_OK) {
        ls_array_close(a);
        return status;
    }
    *array = a;
    return LS_OK;
}

void ls_array_close(ls_array *array)
{
    if (array == NULL)
        return;
    ls_stream_close(array->stream);
    ls_memory_free(array->texts);
    ls_memory_free(array->column);
    ls_memory_free(array);
}

ls_element ls_array_element(const ls_array *array)
{
    return array->element;
}

int64_t ls_array_text(const ls_array *array)
{
    return array->text;
}

int ls_array_rank(const ls_array *array)
{
    return array->rank;
}

const int64_t *ls_array_shape(const ls_array *array)
{
    return array->shape;
}

const char *ls_array_name(const ls_array *array)
{
    return ls_stream_name(array->stream);
}

/* ---- rows ---- */

static void swap_bytes(unsigned char *bytes, int64_t count, int64_t size)
{
    for (int64_t i = 0; i < count; i++, bytes += size)
        for (int64_t k = 0; k < size / 2; k++) {
            const unsigned char kept = bytes[k];
            bytes[k] = bytes[size - 1 - k];
            bytes[size - 1 - k] = kept;
        }
}

/* Rows of a matrix whose columns stand one behind the other: a piece of each is read, and its numbers put apart. */
static ls_status gather_rows(ls_array *a, int64_t count, unsigned char *rows)
{
    const int64_t size = ls_element_bytes(a->element);
    if (count > a->column_rows) {
        ls_memory_free(a->column);
        a->column_rows = 0;
        LS_TRY(ls_memory_allocate(&a->column, count, (size_t)size, "column of an array"));
        a->column_rows = count;
    }
    for (int64_t c = 0; c < a->shape[1]; c++) {
        LS_TRY(ls_stream_take_at(a->stream, a->data + (c * a->shape[0] + a->row) * size, a->column, count * size));
        for (int64_t r = 0; r < count; r++)
            memcpy(rows + r * a->row_bytes + c * size, a->column + r * size, (size_t)size);
    }
    return LS_OK;
}

/* A character of 4 bytes in UTF-8; how many bytes. What is none becomes U+FFFD. */
static int put_character(uint32_t c, unsigned char *to)
{
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        c = 0xFFFD;
    if (c < 0x80) {
        to[0] = (unsigned char)c;
        return 1;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xC0, 0xE0, 0xF0};
    to[0] = (unsigned char)(first[more] | c >> (6 * more));
    for (int i = 1; i <= more; i++)
        to[i] = (unsigned char)(0x80 | (c >> (6 * (more - i)) & 0x3F));
    return more + 1;
}

/* UTF-8 takes no more bytes than what it is made of. */
static void put_text(const ls_array *a, const unsigned char *from, unsigned char *to)
{
    int64_t length = 0;
    for (int64_t i = 0; i < a->text; i += 4) {
        uint32_t c = 0;
        for (int k = 0; k < 4; k++)
            c = c << 8 | from[i + (a->big_endian ? k : 3 - k)];
        if (c == 0)
            break;
        length += put_character(c, to + length);
    }
    memset(to + length, 0, (size_t)(a->text - length));
}

static ls_status take_texts(ls_array *a, int64_t count, unsigned char *rows)
{
    if (!a->wide)
        return ls_stream_take(a->stream, rows, count * a->row_bytes);
    if (count > a->text_rows) {
        ls_memory_free(a->texts);
        a->texts = NULL;
        a->text_rows = 0;
        LS_TRY(ls_memory_allocate(&a->texts, count, (size_t)a->row_bytes, "texts of an array"));
        a->text_rows = count;
    }
    LS_TRY(ls_stream_take(a->stream, a->texts, count * a->row_bytes));
    for (int64_t at = 0; at < count * a->row_bytes; at += a->text)
        put_text(a, a->texts + at, rows + at);
    return LS_OK;
}

static ls_status check_end(ls_array *a)
{
    unsigned char byte;
    int64_t got = 0;
    if (a->row < a->shape[0] || a->columns_first)
        return LS_OK;
    LS_TRY(ls_stream_read(a->stream, &byte, 1, &got)); /* at the end the check sum is compared */
    return got == 0 ? LS_OK : ls_fail(LS_ERR_DATA, "%s: is longer than its header says", ls_stream_name(a->stream));
}

ls_status ls_array_next(ls_array *array, int64_t count, void *rows)
{
    if (array->columns_first)
        LS_TRY(gather_rows(array, count, rows));
    else if (array->text > 0)
        LS_TRY(take_texts(array, count, rows));
    else
        LS_TRY(ls_stream_take(array->stream, rows, count * array->row_bytes));
    if (array->big_endian && array->text == 0)
        swap_bytes(rows, count * array->row_bytes / ls_element_bytes(array->element), ls_element_bytes(array->element));
    array->row += count;
    return check_end(array);
}

ls_status ls_array_restart(ls_array *array)
{
    LS_TRY(ls_stream_restart(array->stream));
    for (int64_t passed = 0; passed < array->data;) { /* the check sum is of the header too */
        unsigned char header[256];
        const int64_t left = array->data - passed, now = left < (int64_t)sizeof header ? left : (int64_t)sizeof header;
        LS_TRY(ls_stream_take(array->stream, header, now));
        passed += now;
    }
    array->row = 0;
    return LS_OK;
}

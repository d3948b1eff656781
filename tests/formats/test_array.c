/* Arrays of NumPy and IDX, plain, in archives and compressed; libsvm text; and what becomes of damaged files. */
#include "io_test.h"

#include "base/memory.h"
#include "files/zip.h"
#include "formats/import.h"

#ifdef LS_HAVE_ZLIB
#include <zlib.h>
#endif

/* ---- writers, independent of the readers ---- */

typedef struct bytes {
    unsigned char data[20000];
    size_t count;
} bytes;

static void put(bytes *b, const void *data, size_t count)
{
    memcpy(b->data + b->count, data, count);
    b->count += count;
}

static void put_little(bytes *b, uint64_t value, int count)
{
    for (int i = 0; i < count; i++)
        b->data[b->count++] = (unsigned char)(i < 8 ? value >> 8 * i : 0);
}

static void put_npy(bytes *b, int version, const char *descr, const char *order, const char *shape, const void *data,
                    size_t count)
{
    char header[256];
    const int length = snprintf(header, sizeof header, "{'descr': %s, 'fortran_order': %s, 'shape': %s, }%*s\n", descr,
                                order, shape, 20, "");
    put(b, "\x93NUMPY", 6);
    put_little(b, (uint64_t)version, 1);
    put_little(b, 0, 1);
    put_little(b, (uint64_t)length, version == 1 ? 2 : 4);
    put(b, header, (size_t)length);
    put(b, data, count);
}

static uint32_t crc_of(const unsigned char *data, size_t count)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < count; i++) {
        crc ^= data[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* An archive of one or two arrays; `zip64` writes sizes as force_zip64 of Python's zipfile and the directory as it does
 * for large files. */
static void put_zip(bytes *zip, const char *const names[], const bytes *const contents[], int count, bool packed,
                    bool zip64)
{
    bytes directory = {.count = 0};
    for (int i = 0; i < count; i++) {
        const size_t offset = zip->count;
        static unsigned char data[20000];
        size_t size = contents[i]->count;
        memcpy(data, contents[i]->data, size);
#ifdef LS_HAVE_ZLIB
        if (packed) {
            z_stream z = {0};
            assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
            z.next_in = (Bytef *)contents[i]->data;
            z.avail_in = (uInt)contents[i]->count;
            z.next_out = data;
            z.avail_out = sizeof data;
            assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
            size = z.total_out;
            (void)deflateEnd(&z);
        }
#endif
        const uint32_t crc = crc_of(contents[i]->data, contents[i]->count);
        put(zip, "PK\3\4", 4);
        put_little(zip, 20, 2);
        put_little(zip, 0, 2);
        put_little(zip, packed ? 8 : 0, 2);
        put_little(zip, 0, 4);
        put_little(zip, crc, 4);
        put_little(zip, zip64 ? 0xFFFFFFFF : size, 4);
        put_little(zip, zip64 ? 0xFFFFFFFF : contents[i]->count, 4);
        put_little(zip, strlen(names[i]), 2);
        put_little(zip, zip64 ? 20 : 0, 2);
        put(zip, names[i], strlen(names[i]));
        if (zip64) {
            put_little(zip, 1, 2);
            put_little(zip, 16, 2);
            put_little(zip, contents[i]->count, 8);
            put_little(zip, size, 8);
        }
        put(zip, data, size);

        put(&directory, "PK\1\2", 4);
        put_little(&directory, 20, 2);
        put_little(&directory, 20, 2);
        put_little(&directory, 0, 2);
        put_little(&directory, packed ? 8 : 0, 2);
        put_little(&directory, 0, 4);
        put_little(&directory, crc, 4);
        put_little(&directory, zip64 ? 0xFFFFFFFF : size, 4);
        put_little(&directory, zip64 ? 0xFFFFFFFF : contents[i]->count, 4);
        put_little(&directory, strlen(names[i]), 2);
        put_little(&directory, zip64 ? 28 : 0, 2);
        put_little(&directory, 0, 10);
        put_little(&directory, zip64 ? 0xFFFFFFFF : offset, 4);
        put(&directory, names[i], strlen(names[i]));
        if (zip64) {
            put_little(&directory, 1, 2);
            put_little(&directory, 24, 2);
            put_little(&directory, contents[i]->count, 8);
            put_little(&directory, size, 8);
            put_little(&directory, offset, 8);
        }
    }
    const size_t start = zip->count;
    put(zip, directory.data, directory.count);
    if (zip64) {
        const size_t end64 = zip->count;
        put(zip, "PK\6\6", 4);
        put_little(zip, 44, 8);
        put_little(zip, 45, 4);
        put_little(zip, 0, 8);
        put_little(zip, (uint64_t)count, 8);
        put_little(zip, (uint64_t)count, 8);
        put_little(zip, directory.count, 8);
        put_little(zip, start, 8);
        put(zip, "PK\6\7", 4);
        put_little(zip, 0, 4);
        put_little(zip, end64, 8);
        put_little(zip, 1, 4);
    }
    put(zip, "PK\5\6", 4);
    put_little(zip, 0, 4);
    put_little(zip, zip64 ? 0xFFFF : (uint64_t)count, 2);
    put_little(zip, zip64 ? 0xFFFF : (uint64_t)count, 2);
    put_little(zip, zip64 ? 0xFFFFFFFF : directory.count, 4);
    put_little(zip, zip64 ? 0xFFFFFFFF : start, 4);
    put_little(zip, 5, 2);
    put(zip, "hello", 5); /* a comment */
}

/* ---- reading ---- */

static const ls_stream_range whole_file = {.length = -1};

static ls_status open_bytes(const char *name, const bytes *b, ls_array_format format, ls_array **array)
{
    const char *path = in_directory(name);
    write_bytes(path, b->data, b->count);
    return ls_array_open(path, path, &whole_file, -1, format, array);
}

static void test_npy(void **unused)
{
    (void)unused;
    static const uint16_t big[] = {0x0100, 0x0200, 0x0300, 0x0400, 0x0500, 0x0600}; /* 1 .. 6, big endian */
    for (int version = 1; version <= 3; version++) {
        ls_array *a;
        bytes b = {.count = 0};
        uint16_t rows[6];
        put_npy(&b, version, "'>u2'", "False", "(3, 2)", big, sizeof big);
        assert_ok(open_bytes("a.npy", &b, LS_ARRAY_NPY, &a));
        assert_int_equal(ls_array_element(a), LS_ELEMENT_UINT16);
        assert_int_equal(ls_array_rank(a), 2);
        assert_int_equal(ls_array_shape(a)[0], 3);
        assert_ok(ls_array_next(a, 2, rows));
        assert_ok(ls_array_next(a, 1, rows + 4));
        for (int i = 0; i < 6; i++)
            assert_int_equal(rows[i], i + 1);
        ls_array_close(a);
    }
    /* column by column: 1 3 5, then 2 4 6 */
    static const float columns[] = {1, 3, 5, 2, 4, 6};
    ls_array *a;
    bytes b = {.count = 0};
    float rows[6];
    put_npy(&b, 1, "'<f4'", "True", "(3, 2)", columns, sizeof columns);
    assert_ok(open_bytes("f.npy", &b, LS_ARRAY_NPY, &a));
    assert_ok(ls_array_next(a, 1, rows));
    assert_ok(ls_array_next(a, 2, rows + 2));
    for (int i = 0; i < 6; i++)
        assert_true(rows[i] == (float)(i + 1));
    ls_array_close(a);
}

static void check_npy_refused(const char *descr, const char *order, const char *shape, size_t count, const char *part)
{
    static const unsigned char zeros[1000];
    bytes b = {.count = 0};
    ls_array *a;
    put_npy(&b, 1, descr, order, shape, zeros, count);
    assert_fails(open_bytes("refused.npy", &b, LS_ARRAY_NPY, &a), LS_ERR_DATA, part);
    assert_null(a);
}

static void test_npy_refused(void **unused)
{
    (void)unused;
    check_npy_refused("'|O'", "False", "(3,)", 60, "holds NumPy's type '|O'");
    check_npy_refused("'<c8'", "False", "(3,)", 24, "holds NumPy's type '<c8'");
    check_npy_refused("[('a', '<f4')]", "False", "(3,)", 12, "holds NumPy's type [('a'");
    check_npy_refused("'<f4'", "False", "(3, 2)", 23, "is shorter than its header says");
    check_npy_refused("'<f4'", "False", "(3, 2)", 25, "is longer than its header says");
    check_npy_refused("'<f4'", "False", "(0, 2)", 0, "the array is empty");
    check_npy_refused("'<f4'", "False", "(9223372036854775807, 9)", 0, "claims more numbers than a file can hold");
    check_npy_refused("'<f4'", "False", "(99999999999999999999)", 0, "no shape that can be read");
    check_npy_refused("'<f4'", "False", "(3 2)", 0, "no shape that can be read");
    check_npy_refused("'<f4'", "False", "(1,1,1,1,1,1,1,1,1)", 4, "more than 8 dimensions");
    check_npy_refused("'<f4'", "Maybe", "(3,)", 12, "no order that can be read");
    check_npy_refused("'<f4'", "True", "(2,2,2)", 32, "numpy.ascontiguousarray");
}

static void make_idx(bytes *b, uint8_t type, int rank, const uint8_t *extents, size_t count)
{
    b->count = 0;
    put(b, (const unsigned char[]){0, 0, type, (unsigned char)rank}, 4);
    for (int i = 0; i < rank; i++)
        put(b, (const unsigned char[]){0, 0, 0, extents[i]}, 4);
    for (size_t i = 0; i < count; i++)
        b->data[b->count++] = (unsigned char)i;
}

static void test_idx(void **unused)
{
    (void)unused;
    static const uint8_t extents[] = {5, 2, 3};
    bytes b;
    ls_array *a;
    unsigned char rows[30];
    make_idx(&b, 8, 3, extents, 30);
    assert_ok(open_bytes("images", &b, LS_ARRAY_IDX, &a));
    assert_int_equal(ls_array_element(a), LS_ELEMENT_UINT8);
    assert_ok(ls_array_next(a, 5, rows));
    for (int i = 0; i < 30; i++)
        assert_int_equal(rows[i], i);
    ls_array_close(a);
    int16_t numbers[3];
    make_idx(&b, 0x0B, 1, (const uint8_t[]){3}, 6);
    assert_ok(open_bytes("shorts", &b, LS_ARRAY_IDX, &a));
    assert_ok(ls_array_next(a, 3, numbers));
    assert_int_equal(numbers[2], 0x0405);
    ls_array_close(a);
    make_idx(&b, 7, 1, extents, 5);
    assert_fails(open_bytes("bad", &b, LS_ARRAY_IDX, &a), LS_ERR_DATA, "is no IDX file: it begins with 00 00 07 01");
    make_idx(&b, 8, 3, extents, 29);
    assert_fails(open_bytes("bad", &b, LS_ARRAY_IDX, &a), LS_ERR_DATA, "45 bytes found, expected 46");
    make_idx(&b, 8, 3, extents, 0);
    b.count = 9;
    assert_fails(open_bytes("bad", &b, LS_ARRAY_IDX, &a), LS_ERR_DATA, "is cut short");
}

/* All arrays of an archive, read to their ends. */
static ls_status read_archive(const char *path, int *arrays, int64_t *sum)
{
    ls_zip_entry *entries;
    int count;
    *arrays = 0;
    *sum = 0;
    LS_TRY(ls_zip_list(path, &entries, &count));
    ls_status status = LS_OK;
    for (int i = 0; i < count && status == LS_OK; i++) {
        ls_array *a;
        status = ls_array_open(path, entries[i].name, &entries[i].range, entries[i].size, LS_ARRAY_NPY, &a);
        if (status != LS_OK)
            break;
        int64_t row_bytes = ls_element_bytes(ls_array_element(a));
        for (int k = 1; k < ls_array_rank(a) && row_bytes < 10000; k++)
            row_bytes *= ls_array_shape(a)[k];
        unsigned char row[10000];
        for (int64_t r = 0; status == LS_OK && ls_array_rank(a) > 0 && row_bytes < 10000 && r < ls_array_shape(a)[0];
             r++) {
            status = ls_array_next(a, 1, row);
            *sum += status == LS_OK ? row[0] : 0;
        }
        ls_array_close(a);
        (*arrays)++;
    }
    ls_memory_free(entries);
    return status;
}

static void make_archive(bytes *zip, bool packed, bool zip64)
{
    static bytes x, y;
    unsigned char data[600];
    for (int i = 0; i < 600; i++)
        data[i] = (unsigned char)(i / 6);
    x.count = y.count = zip->count = 0;
    put_npy(&x, 1, "'|u1'", "False", "(100, 6)", data, 600);
    put_npy(&y, 1, "'|i1'", "False", "(100,)", data, 100);
    put_zip(zip, (const char *const[]){"x.npy", "y.npy"}, (const bytes *const[]){&x, &y}, 2, packed, zip64);
}

static void test_npz(void **unused)
{
    (void)unused;
    static bytes zip;
    const char *path = in_directory("a.npz");
    int arrays;
    int64_t sum;
    for (int packed = 0; packed < 2; packed++)
        for (int zip64 = 0; zip64 < 2; zip64++) {
#ifndef LS_HAVE_ZLIB
            if (packed)
                continue;
#endif
            make_archive(&zip, packed, zip64);
            write_bytes(path, zip.data, zip.count);
            assert_ok(read_archive(path, &arrays, &sum));
            assert_int_equal(arrays, 2);
            assert_int_equal(sum, 99 * 50 + 16 * 6 * (0 + 15) / 2 + 16 * 4);
        }
    make_archive(&zip, false, false);
    zip.data[300] ^= 1; /* in the numbers of x, which only the check sum guards */
    write_bytes(path, zip.data, zip.count);
#ifdef LS_HAVE_ZLIB
    assert_fails(read_archive(path, &arrays, &sum), LS_ERR_DATA, "x.npy: is damaged: its check sum");
#endif
    zip.data[300] ^= 1;
    write_bytes(path, "PK\3\4 and no more", 16);
    assert_fails(read_archive(path, &arrays, &sum), LS_ERR_DATA, "is no whole zip archive");
    write_bytes(path, zip.data, zip.count - 20);
    assert_fails(read_archive(path, &arrays, &sum), LS_ERR_DATA, "was it cut short?");
}

#ifdef LS_HAVE_ZLIB

static void test_gzip(void **unused)
{
    (void)unused;
    static const uint8_t extents[] = {200};
    const ls_stream_range range = {.length = -1, .packing = LS_PACKED_GZIP};
    const char *path = in_directory("labels.gz");
    bytes b;
    ls_array *a;
    unsigned char rows[200];
    make_idx(&b, 8, 1, extents, 200);
    for (int members = 1; members <= 2; members++) { /* gzip members one behind the other are one file */
        const size_t cut = members == 1 ? b.count : 100;
        gzFile file = gzopen(path, "wb");
        assert_int_equal(gzwrite(file, b.data, (unsigned)cut), cut);
        assert_int_equal(gzclose(file), Z_OK);
        if (members == 2) {
            file = gzopen(path, "ab");
            assert_int_equal(gzwrite(file, b.data + cut, (unsigned)(b.count - cut)), b.count - cut);
            assert_int_equal(gzclose(file), Z_OK);
        }
        assert_ok(ls_array_open(path, path, &range, -1, LS_ARRAY_IDX, &a));
        assert_ok(ls_array_next(a, 200, rows));
        assert_int_equal(rows[199], 199);
        ls_array_close(a);
    }
    size_t count;
    unsigned char *packed = read_bytes(path, &count);
    write_bytes(path, packed, count - 12);
    assert_ok(ls_array_open(path, path, &range, -1, LS_ARRAY_IDX, &a));
    assert_fails(ls_array_next(a, 200, rows), LS_ERR_DATA, "the compressed data ends too early");
    ls_array_close(a);
    packed[count - 6] ^= 1; /* gzip's check sum */
    write_bytes(path, packed, count);
    assert_ok(ls_array_open(path, path, &range, -1, LS_ARRAY_IDX, &a));
    assert_fails(ls_array_next(a, 200, rows), LS_ERR_DATA, "is damaged: it cannot be unpacked");
    ls_array_close(a);
    free(packed);
}

#endif

/* Damage of every kind is refused, or does not matter; a flipped bit in an array never passes where zlib checks it. */
static void test_damaged(void **unused)
{
    (void)unused;
    static bytes zip, hurt;
    const char *path = in_directory("hurt.npz");
    const int rounds = fuzz_rounds(1200);
    int arrays, refused = 0;
    int64_t sum;
    for (int round = 0; round < rounds; round++) {
        make_archive(&zip, round % 2, round / 2 % 2);
        hurt = zip;
        if (round % 5 == 0)
            hurt.count = next_random() % zip.count;
        for (int i = (int)(next_random() % 3); i >= 0 && hurt.count > 0; i--)
            hurt.data[next_random() % hurt.count] = (unsigned char)next_random();
        write_bytes(path, hurt.data, hurt.count);
        const ls_status status = read_archive(path, &arrays, &sum);
        assert_true(status == LS_OK || status == LS_ERR_DATA || status == LS_ERR_MEMORY);
        refused += status != LS_OK;
    }
    assert_true(refused > rounds / 2);
}

static void check_svm(const char *text, int64_t rows, int64_t features, ls_element label, const float *x,
                      const double *y)
{
    const char *path = in_directory("a.svm");
    const ls_svm_wishes wishes = {.targets = true, .first_index = -1};
    ls_svm_facts facts;
    ls_import import;
    float found[32];
    union {
        int32_t i[8];
        int64_t l[8];
        float f[8];
    } labels;
    write_bytes(path, text, strlen(text));
    assert_ok(ls_import_svm(path, &wishes, &facts, &import));
    assert_int_equal(import.rows, rows);
    assert_int_equal(import.x.shape[0], features);
    assert_int_equal(import.y.element, label);
    assert_ok(import.next(import.state, rows, found, &labels, NULL));
    assert_memory_equal(found, x, (size_t)(rows * features) * sizeof *x);
    for (int i = 0; i < rows; i++)
        assert_true((label == LS_ELEMENT_INT32   ? labels.i[i]
                     : label == LS_ELEMENT_INT64 ? (double)labels.l[i]
                                                 : (double)labels.f[i]) == y[i]);
    ls_import_close(&import);
}

static void check_svm_refused(const char *text, const char *part)
{
    const char *path = in_directory("bad.svm");
    const ls_svm_wishes wishes = {.targets = true, .first_index = -1};
    ls_svm_facts facts;
    ls_import import;
    write_bytes(path, text, strlen(text));
    assert_fails(ls_import_svm(path, &wishes, &facts, &import), LS_ERR_DATA, part);
}

/* The same text with what --first-index and --features say. */
static void test_svm_wishes(void **unused)
{
    (void)unused;
    static const char one[] = "1 1:5 2:7\n0 2:3\n", zero[] = "1 2:5\n0 0:1 1:3\n";
    static const struct {
        const char *text;
        int64_t first_index, features; /* as asked for */
        int64_t base, found;           /* as they are to be, or */
        const char *refused;
        float x[8];
    } cases[] = {
        {one, -1, 0, 1, 2, NULL, {5, 7, 0, 3}},
        {one, 0, 0, 0, 3, NULL, {0, 5, 7, 0, 0, 3}},
        {one, 0, 4, 0, 4, NULL, {0, 5, 7, 0, 0, 0, 3, 0}},
        {one, 1, 3, 1, 3, NULL, {5, 7, 0, 0, 3, 0}},
        {zero, -1, 0, 0, 3, NULL, {0, 0, 5, 1, 3, 0}},
        {zero, -1, 2, 0, 0, "index 2 is beyond --features 2", {0}},
        {zero, 0, 2, 0, 0, "line 1: index 2 is beyond --features 2, whose last is 1, counted from 0", {0}},
        {zero, 1, 0, 0, 0, "line 2: index 0, but --first-index says that they count from 1", {0}},
        {one, 1, 1, 0, 0, "line 1: index 2 is beyond --features 1, whose last is 1, counted from 1", {0}},
        {"1\n0\n", -1, 2, 1, 2, NULL, {0}},
    };
    for (int i = 0; i < ITEMS(cases); i++) {
        const ls_svm_wishes wishes = {
            .targets = true, .first_index = cases[i].first_index, .features = cases[i].features};
        const char *path = in_directory("wishes.svm");
        ls_svm_facts facts;
        ls_import import;
        float found[8];
        int32_t labels[2];
        write_bytes(path, cases[i].text, strlen(cases[i].text));
        if (cases[i].refused != NULL) {
            assert_fails(ls_import_svm(path, &wishes, &facts, &import), LS_ERR_DATA, cases[i].refused);
            continue;
        }
        assert_ok(ls_import_svm(path, &wishes, &facts, &import));
        assert_int_equal(facts.first_index, cases[i].base);
        assert_int_equal(import.x.shape[0], cases[i].found);
        assert_ok(import.next(import.state, 2, found, labels, NULL));
        assert_memory_equal(found, cases[i].x, (size_t)(2 * cases[i].found) * sizeof(float));
        ls_import_close(&import);
    }
}

/* Queries stand beside the rows. */
static void test_svm_queries(void **unused)
{
    (void)unused;
    static const char text[] = "2 qid:7 1:0.5\n1 qid:7000000000 2:3 # docid = 4\n";
    const ls_svm_wishes wishes = {.targets = true, .first_index = -1};
    const char *path = in_directory("query.svm");
    ls_svm_facts facts;
    ls_import import;
    float found[4];
    int32_t labels[2];
    int64_t group[2];
    void *const beside[] = {group};
    write_bytes(path, text, sizeof text - 1);
    assert_ok(ls_import_svm(path, &wishes, &facts, &import));
    assert_true(facts.grouped);
    assert_int_equal(import.besides, 1);
    assert_string_equal(import.beside[0].name, "group");
    assert_ok(import.next(import.state, 2, found, labels, beside));
    assert_true(found[0] == 0.5f && found[3] == 3 && labels[0] == 2 && group[0] == 7 && group[1] == 7000000000);
    ls_import_close(&import);
}

static void test_svm(void **unused)
{
    (void)unused;
    check_svm("+1 1:0.5  3:-2e-1 # a comment\r\n\n-1 2:7\n# nothing\n1\n", 3, 3, LS_ELEMENT_INT32,
              (const float[]){0.5f, 0, -0.2f, 0, 7, 0, 0, 0, 0}, (const double[]){1, -1, 1});
    check_svm("0.5 0:1\n2 1:3", 2, 2, LS_ELEMENT_FLOAT32, (const float[]){1, 0, 0, 3}, (const double[]){0.5, 2});
    check_svm("5000000000 1:1\n", 1, 1, LS_ELEMENT_INT64, (const float[]){1}, (const double[]){5000000000.0});
    check_svm_refused("1 1:2\n1 x:2\n", "bad.svm line 2: 'x:2' is not INDEX:VALUE");
    check_svm_refused("1 1:2\n1 3:y\n", "line 2: '3:y' is not INDEX:VALUE");
    check_svm_refused("1 1:2\n1 2:1e39\n", "line 2: '2:1e39' is beyond 3.4e38, more than float32 has room for");
    check_svm_refused("1 1:-1e999\n", "line 1: '1:-1e999' is beyond 3.4e38");
    check_svm_refused("-1e39 1:2\n", "line 1: '-1e39' is beyond 3.4e38");
    check_svm_refused("1 2:2 1:1\n", "line 1: index 1 follows index 2; indices must ascend");
    check_svm_refused("1 1:2 1:1\n", "index 1 follows index 1");
    check_svm_refused("one 1:2\n", "line 1: the label 'one' is no number");
    check_svm_refused("1 999999999:2\n", "index 999999999 is above");
    check_svm_refused("1\n2\n", "has no features");
    check_svm_refused("# nothing\n", "has no rows");
    check_svm_refused("1,3 1:2\n", "line 1: has the labels 1,3; of several labels a row convert makes nothing");
    check_svm_refused("1 qid:x 1:2\n", "line 1: 'qid:x' is not qid:NUMBER");
    check_svm_refused("1 qid:1 1:2\n1 1:2\n", "line 2: has no qid, but the lines before have one");
    check_svm_refused("1 1:2\n1 qid:2 1:2\n", "line 2: has a qid, but the lines before have none");
}

static void test_pairs(void **unused)
{
    (void)unused;
    static const float numbers[6] = {1, 2, 3, 4, 5, 6};
    bytes b = {.count = 0};
    ls_array *x, *y;
    ls_import import;
    put_npy(&b, 1, "'<f4'", "False", "(3, 2)", numbers, sizeof numbers);
    assert_ok(open_bytes("x.npy", &b, LS_ARRAY_NPY, &x));
    b.count = 0;
    put_npy(&b, 1, "'<f4'", "False", "(2,)", numbers, 8);
    assert_ok(open_bytes("y.npy", &b, LS_ARRAY_NPY, &y));
    assert_fails(ls_import_arrays(x, y, &import), LS_ERR_DATA, "x.npy has 3 rows, but the targets");
    b.count = 0;
    put_npy(&b, 1, "'<f4'", "False", "()", numbers, 4);
    assert_ok(open_bytes("s.npy", &b, LS_ARRAY_NPY, &x));
    assert_fails(ls_import_arrays(x, NULL, &import), LS_ERR_DATA, "is a single number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy),        cmocka_unit_test(test_npy_refused), cmocka_unit_test(test_idx),
        cmocka_unit_test(test_npz),        cmocka_unit_test(test_damaged),     cmocka_unit_test(test_svm),
        cmocka_unit_test(test_svm_wishes), cmocka_unit_test(test_svm_queries), cmocka_unit_test(test_pairs),
#ifdef LS_HAVE_ZLIB
        cmocka_unit_test(test_gzip),
#endif
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}

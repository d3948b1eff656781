/* One item of a checkpoint changed, and the seal around it. */
#include "fuzz_changes.h"

#include "base/sha256.h"

#include <hdf5.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS_MOST 4096
#define BLOCK      512

void fuzz_must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s failed\n", what);
        _Exit(2);
    }
}

uint64_t fuzz_draw(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* ---- what there is ---- */

typedef struct listing {
    fuzz_item *items;
    int count;
    const char *object;
} listing;

static void add(listing *l, const char *object, const char *attribute)
{
    fuzz_must(l->count < ITEMS_MOST, "listing");
    fuzz_item *item = &l->items[l->count++];
    (void)snprintf(item->object, sizeof item->object, "%s", object);
    (void)snprintf(item->attribute, sizeof item->attribute, "%s", attribute);
}

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *user)
{
    listing *l = user;
    (void)object, (void)info;
    add(l, l->object, name);
    return 0;
}

/* Groups are told from datasets by opening them, which no version of libhdf5 does in another way. */
static herr_t add_object(hid_t file, const char *name, const H5L_info_t *info, void *user)
{
    listing *l = user;
    char path[FUZZ_NAME];
    (void)info;
    (void)snprintf(path, sizeof path, "/%s", name);
    const hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    fuzz_must(object >= 0, path);
    l->object = path;
    if (H5Iget_type(object) == H5I_DATASET)
        add(l, path, "");
    (void)H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, add_attribute, l);
    (void)H5Oclose(object);
    return 0;
}

int fuzz_items(const char *path, fuzz_item **items)
{
    listing l = {.items = malloc(ITEMS_MOST * sizeof(fuzz_item)), .object = "/"};
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    fuzz_must(l.items != NULL && file >= 0, path);
    (void)H5Aiterate_by_name(file, "/", H5_INDEX_NAME, H5_ITER_INC, NULL, add_attribute, &l, H5P_DEFAULT);
    (void)H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, add_object, &l);
    (void)H5Fclose(file);
    *items = l.items;
    return l.count;
}

/* ---- values ---- */

static int64_t odd_integer(uint64_t *state, int64_t is)
{
    const int64_t odd[] = {0,
                           1,
                           -1,
                           INT64_MIN,
                           INT64_MAX,
                           INT32_MAX,
                           100000,
                           (int64_t)1e12,
                           is / 2,
                           (int64_t)((uint64_t)is + 1),
                           (int64_t)((uint64_t)is - 1),
                           (int64_t)((uint64_t)is * 2),
                           (int64_t)((uint64_t)is ^ 1u << fuzz_draw(state) % 31)};
    return odd[fuzz_draw(state) % (sizeof odd / sizeof odd[0])];
}

static double odd_real(uint64_t *state, double is)
{
    const double odd[] = {0,      1,       -1,     NAN,    INFINITY,         -INFINITY,         DBL_MAX,
                          -1e300, DBL_MIN, 2 * is, is / 2, nextafter(is, 2), nextafter(is, -2), -is,
                          1e9,    0.9999,  is + 1, 5e-324, is * (1 + 1e-9)};
    return odd[fuzz_draw(state) % (sizeof odd / sizeof odd[0])];
}

/* Of an attribute's text: other, shorter, longer, deeper. Freed with free. */
static char *odd_text(uint64_t *state, const char *is)
{
    const size_t length = strlen(is), room = length + 200000;
    char *text = calloc(1, room + 1);
    fuzz_must(text != NULL, "memory");
    const size_t at = length > 0 ? fuzz_draw(state) % length : 0;
    memcpy(text, is, length);
    switch (fuzz_draw(state) % 8) {
    case 0:
        text[0] = '\0';
        return text;
    case 1:
        text[at] = '\0';
        return text;
    case 2:
        text[at] = (char)(1 + fuzz_draw(state) % 255);
        return text;
    case 3: /* a number is another one */
        for (size_t i = at; i < length; i++)
            if (text[i] >= '0' && text[i] <= '9') {
                text[i] = (char)('0' + fuzz_draw(state) % 10);
                break;
            }
        return text;
    case 4:
        memset(text, '[', 100000);
        text[100000] = '\0';
        return text;
    case 5:
        memset(text + at, 'x', room - at);
        return text;
    case 6: /* a piece twice */
        memmove(text + at + 10, text + at, length - at);
        return text;
    default:
        for (size_t i = 0; i < 1000; i++)
            memcpy(text + 9 * i, "64 relu, ", 9);
        memcpy(text + 9000, "3", 2);
        return text;
    }
}

/* ---- changes ---- */

void fuzz_put_attribute(hid_t object, const char *name, hid_t type, const void *value, int count)
{
    const hsize_t extent = (hsize_t)count;
    const hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, NULL);
    (void)H5Adelete(object, name);
    const hid_t id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    fuzz_must(id >= 0 && H5Awrite(id, type, value) >= 0, name);
    (void)H5Aclose(id);
    (void)H5Sclose(space);
}

static void change_text(hid_t object, const char *name, hid_t id, uint64_t *state)
{
    char *is = NULL;
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Aget_space(id);
    (void)H5Tset_size(type, H5T_VARIABLE);
    (void)H5Tset_cset(type, H5T_CSET_UTF8);
    if (H5Sget_simple_extent_npoints(space) != 1)
        is = strdup("dense");
    else
        (void)H5Aread(id, type, &is);
    char *text = odd_text(state, is ? is : "");
    fuzz_put_attribute(object, name, type, &text, 1);
    free(text);
    free(is);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
}

static void change_attribute(hid_t object, const char *name, uint64_t *state, char what[FUZZ_NAME])
{
    const hid_t id = H5Aopen(object, name, H5P_DEFAULT), type = H5Aget_type(id);
    const H5T_class_t class_ = H5Tget_class(type);
    const int64_t many[2] = {1, 2};
    const int way = (int)(fuzz_draw(state) % 16);
    (void)snprintf(what, FUZZ_NAME, "text");
    if (way == 0) {
        (void)snprintf(what, FUZZ_NAME, "gone");
        (void)H5Adelete(object, name);
    } else if (way == 1) {
        (void)snprintf(what, FUZZ_NAME, "two integers");
        fuzz_put_attribute(object, name, H5T_NATIVE_INT64, many, 2);
    } else if (class_ == H5T_STRING) {
        change_text(object, name, id, state);
    } else if (class_ == H5T_INTEGER) {
        int64_t value = 0;
        (void)H5Aread(id, H5T_NATIVE_INT64, &value);
        const int64_t other = odd_integer(state, value);
        (void)snprintf(what, FUZZ_NAME, "%" PRId64 " -> %" PRId64, value, other);
        fuzz_put_attribute(object, name, H5T_NATIVE_INT64, &other, 1);
    } else {
        double value = 0;
        (void)H5Aread(id, H5T_NATIVE_DOUBLE, &value);
        const double other = odd_real(state, value);
        (void)snprintf(what, FUZZ_NAME, "%.17g -> %.17g", value, other);
        fuzz_put_attribute(object, name, H5T_NATIVE_DOUBLE, &other, 1);
    }
    (void)H5Tclose(type);
    (void)H5Aclose(id);
}

static void change_shape(hid_t file, const char *path, uint64_t *state)
{
    const hsize_t extent[3] = {fuzz_draw(state) % 20, 1 + fuzz_draw(state) % 3, 2};
    const hid_t space = H5Screate_simple(1 + (int)(fuzz_draw(state) % 3), extent, NULL);
    (void)H5Ldelete(file, path, H5P_DEFAULT);
    const hid_t id = H5Dcreate2(file, path, H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    fuzz_must(id >= 0, path);
    (void)H5Dclose(id);
    (void)H5Sclose(space);
}

static void change_element(hid_t file, const char *path, uint64_t *state, char what[FUZZ_NAME])
{
    const hid_t id = H5Dopen2(file, path, H5P_DEFAULT), type = H5Dget_type(id), space = H5Dget_space(id);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const bool whole = H5Tget_class(type) == H5T_INTEGER;
    const hid_t memory = whole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
    double *values = malloc(8 * (size_t)(count > 0 ? count : 1));
    fuzz_must(values != NULL && H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, path);
    int64_t *integers = (int64_t *)(void *)values;
    const uint64_t at = count > 0 ? fuzz_draw(state) % (uint64_t)count : 0;
    if (whole)
        integers[at] = odd_integer(state, integers[at]);
    else
        values[at] = odd_real(state, values[at]);
    (void)snprintf(what, FUZZ_NAME, "element %" PRIu64 " is %.17g", at, whole ? (double)integers[at] : values[at]);
    (void)H5Dwrite(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    free(values);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Dclose(id);
}

void fuzz_change(const char *path, const fuzz_item *item, uint64_t *state, char what[FUZZ_NAME])
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    fuzz_must(file >= 0, path);
    const uint64_t way = fuzz_draw(state) % 16;
    if (item->attribute[0] != '\0') {
        const hid_t object = H5Oopen(file, item->object, H5P_DEFAULT);
        change_attribute(object, item->attribute, state, what);
        (void)H5Oclose(object);
    } else if (way == 0) {
        (void)snprintf(what, FUZZ_NAME, "gone");
        (void)H5Ldelete(file, item->object, H5P_DEFAULT);
    } else if (way == 1) {
        (void)snprintf(what, FUZZ_NAME, "another shape");
        change_shape(file, item->object, state);
    } else {
        change_element(file, item->object, state, what);
    }
    (void)H5Fclose(file);
}

/* ---- seals ---- */

static void put(unsigned char *bytes, uint64_t value, int count)
{
    for (int i = 0; i < count; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
}

static void digest_of(const unsigned char *bytes, size_t count, unsigned char *digest)
{
    ls_sha256 hash;
    ls_sha256_start(&hash);
    ls_sha256_update(&hash, bytes, count);
    ls_sha256_finish(&hash, digest);
}

/* As store/sealed.h has it. */
void fuzz_seal(const char *path)
{
    FILE *file = fopen(path, "r+b");
    fuzz_must(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
    const size_t size = (size_t)ftell(file);
    unsigned char *bytes = calloc(1, size + BLOCK);
    rewind(file);
    fuzz_must(bytes != NULL && fread(bytes, 1, size, file) == size, path);
    memset(bytes, 0, BLOCK);
    memcpy(bytes, "LOCKSTEP", 8);
    put(bytes + 8, 1, 4);
    put(bytes + 16, size, 8);
    digest_of(bytes + BLOCK, size > BLOCK ? size - BLOCK : 0, bytes + 24);
    digest_of(bytes, 56, bytes + 56);
    rewind(file);
    fuzz_must(fwrite(bytes, 1, BLOCK, file) == BLOCK && fclose(file) == 0, path);
    free(bytes);
}

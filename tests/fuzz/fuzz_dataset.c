/* Data files: which columns are meant, and virtual datasets, whose mappings may lead anywhere. libhdf5 writes the file.
 * Lines: what --x says, what --y says, names of columns with commas; then bytes for shapes, types and mappings. */
#include "fuzz.h"

#include "base/memory.h"
#include "source/columns.h"
#include "source/find.h"
#include "source/source.h"

#include <hdf5.h>

#include <stdlib.h>
#include <string.h>

enum { VALUES = 1 << 14, MAPPINGS = 3 };

static void put_names(hid_t dataset, char *names)
{
    const char *list[64];
    hsize_t count = 0;
    for (char *word = names; word != NULL && count < 64; count++) {
        list[count] = word;
        word = strchr(word, ',');
        if (word != NULL)
            *word++ = '\0';
    }
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &count, NULL);
    (void)H5Tset_size(type, H5T_VARIABLE);
    const hid_t id = H5Acreate2(dataset, "column_names", type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (id >= 0)
        (void)H5Awrite(id, type, list);
    (void)H5Aclose(id);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
}

static hid_t type_of(uint8_t which)
{
    const hid_t types[] = {H5T_IEEE_F32LE, H5T_IEEE_F64BE, H5T_STD_U8LE, H5T_STD_I16BE,
                           H5T_STD_I64LE,  H5T_STD_U64LE,  H5T_STD_I8LE, H5T_STD_B8LE};
    return types[which % 8];
}

static hid_t put_dataset(hid_t file, const char *path, hid_t creation, int rank, const hsize_t *extent, uint8_t type)
{
    const hid_t space = H5Screate_simple(rank, extent, NULL);
    const hid_t id = H5Dcreate2(file, path, type_of(type), space, H5P_DEFAULT, creation, H5P_DEFAULT);
    (void)H5Sclose(space);
    return id;
}

static void fill(hid_t dataset)
{
    static int32_t values[VALUES];
    for (int i = 0; i < VALUES; i++)
        values[i] = i % 7;
    (void)H5Dwrite(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
}

/* A piece of a space of 16 x 8; false where there is none such. */
static bool choose(hid_t space, fuzz_input *in)
{
    hsize_t start[2], stride[2], count[2], block[2];
    for (int i = 0; i < 2; i++) {
        start[i] = fuzz_byte(in) % 16;
        block[i] = 1 + fuzz_byte(in) % 4;
        stride[i] = block[i] + fuzz_byte(in) % 4;
        count[i] = 1 + fuzz_byte(in) % 8;
    }
    return H5Sselect_hyperslab(space, H5S_SELECT_SET, start, stride, count, block) >= 0;
}

static hid_t virtual_of(const char *source, fuzz_input *in)
{
    static const char *const datasets[] = {"/source", "/source", "/nothing", "/y", "/x"};
    const hsize_t extent[2] = {16, 8};
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    for (int i = 0; i < MAPPINGS && in->left > 0; i++) {
        const hid_t to = H5Screate_simple(2, extent, NULL), from = H5Screate_simple(2, extent, NULL);
        const uint8_t which = fuzz_byte(in);
        const char *file = which & 128 ? "nowhere.h5" : which & 64 ? "." : source;
        if (choose(to, in) && ((which & 32) == 0 ? H5Scopy(to) >= 0 : choose(from, in)))
            (void)H5Pset_virtual(creation, to, file, datasets[which % 5], (which & 32) == 0 ? to : from);
        (void)H5Sclose(to);
        (void)H5Sclose(from);
    }
    return creation;
}

static const char *make_file(char *names, fuzz_input *in)
{
    const char *path = fuzz_named_file(0, "", 0);
    const uint8_t how = fuzz_byte(in), types = fuzz_byte(in);
    const hsize_t plain[3] = {1 + fuzz_byte(in) % 24, 1 + fuzz_byte(in) % 12, 1 + fuzz_byte(in) % 3},
                  source[2] = {16, 8};
    const int rank = 1 + how % 3;
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    fuzz_hold(file >= 0, "a data file");
    hid_t id = put_dataset(file, "/source", H5P_DEFAULT, 2, source, types);
    fill(id);
    (void)H5Dclose(id);
    id = put_dataset(file, "/y", H5P_DEFAULT, 1, how & 4 ? source : plain, types >> 4);
    fill(id);
    (void)H5Dclose(id);
    const hid_t creation = how & 8 ? virtual_of(path, in) : H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk[3] = {4, 3, 2};
    if ((how & 24) == 16 && H5Pset_chunk(creation, rank, chunk) >= 0 && how & 32)
        (void)H5Pset_deflate(creation, 1);
    id = how & 8 ? put_dataset(file, "/x", creation, 2, source, types)
                 : put_dataset(file, "/x", creation, rank, plain, types);
    if (id >= 0 && (how & 8) == 0)
        fill(id);
    if (id >= 0 && names[0] != '\0')
        put_names(id, names);
    (void)H5Dclose(id);
    (void)H5Pclose(creation);
    (void)H5Fclose(file);
    return path;
}

static void read_all(const ls_source *source, ls_h5_file *file)
{
    static float x[VALUES], y[VALUES], again[VALUES];
    const int64_t width = source->features > source->outputs ? source->features : source->outputs;
    if (source->rows > VALUES || width > VALUES || source->rows * width > VALUES)
        return;
    if (!fuzz_taken(ls_source_read_x(source, file, 0, source->rows, x)))
        return;
    for (int64_t row = 0; row < source->rows; row++)
        if (fuzz_taken(ls_source_read_x(source, file, row, 1, again)))
            fuzz_hold(memcmp(again, x + row * source->features, (size_t)source->features * sizeof *x) == 0,
                      "a row is the same by itself");
    if (source->target != LS_TARGET_NONE)
        (void)fuzz_taken(ls_source_read_y(source, file, 0, source->rows, y));
}

static void use(const char *path, const char *x, const char *y)
{
    ls_h5_file *file;
    ls_source source;
    ls_h5_range *ranges;
    ls_found found;
    char *files = (char *)path; /* not changed: the request has many */
    int count;
    if (!fuzz_taken(ls_h5_open(path, &file)))
        return;
    const ls_layout_request request = {
        .files = &files, .file_count = 1, .x = x, .y = y, .x_option = "--x", .y_option = "--y"};
    if (fuzz_taken(ls_source_describe_layout(&request, file, &source))) {
        if (!source.named)
            read_all(&source, file);
        ls_source_release(&source);
    }
    if (fuzz_taken(ls_columns_choose(file, "/x", 8, x, &ranges, &count)))
        ls_memory_free(ranges);
    (void)fuzz_taken(ls_find_parts(file, false, &found));
    ls_h5_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *x = fuzz_line(&in), *y = fuzz_line(&in), *names = fuzz_line(&in);
    const char *path;
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    path = make_file(names, &in);
    if (strchr(x, ':') == NULL || x[0] == '/')
        use(path, x, y);
    free(x);
    free(y);
    free(names);
    return 0;
}

#include "saved.h"

#include "hdf5/check.h"

#include <hdf5.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHANGES = 4 };

/* What the checking process does is done here, as libhdf5 has written every file: a process for each would take most of
 * the time, and coverage would not see it. The linker puts these in the place of hdf5/check.h's. */
ls_status __wrap_ls_check(const char *file, ls_status (*work)(void *user), void *user, double seconds);
ls_status __wrap_ls_check_strictly(const char *file, ls_status (*work)(void *user), void *user, double seconds);

ls_status __wrap_ls_check(const char *file, ls_status (*work)(void *user), void *user, double seconds)
{
    (void)file, (void)seconds;
    (void)work(user);
    return LS_OK;
}

ls_status __wrap_ls_check_strictly(const char *file, ls_status (*work)(void *user), void *user, double seconds)
{
    (void)file, (void)seconds;
    return work(user);
}

/* ---- the files ---- */

static void take_file(const char *path, saved_file *to)
{
    FILE *file = fopen(path, "rb");
    fuzz_must(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
    to->size = (size_t)ftell(file);
    to->bytes = malloc(to->size);
    rewind(file);
    fuzz_must(to->bytes != NULL && fread(to->bytes, 1, to->size, file) == to->size, path);
    (void)fclose(file);
    to->count = fuzz_items(path, &to->items);
    (void)unlink(path);
}

const saved_files *saved_get(void)
{
    static saved_files files;
    char path[4096];
    if (files.model.bytes != NULL)
        return &files;
    fuzz_bench *b = &files.bench;
    *b = fuzz_bench_start();
    (void)snprintf(path, sizeof path, "%s/saved.h5", fuzz_directory());
    fuzz_bench_must(ls_trainer_epoch(b->trainer, &(ls_epoch){0}));
    fuzz_bench_must(ls_trainer_step(b->trainer, NULL));
    fuzz_bench_must(ls_trainer_save(b->trainer, path));
    take_file(path, &files.checkpoint);
    fuzz_bench_must(ls_model_save(b->context, b->model, path));
    take_file(path, &files.model);
    return &files;
}

/* ---- changes ---- */

static double take_double(fuzz_input *input)
{
    unsigned char bytes[8];
    double value;
    for (int i = 0; i < 8; i++)
        bytes[i] = fuzz_byte(input);
    memcpy(&value, bytes, sizeof value);
    return value;
}

static int64_t take_integer(fuzz_input *input)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value |= (uint64_t)fuzz_byte(input) << 8 * i;
    return (int64_t)value;
}

static H5T_class_t class_of(hid_t object, const char *name)
{
    const hid_t id = H5Aopen(object, name, H5P_DEFAULT), type = H5Aget_type(id);
    const H5T_class_t class = H5Tget_class(type);
    (void)H5Tclose(type);
    (void)H5Aclose(id);
    return class;
}

static void change_attribute(hid_t object, const char *name, uint8_t how, fuzz_input *input)
{
    H5T_class_t class = class_of(object, name);
    if (how % 8 == 0) {
        (void)H5Adelete(object, name);
        return;
    }
    if (how % 8 == 1)
        class = how & 8 ? H5T_STRING : how & 16 ? H5T_INTEGER : H5T_FLOAT;
    if (class == H5T_STRING) {
        char *text = fuzz_line(input);
        const hid_t type = H5Tcopy(H5T_C_S1);
        (void)H5Tset_size(type, H5T_VARIABLE);
        (void)H5Tset_cset(type, H5T_CSET_UTF8);
        fuzz_put_attribute(object, name, type, &text, 1);
        (void)H5Tclose(type);
        free(text);
    } else if (class == H5T_INTEGER) {
        const int64_t value = take_integer(input);
        fuzz_put_attribute(object, name, H5T_NATIVE_INT64, &value, 1);
    } else {
        const double value = take_double(input);
        fuzz_put_attribute(object, name, H5T_NATIVE_DOUBLE, &value, 1);
    }
}

/* Another number in the place of one; eight bytes of a dataset are as many elements as there is room for. */
static void change_element(hid_t file, const char *path, fuzz_input *input)
{
    const hid_t id = H5Dopen2(file, path, H5P_DEFAULT), type = H5Dget_type(id), space = H5Dget_space(id);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const bool whole = H5Tget_class(type) == H5T_INTEGER;
    const hid_t memory = whole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
    double *values = malloc(8 * (size_t)(count > 0 ? count : 1));
    fuzz_must(values != NULL && H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, path);
    const size_t at = (fuzz_byte(input) + 256u * fuzz_byte(input)) % (size_t)(count > 0 ? count : 1);
    if (whole)
        ((int64_t *)(void *)values)[at] = take_integer(input);
    else
        values[at] = take_double(input);
    (void)H5Dwrite(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    free(values);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Dclose(id);
}

static void change_shape(hid_t file, const char *path, fuzz_input *input)
{
    const int rank = 1 + fuzz_byte(input) % 3;
    const hsize_t extent[3] = {fuzz_byte(input) % 32, fuzz_byte(input) % 32, fuzz_byte(input) % 4};
    const hid_t types[] = {H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_I64LE, H5T_STD_U8LE};
    const hid_t space = H5Screate_simple(rank, extent, NULL);
    (void)H5Ldelete(file, path, H5P_DEFAULT);
    const hid_t id = H5Dcreate2(file, path, types[fuzz_byte(input) % 4], space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    fuzz_must(id >= 0, path);
    (void)H5Dclose(id);
    (void)H5Sclose(space);
}

static void change_item(hid_t file, const fuzz_item *item, fuzz_input *input)
{
    const uint8_t how = fuzz_byte(input);
    if (item->attribute[0] != '\0') {
        const hid_t object = H5Oopen(file, item->object, H5P_DEFAULT);
        if (object >= 0 && H5Aexists(object, item->attribute) > 0)
            change_attribute(object, item->attribute, how, input);
        (void)H5Oclose(object);
    } else if (H5Lexists(file, item->object, H5P_DEFAULT) > 0) {
        if (how % 8 == 0)
            (void)H5Ldelete(file, item->object, H5P_DEFAULT);
        else if (how % 8 == 1)
            change_shape(file, item->object, input);
        else
            change_element(file, item->object, input);
    }
}

const char *saved_change(const saved_file *saved, fuzz_input *input)
{
    const char *path = fuzz_named_file(0, saved->bytes, saved->size);
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    fuzz_must(file >= 0, path);
    for (int i = 0; i < CHANGES && input->left > 0; i++)
        change_item(file, &saved->items[fuzz_byte(input) % saved->count], input);
    (void)H5Fclose(file);
    fuzz_seal(path);
    return path;
}

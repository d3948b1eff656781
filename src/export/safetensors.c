/* The header says of each tensor its type, shape and place behind the header, without gaps; so all are known first. */
#include "export/safetensors.h"

#include "base/json.h"
#include "base/memory.h"
#include "export/facts.h"
#include "export/maps.h"
#include "export/torch_modules.h"

#include <stdio.h>
#include <string.h>

#define MOST      100000000 /* bytes of a header that readers take */
#define ALIGNMENT 8         /* of the first tensor in the file: the header ends in blanks */

typedef struct tensor {
    char name[128];
    ls_values values;
} tensor;

typedef struct file {
    const ls_exported *model;
    int64_t count, capacity;
    tensor *tensor; /* (count) */
    ls_torch_modules modules;
    ls_text header;
    ls_json json;
} file;

/* ---- tensors ---- */

static ls_status add(void *user, const char *name, const ls_values *values)
{
    file *f = user;
    LS_TRY(ls_memory_grow(&f->tensor, &f->capacity, f->count + 1, sizeof *f->tensor, "tensors of a file"));
    tensor *added = &f->tensor[f->count++];
    (void)snprintf(added->name, sizeof added->name, "%s", name);
    added->values = *values;
    return LS_OK;
}

static ls_status add_map(file *f, const char *of, const ls_affine *map)
{
    const float *const values[] = {map ? map->factor : NULL, map ? map->mean : NULL, map ? map->scale : NULL};
    static const char *const names[] = {"factor", "mean", "scale"};
    char name[64];
    for (int i = 0; i < 3; i++) {
        if (values[i] == NULL)
            continue;
        const ls_values vector = ls_values_of_floats(values[i], map->count);
        (void)snprintf(name, sizeof name, "%s.%s", of, names[i]);
        LS_TRY(add(f, name, &vector));
    }
    return LS_OK;
}

/* Doubles first: then every tensor is aligned. */
static ls_status find_tensors(file *f)
{
    const ls_network *network = f->model->network;
    const ls_values offset = ls_values_of_doubles(ls_maps_offset(f->model), network->features);
    const ls_values fill = ls_values_of_floats(ls_maps_fill(f->model), network->features);
    if (offset.doubles)
        LS_TRY(add(f, "features.offset", &offset));
    if (fill.floats)
        LS_TRY(add(f, "features.fill", &fill));
    LS_TRY(add_map(f, "features", ls_maps_features(f->model)));
    f->modules = (ls_torch_modules){.model = f->model, .add = add, .user = f};
    LS_TRY(ls_torch_modules_find(&f->modules));
    return add_map(f, "targets", ls_maps_targets(f->model));
}

/* ---- header ---- */

static void put_fact(void *user, const char *key, const char *value)
{
    ls_json_put_string(&((file *)user)->json, key, value);
}

static ls_status put_facts(file *f)
{
    ls_text python = {0};
    ls_json_key(&f->json, "__metadata__");
    ls_json_object_begin(&f->json);
    ls_status status = ls_facts_tell(f->model, put_fact, f);
    if (!f->modules.branches && !f->modules.unknown) {
        ls_text_printf(&python, "nn.Sequential(%s)", ls_text_string(&f->modules.python));
        ls_json_put_text(&f->json, "torch", &python);
    }
    ls_json_object_end(&f->json);
    ls_text_free(&python);
    return status;
}

static void put_tensor(ls_json *json, const tensor *t, int64_t at)
{
    ls_json_key(json, t->name);
    ls_json_object_begin(json);
    ls_json_put_string(json, "dtype", t->values.doubles ? "F64" : "F32");
    ls_json_key(json, "shape");
    ls_json_array_begin(json);
    for (int i = 0; i < t->values.rank; i++)
        ls_json_integer(json, t->values.extent[i]);
    ls_json_array_end(json);
    ls_json_key(json, "data_offsets");
    ls_json_array_begin(json);
    ls_json_integer(json, at);
    ls_json_integer(json, at + ls_values_bytes(&t->values));
    ls_json_array_end(json);
    ls_json_object_end(json);
}

static ls_status make_header(file *f)
{
    int64_t at = 0;
    f->json = (ls_json){.text = &f->header};
    ls_json_object_begin(&f->json);
    LS_TRY(put_facts(f));
    for (int64_t i = 0; i < f->count; i++) {
        put_tensor(&f->json, &f->tensor[i], at);
        at += ls_values_bytes(&f->tensor[i].values);
    }
    ls_json_object_end(&f->json);
    while (f->header.length % ALIGNMENT != 0 && !f->header.failed)
        ls_text_append(&f->header, " ");
    LS_TRY(ls_text_status(&f->header));
    if (f->header.length > MOST)
        return ls_fail(LS_ERR_USAGE, "names of %lld features make a header of more than 100 MB, which readers refuse",
                       (long long)f->model->network->features);
    return LS_OK;
}

/* ---- the file ---- */

static ls_status write_all(const file *f, FILE *out)
{
    unsigned char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)f->header.length >> 8 * i & 0xff);
    LS_TRY(ls_values_write(out, length, sizeof length));
    LS_TRY(ls_values_write(out, f->header.data, (int64_t)f->header.length));
    for (int64_t i = 0; i < f->count; i++)
        LS_TRY(ls_values_put(&f->tensor[i].values, f->model, out));
    return ls_values_flush(out);
}

ls_status ls_export_safetensors(const ls_exported *model, FILE *out)
{
    file f = {.model = model};
    ls_status status = find_tensors(&f);
    if (status == LS_OK)
        status = make_header(&f);
    if (status == LS_OK)
        status = write_all(&f, out);
    ls_memory_free(f.tensor);
    ls_text_free(&f.modules.python);
    ls_text_free(&f.header);
    return status;
}

/* Writing names as attributes. */
#include "jobs/convert_names.h"

#include "base/memory.h"
#include "base/text.h"
#include "data/encoded.h"

#include <string.h>

/* An attribute holds 64 KiB, 16 bytes for each of its texts. */
#define NAMED_MOST 2048

/* The features' names, by which columns can be chosen with --x. */
static ls_status name_features(const ls_encoding *e, ls_h5_file *file, const char *path)
{
    const int count = (int)e->features;
    ls_text *text = NULL;
    const char **names = NULL;
    ls_status status;
    LS_TRY_CLEANUP(ls_memory_allocate(&text, count, sizeof *text, "names of columns"));
    LS_TRY_CLEANUP(ls_memory_allocate(&names, count, sizeof *names, "names of columns"));
    for (int i = 0; i < count; i++) {
        ls_encoding_feature_name(e, i, &text[i]);
        LS_TRY_CLEANUP(ls_text_status(&text[i]));
        names[i] = ls_text_string(&text[i]);
    }
    status = ls_h5_set_texts(file, path, "column_names", names, count);
cleanup:
    for (int i = 0; text != NULL && i < count; i++)
        ls_text_free(&text[i]);
    ls_memory_free(text);
    ls_memory_free(names);
    return status;
}

/* Several targets stand in the order that --target gives, which is none that the file shows otherwise. */
static ls_status name_targets(const ls_encoding *e, ls_h5_file *file, const char *path)
{
    const char *names[NAMED_MOST];
    for (int64_t i = 0; i < e->count; i++)
        if (e->column[i].role == LS_ROLE_TARGET)
            names[e->column[i].first] = e->column[i].name;
    return ls_h5_set_texts(file, path, "column_names", names, (int)e->targets);
}

static ls_status name_beside(const ls_import_beside *b, ls_h5_file *file, const char *path)
{
    if (b->column != NULL)
        LS_TRY(ls_h5_set_texts(file, path, "column_names", &b->column, 1));
    if (b->texts == NULL || b->texts->count > NAMED_MOST)
        return LS_OK;
    return ls_h5_set_texts(file, path, "names", (const char *const *)b->texts->text, (int)b->texts->count);
}

static ls_status name_dataset(const ls_conversion *c, ls_h5_file *file, const char *path)
{
    const ls_encoding *e = &c->encoding;
    const char *name = strrchr(path, '/') + 1;
    if (strcmp(name, "x") == 0)
        return e->features <= NAMED_MOST ? name_features(e, file, path) : LS_OK;
    if (strcmp(name, "y") == 0)
        return e->targets > 1 && e->targets <= NAMED_MOST ? name_targets(e, file, path) : LS_OK;
    for (int i = 0; i < c->import[0].besides; i++)
        if (strcmp(name, c->import[0].beside[i].name) == 0)
            return name_beside(&c->import[0].beside[i], file, path);
    return LS_OK;
}

ls_status ls_convert_names_write(const ls_conversion *conversion, ls_h5_file *file, const char *encoding,
                                 const ls_h5_area *area, int count)
{
    LS_TRY(ls_encoded_write(file, "/", encoding));
    if (conversion->facts.dropped > 0)
        LS_TRY(ls_h5_set_int64(file, "/", LS_DROPPED_ATTRIBUTE, conversion->facts.dropped));
    for (int i = 0; i < count; i++)
        LS_TRY(name_dataset(conversion, file, area[i].path));
    return LS_OK;
}

ls_status ls_convert_names_write_index(const ls_conversion *conversion, ls_h5_file *file, const ls_h5_area *area,
                                       int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(strrchr(area[i].path, '/'), "/x") == 0)
            LS_TRY(ls_h5_set_int64(file, area[i].path, LS_FIRST_INDEX_ATTRIBUTE, conversion->first_index));
    return LS_OK;
}

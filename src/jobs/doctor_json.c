/* A data file's findings as one JSON object. README.md lists its keys: they stay. */
#include "base/json.h"
#include "jobs/doctor.h"

static void put_text(ls_json *json, const char *key, const char *text)
{
    if (text)
        ls_json_put_string(json, key, text);
    else
        ls_json_put_null(json, key);
}

/* null for -1: there is none. */
static void put_place(ls_json *json, const char *key, int64_t place)
{
    if (place >= 0)
        ls_json_put_integer(json, key, place);
    else
        ls_json_put_null(json, key);
}

static void put_extents(ls_json *json, const char *key, int rank, const int64_t *extents)
{
    ls_json_key(json, key);
    ls_json_array_begin(json);
    for (int i = 0; i < rank; i++)
        ls_json_integer(json, extents[i]);
    ls_json_array_end(json);
}

static void put_datasets(const ls_doctor *d, ls_json *json)
{
    ls_json_key(json, "datasets");
    ls_json_array_begin(json);
    for (int i = 0; i < d->count; i++) {
        const ls_h5_dataset *s = &d->list[i];
        ls_json_object_begin(json);
        ls_json_put_string(json, "path", s->path);
        ls_json_put_string(json, "type", s->type);
        put_extents(json, "shape", s->rank, s->shape);
        ls_json_put_string(json, "layout", s->layout);
        put_extents(json, "chunk", s->chunk[0] > 0 ? s->rank : 0, s->chunk);
        ls_json_put_integer(json, "bytes", s->storage);
        ls_json_object_end(json);
    }
    ls_json_array_end(json);
}

static void put_columns(const ls_doctor_columns *c, char **names, ls_json *json)
{
    ls_json_key(json, "columns");
    ls_json_array_begin(json);
    for (int64_t i = 0; i < c->of.columns; i++) {
        ls_json_object_begin(json);
        ls_json_put_integer(json, "column", i);
        put_text(json, "name", names ? names[i] : NULL);
        ls_json_put_double(json, "mean", c->of.mean[i]);
        ls_json_put_double(json, "std", ls_doctor_deviation(c, i));
        ls_json_put_double(json, "min", c->of.least[i]);
        ls_json_put_double(json, "max", c->of.most[i]);
        ls_json_put_integer(json, "nan", c->nan[i]);
        ls_json_put_integer(json, "inf", c->infinite[i]);
        ls_json_put_double(json, "offset", c->offset[i]);
        ls_json_put_bool(json, "merges", c->merges[i]);
        ls_json_object_end(json);
    }
    ls_json_array_end(json);
}

static void put_summary(const ls_doctor_columns *c, ls_json *json)
{
    const ls_doctor_summary s = ls_doctor_summarize(c);
    ls_json_key(json, "summary");
    ls_json_object_begin(json);
    ls_json_put_integer(json, "constant_columns", s.constant);
    ls_json_put_integer(json, "empty_columns", s.empty);
    ls_json_put_integer(json, "missing_columns", s.missing);
    ls_json_put_integer(json, "missing_rows", c->rows_missing);
    ls_json_put_integer(json, "missing_values", c->cells_missing);
    ls_json_put_integer(json, "offset_columns", s.offsets);
    ls_json_put_integer(json, "merging_columns", s.merging);
    put_place(json, "counter_column", s.counter);
    put_place(json, "narrowest_column", s.narrow);
    put_place(json, "widest_column", s.wide);
    ls_json_put_double(json, "scale_ratio", s.scales);
    ls_json_put_bool(json, "normalize_advised", s.scales > LS_DOCTOR_SCALES);
    ls_json_object_end(json);
}

static void put_labels(const ls_doctor *d, const ls_doctor_part *part, ls_json *json)
{
    const ls_tally *tally = &part->labels.tally;
    ls_json_key(json, "labels");
    ls_json_array_begin(json);
    for (int64_t k = 0; k < tally->count; k++) {
        ls_json_object_begin(json);
        ls_json_put_double(json, "label", tally->entry[k].value);
        put_text(json, "name", ls_doctor_class_name(d, part, tally->entry[k].value));
        ls_json_put_integer(json, "rows", tally->entry[k].count);
        ls_json_put_double(json, "share", (double)tally->entry[k].count / (double)part->dataset->rows);
        ls_json_object_end(json);
    }
    ls_json_array_end(json);
}

static void put_targets(const ls_doctor *d, const ls_doctor_part *part, ls_json *json)
{
    const ls_source *source = ls_dataset_source(part->dataset);
    const bool none = source->target == LS_TARGET_NONE;
    ls_json_key(json, "targets");
    ls_json_object_begin(json);
    ls_json_put_string(json, "kind", none ? "none" : part->classes ? "labels" : "values");
    if (part->classes) {
        put_labels(d, part, json);
    } else if (!none) {
        put_columns(&part->y, NULL, json);
        put_summary(&part->y, json);
    }
    ls_json_object_end(json);
}

static void put_twins(const ls_doctor_twins *t, const ls_source *source, ls_json *json)
{
    ls_json_key(json, "duplicates");
    ls_json_object_begin(json);
    ls_json_put_integer(json, "compared_rows", t->compared);
    ls_json_put_integer(json, "repeated_rows", t->repeated);
    put_place(json, "first_row", t->row < 0 ? -1 : ls_source_row(source, t->row));
    put_place(json, "like_row", t->earlier < 0 ? -1 : ls_source_row(source, t->earlier));
    put_place(json, "rows_in_train", t->in_train);
    ls_json_object_end(json);
}

static void put_chunks(const ls_doctor_chunks *c, ls_json *json)
{
    ls_json_key(json, "reading");
    ls_json_object_begin(json);
    ls_json_put_bool(json, "chunked", c->chunked);
    ls_json_put_bool(json, "fine", c->slow == 0);
    ls_json_put_double(json, "in_order", c->in_order);
    ls_json_put_double(json, "shuffle_windows", c->windows);
    ls_json_put_integer(json, "window_rows", c->window);
    ls_json_put_double(json, "band_bytes", c->band);
    put_text(json, "h5repack_layout", c->slow ? c->repack : NULL);
    ls_json_object_end(json);
}

static void put_part(const ls_doctor *d, const ls_doctor_part *part, ls_json *json)
{
    ls_json_key(json, part->name);
    if (!part->dataset) {
        ls_json_null(json);
        return;
    }
    const ls_source *source = ls_dataset_source(part->dataset);
    ls_json_object_begin(json);
    ls_json_put_string(json, "file", source->file);
    ls_json_put_string(json, "x", source->x_path);
    put_text(json, "y", source->y_path[0] ? source->y_path : NULL);
    ls_json_put_integer(json, "rows", source->rows);
    ls_json_put_integer(json, "features", source->features);
    put_extents(json, "row_shape", source->row_rank, source->row_shape);
    ls_json_put_string(json, "kept_as", ls_number_name(source->x_stored));
    put_targets(d, part, json);
    put_columns(&part->x, d->names, json);
    put_summary(&part->x, json);
    put_twins(&part->twins, source, json);
    put_chunks(&part->chunks, json);
    ls_json_object_end(json);
}

static void put_memory(const ls_doctor *d, ls_json *json)
{
    const ls_doctor_memory *m = &d->memory;
    ls_json_key(json, "memory");
    if (!d->datasets.train) {
        ls_json_null(json);
        return;
    }
    ls_json_object_begin(json);
    ls_json_put_integer(json, "ranks", m->ranks);
    ls_json_put_integer(json, "shards", m->shards);
    ls_json_put_integer(json, "most_shards", m->most_shards);
    ls_json_put_integer(json, "idle_ranks", m->idle);
    ls_json_put_integer(json, "rows", m->rows);
    ls_json_put_integer(json, "row_bytes", m->row_bytes);
    ls_json_put_integer(json, "bytes", m->rows * m->row_bytes);
    ls_json_object_end(json);
}

void ls_doctor_json(const ls_doctor *d, ls_text *text)
{
    ls_json json = {.text = text, .indent = 1};
    ls_json_object_begin(&json);
    ls_json_put_string(&json, "file", d->path);
    put_text(&json, "title", d->title);
    put_datasets(d, &json);
    ls_json_put_string(&json, "found_by", d->named ? "options" : "names");
    put_text(&json, "error", d->error);
    ls_json_key(&json, "parts");
    if (d->error) {
        ls_json_null(&json);
    } else {
        ls_json_object_begin(&json);
        for (int i = 0; i < 3; i++)
            put_part(d, &d->part[i], &json);
        ls_json_object_end(&json);
    }
    put_memory(d, &json);
    ls_json_object_end(&json);
    ls_text_append(text, "\n");
}

/* Reading numbers and identifiers of rows, wherever the rows lie. */
#include "data/identities_internal.h"

#include "base/memory.h"
#include "base/text.h"
#include "data/datafiles.h"
#include "data/encoded.h"
#include "formats/import.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Rows are read at once while they are at least one in so many of what lies between the first and the last. */
#define SPREAD 4

/* ---- where a row lies ---- */

typedef struct place {
    const char *file, *path; /* of the features */
    int64_t row;             /* there */
} place;

static place place_of(const ls_source *source, int64_t row)
{
    place p = {source->file, source->x_path, row};
    int64_t ignored;
    if (source->layout != NULL)
        ls_layout_locate(source->layout, false, row, 0, &p.file, &p.path, &p.row, &ignored);
    return p;
}

int ls_identities_count(const ls_identities *identities)
{
    return identities->count;
}

const char *ls_identities_name(const ls_identities *identities, int column)
{
    return identities->column[column].name;
}

const char *const *ls_identities_texts(const ls_identities *identities, int column)
{
    return identities->column[column].texts;
}

/* ---- tables ---- */

static ls_status note_kinds(void *user, const ls_table *table)
{
    ls_identities *ids = user;
    int64_t ignored;
    for (int i = 0; i < ids->count; i++) {
        ls_identity *c = &ids->column[i];
        if (!ls_beside_integer(ls_table_field(table, c->of_table), &ignored))
            c->kind = LS_IDENTITY_TEXT;
    }
    return LS_OK;
}

ls_status ls_identities_kind(ls_identities *identities, int column, ls_identity_kind *kind)
{
    ls_table *table = identities->dataset->table == NULL ? NULL : identities->dataset->table->beside;
    if (table != NULL && !identities->kinds_known) {
        int64_t rows;
        for (int i = 0; i < identities->count; i++)
            identities->column[i].kind = LS_IDENTITY_WHOLE;
        ls_table_set_watch(table, note_kinds, identities);
        LS_TRY(ls_table_restart(table));
        LS_TRY(ls_table_next(table, INT64_MAX, NULL, NULL, &rows));
        identities->kinds_known = true;
    }
    *kind = identities->column[column].kind;
    return LS_OK;
}

/* Of the rows that go by, keeps the fields of those that are wanted. */
static ls_status keep_fields(void *user, const ls_table *table)
{
    ls_identities *ids = user;
    if (ids->kept == ids->rows || ids->row[ids->kept] != ids->at++)
        return LS_OK;
    for (int i = 0; i < ids->count; i++) {
        const ls_csv_field *field = ls_table_field(table, ids->column[i].of_table);
        if (field != NULL && field->length > 0)
            ls_text_append_bytes(&ids->column[i].text, field->text, (size_t)field->length);
        ls_text_append_bytes(&ids->column[i].text, "", 1);
    }
    ids->kept++;
    return LS_OK;
}

static ls_status read_table(ls_identities *ids, int64_t count, const int64_t *row)
{
    ls_table *table = ids->dataset->table->beside;
    if (ids->count == 0 || count == 0)
        return LS_OK;
    ids->row = row;
    ids->rows = count;
    ids->kept = 0;
    ids->at = row[0];
    ls_table_set_watch(table, keep_fields, ids);
    return ls_table_read(table, row[0], row[count - 1] - row[0] + 1, NULL, NULL);
}

/* ---- HDF5 files ---- */

/* Numbers of the rows at (count), ascending, which are read as one range; `values` may be `at`. */
static ls_status read_numbers(ls_h5_file *file, const char *path, const int64_t *at, int64_t count, int64_t *values)
{
    const int64_t from = at[0], span = at[count - 1] - from + 1;
    int64_t *buffer;
    LS_TRY(ls_memory_allocate(&buffer, span, sizeof *buffer, "numbers of rows"));
    const ls_status status = ls_h5_read_int64(file, path, from, span, buffer);
    for (int64_t i = 0; i < count && status == LS_OK; i++)
        values[i] = buffer[at[i] - from];
    ls_memory_free(buffer);
    return status;
}

static ls_status read_texts(ls_h5_file *file, const char *path, const int64_t *at, int64_t count, ls_text *text)
{
    const int64_t from = at[0];
    char **texts;
    LS_TRY(ls_h5_read_texts(file, path, NULL, from, at[count - 1] - from + 1, &texts));
    for (int64_t i = 0; i < count; i++) {
        const char *one = texts[at[i] - from];
        ls_text_append_bytes(text, one == NULL ? "" : one, one == NULL ? 1 : strlen(one) + 1);
    }
    ls_memory_free(texts);
    return LS_OK;
}

static ls_status read_naturals(ls_h5_file *file, const char *path, const int64_t *at, int64_t count, ls_text *text)
{
    const int64_t from = at[0], span = at[count - 1] - from + 1;
    uint64_t *buffer;
    LS_TRY(ls_memory_allocate(&buffer, span, sizeof *buffer, "identifiers of rows"));
    const ls_status status = ls_h5_read_uint64(file, path, from, span, buffer);
    for (int64_t i = 0; i < count && status == LS_OK; i++) {
        ls_text_printf(text, "%" PRIu64, buffer[at[i] - from]);
        ls_text_append_bytes(text, "", 1);
    }
    ls_memory_free(buffer);
    return status;
}

/* Whole numbers as whole numbers, which 1e+06 would not be to whoever joins them; nothing for nan. */
static void put_real(double value, bool single, ls_text *text)
{
    char buffer[64];
    if (fabs(value) < 0x1p53 && value == (double)(int64_t)value)
        ls_text_printf(text, "%" PRId64, (int64_t)value);
    else if (!isnan(value))
        ls_text_append(text, single ? ls_format_float((float)value, buffer) : ls_format_double(value, buffer));
    ls_text_append_bytes(text, "", 1);
}

static ls_status read_reals(ls_h5_file *file, const ls_h5_dataset *d, const int64_t *at, int64_t count, ls_text *text)
{
    const int64_t from = at[0], span = at[count - 1] - from + 1;
    double *buffer;
    LS_TRY(ls_memory_allocate(&buffer, span, sizeof *buffer, "identifiers of rows"));
    const ls_status status = ls_h5_read_double(file, d->path, from, span, buffer);
    for (int64_t i = 0; i < count && status == LS_OK; i++)
        put_real(buffer[at[i] - from], d->bits <= 32, text);
    ls_memory_free(buffer);
    return status;
}

static ls_status read_column(ls_h5_file *file, const char *path, const int64_t *at, int64_t count, ls_identity *c)
{
    char there[1024];
    ls_h5_dataset d;
    int64_t *values;
    ls_identities_beside(path, c->dataset, there, sizeof there);
    LS_TRY(ls_h5_describe(file, there, &d));
    if (ls_identities_are_texts(&d))
        return read_texts(file, there, at, count, &c->text);
    if (d.class_ == LS_H5_FLOAT)
        return read_reals(file, &d, at, count, &c->text);
    if (d.natural)
        return read_naturals(file, there, at, count, &c->text);
    LS_TRY(ls_memory_allocate(&values, count, sizeof *values, "identifiers of rows"));
    const ls_status status = read_numbers(file, there, at, count, values);
    for (int64_t i = 0; i < count && status == LS_OK; i++) {
        ls_text_printf(&c->text, "%" PRId64, values[i]);
        ls_text_append_bytes(&c->text, "", 1);
    }
    ls_memory_free(values);
    return status;
}

/* Rows of one file: at (count) there, ascending; their own numbers take their place where there are some. */
static ls_status read_run(ls_identities *ids, const ls_source *source, const place *p, int64_t count, int64_t *at,
                          bool *numbered)
{
    char there[1024];
    ls_h5_dataset x, d;
    ls_h5_file *main, *file;
    *numbered = false;
    LS_TRY(ls_datafiles_file(ids->dataset->files, source, &main));
    if (main == NULL)
        return LS_OK;
    LS_TRY(ls_h5_beside(main, p->file, &file));
    for (int i = 0; i < ids->count; i++)
        LS_TRY(read_column(file, p->path, at, count, &ids->column[i]));
    ls_identities_beside(p->path, LS_IMPORT_ROW, there, sizeof there);
    if (!ls_h5_exists(file, there) || !ls_h5_has_attribute(file, there, LS_ROWS_ATTRIBUTE))
        return ls_h5_answered(file); /* other people's rows may be those of a picture */
    LS_TRY(ls_h5_describe(file, there, &d));
    LS_TRY(ls_h5_describe(file, p->path, &x));
    *numbered = ls_identities_fit(source, &d, &x);
    return *numbered ? read_numbers(file, there, at, count, at) : LS_OK;
}

/* How many of the rows from the first on lie in one file, so near to each other that they are read at once; `at` is
 * where. */
static int64_t run_of(const ls_source *source, int64_t first, int64_t count, place *p, int64_t *at)
{
    *p = place_of(source, ls_source_row(source, first));
    int64_t run = 1;
    at[0] = p->row;
    for (; run < count; run++) {
        const place next = place_of(source, ls_source_row(source, first + run));
        if (strcmp(next.file, p->file) != 0 || next.row - p->row + 1 > SPREAD * (run + 1) + 1024)
            break;
        at[run] = next.row;
    }
    return run;
}

static ls_status read_source(ls_identities *ids, const ls_source *source, int64_t first, int64_t count, int64_t *row)
{
    while (count > 0) {
        place p;
        bool numbered;
        const int64_t run = run_of(source, first, count, &p, row);
        const int64_t before = ls_source_row(source, first) - p.row; /* rows of the files in front of this one */
        LS_TRY(read_run(ids, source, &p, run, row, &numbered));
        for (int64_t i = 0; i < run && !numbered; i++)
            row[i] += before;
        first += run;
        row += run;
        count -= run;
    }
    return LS_OK;
}

/* ---- any rows ---- */

static ls_status make_room(ls_identities *ids, int64_t count)
{
    for (int i = 0; i < ids->count; i++)
        ls_text_clear(&ids->column[i].text);
    if (count <= ids->capacity)
        return LS_OK;
    ids->capacity = 0;
    for (int i = 0; i < ids->count; i++) {
        ls_memory_free(ids->column[i].texts);
        ids->column[i].texts = NULL;
        LS_TRY(ls_memory_allocate(&ids->column[i].texts, count, sizeof *ids->column[i].texts, "identifiers of rows"));
    }
    ids->capacity = count;
    return LS_OK;
}

/* Where each text of a column begins. */
static ls_status find_texts(ls_identity *c, int64_t count)
{
    LS_TRY(ls_text_status(&c->text));
    const char *at = ls_text_string(&c->text);
    for (int64_t r = 0; r < count; r++) {
        c->texts[r] = at;
        at += strlen(at) + 1;
    }
    return LS_OK;
}

ls_status ls_identities_read(ls_identities *identities, int64_t first, int64_t count, int64_t *row)
{
    const ls_source *source = identities->dataset->source;
    int64_t done = 0;
    LS_TRY(make_room(identities, count));
    if (identities->dataset->table != NULL) {
        for (; done < count; done++)
            row[done] = ls_source_row(source, first + done);
        LS_TRY(read_table(identities, count, row));
    }
    while (done < count) {
        if (first + done >= source->rows) {
            first -= source->rows;
            source++;
            continue;
        }
        const int64_t left = source->rows - (first + done), now = count - done < left ? count - done : left;
        LS_TRY(read_source(identities, source, first + done, now, row + done));
        done += now;
    }
    for (int i = 0; i < identities->count; i++)
        LS_TRY(find_texts(&identities->column[i], count));
    return LS_OK;
}

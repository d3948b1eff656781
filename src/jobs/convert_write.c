/* Writing a conversion: the layout of the HDF5 file first, then row after row to its place, the name at the end. */
#include "jobs/convert_names.h"
#include "jobs/convert_offsets.h"
#include "jobs/convert_split.h"

#include "base/fault.h"
#include "base/memory.h"
#include "base/text.h"
#include "context/options.h"
#include "data/encoded.h"
#include "files/inputs.h"
#include "files/replace.h"
#include "store/sealed.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Rows that are read at once have about this many bytes. */
#define BLOCK_BYTES ((int64_t)1 << 20)
#define BLOCK_ROWS  65536

enum { TRAIN, TEST, PARTS };

/* What makes up a row: features, targets, what stands beside them. */
enum { LANE_X, LANE_Y, LANE_BESIDE, LANES = LANE_BESIDE + LS_IMPORT_BESIDE };

/* One dataset of a part, and the rows that wait to be written. */
typedef struct lane {
    ls_h5_area *area; /* NULL: there is none */
    int64_t bytes;    /* of a row */
    unsigned char *rows;
} lane;

typedef struct part {
    lane lane[LANES];
    int64_t rows; /* in all */
    int64_t written;
    int64_t waiting;
} part;

typedef struct writing {
    ls_context *context;
    const ls_options *options;
    ls_conversion *conversion;
    const char *path;
    char temporary[LS_TEXT_MAX + 64];
    int fd;
    ls_h5_area *area; /* (areas), in the order in which they are made */
    int areas;
    ls_convert_split split;
    bool counts; /* rows are numbered here, since nothing else numbers them: the last lane of the first import */
} writing;

/* ---- layout ---- */

static ls_h5_area *add_area(writing *w, const char *path, int64_t rows, const ls_import_row *row)
{
    ls_h5_area *area = &w->area[w->areas++];
    *area = (ls_h5_area){.element = row->element, .text = row->text, .rank = row->rank + 1, .shape = {rows}};
    (void)snprintf(area->path, sizeof area->path, "%s", path);
    for (int i = 0; i < row->rank; i++)
        area->shape[i + 1] = row->shape[i];
    return area;
}

static void add_lane(writing *w, const char *group, const char *name, const ls_import_row *row, int64_t rows, lane *l)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", group, name);
    *l = (lane){.area = add_area(w, path, rows, row), .bytes = row->bytes};
}

static void add_part(writing *w, const char *group, int64_t rows, const ls_import *import, part *p)
{
    p->rows = rows;
    add_lane(w, group, "x", &import->x, rows, &p->lane[LANE_X]);
    if (import->y.bytes > 0)
        add_lane(w, group, "y", &import->y, rows, &p->lane[LANE_Y]);
    for (int i = 0; i < import->besides; i++) {
        const ls_import_beside *b = &import->beside[i];
        const ls_import_row row = {.element = b->element, .bytes = b->bytes};
        add_lane(w, group, b->name, &row, rows, &p->lane[LANE_BESIDE + i]);
        p->lane[LANE_BESIDE + i].area->text = b->text;
    }
}

static void add_areas(writing *w, part (*parts)[PARTS])
{
    const ls_conversion *c = w->conversion;
    for (int i = 0; i < c->count; i++) {
        const ls_import *import = &c->import[i];
        if (c->name[i][0] != '\0') {
            parts[i][TRAIN].rows = import->rows;
            parts[i][TRAIN].lane[LANE_X] =
                (lane){.area = add_area(w, c->name[i], import->rows, &import->x), .bytes = import->x.bytes};
            continue;
        }
        const int64_t test = w->split.rows;
        add_part(w, "/train", import->rows - test, import, &parts[i][TRAIN]);
        if (test > 0)
            add_part(w, "/test", test, import, &parts[i][TEST]);
    }
}

/* Rows of a part are told by their numbers in the input, unless all of them are there in their order. */
static void number_rows(writing *w)
{
    ls_import *import = &w->conversion->import[0];
    if (w->split.rows == 0 ||
        (import->besides > 0 && strcmp(import->beside[import->besides - 1].name, LS_IMPORT_ROW) == 0))
        return;
    import->beside[import->besides++] =
        (ls_import_beside){.name = LS_IMPORT_ROW, .element = LS_ELEMENT_INT64, .bytes = sizeof(int64_t)};
    w->counts = true;
}

static ls_status mark_numbers(const writing *w, ls_h5_file *file)
{
    const int64_t rows = w->conversion->import[0].rows + w->conversion->facts.dropped;
    for (int i = 0; i < w->areas; i++) {
        const char *path = w->area[i].path;
        if (w->conversion->name[0][0] == '\0' && strcmp(strrchr(path, '/') + 1, LS_IMPORT_ROW) == 0)
            LS_TRY(ls_h5_set_int64(file, path, LS_ROWS_ATTRIBUTE, rows));
    }
    return LS_OK;
}

static ls_status lay_out(writing *w)
{
    ls_h5_file *file = NULL;
    ls_text json = {0};
    ls_status status;
    if (w->conversion->encoding.count > 0)
        ls_encoding_write(&w->conversion->encoding, &json);
    LS_TRY_CLEANUP(ls_text_status(&json));
    LS_TRY_CLEANUP(ls_h5_layout_begin(w->path, (int64_t)json.length, &file));
    for (int i = 0; i < w->areas; i++)
        LS_TRY_CLEANUP(ls_h5_layout_reserve(file, &w->area[i]));
    if (json.length > 0)
        LS_TRY_CLEANUP(ls_convert_names_write(w->conversion, file, ls_text_string(&json), w->area, w->areas));
    if (w->conversion->indexed)
        LS_TRY_CLEANUP(ls_convert_names_write_index(w->conversion, file, w->area, w->areas));
    LS_TRY_CLEANUP(mark_numbers(w, file));
    status = ls_h5_layout_finish(file, w->fd, w->area, w->areas);
    file = NULL;
cleanup:
    ls_text_free(&json);
    ls_h5_close(file);
    return status;
}

/* ---- rows ---- */

static ls_status flush(const writing *w, part *p)
{
    LS_TRY(ls_fault("convert-write"));
    for (int k = 0; k < LANES; k++) {
        const lane *l = &p->lane[k];
        if (l->area != NULL)
            LS_TRY(ls_replace_write(w->fd, w->path, l->rows, (size_t)(p->waiting * l->bytes),
                                    (size_t)(l->area->offset + p->written * l->bytes)));
    }
    p->written += p->waiting;
    p->waiting = 0;
    return LS_OK;
}

static void hand_out(const part *from, int64_t i, part *p)
{
    for (int k = 0; k < LANES; k++) {
        const lane *l = &p->lane[k];
        if (l->area != NULL)
            memcpy(l->rows + p->waiting * l->bytes, from->lane[k].rows + i * l->bytes, (size_t)l->bytes);
    }
    p->waiting++;
}

/* Reads rows from `row` on into the lanes of `block`. */
static ls_status read_rows(const writing *w, ls_import *import, int64_t row, int64_t count, const part *block)
{
    void *beside[LS_IMPORT_BESIDE];
    for (int i = 0; i < LS_IMPORT_BESIDE; i++)
        beside[i] = block->lane[LANE_BESIDE + i].rows;
    LS_TRY(import->next(import->state, count, block->lane[LANE_X].rows, block->lane[LANE_Y].rows, beside));
    for (int64_t i = 0; w->counts && i < count; i++)
        ((int64_t *)beside[import->besides - 1])[i] = row + i;
    return LS_OK;
}

static ls_status write_rows(const writing *w, ls_import *import, part parts[PARTS], int64_t block, const part *read)
{
    for (int64_t row = 0; row < import->rows;) {
        const int64_t count = import->rows - row < block ? import->rows - row : block;
        if (w->context->stop)
            return ls_fail(LS_STOPPED, "stopped");
        LS_TRY(read_rows(w, import, row, count, read));
        for (int64_t i = 0; parts[TEST].rows > 0 && i < count; i++, row++) {
            const int64_t test_left = parts[TEST].rows - parts[TEST].written - parts[TEST].waiting;
            const bool takes = ls_convert_split_takes(&w->split, row, import->rows - row, test_left);
            hand_out(read, i, &parts[takes ? TEST : TRAIN]);
        }
        if (parts[TEST].rows == 0) { /* they are where they are to be already */
            parts[TRAIN].waiting = count;
            row += count;
        }
        LS_TRY(flush(w, &parts[TRAIN]));
        if (parts[TEST].rows > 0)
            LS_TRY(flush(w, &parts[TEST]));
    }
    return w->context->stop ? ls_fail(LS_STOPPED, "stopped") : LS_OK;
}

static ls_status allocate_block(int64_t block, part *p)
{
    for (int k = 0; k < LANES; k++)
        if (p->lane[k].area != NULL)
            LS_TRY(ls_memory_allocate(&p->lane[k].rows, block, (size_t)p->lane[k].bytes, "rows being converted"));
    return LS_OK;
}

static void free_block(part *p)
{
    for (int k = 0; k < LANES; k++)
        ls_memory_free(p->lane[k].rows);
}

/* With a test part rows are read into a block of their own, else into the train part's. */
static ls_status write_import(const writing *w, ls_import *import, part parts[PARTS])
{
    int64_t bytes = 0;
    for (int k = 0; k < LANES; k++)
        bytes += parts[TRAIN].lane[k].bytes;
    int64_t block = bytes == 0 ? BLOCK_ROWS : BLOCK_BYTES / bytes;
    block = block < 1 ? 1 : block > BLOCK_ROWS ? BLOCK_ROWS : block;
    const bool split = parts[TEST].rows > 0;
    part read = parts[TRAIN];
    ls_status status = allocate_block(block, &parts[TRAIN]);
    if (status == LS_OK && split)
        status = allocate_block(block, &parts[TEST]);
    if (status == LS_OK && split)
        status = allocate_block(block, &read);
    if (status == LS_OK)
        status = write_rows(w, import, parts, block, split ? &read : &parts[TRAIN]);
    free_block(&parts[TRAIN]);
    free_block(&parts[TEST]);
    free_block(&read);
    return status;
}

/* ---- the file ---- */

/* The name says what is in the file. */
static ls_status check_suffix(const char *path)
{
    static const char *const suffixes[] = {".h5", ".hdf5", ".hdf"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcasecmp(dot, suffixes[i]) == 0)
            return LS_OK;
    return ls_fail(LS_ERR_USAGE, "%s: convert writes HDF5; give the file a name that ends in .h5, .hdf5 or .hdf", path);
}

ls_status ls_conversion_check_output(const ls_options *options)
{
    ls_inputs inputs = {0};
    ls_status status;
    LS_TRY_CLEANUP(ls_inputs_add(&inputs, options->data));
    LS_TRY_CLEANUP(ls_inputs_add(&inputs, options->target)); /* of arrays; else the name of a file by chance only */
    LS_TRY_CLEANUP(ls_inputs_add(&inputs, options->like));
    status = check_suffix(options->output);
    if (status == LS_OK)
        status = ls_inputs_check_output(&inputs, options->output, options->overwrite);
    if (status == LS_OK && ls_sealed_is(options->output))
        status = ls_fail(LS_ERR_USAGE, "%s is a model or a checkpoint, and would be lost; name another file to write",
                         options->output);
cleanup:
    ls_inputs_free(&inputs);
    return status;
}

static void say_areas(const writing *w)
{
    ls_text text = {0};
    for (int i = 0; i < w->areas; i++) {
        const ls_h5_area *area = &w->area[i];
        ls_text_printf(&text, "%s%s %s (", i > 0 ? ", " : "", area->path,
                       area->text > 0 ? "text" : ls_element_name(area->element));
        for (int k = 0; k < area->rank; k++)
            ls_text_printf(&text, "%s%lld", k > 0 ? ", " : "", (long long)area->shape[k]);
        ls_text_append(&text, ")");
    }
    ls_log_line(&w->context->log, LS_LOG_INFO, "%s: %s", w->path, ls_text_string(&text));
    ls_text_free(&text);
}

static ls_status write_all(writing *w)
{
    part parts[LS_CONVERT_MOST][PARTS];
    memset(parts, 0, sizeof parts);
    number_rows(w);
    LS_TRY(ls_memory_allocate(&w->area, (int64_t)w->conversion->count * PARTS * LANES, sizeof *w->area, "datasets"));
    add_areas(w, parts);
    LS_TRY(lay_out(w));
    for (int i = 0; i < w->conversion->count; i++)
        LS_TRY(write_import(w, &w->conversion->import[i], parts[i]));
    LS_TRY(ls_fault("convert-sync"));
    LS_TRY(ls_replace_sync(w->fd, w->path));
    say_areas(w);
    return LS_OK;
}

ls_status ls_conversion_write(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    writing w = {.context = context, .options = options, .conversion = conversion, .path = options->output, .fd = -1};
    ls_status status = ls_convert_split_choose(context, options, conversion, &w.split);
    if (status == LS_OK)
        status = ls_convert_offsets_fit(context, &w.split, options->like[0] != '\0', conversion);
    if (status == LS_OK) {
        ls_replace_clean(w.path);
        status = ls_replace_open(w.path, w.temporary, sizeof w.temporary, &w.fd);
    }
    if (status == LS_OK)
        status = write_all(&w);
    if (status == LS_OK)
        status = ls_replace_rename(w.fd, w.temporary, w.path);
    else
        ls_replace_discard(w.fd, w.temporary);
    ls_convert_split_free(&w.split);
    ls_memory_free(w.area);
    return status;
}

/* Writing a conversion: the layout of the HDF5 file first, then row after row to its place, the name at the end. */
#include "jobs/convert.h"

#include "base/fault.h"
#include "base/memory.h"
#include "base/philox.h"
#include "base/text.h"
#include "context/options.h"
#include "data/encoded.h"
#include "files/path.h"
#include "files/replace.h"
#include "hdf5/h5_layout.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Rows that are read at once have about this many bytes. */
#define BLOCK_BYTES ((int64_t)1 << 20)
#define BLOCK_ROWS  65536

enum { TRAIN, TEST, PARTS };

/* One part of one import: its datasets, and the rows that wait to be written. */
typedef struct part {
    ls_h5_area *x, *y; /* y NULL: no targets */
    int64_t rows;      /* in all */
    int64_t written;
    int64_t waiting;
    unsigned char *x_rows, *y_rows; /* (block rows) */
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
} writing;

/* ---- layout ---- */

static int64_t test_rows(const ls_options *options, int64_t rows)
{
    return (int64_t)(options->test_split * (double)rows + 0.5);
}

static ls_status check_split(const ls_options *options, const ls_conversion *c)
{
    if (options->test_split == 0)
        return LS_OK;
    if (c->name[0][0] != '\0')
        return ls_fail(LS_ERR_USAGE,
                       "--test-split: the arrays keep their own names; give --target with the name of the "
                       "array that holds the targets to split rows off");
    const int64_t rows = c->import[0].rows, test = test_rows(options, rows);
    if (test < 1 || test >= rows)
        return ls_fail(LS_ERR_USAGE,
                       "--test-split %g gives %lld of %lld rows to the test part; both parts need at least "
                       "one",
                       options->test_split, (long long)test, (long long)rows);
    return LS_OK;
}

static ls_h5_area *add_area(writing *w, const char *path, int64_t rows, const ls_import_row *row)
{
    ls_h5_area *area = &w->area[w->areas++];
    *area = (ls_h5_area){.element = row->element, .text = row->text, .rank = row->rank + 1, .shape = {rows}};
    (void)snprintf(area->path, sizeof area->path, "%s", path);
    for (int i = 0; i < row->rank; i++)
        area->shape[i + 1] = row->shape[i];
    return area;
}

static void add_part(writing *w, const char *group, int64_t rows, const ls_import *import, part *p)
{
    char path[256];
    p->rows = rows;
    (void)snprintf(path, sizeof path, "%s/x", group);
    p->x = add_area(w, path, rows, &import->x);
    if (import->y.bytes == 0)
        return;
    (void)snprintf(path, sizeof path, "%s/y", group);
    p->y = add_area(w, path, rows, &import->y);
}

static void add_areas(writing *w, part (*parts)[PARTS])
{
    const ls_conversion *c = w->conversion;
    for (int i = 0; i < c->count; i++) {
        const ls_import *import = &c->import[i];
        if (c->name[i][0] != '\0') {
            parts[i][TRAIN].rows = import->rows;
            parts[i][TRAIN].x = add_area(w, c->name[i], import->rows, &import->x);
            continue;
        }
        const int64_t test = test_rows(w->options, import->rows);
        add_part(w, "/train", import->rows - test, import, &parts[i][TRAIN]);
        if (test > 0)
            add_part(w, "/test", test, import, &parts[i][TEST]);
    }
}

/* The features' names, by which columns can be chosen with --x. An attribute holds 64 KiB, 16 bytes for each of them.
 */
#define NAMED_FEATURES 2048

static ls_status write_names(const writing *w, ls_h5_file *file, const char *path)
{
    const ls_encoding *e = &w->conversion->encoding;
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

static ls_status write_encoding(const writing *w, ls_h5_file *file, const char *json)
{
    LS_TRY(ls_encoded_write(file, "/", json));
    if (w->conversion->facts.dropped > 0)
        LS_TRY(ls_h5_set_int64(file, "/", LS_DROPPED_ATTRIBUTE, w->conversion->facts.dropped));
    for (int i = 0; i < w->areas; i++) {
        const size_t length = strlen(w->area[i].path);
        if (w->conversion->encoding.features <= NAMED_FEATURES && strcmp(w->area[i].path + length - 2, "/x") == 0)
            LS_TRY(write_names(w, file, w->area[i].path));
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
        LS_TRY_CLEANUP(write_encoding(w, file, ls_text_string(&json)));
    status = ls_h5_layout_finish(file, w->fd, w->area, w->areas);
    file = NULL;
cleanup:
    ls_text_free(&json);
    ls_h5_close(file);
    return status;
}

/* ---- rows ---- */

static ls_status flush(const writing *w, const ls_import *import, part *p)
{
    const int64_t x = import->x.bytes, y = import->y.bytes;
    LS_TRY(ls_fault("convert-write"));
    LS_TRY(
        ls_replace_write(w->fd, w->path, p->x_rows, (size_t)(p->waiting * x), (size_t)(p->x->offset + p->written * x)));
    if (p->y != NULL)
        LS_TRY(ls_replace_write(w->fd, w->path, p->y_rows, (size_t)(p->waiting * y),
                                (size_t)(p->y->offset + p->written * y)));
    p->written += p->waiting;
    p->waiting = 0;
    return LS_OK;
}

/* Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S): a row goes to the test part with
 * the chance that makes the count exact; every choice of rows is equally likely. */
static bool goes_to_test(uint32_t seed, int64_t row, int64_t rows_left, int64_t test_left)
{
    __extension__ typedef unsigned __int128 uint128;
    uint32_t words[4];
    ls_philox_unit(seed, LS_PURPOSE_TEST_SPLIT, 0, 0, row, 0, words);
    const uint64_t random = (uint64_t)words[1] << 32 | words[0];
    return (int64_t)((uint128)random * (uint64_t)rows_left >> 64) < test_left;
}

static void hand_out(const ls_import *import, int64_t i, const unsigned char *x, const unsigned char *y, part *p)
{
    memcpy(p->x_rows + p->waiting * import->x.bytes, x + i * import->x.bytes, (size_t)import->x.bytes);
    if (p->y != NULL)
        memcpy(p->y_rows + p->waiting * import->y.bytes, y + i * import->y.bytes, (size_t)import->y.bytes);
    p->waiting++;
}

static ls_status write_rows(const writing *w, ls_import *import, part parts[PARTS], int64_t block, unsigned char *x,
                            unsigned char *y)
{
    const uint32_t seed = (uint32_t)w->options->seed;
    for (int64_t row = 0; row < import->rows;) {
        const int64_t count = import->rows - row < block ? import->rows - row : block;
        if (w->context->stop)
            return ls_fail(LS_STOPPED, "stopped");
        LS_TRY(import->next(import->state, count, x, y));
        for (int64_t i = 0; parts[TEST].rows > 0 && i < count; i++, row++) {
            const int64_t test_left = parts[TEST].rows - parts[TEST].written - parts[TEST].waiting;
            hand_out(import, i, x, y, &parts[goes_to_test(seed, row, import->rows - row, test_left) ? TEST : TRAIN]);
        }
        if (parts[TEST].rows == 0) { /* they are where they are to be already */
            parts[TRAIN].waiting = count;
            row += count;
        }
        LS_TRY(flush(w, import, &parts[TRAIN]));
        if (parts[TEST].rows > 0)
            LS_TRY(flush(w, import, &parts[TEST]));
    }
    return w->context->stop ? ls_fail(LS_STOPPED, "stopped") : LS_OK;
}

static ls_status allocate_block(const ls_import *import, int64_t block, unsigned char **x, unsigned char **y)
{
    *x = *y = NULL;
    LS_TRY(ls_memory_allocate(x, block * import->x.bytes, 1, "rows being converted"));
    return import->y.bytes > 0 ? ls_memory_allocate(y, block * import->y.bytes, 1, "rows being converted") : LS_OK;
}

static ls_status write_import(const writing *w, ls_import *import, part parts[PARTS])
{
    const int64_t bytes = import->x.bytes + import->y.bytes;
    int64_t block = bytes == 0 ? BLOCK_ROWS : BLOCK_BYTES / bytes;
    block = block < 1 ? 1 : block > BLOCK_ROWS ? BLOCK_ROWS : block;
    unsigned char *x = NULL, *y = NULL;
    ls_status status = allocate_block(import, block, &x, &y);
    for (int k = 0; k < PARTS && status == LS_OK && parts[TEST].rows > 0; k++)
        status = allocate_block(import, block, &parts[k].x_rows, &parts[k].y_rows);
    if (parts[TEST].rows == 0) {
        parts[TRAIN].x_rows = x;
        parts[TRAIN].y_rows = y;
    }
    if (status == LS_OK)
        status = write_rows(w, import, parts, block, x, y);
    for (int k = 0; k < PARTS && parts[TEST].rows > 0; k++) {
        ls_memory_free(parts[k].x_rows);
        ls_memory_free(parts[k].y_rows);
    }
    ls_memory_free(x);
    ls_memory_free(y);
    return status;
}

/* ---- the file ---- */

ls_status ls_conversion_check_output(const ls_options *options)
{
    struct stat in, out;
    const char *path = options->output;
    if (!ls_path_exists(path))
        return LS_OK;
    if (stat(options->data, &in) == 0 && stat(path, &out) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
        return ls_fail(LS_ERR_USAGE, "%s is the input; name another file to write", path);
    if (!options->overwrite)
        return ls_fail(LS_ERR_OUTPUT, "%s exists; give --overwrite or another name", path);
    return LS_OK;
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
    LS_TRY(ls_memory_allocate(&w->area, (int64_t)w->conversion->count * 4, sizeof *w->area, "datasets"));
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
    LS_TRY(check_split(options, conversion));
    ls_replace_clean(w.path);
    LS_TRY(ls_replace_open(w.path, w.temporary, sizeof w.temporary, &w.fd));
    ls_status status = write_all(&w);
    if (status == LS_OK)
        status = ls_replace_rename(w.fd, w.temporary, w.path);
    else
        ls_replace_discard(w.fd, w.temporary);
    ls_memory_free(w.area);
    return status;
}

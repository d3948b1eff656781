/* Opening what is to be converted: which format it has, and what is in it. */
#include "jobs/convert.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/text.h"
#include "context/options.h"
#include "context/options_refuse.h"
#include "files/path.h"
#include "files/zip.h"
#include "formats/array.h"
#include "source/find.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool ls_conversion_stopping(void *user)
{
    return ((const ls_context *)user)->stop != 0;
}

/* ---- libsvm ---- */

static void say_svm(const ls_context *context, const ls_options *options, const ls_conversion *conversion,
                    const ls_svm_facts *facts)
{
    const ls_import *import = &conversion->import[0];
    const char *found = strcmp(options->first_index, "auto") != 0 ? ""
                        : facts->first_index == 0                 ? ", since index 0 is there"
                                                                  : ", since there is no index 0";
    ls_log_line(&context->log, LS_LOG_INFO, "%s: libsvm text; %lld rows, %lld features, counted from %lld%s",
                options->data, (long long)import->rows, (long long)import->x.shape[0], (long long)facts->first_index,
                found);
    if (found[0] != '\0')
        ls_log_line(&context->log, LS_LOG_INFO,
                    "  another file of the same kind is to be read alike: --first-index %lld --features %lld",
                    (long long)facts->first_index, (long long)import->x.shape[0]);
    if (facts->grouped)
        ls_log_line(&context->log, LS_LOG_INFO,
                    "  the rows' qid is kept as /train/group, for --validation-method group --validation-group "
                    "/train/group");
}

static ls_status open_svm(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    ls_svm_facts facts;
    const ls_svm_wishes wishes = {.targets = strcmp(options->target, "none") != 0,
                                  .first_index =
                                      strcmp(options->first_index, "auto") == 0 ? -1 : options->first_index[0] - '0',
                                  .features = options->features,
                                  .stop = ls_conversion_stopping,
                                  .user = context};
    if (options->target[0] != '\0' && wishes.targets)
        return ls_fail(LS_ERR_USAGE,
                       "--target %s: the target of libsvm text is the number in front of each line; give "
                       "none to leave it out, or nothing",
                       options->target);
    LS_TRY(ls_import_svm(options->data, &wishes, &facts, &conversion->import[0]));
    conversion->count = 1;
    conversion->indexed = true;
    conversion->first_index = facts.first_index;
    say_svm(context, options, conversion, &facts);
    return LS_OK;
}

/* ---- arrays ---- */

/* One .npy or IDX file. */
static ls_status open_array(const char *path, ls_array **array)
{
    unsigned char bytes[6];
    int64_t got;
    bool packed;
    const ls_stream_range range = {.length = -1, .packing = LS_PACKED_FOUND};
    *array = NULL;
    LS_TRY(ls_conversion_peek(path, bytes, sizeof bytes, &got, &packed));
    const bool npy = got == 6 && memcmp(bytes, "\x93NUMPY", 6) == 0;
    if (!npy && (got < 4 || bytes[0] != 0 || bytes[1] != 0))
        return ls_fail(LS_ERR_DATA, "%s: is neither a NumPy array (.npy) nor an IDX file", path);
    return ls_array_open(path, path, &range, -1, npy ? LS_ARRAY_NPY : LS_ARRAY_IDX, array);
}

static void say_array(const ls_context *context, const ls_array *array, const char *what)
{
    ls_text text = {0};
    for (int i = 0; i < ls_array_rank(array); i++)
        ls_text_printf(&text, "%s%lld", i > 0 ? ", " : "", (long long)ls_array_shape(array)[i]);
    ls_log_line(&context->log, LS_LOG_INFO, "%s: %s%s (%s)", ls_array_name(array), what,
                ls_array_text(array) > 0 ? "text" : ls_element_name(ls_array_element(array)), ls_text_string(&text));
    ls_text_free(&text);
}

static ls_status import_pair(ls_context *context, ls_array *x, ls_array *y, ls_conversion *conversion)
{
    if (ls_array_text(x) > 0) {
        const ls_status status = ls_fail(
            LS_ERR_DATA,
            "%s: holds texts, expected numbers as features; numbers that are written as texts are saved with "
            "astype('float32'), categories as one column each with (x[:, None] == numpy.unique(x)).astype('u1')",
            ls_array_name(x));
        ls_array_close(x);
        ls_array_close(y);
        return status;
    }
    say_array(context, x, "features, ");
    if (y != NULL)
        say_array(context, y, "targets, ");
    LS_TRY(ls_import_arrays(x, y, &conversion->import[0]));
    conversion->count = 1;
    return LS_OK;
}

static ls_status open_arrays(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    ls_array *x = NULL, *y = NULL;
    struct stat info;
    if (options->target[0] == '\0')
        return ls_fail(LS_ERR_USAGE,
                       "%s is a single array; give the file with the targets as --target FILE, or --target none",
                       options->data);
    LS_TRY(open_array(options->data, &x));
    if (strcmp(options->target, "none") != 0) {
        const ls_status status = open_array(options->target, &y);
        if (status != LS_OK) {
            ls_array_close(x);
            return status;
        }
        conversion->bytes += stat(options->target, &info) == 0 ? info.st_size : 0;
    }
    return import_pair(context, x, y, conversion);
}

/* ---- NumPy archives ---- */

typedef struct archive {
    const char *path;
    ls_zip_entry *entry;
    int count;
} archive;

/* The name of an entry without ".npy". */
static const char *entry_name(const void *context, size_t i)
{
    return ((const archive *)context)->entry[i].name;
}

static ls_status open_entry(const archive *a, int i, ls_array **array)
{
    char name[LS_TEXT_MAX + 256];
    (void)snprintf(name, sizeof name, "%s:%s", a->path, a->entry[i].name);
    return ls_array_open(a->path, name, &a->entry[i].range, a->entry[i].size, LS_ARRAY_NPY, array);
}

static void list_entries(const archive *a, ls_text *text)
{
    for (int i = 0; i < a->count; i++)
        ls_text_printf(text, "%s%s", i > 0 ? ", " : "", a->entry[i].name);
}

static ls_status find_entry(const archive *a, const char *option, const char *name, int *found)
{
    for (*found = 0; *found < a->count; (*found)++)
        if (strcmp(a->entry[*found].name, name) == 0)
            return LS_OK;
    ls_text text = {0};
    const char *near = ls_parse_nearest(name, (size_t)a->count, entry_name, a);
    list_entries(a, &text);
    const ls_status status = ls_fail(LS_ERR_USAGE, "--%s: %s has no array '%s'; it has %s%s%s%s", option, a->path, name,
                                     ls_text_string(&text), near != NULL ? "; did you mean '" : "",
                                     near != NULL ? near : "", near != NULL ? "'?" : "");
    ls_text_free(&text);
    return status;
}

/* The features of a pair: named, or the only other array. */
static ls_status find_features(const archive *a, const ls_options *options, int target, int *x)
{
    if (options->x[0] != '\0')
        return find_entry(a, "x", options->x, x);
    const int others = a->count - (target >= 0);
    if (others == 1) {
        *x = target == 0 ? 1 : 0;
        return LS_OK;
    }
    ls_text text = {0};
    list_entries(a, &text);
    const ls_status status = ls_fail(LS_ERR_USAGE, "%s: which array holds the features? Give --x NAME; it has %s",
                                     a->path, ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

static ls_status open_pair(ls_context *context, const archive *a, const ls_options *options, ls_conversion *conversion)
{
    ls_array *x, *y = NULL;
    int features, targets = -1;
    if (strcmp(options->target, "none") != 0)
        LS_TRY(find_entry(a, "target", options->target, &targets));
    LS_TRY(find_features(a, options, targets, &features));
    LS_TRY(open_entry(a, features, &x));
    if (targets >= 0) {
        const ls_status status = open_entry(a, targets, &y);
        if (status != LS_OK) {
            ls_array_close(x);
            return status;
        }
    }
    return import_pair(context, x, y, conversion);
}

static ls_status check_pair(const archive *a, const ls_conversion *conversion, ls_found_pair pair)
{
    if (pair.x < 0 || conversion->import[pair.x].rows == conversion->import[pair.y].rows)
        return LS_OK;
    return ls_fail(LS_ERR_DATA,
                   "%s: %s has %lld rows, but %s, by its name the targets of these, has %lld; both need the same. If "
                   "others are meant, name them with --x and --target",
                   a->path, conversion->name[pair.x] + 1, (long long)conversion->import[pair.x].rows,
                   conversion->name[pair.y] + 1, (long long)conversion->import[pair.y].rows);
}

/* No file is made that train would refuse. */
static ls_status check_pairs(const archive *a, const ls_conversion *conversion)
{
    ls_h5_dataset *list;
    ls_found_pair pair[3];
    LS_TRY(ls_memory_allocate(&list, conversion->count, sizeof *list, "names of arrays"));
    for (int i = 0; i < conversion->count; i++)
        memcpy(list[i].path, conversion->name[i], sizeof conversion->name[i]);
    ls_find_pairs(list, conversion->count, pair);
    ls_memory_free(list);
    for (int part = 0; part < 3; part++)
        LS_TRY(check_pair(a, conversion, pair[part]));
    return LS_OK;
}

/* All arrays under their own names: train finds x_train and the like by itself. */
static ls_status open_all(ls_context *context, const archive *a, ls_conversion *conversion)
{
    if (a->count > LS_CONVERT_MOST)
        return ls_fail(LS_ERR_DATA,
                       "%s: has %d arrays, at most %d are converted at once; name two with --x and --target", a->path,
                       a->count, LS_CONVERT_MOST);
    for (int i = 0; i < a->count; i++) {
        ls_array *array;
        LS_TRY(open_entry(a, i, &array));
        say_array(context, array, "");
        LS_TRY(ls_import_arrays(array, NULL, &conversion->import[conversion->count]));
        (void)snprintf(conversion->name[conversion->count], sizeof conversion->name[0], "/%.198s", a->entry[i].name);
        conversion->count++;
    }
    return check_pairs(a, conversion);
}

/* What a zip archive is that has an entry of this name, or one that ends so. */
static const char *archive_kind(const archive *a)
{
    static const struct {
        const char *entry, *text;
    } kinds[] = {{"xl/workbook.xml", "is an Excel spreadsheet (.xlsx): save it as CSV, then convert that"},
                 {"META-INF/manifest.xml", "is a spreadsheet of LibreOffice (.ods): save it as CSV, then convert that"},
                 {"model.weights.h5", "is a model of Keras (.keras), and no data"},
                 {"data.pkl", "was saved by PyTorch: write its arrays with numpy.savez"}};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (int i = 0; i < a->count; i++) {
            const size_t length = strlen(a->entry[i].name), wanted = strlen(kinds[k].entry);
            if (length >= wanted && strcmp(a->entry[i].name + length - wanted, kinds[k].entry) == 0)
                return kinds[k].text;
        }
    return NULL;
}

/* A table in a zip archive, a spreadsheet, a .keras file. */
static ls_status fail_other_archive(const archive *a)
{
    const char *kind = archive_kind(a);
    ls_text text = {0};
    if (kind != NULL)
        return ls_fail(LS_ERR_DATA, "%s: %s", a->path, kind);
    list_entries(a, &text);
    const ls_status status = ls_fail(LS_ERR_DATA,
                                     "%s: is a zip archive without NumPy arrays (.npy); it has %s. Unpack a table with "
                                     "unzip -p first",
                                     a->path, a->count == 0 ? "nothing" : ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

static ls_status open_archive(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    archive a = {.path = options->data};
    LS_TRY(ls_zip_list(a.path, &a.entry, &a.count));
    int arrays = 0;
    for (int i = 0; i < a.count; i++) {
        const size_t length = strlen(a.entry[i].name);
        if (length > 4 && strcmp(a.entry[i].name + length - 4, ".npy") == 0) {
            a.entry[i].name[length - 4] = '\0';
            arrays++;
        }
    }
    ls_status status =
        arrays == 0                                           ? fail_other_archive(&a)
        : options->target[0] == '\0' && options->x[0] == '\0' ? open_all(context, &a, conversion)
        : options->target[0] == '\0'
            ? ls_fail(LS_ERR_USAGE, "--x %s is given without --target; name the targets' array too, or none",
                      options->x)
            : open_pair(context, &a, options, conversion);
    ls_memory_free(a.entry);
    return status;
}

/* ---- formats ---- */

typedef ls_status (*open_function)(ls_context *context, const ls_options *options, ls_conversion *conversion);

/* Options that mean nothing for a format. */
#define SVM_ONLY "features", "first-index"
#define TABLE_ONLY                                                                                                     \
    "ignore", "unknown", "missing-values", "categorical", "delimiter", "header", "missing", "id", "weights", "group",  \
        "like", "max-categories", "categories", "decimal", "thousands", "keep-default-missing", "date-format",         \
        "date-parts", "skip-lines", "comment"
#define UNUSED_MOST 24

static const struct {
    const char *name;
    open_function open;
    const char *unused[UNUSED_MOST];
} formats[] = {{"csv", ls_conversion_open_table, {SVM_ONLY, "x"}},
               {"npy", open_arrays, {TABLE_ONLY, SVM_ONLY, "x"}},
               {"idx", open_arrays, {TABLE_ONLY, SVM_ONLY, "x"}},
               {"npz", open_archive, {TABLE_ONLY, SVM_ONLY}},
               {"libsvm", open_svm, {TABLE_ONLY, "x"}}};

static ls_status open_as(ls_context *context, const ls_options *options, size_t format, ls_conversion *conversion)
{
    static const char *const seed[] = {"seed", NULL}, *const method[] = {"test-method", NULL};
    LS_TRY(ls_options_refuse(options, formats[format].unused, "means nothing for %s, which is read as %s (--format)",
                             options->data, formats[format].name));
    if (options->test_split <= 0)
        LS_TRY(ls_options_refuse(options, seed, "draws the rows of the test part; give --test-split too"));
    if (options->test_split <= 0)
        LS_TRY(ls_options_refuse(options, method, "says which rows the test part takes; give --test-split too"));
    return formats[format].open(context, options, conversion);
}

ls_status ls_conversion_open(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    struct stat info;
    const char *format = options->format;
    memset(conversion, 0, sizeof *conversion);
    if (stat(options->data, &info) == 0)
        conversion->bytes = info.st_size;
    if (format[0] == '\0' || strcmp(format, "auto") == 0)
        LS_TRY(ls_conversion_recognise(options->data, &format));
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i].name, format) == 0)
            return open_as(context, options, i, conversion);
    return ls_fail(LS_ERR_USAGE, "option 'format' is '%s'", format);
}

/* Recognising stores by the names in their groups and by their attributes. */
#include "source/stores.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Groups alike that are taken for one example each. */
#define GROUPS_ALIKE 5

typedef struct finding {
    ls_h5_file *file;
    const ls_h5_dataset *list;
    int count;
    ls_stores *stores;
} finding;

/* ---- paths ---- */

static const char *base_of(const ls_h5_dataset *d)
{
    return strrchr(d->path, '/') + 1;
}

/* Of the group that a dataset is in: "/matrix", or "" at the top. */
static size_t group_length(const ls_h5_dataset *d)
{
    return (size_t)(strrchr(d->path, '/') - d->path);
}

static bool same_group(const ls_h5_dataset *a, const ls_h5_dataset *b)
{
    return group_length(a) == group_length(b) && strncmp(a->path, b->path, group_length(a)) == 0;
}

/* A dataset of this name in the group of `beside`; -1: none. The list is sorted. */
static int find_beside(const ls_h5_dataset *list, int count, const ls_h5_dataset *beside, const char *name)
{
    char path[sizeof beside->path + 32];
    int low = 0, high = count;
    (void)snprintf(path, sizeof path, "%.*s/%s", (int)group_length(beside), beside->path, name);
    while (low < high) {
        const int middle = low + (high - low) / 2, compared = strcmp(list[middle].path, path);
        if (compared == 0)
            return middle;
        if (compared < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

static bool has_beside(const ls_h5_dataset *list, int count, int i, const char *name)
{
    return find_beside(list, count, &list[i], name) >= 0;
}

static bool is_among(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(words[i], word) == 0)
            return true;
    return false;
}

/* The group's path for libhdf5. */
static void group_of(const ls_h5_dataset *d, char group[1024])
{
    const size_t length = group_length(d);
    (void)snprintf(group, 1024, "%.*s", length == 0 ? 1 : (int)length, length == 0 ? "/" : d->path);
}

static bool group_says(ls_h5_file *file, const ls_h5_dataset *d, const char *attribute, char text[64])
{
    char group[1024], *value;
    group_of(d, group);
    text[0] = '\0';
    if (!ls_h5_has_attribute(file, group, attribute) || ls_h5_attribute_text(file, group, attribute, &value) != LS_OK)
        return false;
    (void)snprintf(text, 64, "%s", value);
    ls_memory_free(value);
    return true;
}

static void hide_group(finding *f, int i)
{
    for (int k = 0; k < f->count; k++)
        f->stores->hidden[k] = f->stores->hidden[k] || same_group(&f->list[k], &f->list[i]);
}

/* Everything at and below the group of dataset i. */
static void hide_below(finding *f, int i)
{
    const size_t length = group_length(&f->list[i]);
    for (int k = 0; k < f->count; k++)
        if (strncmp(f->list[k].path, f->list[i].path, length) == 0 && f->list[k].path[length] == '/')
            f->stores->hidden[k] = true;
}

/* ---- sparse matrices ---- */

typedef enum sparse { SPARSE_NOT, SPARSE_ROWS, SPARSE_MATLAB } sparse;

static sparse sparse_at(const ls_h5_dataset *list, int count, int i)
{
    const char *const base = base_of(&list[i]);
    static const char *const rows[] = {"data", "indices", "indptr"}, *const matlab[] = {"data", "ir", "jc"};
    if ((is_among(base, rows, 3) || strcmp(base, "shape") == 0) && has_beside(list, count, i, "indices") &&
        has_beside(list, count, i, "indptr"))
        return SPARSE_ROWS;
    if (is_among(base, matlab, 3) && has_beside(list, count, i, "ir") && has_beside(list, count, i, "jc"))
        return SPARSE_MATLAB;
    return SPARSE_NOT;
}

bool ls_stores_is_sparse(const ls_h5_dataset *list, int count, int i)
{
    return sparse_at(list, count, i) != SPARSE_NOT;
}

/* In SciPy's words, so that the line works on what it is given for. */
static void describe_sparse(ls_h5_file *file, const ls_h5_dataset *d, bool has_shape, bool cells, sparse kind,
                            ls_text *text)
{
    char group[1024], type[64];
    group_of(d, group);
    const bool anndata = group_says(file, d, "encoding-type", type) || group_says(file, d, "h5sparse_format", type);
    const bool columns = anndata ? strncmp(type, "csc", 3) == 0 : cells || kind == SPARSE_MATLAB;
    const char *shape = kind == SPARSE_MATLAB       ? "(int(m.attrs['MATLAB_sparse']), len(m['jc'])-1)"
                        : has_shape                 ? "m['shape'][()]"
                        : anndata && type[3] == '_' ? "m.attrs['shape']"
                        : anndata                   ? "m.attrs['h5sparse_shape']"
                                                    : "None";
    ls_text_printf(
        text,
        "; %s is a sparse matrix%s, whose datasets are no rows of numbers; write it out: python3 -c \"import "
        "h5py, scipy.sparse as s; m = h5py.File('%s')['%s']; h5py.File('OUT.h5','a')['x'] = "
        "s.%s((m['data'][()], m['%s'][()], m['%s'][()]), shape=%s).toarray()%s\"",
        group,
        anndata                 ? " as AnnData writes it"
        : cells                 ? " as 10x writes it"
        : kind == SPARSE_MATLAB ? " of MATLAB"
                                : "",
        ls_h5_path(file), group, columns ? "csc_matrix" : "csr_matrix", kind == SPARSE_MATLAB ? "ir" : "indices",
        kind == SPARSE_MATLAB ? "jc" : "indptr", shape, cells ? ".T" : "");
}

static void find_sparse(finding *f)
{
    bool told = false;
    for (int i = 0; i < f->count; i++) {
        const sparse kind = sparse_at(f->list, f->count, i);
        if (kind == SPARSE_NOT)
            continue;
        const bool cells = has_beside(f->list, f->count, i, "barcodes");
        f->stores->instead = true;
        if (!told)
            describe_sparse(f->file, &f->list[i], has_beside(f->list, f->count, i, "shape"), cells, kind,
                            &f->stores->advice);
        told = true;
        f->stores->hidden[i] = true;
        if (cells) /* the names of genes and cells, and what is known of them */
            hide_below(f, i);
    }
}

/* ---- data frames ---- */

static bool is_block(const ls_h5_dataset *d)
{
    const char *base = base_of(d), *end = strrchr(base, '_');
    return strncmp(base, "block", 5) == 0 && end != NULL && strcmp(end, "_values") == 0;
}

/* pandas' fixed format: axes, and blocks of columns of the same type with the columns' names. */
static void find_fixed_frame(finding *f, int axis)
{
    int wide = -1, single = -1, blocks = 0;
    char group[1024];
    group_of(&f->list[axis], group);
    for (int i = 0; i < f->count; i++) {
        const ls_h5_dataset *d = &f->list[i];
        if (!same_group(d, &f->list[axis]))
            continue;
        f->stores->hidden[i] = !is_block(d) || d->class_ == LS_H5_OTHER || d->rank != 2;
        if (f->stores->hidden[i])
            continue;
        blocks++;
        if (d->shape[1] == 1)
            single = i;
        else
            wide = i;
    }
    ls_text_printf(&f->stores->advice, "; %s is a data frame of pandas", group);
    if (blocks == 2 && wide >= 0 && single >= 0) {
        f->stores->x = wide;
        f->stores->y = single;
        return;
    }
    ls_text_printf(&f->stores->advice,
                   ": its columns are in %s%sblockN_values, named in blockN_items; name those to use, as in --x "
                   "'%s%sblock0_values[NAME,NAME]' --y '%s%sblock0_values[NAME]'",
                   group, group[1] == '\0' ? "" : "/", group, group[1] == '\0' ? "" : "/", group,
                   group[1] == '\0' ? "" : "/");
    hide_group(f, axis);
    f->stores->instead = true;
}

static bool is_index_path(const char *path)
{
    const char *at = strstr(path, "/_i_"); /* PyTables' indexes */
    return at != NULL || strncmp(path, "/#refs#/", 8) == 0 || strncmp(path, "/#subsystem#/", 13) == 0 ||
           strncmp(path, "/_p_", 4) == 0;
}

static void find_frames(finding *f)
{
    bool told = false;
    for (int i = 0; i < f->count; i++) {
        const ls_h5_dataset *d = &f->list[i];
        if (is_index_path(d->path))
            f->stores->hidden[i] = true;
        if (strcmp(base_of(d), "axis0") != 0 || !has_beside(f->list, f->count, i, "block0_values"))
            continue;
        if (told)
            hide_group(f, i);
        else
            find_fixed_frame(f, i);
        told = true;
    }
}

/* ---- plots ---- */

static void hide_axes(finding *f, int i, const char *const *names, int count)
{
    for (int k = 0; k < count; k++) {
        const int axis = find_beside(f->list, f->count, &f->list[i], names[k]);
        if (axis >= 0)
            f->stores->hidden[axis] = true;
    }
}

/* NeXus (manual, "NXdata"): the group's attributes name the signal and the coordinates of its axes. */
static void find_plots(finding *f)
{
    char signal[64], class_[64], group[1024], **axes;
    int count;
    for (int i = 0; i < f->count; i++) {
        if (!group_says(f->file, &f->list[i], "signal", signal))
            continue;
        const int x = find_beside(f->list, f->count, &f->list[i], signal);
        const bool nexus = group_says(f->file, &f->list[i], "NX_class", class_);
        group_of(&f->list[i], group);
        if (ls_h5_has_attribute(f->file, group, "axes") &&
            ls_h5_attribute_texts(f->file, group, "axes", &axes, &count) == LS_OK) {
            hide_axes(f, i, (const char *const *)axes, count);
            ls_memory_free(axes);
        }
        if (x < 0 || f->list[x].class_ == LS_H5_OTHER || f->list[x].rank < 2 || !nexus)
            continue;
        f->stores->x = f->stores->x < 0 ? x : f->stores->x;
        i = x > i ? x : i;
    }
}

/* ---- one group for each example ---- */

static bool is_alike(const ls_h5_dataset *a, const ls_h5_dataset *b)
{
    return strcmp(base_of(a), base_of(b)) == 0 && a->rank == b->rank && strcmp(a->type, b->type) == 0 &&
           !same_group(a, b);
}

/* Whether the groups of both lie in the same one. */
static bool are_neighbours(const ls_h5_dataset *a, const ls_h5_dataset *b)
{
    size_t la = group_length(a), lb = group_length(b);
    while (la > 0 && a->path[la - 1] != '/')
        la--;
    while (lb > 0 && b->path[lb - 1] != '/')
        lb--;
    return la > 0 && la == lb && strncmp(a->path, b->path, la) == 0;
}

static void find_examples(finding *f)
{
    int example = -1, most = 0;
    char group[1024];
    const int looked = f->count < 64 ? f->count : 64; /* of many they are all alike */
    for (int i = 0; i < looked && most < GROUPS_ALIKE; i++) {
        int alike = 1;
        for (int k = 0; k < f->count; k++)
            alike += is_alike(&f->list[i], &f->list[k]) && are_neighbours(&f->list[i], &f->list[k]);
        if (alike > most && group_length(&f->list[i]) > 0) {
            most = alike;
            example = i;
        }
    }
    if (most < GROUPS_ALIKE || f->stores->hidden[example])
        return;
    f->stores->instead = true;
    for (int k = 0; k < f->count; k++)
        f->stores->hidden[k] = f->stores->hidden[k] || k == example || are_neighbours(&f->list[example], &f->list[k]);
    group_of(&f->list[example], group);
    size_t parent = strlen(group);
    while (parent > 1 && group[parent - 1] != '/')
        parent--;
    ls_text_printf(&f->stores->advice,
                   "; it has %d groups alike, from %s on, as if each were one example; put the examples into one array "
                   "for each name: python3 -c \"import h5py, numpy as np; f = h5py.File('%s')['%.*s']; o = "
                   "h5py.File('OUT.h5','a'); o['NAME'] = np.stack([g['%s'][()] for g in f.values()])\" (np.concatenate "
                   "where each has several rows), with x and y as NAME",
                   most, group, ls_h5_path(f->file), parent > 1 ? (int)parent - 1 : 1, group,
                   base_of(&f->list[example]));
}

/* ---- others ---- */

static void find_weights(finding *f)
{
    bool is = ls_h5_has_attribute(f->file, "/", "keras_version") || ls_h5_exists(f->file, "/model_weights") ||
              ls_h5_exists(f->file, "/_layer_checkpoint_dependencies");
    for (int i = 0; i < f->count && !is; i++)
        is = strstr(f->list[i].path, "/vars/0") != NULL;
    for (int i = 0; i < f->count && is; i++)
        f->stores->hidden[i] = true;
    f->stores->instead = is;
    if (is)
        ls_text_append(&f->stores->advice, "; it holds the weights of a model (Keras), no data");
}

static void find_references(finding *f)
{
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->list[i].type, "reference") == 0) {
            ls_text_printf(&f->stores->advice,
                           "; %s holds references, as a cell array, a struct array or a table of MATLAB does; write "
                           "its values as one array (in MATLAB: x = cell2mat(c); save('OUT.mat','x','-v7.3'))",
                           f->list[i].path);
            f->stores->instead = true;
            return;
        }
}

/* What AnnData knows of genes, and names of cells; numbers of categories may be targets. */
static void find_annotations(finding *f)
{
    char type[64];
    const ls_h5_dataset top = {.path = "/x"};
    if (!group_says(f->file, &top, "encoding-type", type) || strcmp(type, "anndata") != 0)
        return;
    for (int i = 0; i < f->count; i++) {
        const ls_h5_dataset *d = &f->list[i];
        const bool values = strcmp(d->path, "/X") == 0;
        if (values && d->class_ != LS_H5_OTHER && d->rank == 2)
            f->stores->x = i;
        f->stores->hidden[i] = f->stores->hidden[i] || (!values && strncmp(d->path, "/obs/", 5) != 0) ||
                               strcmp(base_of(d), "categories") == 0;
    }
}

/* Counts, places and weights of rows, by their names. */
static void hide_bookkeeping(finding *f)
{
    static const char *const words[] = {
        "index",     "indices",    "indptr", "id",      "ids",           "idx",
        "row",       "rows",       "time",   "times",   "frame",         "frames",
        "timestamp", "timestamps", "date",   "shape",   "offset",        "offsets",
        "length",    "lengths",    "edges",  "bins",    "lat",           "lon",
        "latitude",  "longitude",  "weight", "weights", "sample_weight", "sample_weights",
        "group",     "groups",     "fold",   "folds",   "barcodes"};
    for (int i = 0; i < f->count; i++)
        f->stores->hidden[i] = f->stores->hidden[i] || f->list[i].scale ||
                               is_among(base_of(&f->list[i]), words, sizeof words / sizeof words[0]);
}

ls_status ls_stores_find(ls_h5_file *file, const ls_h5_dataset *list, int count, ls_stores *stores)
{
    finding f = {file, list, count, stores};
    *stores = (ls_stores){.x = -1, .y = -1};
    LS_TRY(ls_memory_allocate(&stores->hidden, count, sizeof *stores->hidden, "datasets that were recognised"));
    find_weights(&f);
    find_sparse(&f);
    find_frames(&f);
    find_plots(&f);
    find_annotations(&f);
    find_examples(&f);
    find_references(&f);
    hide_bookkeeping(&f);
    ls_status status = ls_text_status(&stores->advice);
    if (status == LS_OK)
        status = ls_h5_answered(file);
    if (status != LS_OK)
        ls_stores_free(stores);
    return status;
}

void ls_stores_free(ls_stores *stores)
{
    ls_memory_free(stores->hidden);
    ls_text_free(&stores->advice);
    stores->hidden = NULL;
}

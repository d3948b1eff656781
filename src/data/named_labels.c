/* Rank 0 finds the names; all ranks read by them. */
#include "data/named_labels.h"

#include "base/memory.h"
#include "comm/agree.h"
#include "formats/table_refuse.h"
#include "source/source_named.h"
#include "source/table_names.h"

#include <string.h>

/* Rows of which a trial process looks at the labels: enough for what it reads. */
#define TRIAL_ROWS 65536
#define BLOCK_ROWS 8192

/* The names of a model's classes; NULL where they have none. */
static ls_status names_of_model(const char *encoding, const ls_label_names **names)
{
    ls_encoding e;
    LS_TRY(ls_encoding_read(encoding, "the model", &e));
    const ls_column *classes = ls_encoding_classes(&e);
    const ls_status status = classes == NULL ? LS_OK : ls_label_names_create(&classes->categories, names);
    ls_encoding_free(&e);
    return status;
}

/* The same bounds as for a column of a table. */
static ls_status check_count(const ls_source *source, const ls_label_names *names)
{
    char name[5200];
    const int64_t count = ls_label_names_count(names);
    if (!ls_table_too_many(count, source->rows))
        return LS_OK;
    return ls_fail(LS_ERR_DATA,
                   "%s holds %lld different texts in %lld rows ('%.64s' to '%.64s'), which looks like names of rows or "
                   "values rather than like classes; name another dataset with --y, or write values as numbers",
                   ls_source_target_name(source, name, sizeof name), (long long)count, (long long)source->rows,
                   ls_label_names_text(names, 0), ls_label_names_text(names, count - 1));
}

static ls_status names_of_source(const ls_parts *p, const ls_source *source, const ls_label_names **names)
{
    ls_source some = *source;
    ls_h5_file *file;
    if (p->trial && some.rows > TRIAL_ROWS)
        some.rows = TRIAL_ROWS;
    LS_TRY(ls_datafiles_file(p->files, source, &file));
    LS_TRY(ls_source_class_names(&some, file, names));
    return ls_layout_matrix(source->layout, true).texts ? check_count(&some, *names) : LS_OK;
}

/* Names that the training part's numbers have, which no texts are: those of another part are numbered by them. */
static ls_status names_of_numbers(const ls_parts *p, const ls_source *source, const ls_label_names **names)
{
    ls_h5_file *file;
    ls_table_names found;
    ls_layout_table table = {.file = source->file, .path = source->y_path, .width = 1};
    if (source->rows == 0 || source->outputs != 1 || source->table != NULL || source->file[0] == '\0')
        return LS_OK;
    if (source->layout != NULL)
        table = ls_layout_table_at(source->layout, true, 0);
    LS_TRY(ls_h5_beside(p->files->main, table.file, &file));
    LS_TRY(ls_table_names_find(file, table.path, table.field, table.width, LS_ROLE_TARGET, source->integer_target,
                               &found));
    const ls_column *classes = table.width == 1 ? ls_encoding_classes(&found.encoding) : NULL;
    const ls_status status = classes == NULL ? LS_OK : ls_label_names_create(&classes->categories, names);
    ls_table_names_free(&found);
    return status;
}

/* The names that number the labels. A model without names has none for texts: those are read as numbers of their own,
 * and refused where they are compared. */
static ls_status find_names(ls_parts *p, const ls_source *first)
{
    const ls_names_reference *reference = p->reference;
    if (reference != NULL && reference->text != NULL)
        LS_TRY(names_of_model(reference->text, &p->names));
    if (p->names == NULL && reference == NULL && !p->train.named)
        LS_TRY(names_of_numbers(p, &p->train, &p->names));
    if (p->names != NULL)
        return LS_OK;
    const ls_status status = names_of_source(p, first, &p->names);
    return p->scored && status == LS_ERR_DATA ? LS_OK : status; /* predictions do without */
}

/* Reads all labels, so that an unknown one is told before anything begins. */
static ls_status check_labels(const ls_parts *p, const ls_source *source)
{
    double *labels;
    ls_h5_file *file;
    LS_TRY(ls_datafiles_file(p->files, source, &file));
    LS_TRY(ls_memory_allocate(&labels, BLOCK_ROWS, sizeof *labels, "labels"));
    ls_status status = LS_OK;
    for (int64_t row = 0; row < source->rows && status == LS_OK; row += BLOCK_ROWS) {
        const int64_t count = source->rows - row < BLOCK_ROWS ? source->rows - row : BLOCK_ROWS;
        status = ls_source_read_named(source, file, row, count, LS_H5_NUMBER_DOUBLE, labels);
    }
    ls_memory_free(labels);
    return status;
}

/* Says that an enumeration's names are lost, for one that is trained on. */
static ls_status warn_enumeration(ls_parts *p)
{
    ls_h5_file *file;
    ls_h5_dataset d;
    const ls_source *s = &p->train;
    if (p->scored || s->rows == 0 || s->target != LS_TARGET_LABELS || s->named)
        return LS_OK;
    const ls_layout_table t = s->layout != NULL ? ls_layout_table_at(s->layout, true, 0)
                                                : (ls_layout_table){.file = s->file, .path = s->y_path};
    LS_TRY(ls_h5_beside(p->files->main, t.file, &file));
    LS_TRY(ls_h5_describe(file, t.path, &d));
    if (d.other_enum)
        ls_text_printf(
            &p->warnings,
            "%s:%s is an enumeration of other numbers than 0, 1, ...: its numbers are the labels, and its names "
            "are passed over; store the names as texts, or number them from 0, to keep them\n",
            t.file, t.path);
    return LS_OK;
}

ls_status ls_named_labels_find(ls_parts *p)
{
    LS_TRY(warn_enumeration(p));
    ls_source *const parts[] = {&p->train, &p->validation, &p->test};
    const ls_source *first = NULL;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (first == NULL && parts[i]->rows > 0 && parts[i]->named)
            first = parts[i];
    if (first == NULL)
        return LS_OK;
    LS_TRY(find_names(p, first));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i]->rows == 0 || !parts[i]->named)
            continue;
        parts[i]->names = p->names;
        if (p->names != NULL && !p->scored && parts[i] != first && !p->trial)
            LS_TRY(check_labels(p, parts[i]));
    }
    return LS_OK;
}

ls_status ls_named_labels_share(ls_context *context, ls_parts *p)
{
    ls_source *const parts[] = {&p->train, &p->validation, &p->test};
    const bool root = ls_comm_rank(context->comm) == 0;
    int64_t bytes = root ? ls_label_names_bytes(p->names) : 0;
    char *block = NULL;
    LS_TRY(ls_comm_broadcast(context->comm, 0, &bytes, sizeof bytes));
    if (bytes > 0) {
        ls_status status = root ? LS_OK : ls_memory_allocate(&block, bytes, 1, "names of the labels");
        status = ls_agree(context->comm, status);
        if (status == LS_OK)
            status = ls_comm_broadcast(context->comm, 0, root ? (void *)(uintptr_t)p->names : block, bytes);
        if (status == LS_OK)
            status = ls_agree(context->comm, root ? LS_OK : ls_label_names_adopt(block, bytes, &p->names));
        ls_memory_free(block);
        LS_TRY(status);
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        parts[i]->names = parts[i]->named ? p->names : NULL;
    return LS_OK;
}

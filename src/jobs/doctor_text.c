/* A data file's findings for people. */
#include "data/encoded.h"
#include "jobs/doctor.h"

#include <stdio.h>

/* Columns that are listed one by one, and labels. */
#define LISTED 20

/* ---- what is in the file ---- */

static void put_shape(ls_text *text, int rank, const int64_t *shape)
{
    ls_text_append(text, "(");
    for (int i = 0; i < rank; i++)
        ls_text_printf(text, "%s%lld", i ? ", " : "", (long long)shape[i]);
    ls_text_append(text, ")");
}

void ls_doctor_put_datasets(const ls_h5_dataset *list, int count, ls_text *text)
{
    char bytes[32];
    for (int i = 0; i < count; i++) {
        ls_text_printf(text, "  %-24s ", list[i].path);
        put_shape(text, list[i].rank, list[i].shape);
        ls_text_printf(text, " %s, %s, %s%s%s\n", list[i].type, list[i].layout,
                       ls_format_bytes((double)list[i].storage, bytes), list[i].unapplied[0] ? ", not applied: " : "",
                       list[i].unapplied);
    }
}

void ls_doctor_put_part(const char *name, const char *x, const char *y, ls_text *text)
{
    if (x[0])
        ls_text_printf(text, "  %-11s x %s%s%s\n", name, x, y[0] ? ", y " : ", no targets", y);
}

/* ---- columns ---- */

/* A name comes from a file, so nothing that moves the cursor. */
static const char *clean(char *name)
{
    for (char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    return name;
}

/* "age", or the number. */
static const char *column_name(const ls_doctor *d, bool targets, int64_t column, char *buffer, size_t size)
{
    if (targets || !d->names)
        (void)snprintf(buffer, size, "%lld", (long long)column);
    else
        (void)snprintf(buffer, size, "%s", d->names[column]);
    return clean(buffer);
}

static void put_table(const ls_doctor *d, bool targets, const ls_doctor_columns *c, ls_text *text)
{
    char name[64];
    ls_text_printf(text, "    %-16s %11s %11s %11s %11s %5s %5s\n", "column", "mean", "std", "min", "max", "NaN",
                   "Inf");
    for (int64_t i = 0; i < c->of.columns && i < LISTED; i++) {
        ls_text_printf(text, "    %-16s", column_name(d, targets, i, name, sizeof name));
        if (ls_doctor_values(c, i) > 0)
            ls_text_printf(text, " %11.5g %11.5g %11.5g %11.5g", c->of.mean[i], ls_doctor_deviation(c, i),
                           c->of.least[i], c->of.most[i]);
        else
            ls_text_printf(text, " %11s %11s %11s %11s", "-", "-", "-", "-");
        ls_text_printf(text, " %5lld %5lld\n", (long long)c->nan[i], (long long)c->infinite[i]);
    }
    if (c->of.columns > LISTED)
        ls_text_printf(text, "    ... %lld more columns (--json lists all)\n", (long long)(c->of.columns - LISTED));
}

static void put_columns(const ls_doctor *d, bool targets, const ls_doctor_columns *c, ls_text *text)
{
    const ls_doctor_summary s = ls_doctor_summarize(c);
    char name[64], other[64];
    put_table(d, targets, c, text);
    if (s.constant)
        ls_text_printf(text, "  constant    %lld of %lld columns, first %s\n", (long long)s.constant,
                       (long long)c->of.columns, column_name(d, targets, s.first_constant, name, sizeof name));
    if (s.counter >= 0 && !targets)
        ls_text_printf(text,
                       "  counter     column %s holds the rows' numbers, as an index does that was written too; leave "
                       "it out of --x\n",
                       column_name(d, targets, s.counter, name, sizeof name));
    if (s.missing)
        ls_text_printf(
            text, "  missing     %lld values in %lld rows, in %lld of %lld columns, first %s; see --missing of train\n",
            (long long)c->cells_missing, (long long)c->rows_missing, (long long)s.missing, (long long)c->of.columns,
            column_name(d, targets, s.first_missing, name, sizeof name));
    else
        ls_text_append(text, "  missing     none\n");
    if (s.offsets)
        ls_text_printf(
            text,
            "  offsets     %lld of %lld columns would lose their differences as float32; train takes a number "
            "from them before: first %s less %.17g\n",
            (long long)s.offsets, (long long)c->of.columns, column_name(d, targets, s.first_offset, name, sizeof name),
            c->offset[s.first_offset]);
    if (s.merging)
        ls_text_printf(
            text,
            "  warning     values that differ are the same number as float32 in %lld of %lld columns, first %s; "
            "subtract a constant from the column, or scale it, before it is written\n",
            (long long)s.merging, (long long)c->of.columns,
            column_name(d, targets, s.first_merging, name, sizeof name));
    if (s.scales > 0 && s.narrow != s.wide)
        ls_text_printf(text, "  scales      std from %.6g (column %s) to %.6g (column %s)%s\n",
                       ls_doctor_deviation(c, s.narrow), column_name(d, targets, s.narrow, name, sizeof name),
                       ls_doctor_deviation(c, s.wide), column_name(d, targets, s.wide, other, sizeof other),
                       s.scales <= LS_DOCTOR_SCALES ? ""
                       : targets                    ? ": more than 100x apart; --normalize-targets is advised"
                                                    : ": more than 100x apart; --normalize standard is advised");
}

/* ---- a part ---- */

static void put_label(const ls_doctor *d, const ls_doctor_part *part, const ls_tally_entry *label, ls_text *text)
{
    char name[64];
    const char *known = ls_doctor_class_name(d, part, label->value);
    (void)snprintf(name, sizeof name, "%s", known ? known : "");
    ls_text_printf(text, "    label %-8.17g %10lld rows %6.2f%%%s%s\n", label->value, (long long)label->count,
                   100.0 * (double)label->count / (double)part->dataset->rows, known ? "  " : "", clean(name));
}

static void put_targets(const ls_doctor *d, const ls_doctor_part *part, ls_text *text)
{
    const ls_source *source = ls_dataset_source(part->dataset);
    const ls_tally *tally = &part->labels.tally;
    if (source->target == LS_TARGET_NONE) {
        ls_text_append(text, "  targets     none; train needs some, predict does not\n");
    } else if (part->classes) {
        ls_text_printf(text, "  targets     %lld different labels\n", (long long)tally->count);
        for (int64_t k = 0; k < tally->count && k < LISTED; k++)
            put_label(d, part, &tally->entry[k], text);
        if (tally->count > LISTED)
            ls_text_printf(text, "    ... %lld more labels (--json lists all)\n", (long long)(tally->count - LISTED));
    } else {
        ls_text_printf(text, "  targets     values, %lld column%s\n", (long long)source->outputs,
                       source->outputs == 1 ? "" : "s");
        put_columns(d, true, &part->y, text);
    }
}

/* "row 17", or in which of several files it is. */
static void put_row(const ls_source *source, int64_t row, ls_text *text)
{
    char place[5200];
    if (source->layout && ls_layout_files(source->layout, false) > 1)
        ls_text_append(text, ls_source_place(source, false, row, -1, place, sizeof place));
    else
        ls_text_printf(text, "row %lld", (long long)ls_source_row(source, row));
}

static void put_twins(const ls_doctor *d, const ls_doctor_part *part, ls_text *text)
{
    const ls_doctor_twins *t = &part->twins;
    const ls_source *source = ls_dataset_source(part->dataset);
    const long long compared = (long long)t->compared;
    if (t->repeated == 0) {
        ls_text_append(text, "  duplicates  none");
    } else {
        ls_text_printf(text, "  duplicates  %lld rows have the features of an earlier one, first ",
                       (long long)t->repeated);
        put_row(source, t->row, text);
        ls_text_append(text, " of ");
        put_row(source, t->earlier, text);
    }
    if (t->in_train > 0) {
        ls_text_printf(text, "; %lld rows are in the training part too, first ", (long long)t->in_train);
        put_row(source, t->own, text);
        ls_text_append(text, ", there ");
        put_row(ls_dataset_source(d->part[0].dataset), t->row_there, text);
    }
    if (t->compared < part->dataset->rows)
        ls_text_printf(text, " (only the first %lld rows were compared)", compared);
    ls_text_append(text, "\n");
}

static void put_chunks(const ls_doctor_part *part, ls_text *text)
{
    const ls_doctor_chunks *c = &part->chunks;
    char band[32];
    if (!c->chunked) {
        ls_text_append(text, "  reading     fine: no chunks, rows are read as they lie\n");
    } else {
        ls_text_printf(text,
                       "  reading     %s: %.2f bytes decompressed a byte of the rows in order, %.2f by shuffle windows "
                       "of %lld rows; a row lies in chunks of %s\n",
                       c->slow ? "slow" : "fine", c->in_order, c->windows, (long long)c->window,
                       ls_format_bytes(c->band, band));
        if (c->slow)
            ls_text_printf(text, "              better: h5repack -l %s %s repacked.h5\n", c->repack, c->file);
        if (c->slow > 1)
            ls_text_printf(text, "              and likewise %lld more datasets\n", (long long)(c->slow - 1));
    }
}

static void put_part(const ls_doctor *d, const ls_doctor_part *part, ls_text *text)
{
    const ls_source *source = ls_dataset_source(part->dataset);
    ls_text_printf(text, "%s: %lld rows x %lld features", part->name, (long long)source->rows,
                   (long long)source->features);
    if (source->row_rank > 1) {
        ls_text_append(text, ", a row is ");
        put_shape(text, source->row_rank, source->row_shape);
    }
    ls_text_printf(text, ", kept as %s\n", ls_number_name(source->x_stored));
    put_targets(d, part, text);
    ls_text_append(text, "  features\n");
    put_columns(d, false, &part->x, text);
    put_twins(d, part, text);
    put_chunks(part, text);
}

/* ---- all of it ---- */

static void put_memory(const ls_doctor *d, ls_text *text)
{
    const ls_doctor_memory *m = &d->memory;
    char bytes[32];
    ls_text_printf(text, "memory: %s for the rows of %s rank%s: %lld of %lld rows, %lld bytes each (--ranks N)\n",
                   ls_format_bytes((double)(m->rows * m->row_bytes), bytes), m->ranks == 1 ? "the one" : "a",
                   m->ranks == 1 ? "" : " with most", (long long)m->rows, (long long)d->datasets.train->rows,
                   (long long)m->row_bytes);
    if (m->idle)
        ls_text_printf(text, "        %lld of %lld ranks would idle: there are %lld shards; see --shards of train\n",
                       (long long)m->idle, (long long)m->ranks, (long long)m->shards);
    if (m->remark.length > 0)
        ls_text_printf(text, "        %s\n", ls_text_string(&m->remark));
}

ls_status ls_doctor_text(const ls_doctor *d, ls_text *text)
{
    const ls_dataset *train = d->datasets.train;
    ls_text_printf(text, "%s: HDF5 data, %d dataset%s\n", d->path, d->count, d->count == 1 ? "" : "s");
    if (d->title)
        ls_text_printf(text, "  %s\n", d->title);
    ls_doctor_put_datasets(d->list, d->count, text);
    if (d->error) {
        ls_text_printf(text, "%s\n", d->error);
        return LS_OK;
    }
    if (train && train->encoding) {
        ls_text_append(text, "  columns     ");
        LS_TRY(ls_encoded_describe(train->encoding, text));
        ls_text_append(text, "\n");
    }
    if (d->dropped > 0)
        ls_text_printf(text, "  dropped     %lld rows without a target, by convert\n", (long long)d->dropped);
    ls_text_printf(text, "Lockstep would use (%s)\n", d->named ? "named by --x and --y" : "found by their names");
    for (int i = 0; i < 3; i++)
        if (d->part[i].dataset)
            ls_doctor_put_part(d->part[i].name, ls_dataset_source(d->part[i].dataset)->x_path,
                               ls_dataset_source(d->part[i].dataset)->y_path, text);
    if (train && train->prepared[0])
        ls_text_printf(text, "  %s\n", train->prepared);
    for (int i = 0; i < 3; i++)
        if (d->part[i].dataset)
            put_part(d, &d->part[i], text);
    if (train)
        put_memory(d, text);
    return LS_OK;
}

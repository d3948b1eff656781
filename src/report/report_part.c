/* Parts of a report: how many numbers each item has, and where. */
#include "report/report.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t curves_of(ls_report_kind kind, int64_t outputs)
{
    return kind == LS_REPORT_VALUES || outputs > LS_REPORT_CURVES_MOST ? 0 : outputs;
}

/* Numbers of an item. */
static int64_t size_of(ls_report_item item, ls_report_kind kind, int64_t outputs, int64_t layers)
{
    const bool classes = kind != LS_REPORT_VALUES;
    const int64_t k = classes ? outputs : 0, c = curves_of(kind, outputs);
    const int64_t told = classes ? 0 : least(outputs, LS_REPORT_OUTPUTS_MOST);
    switch (item) {
    case LS_REPORT_SUPPORT:
    case LS_REPORT_RIGHT:
    case LS_REPORT_GIVEN:
        return k;
    case LS_REPORT_MATRIX:
        return kind == LS_REPORT_ONE && k <= LS_REPORT_MATRIX_MOST ? k * k : 0;
    case LS_REPORT_AREAS:
        return c * 4;
    case LS_REPORT_CURVE:
        return c * LS_REPORT_POINTS * 2;
    case LS_REPORT_HISTOGRAM:
        return c * 2 * LS_REPORT_BARS;
    case LS_REPORT_CHANCES:
        return classes ? LS_REPORT_CALIBRATION * 3 : 0;
    case LS_REPORT_MISSES:
        return classes ? LS_REPORT_WORST * 4 : 0;
    case LS_REPORT_RANGES:
    case LS_REPORT_ERRORS:
        return told * 4;
    case LS_REPORT_CELLS:
        return told * LS_REPORT_GRID * LS_REPORT_GRID;
    case LS_REPORT_OFF:
        return told * LS_REPORT_RESIDUALS;
    case LS_REPORT_TENTHS:
        return told * LS_REPORT_DECILES * 5;
    case LS_REPORT_FAR:
        return classes ? 0 : LS_REPORT_WORST * 4;
    default:
        return layers;
    }
}

int64_t ls_report_part_size(ls_report_kind kind, int64_t outputs, int64_t layers)
{
    int64_t size = 0;
    for (int i = 0; i < LS_REPORT_ITEMS; i++)
        size += size_of((ls_report_item)i, kind, outputs, layers);
    return size;
}

ls_status ls_report_part_create(const char *name, ls_report_kind kind, int64_t outputs, int64_t layers,
                                ls_report_part *part)
{
    *part = (ls_report_part){.kind = kind, .every = 1, .outputs = outputs, .layers = layers};
    snprintf(part->name, sizeof part->name, "%s", name);
    part->classes = kind == LS_REPORT_VALUES ? 0 : outputs;
    for (int i = 0; i < LS_REPORT_ITEMS; i++)
        part->at[i + 1] = part->at[i] + size_of((ls_report_item)i, kind, outputs, layers);
    return ls_memory_allocate(&part->values, part->at[LS_REPORT_ITEMS], sizeof *part->values, "numbers of a report");
}

void ls_report_part_free(ls_report_part *part)
{
    ls_memory_free(part->values);
    memset(part, 0, sizeof *part);
}

int64_t ls_report_part_curves(const ls_report_part *part)
{
    return curves_of(part->kind, part->outputs);
}

const char *ls_report_item_key(ls_report_item item)
{
    static const char *const keys[LS_REPORT_ITEMS] = {
        "support", "right",  "given", "confusion_matrix", "areas",   "curves", "histograms", "calibration",
        "misses",  "ranges", "cells", "residuals",        "deciles", "errors", "worst",      "silent_units"};
    return keys[item];
}

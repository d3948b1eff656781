/* Parts and norms as JSON, which report_read.c reads back. */
#include "report/report.h"

#include "base/json.h"

/* All on one line, however many. */
static void put_numbers(ls_json *json, const char *key, int64_t count, const double *values)
{
    const int indent = json->indent;
    ls_json_key(json, key);
    json->indent = 0;
    ls_json_array_begin(json);
    for (int64_t i = 0; i < count; i++)
        ls_json_double(json, values[i]);
    ls_json_array_end(json);
    json->indent = indent;
}

void ls_report_part_put(ls_json *json, const ls_report_part *part)
{
    static const char *const kinds[] = {"one", "each", "values"};
    ls_json_object_begin(json);
    ls_json_put_string(json, "name", part->name);
    ls_json_put_string(json, "kind", kinds[part->kind]);
    ls_json_put_integer(json, "epoch", part->epoch);
    ls_json_put_integer(json, "outputs", part->outputs);
    ls_json_put_integer(json, "layers", part->layers);
    ls_json_put_integer(json, "rows", part->rows);
    ls_json_put_integer(json, "every", part->every);
    ls_json_put_integer(json, "rows_used", part->used);
    for (int i = 0; i < LS_REPORT_ITEMS; i++) {
        const ls_report_item item = (ls_report_item)i;
        if (ls_report_item_count(part, item) > 0)
            put_numbers(json, ls_report_item_key(item), ls_report_item_count(part, item),
                        ls_report_item_of(part, item));
    }
    ls_json_object_end(json);
}

void ls_report_norms_put(ls_json *json, const ls_report_norms *norms)
{
    if (norms->epochs == 0)
        return;
    ls_json_key(json, "norms");
    ls_json_object_begin(json);
    ls_json_put_integer(json, "epochs", norms->epochs);
    ls_json_put_integer(json, "layers", norms->layers);
    put_numbers(json, "values", norms->epochs * (1 + 2 * norms->layers), norms->values);
    ls_json_object_end(json);
}

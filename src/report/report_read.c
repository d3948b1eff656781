/* A report from its files: report.json, or the run.json of a run that has none, and log.csv. */
#include "report/report.h"

#include "base/memory.h"
#include "report/report_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef const ls_json_value value;

/* A number of an object; `missing` where there is none. */
static double number(const ls_json_document *d, value *object, const char *key, double missing)
{
    value *v = ls_json_member(d, object, key);
    return v && v->kind == LS_JSON_NUMBER ? v->number : missing;
}

/* A count, within what doubles tell exactly. */
static int64_t count(const ls_json_document *d, value *object, const char *key)
{
    const double n = number(d, object, key, 0);
    return n > -9e15 && n < 9e15 ? (int64_t)n : 0;
}

static value *object_of(const ls_json_document *d, value *object, const char *key)
{
    value *v = object ? ls_json_member(d, object, key) : NULL;
    return v && v->kind == LS_JSON_OBJECT ? v : NULL;
}

static value *array_of(const ls_json_document *d, value *object, const char *key)
{
    value *v = object ? ls_json_member(d, object, key) : NULL;
    return v && v->kind == LS_JSON_ARRAY ? v : NULL;
}

static const char *text(const ls_json_document *d, value *object, const char *key)
{
    const char *t = object ? ls_json_member_text(d, object, key) : NULL;
    return t ? t : "";
}

/* The next member of an object, or the first. */
static value *next(const ls_json_document *d, value *v)
{
    return v->next ? &d->value[v->next] : NULL;
}

static value *first(const ls_json_document *d, value *v)
{
    return v->first ? &d->value[v->first] : NULL;
}

static ls_status read_recipe(ls_report *r, value *root)
{
    const ls_json_document *d = &r->document;
    value *recipe = object_of(d, root, "recipe");
    if (!recipe)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&r->recipe, recipe->count, sizeof *r->recipe, "recipe"));
    for (value *v = first(d, recipe); v; v = next(d, v))
        if (v->kind == LS_JSON_STRING)
            r->recipe[r->pairs++] = (ls_report_pair){v->key, v->text};
    return LS_OK;
}

static ls_status read_changes(ls_report *r, value *root)
{
    const ls_json_document *d = &r->document;
    value *changes = array_of(d, root, "changes");
    if (!changes)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&r->change, changes->count, sizeof *r->change, "changes"));
    for (value *v = first(d, changes); v; v = next(d, v))
        r->change[r->changes++] = (ls_report_change){.step = count(d, v, "step"),
                                                     .option = text(d, v, "option"),
                                                     .before = text(d, v, "old"),
                                                     .after = text(d, v, "new")};
    return LS_OK;
}

static ls_status read_layers(ls_report *r, value *root)
{
    const ls_json_document *d = &r->document;
    value *layers = array_of(d, root, "layers");
    if (!layers)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&r->layer, layers->count, sizeof *r->layer, "layers"));
    for (value *v = first(d, layers); v; v = next(d, v))
        r->layer[r->layers++] = (ls_report_layer){.name = text(d, v, "name"),
                                                  .kind = text(d, v, "kind"),
                                                  .activation = text(d, v, "activation"),
                                                  .units = count(d, v, "units"),
                                                  .parameters = count(d, v, "parameters")};
    return LS_OK;
}

static ls_status read_names(ls_report *r, value *root)
{
    const ls_json_document *d = &r->document;
    value *names = array_of(d, root, "names");
    if (!names)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&r->name, names->count, sizeof *r->name, "names of classes"));
    for (value *v = first(d, names); v; v = next(d, v))
        r->name[r->names++] = v->kind == LS_JSON_STRING ? v->text : "";
    return LS_OK;
}

/* Numbers of an array into values (most); null is NaN. False: there are not so many. */
static bool take_numbers(const ls_json_document *d, value *array, int64_t most, double *values)
{
    if (!array || array->count != most)
        return most == 0;
    int64_t i = 0;
    for (value *v = first(d, array); v; v = next(d, v))
        values[i++] = v->kind == LS_JSON_NUMBER ? v->number : NAN;
    return true;
}

static ls_status damaged(const char *what)
{
    return ls_fail(LS_ERR_DATA,
                   "report.json: %s does not fit the rest; train or `lockstep report RUN --data` makes it again", what);
}

static ls_status read_norms(ls_report *r, value *root)
{
    const ls_json_document *d = &r->document;
    value *norms = object_of(d, root, "norms");
    if (!norms)
        return LS_OK;
    const int64_t layers = count(d, norms, "layers"), epochs = count(d, norms, "epochs");
    if (layers < 0 || layers > 100000 || epochs < 0 || epochs > 100000)
        return damaged("norms");
    LS_TRY(ls_memory_allocate(&r->norm_values, epochs * (1 + 2 * layers), sizeof *r->norm_values, "norms"));
    if (!take_numbers(d, array_of(d, norms, "values"), epochs * (1 + 2 * layers), r->norm_values))
        return damaged("norms");
    r->norms = (ls_report_norms){epochs, layers, r->norm_values};
    return LS_OK;
}

static ls_status read_part(ls_report *r, value *v)
{
    static const char *const kinds[] = {"one", "each", "values"};
    const ls_json_document *d = &r->document;
    const int64_t outputs = count(d, v, "outputs"), layers = count(d, v, "layers");
    ls_report_part *part = &r->part[r->parts];
    int kind = 0;
    while (kind < 3 && strcmp(kinds[kind], text(d, v, "kind")) != 0)
        kind++;
    if (kind == 3 || outputs < 1 || outputs > 10000000 || layers < 0 || layers > 100000)
        return damaged("a part");
    r->parts++;
    LS_TRY(ls_report_part_create(text(d, v, "name"), (ls_report_kind)kind, outputs, layers, part));
    part->rows = count(d, v, "rows");
    part->used = count(d, v, "rows_used");
    part->every = count(d, v, "every");
    part->epoch = count(d, v, "epoch");
    for (int i = 0; i < LS_REPORT_ITEMS; i++)
        if (!take_numbers(d, array_of(d, v, ls_report_item_key((ls_report_item)i)),
                          ls_report_item_count(part, (ls_report_item)i), ls_report_item_of(part, (ls_report_item)i)))
            return damaged(ls_report_item_key((ls_report_item)i));
    return LS_OK;
}

static ls_status read_parts(ls_report *r, value *root)
{
    const ls_json_document *d = &r->document;
    value *parts = array_of(d, root, "parts");
    for (value *v = parts ? first(d, parts) : NULL; v && r->parts < LS_REPORT_PARTS; v = next(d, v))
        LS_TRY(read_part(r, v));
    return LS_OK;
}

static void read_facts(ls_report *r, value *root)
{
    static const char *const parts[] = {"train", "validation", "test"};
    const ls_json_document *d = &r->document;
    value *data = object_of(d, root, "data"), *best = object_of(d, root, "best");
    for (int i = 0; i < 3; i++) {
        value *part = object_of(d, data, parts[i]);
        r->rows[i] = part ? count(d, part, "rows") : 0;
        r->features = part && r->features == 0 ? count(d, part, "features") : r->features;
    }
    value *train = object_of(d, data, "train");
    r->columns[0] = train ? ls_json_member_text(d, train, "x") : NULL;
    r->columns[1] = train ? ls_json_member_text(d, train, "y") : NULL;
    r->prepared = data ? ls_json_member_text(d, data, "prepared") : NULL;
    r->version = text(d, root, "lockstep");
    r->outputs = count(d, root, "outputs");
    r->parameters = count(d, root, "parameters");
    r->epochs = count(d, root, "epochs");
    r->steps = count(d, root, "steps");
    r->planned = count(d, root, "planned_epochs");
    r->ended_by = ls_json_member_text(d, root, "ended_by");
    if (best) {
        value *restored = ls_json_member(d, best, "restored");
        r->best_epoch = count(d, best, "epoch");
        r->best_monitor = text(d, best, "monitor");
        r->best_value = number(d, best, "value", NAN);
        r->best_restored = restored && restored->kind == LS_JSON_TRUE;
    }
}

static ls_status read_document(ls_report *r)
{
    value *root = r->document.value;
    if (root->kind != LS_JSON_OBJECT)
        return ls_fail(LS_ERR_DATA, "it is no JSON object");
    if (count(&r->document, root, "format") > 1)
        return ls_fail(LS_ERR_DATA, "its format is %lld, and this Lockstep knows 1; take a newer one",
                       (long long)count(&r->document, root, "format"));
    read_facts(r, root);
    LS_TRY(read_recipe(r, root));
    LS_TRY(read_changes(r, root));
    LS_TRY(read_layers(r, root));
    LS_TRY(read_names(r, root));
    LS_TRY(read_norms(r, root));
    return read_parts(r, root);
}

ls_status ls_report_read(const char *title, const char *json, const char *log, ls_report *report)
{
    *report = (ls_report){.title = title, .best_value = NAN};
    ls_status status = ls_json_read(json, &report->document);
    if (status == LS_OK)
        status = read_document(report);
    if (status == LS_OK)
        status = ls_report_log_read(log, &report->log);
    if (status != LS_OK)
        ls_report_free(report);
    return status;
}

void ls_report_free(ls_report *report)
{
    ls_memory_free(report->recipe);
    ls_memory_free(report->change);
    ls_memory_free(report->layer);
    ls_memory_free(report->name);
    ls_memory_free(report->norm_values);
    for (int i = 0; i < report->parts; i++)
        ls_report_part_free(&report->part[i]);
    ls_report_log_free(&report->log);
    ls_json_document_free(&report->document);
    memset(report, 0, sizeof *report);
}

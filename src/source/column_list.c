/* Comparing columns: by name first, then what is known of those that are there on both sides. */
#include "source/column_list.h"

#include "base/memory.h"
#include "base/visible.h"

#include <string.h>

#define NAMED 6 /* columns or categories in messages */

/* ---- lists ---- */

/* One more; false when its name is not its own, or is none. */
static ls_status add(ls_column_list *list, const ls_column *column, const char *name, bool *named)
{
    int64_t number;
    LS_TRY(ls_dictionary_add(&list->name, name, (int64_t)strlen(name), &number));
    *named = *named && name[0] != '\0' && number == list->count;
    list->column[list->count++] = column;
    return LS_OK;
}

static ls_status add_features(const ls_encoding *encoding, ls_column_list *list, bool *named)
{
    ls_text names = {0};
    ls_encoding_feature_names(encoding, &names);
    ls_status status = ls_text_status(&names);
    const char *name = ls_text_string(&names);
    for (int64_t i = 0; i < encoding->count; i++) {
        const ls_column *c = &encoding->column[i];
        for (int64_t k = 0; c->role == LS_ROLE_FEATURE && k < ls_column_width(c) && status == LS_OK; k++) {
            status = add(list, c, name, named);
            name += strlen(name) + 1;
        }
    }
    ls_text_free(&names);
    return status;
}

static ls_status add_targets(const ls_encoding *encoding, ls_column_list *list, bool *named)
{
    const ls_column **place;
    ls_status status = LS_OK;
    LS_TRY(ls_memory_allocate(&place, encoding->targets, sizeof *place, "columns"));
    for (int64_t i = 0; i < encoding->count; i++)
        if (encoding->column[i].role == LS_ROLE_TARGET)
            place[encoding->column[i].first] = &encoding->column[i];
    for (int64_t t = 0; t < encoding->targets && status == LS_OK; t++)
        status = add(list, place[t], place[t]->name, named);
    ls_memory_free(place);
    return status;
}

ls_status ls_column_list_make(const ls_encoding *encoding, ls_column_role role, bool stated, ls_column_list *list)
{
    const bool features = role == LS_ROLE_FEATURE;
    const int64_t count = features ? encoding->features : encoding->targets;
    bool named = true;
    *list = (ls_column_list){.stated = stated};
    if (count == 0)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&list->column, count, sizeof *list->column, "columns"));
    const ls_status status = (features ? add_features : add_targets)(encoding, list, &named);
    if (status != LS_OK || !named)
        ls_column_list_free(list);
    return status;
}

void ls_column_list_free(ls_column_list *list)
{
    ls_dictionary_free(&list->name);
    ls_memory_free(list->column);
    *list = (ls_column_list){0};
}

/* ---- messages ---- */

/* Appends "'a', 'b' and 3 more". */
static void put_names(char *const *names, int64_t count, ls_text *text)
{
    for (int64_t i = 0; i < count && i < NAMED; i++) {
        ls_text_append(text, i > 0 ? ", '" : "'");
        ls_visible_put(names[i], strlen(names[i]), text);
        ls_text_append(text, "'");
    }
    if (count > NAMED)
        ls_text_printf(text, " and %lld more", (long long)(count - NAMED));
}

static void put_cure(const ls_column_list *ours, const ls_column_list *wanted, const ls_column_sides *sides,
                     ls_text *text)
{
    static const char index[] = "index ";
    if (ours->stated)
        ls_text_printf(text, "convert its table again with --like %s", sides->like);
    else if (strncmp(ours->name.text[0], index, strlen(index)) == 0 &&
             strncmp(wanted->name.text[0], index, strlen(index)) == 0)
        ls_text_append(text, "convert it again with the same --first-index and --features");
    else
        ls_text_append(text, "give them the same names (attribute column_names), or take the names away to have their "
                             "order trusted");
}

/* LS_ERR_DATA with the text, which is freed. */
static ls_status refuse(ls_text *text)
{
    ls_status status = ls_text_status(text);
    if (status == LS_OK)
        status = ls_fail(LS_ERR_DATA, "%s", ls_text_string(text));
    ls_text_free(text);
    return status;
}

/* The columns of `from` that `in` does not have. */
static ls_status refuse_missing(const ls_column_list *from, const ls_column_list *in, const char *lacking,
                                const char *having, const char *cure)
{
    ls_text text = {0};
    ls_dictionary missing = {0};
    int64_t number;
    ls_status status = LS_OK;
    for (int64_t f = 0; f < from->count && status == LS_OK; f++) {
        const char *name = from->name.text[f];
        if (ls_dictionary_find(&in->name, name, (int64_t)strlen(name)) < 0)
            status = ls_dictionary_add(&missing, name, (int64_t)strlen(name), &number);
    }
    ls_text_printf(&text, "%s has no column%s ", lacking, missing.count == 1 ? "" : "s");
    put_names(missing.text, missing.count, &text);
    for (int64_t k = 0, told = 0; missing.count > 0 && k < in->count && told == 0; k++) /* of the first one */
        told = ls_visible_explain(missing.text[0], in->name.text[k], strlen(in->name.text[k]), &text);
    ls_text_printf(&text, ", which %s has; it has ", having);
    put_names(in->name.text, in->count, &text);
    ls_text_printf(&text, "; %s", cure);
    ls_dictionary_free(&missing);
    if (status == LS_OK)
        return refuse(&text);
    ls_text_free(&text);
    return status;
}

static ls_status refuse_columns(const ls_column_list *ours, const ls_column_list *wanted, const ls_column_sides *sides,
                                bool ours_lack)
{
    ls_text cure = {0};
    put_cure(ours, wanted, sides, &cure);
    const ls_status status = ours_lack
                                 ? refuse_missing(wanted, ours, sides->ours, sides->theirs, ls_text_string(&cure))
                                 : refuse_missing(ours, wanted, sides->theirs, sides->ours, ls_text_string(&cure));
    ls_text_free(&cure);
    return status;
}

static const char *describe_kind(const ls_column *column)
{
    return column->kind == LS_COLUMN_ONEHOT    ? "one feature a category"
           : column->kind == LS_COLUMN_CODES   ? "the number of a category"
           : column->kind == LS_COLUMN_CLASSES ? "the number of a class"
           : column->kind == LS_COLUMN_DATE    ? "a date"
                                               : "a number";
}

static ls_status refuse_kind(const ls_column *ours, const ls_column *wanted, const ls_column_sides *sides)
{
    return ls_fail(LS_ERR_DATA, "column '%s' is %s in %s, and %s in %s; convert its table again with --like %s",
                   ours->name, describe_kind(ours), sides->ours, describe_kind(wanted), sides->theirs, sides->like);
}

static ls_status refuse_categories(const ls_column_list *list, const ls_column *ours, const ls_column *wanted,
                                   const ls_column_sides *sides)
{
    ls_text text = {0};
    ls_text_printf(&text, "%s '%s' has the %s ", wanted->role == LS_ROLE_TARGET ? "target" : "column",
                   ls_column_called(ours), wanted->kind == LS_COLUMN_CLASSES ? "classes" : "categories");
    put_names(ours->categories.text, ours->categories.count, &text);
    ls_text_printf(&text, " in %s, and ", sides->ours);
    put_names(wanted->categories.text, wanted->categories.count, &text);
    ls_text_printf(&text, " in %s, %s; ", sides->theirs,
                   wanted->kind == LS_COLUMN_ONEHOT ? "which makes other columns of it"
                                                    : "where the same numbers have other names");
    if (list->stated)
        ls_text_printf(&text, "convert its table again with --like %s", sides->like);
    else
        ls_text_append(&text, "give it the same names and numbers (attribute class_names)");
    return refuse(&text);
}

static ls_status refuse_offset(const char *name, double ours, double wanted, const ls_column_sides *sides)
{
    if (ours != 0 && wanted != 0)
        return ls_fail(LS_ERR_DATA,
                       "column '%s' is stored less %.17g in %s, and less %.17g in %s, so the numbers differ; convert "
                       "its table again with --like %s",
                       name, ours, sides->ours, wanted, sides->theirs, sides->like);
    if (ours != 0)
        return ls_fail(LS_ERR_DATA,
                       "column '%s' is stored less %.17g in %s, and as it is in %s, so the numbers differ; give all "
                       "data converted from tables, or all as it is",
                       name, ours, sides->ours, sides->theirs);
    if (sides->rounded)
        return ls_fail(LS_ERR_DATA,
                       "column '%s' is stored as float32 in %s, and less %.17g in %s, which was taken before the "
                       "numbers were rounded to float32; store them as float64, or convert their table with --like %s",
                       name, sides->ours, wanted, sides->theirs, sides->like);
    return ls_fail(LS_ERR_DATA,
                   "column '%s' is stored as it is in %s, and less %.17g in %s, so the numbers differ; convert its "
                   "table with --like %s, or give all data as it is",
                   name, sides->ours, wanted, sides->theirs, sides->like);
}

/* Of float32 the digits are lost that an offset was to keep; to what is less an offset, that can be given back. */
static ls_status settle_offset(const ls_column *ours, bool stated, const ls_column *wanted, int64_t feature,
                               const ls_column_sides *sides)
{
    const double a = ours != NULL ? ours->offset : 0, b = wanted != NULL ? wanted->offset : 0;
    const bool can = b == 0 || (a == 0 && !stated && !sides->rounded);
    if (a == b)
        return LS_OK;
    if (sides->less == NULL || feature < 0 || !can)
        return refuse_offset(ours != NULL ? ours->name : wanted->name, a, b, sides);
    sides->less[feature] = b - a;
    return LS_OK;
}

/* ---- comparing ---- */

static bool has_categories(const ls_column *column)
{
    return column->kind == LS_COLUMN_ONEHOT || column->kind == LS_COLUMN_CODES || column->kind == LS_COLUMN_CLASSES;
}

/* Numbers keep their names where one list ends earlier; a number beyond the wanted ones would be another feature's
 * value, and as a class it is refused when the row is read. */
static bool same_categories(const ls_column *ours, const ls_column *wanted)
{
    const int64_t a = ours->categories.count, b = wanted->categories.count;
    if (wanted->kind == LS_COLUMN_CLASSES ? false : wanted->kind == LS_COLUMN_CODES ? a > b : a != b)
        return false;
    for (int64_t k = 0; k < a && k < b; k++)
        if (strcmp(ours->categories.text[k], wanted->categories.text[k]) != 0)
            return false;
    return true;
}

/* Two columns of one name. Of ours without a table's encoding the kind is not known, of theirs it may be. */
static ls_status compare(const ls_column_list *list, const ls_column *ours, const ls_column *wanted,
                         const ls_column_sides *sides)
{
    const bool targets = wanted->role == LS_ROLE_TARGET;
    if (has_categories(ours) && has_categories(wanted)) {
        if (ours->kind != wanted->kind)
            return refuse_kind(ours, wanted, sides);
        return same_categories(ours, wanted) ? LS_OK : refuse_categories(list, ours, wanted, sides);
    }
    const bool differ = targets ? has_categories(ours) != has_categories(wanted) : ours->kind != wanted->kind;
    if (list->stated && differ)
        return refuse_kind(ours, wanted, sides);
    return settle_offset(ours, list->stated, wanted, targets ? -1 : ls_column_number(wanted), sides);
}

/* Columns of the table, not features: one-hot ones are several of these, which other categories call otherwise. */
static ls_status compare_tables(const ls_column_list *ours, const ls_column_list *wanted, const ls_column_sides *sides)
{
    ls_dictionary names = {0};
    const ls_column **column = NULL;
    ls_status status;
    LS_TRY_CLEANUP(ls_memory_allocate(&column, ours->count, sizeof *column, "columns"));
    for (int64_t k = 0; k < ours->count; k++) {
        int64_t number;
        const char *name = ours->column[k]->name;
        LS_TRY_CLEANUP(ls_dictionary_add(&names, name, (int64_t)strlen(name), &number));
        column[number] = ours->column[k];
    }
    for (int64_t f = 0; f < wanted->count; f++) {
        const ls_column *c = wanted->column[f];
        if (f > 0 && c == wanted->column[f - 1])
            continue;
        const int64_t k = ls_dictionary_find(&names, c->name, (int64_t)strlen(c->name));
        if (k >= 0)
            LS_TRY_CLEANUP(compare(ours, column[k], c, sides));
    }
    status = LS_OK;
cleanup:
    ls_dictionary_free(&names);
    ls_memory_free(column);
    return status;
}

static bool is_path(const ls_column_list *list)
{
    return list->count == 1 && ls_column_is_path(list->column[0]);
}

/* Appends "1 column" of a target without a name, else "2 columns ('yes', 'no')". */
static void put_width(const ls_column_list *list, ls_text *text)
{
    if (is_path(list)) {
        ls_text_append(text, "1 column");
        return;
    }
    ls_text_printf(text, "%lld column%s (", (long long)list->count, list->count == 1 ? "" : "s");
    put_names(list->name.text, list->count, text);
    ls_text_append(text, ")");
}

/* One target that is called by its path, and several: a label beside one column a class, mostly. */
static ls_status refuse_width(const ls_column_list *ours, const ls_column_list *wanted, const ls_column_sides *sides)
{
    ls_text text = {0};
    ls_text_printf(&text, "the targets of %s have ", sides->ours);
    put_width(ours, &text);
    ls_text_printf(&text, ", those of %s ", sides->theirs);
    put_width(wanted, &text);
    ls_text_append(&text, "; both need the same, one label a row or one column a class");
    return refuse(&text);
}

ls_status ls_column_list_match(const ls_column_list *ours, const ls_column_list *wanted, const ls_column_sides *sides,
                               int64_t *order)
{
    bool all = true;
    if (ours->count == 1 && wanted->count == 1 && (is_path(ours) || is_path(wanted))) {
        order[0] = 0;
        return compare(ours, ours->column[0], wanted->column[0], sides);
    }
    if (is_path(ours) || is_path(wanted))
        return refuse_width(ours, wanted, sides);
    LS_TRY(compare_tables(ours, wanted, sides));
    for (int64_t f = 0; f < wanted->count; f++) {
        const char *name = wanted->name.text[f];
        order[f] = ls_dictionary_find(&ours->name, name, (int64_t)strlen(name));
        all = all && order[f] >= 0;
    }
    if (!all)
        return refuse_columns(ours, wanted, sides, true);
    return sides->alike && ours->count > wanted->count ? refuse_columns(ours, wanted, sides, false) : LS_OK;
}

ls_status ls_column_list_trust(const ls_column_list *ours, const ls_column_list *wanted, const ls_column_sides *sides)
{
    const ls_column_list *named = wanted->count > 0 ? wanted : ours;
    for (int64_t f = 0; f < named->count; f++)
        if (ls_column_number(named->column[f]) == f)
            LS_TRY(named == wanted ? settle_offset(NULL, false, wanted->column[f], f, sides)
                                   : settle_offset(ours->column[f], ours->stated, NULL, f, sides));
    return LS_OK;
}

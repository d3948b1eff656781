/* Weights, groups and identifiers of tables. */
#include "formats/table_beside.h"

#include "base/utf8.h"

#include <math.h>
#include <string.h>

/* As many groups as validation rows can be chosen by (source/split.h). */
#define GROUPS_MOST 10000000

int ls_beside_list(const ls_encoding *encoding, ls_beside beside[LS_TABLE_BESIDE])
{
    int count = 0;
    for (int64_t i = 0; i < encoding->count && count < LS_TABLE_BESIDE; i++)
        if (encoding->column[i].role > LS_ROLE_IGNORED)
            beside[count++] = (ls_beside){.column = i, .longest = 1};
    return count;
}

bool ls_beside_integer(const ls_csv_field *field, int64_t *value)
{
    const char *text = field->text;
    int64_t at = field->length > 0 && text[0] == '-', number = 0;
    const int64_t digits = field->length - at;
    if (digits < 1 || digits > 19 || (text[at] == '0' && field->length > 1))
        return false;
    for (; at < field->length; at++) {
        if (text[at] < '0' || text[at] > '9')
            return false;
        /* downwards: the least int64 has no positive counterpart */
        if (__builtin_mul_overflow(number, 10, &number) || __builtin_sub_overflow(number, text[at] - '0', &number))
            return false;
    }
    if (text[0] != '-' && number == INT64_MIN)
        return false;
    *value = text[0] == '-' ? number : -number;
    return true;
}

static ls_status wrong(const ls_csv *csv, const ls_column *c, const ls_csv_field *field, const char *expected)
{
    const int shown = field->length < 40 ? (int)field->length : 40;
    return ls_csv_fail(csv, "the %s '%s' is %s%.*s%s%s, expected %s", c->role == LS_ROLE_WEIGHT ? "weight" : "group",
                       c->name, shown == 0 ? "missing" : "'", shown, field->text, shown < field->length ? "..." : "",
                       shown == 0 ? "" : "'", expected);
}

static ls_status read_weight(const ls_csv *csv, const ls_fields *fields, const ls_column *c, const ls_csv_field *field,
                             double *weight)
{
    if (ls_fields_read(fields, field->text, field->length, weight) < LS_FIELD_INTEGER || !(*weight >= 0) ||
        isinf((float)*weight))
        return wrong(csv, c, field, "a number from 0 up");
    return LS_OK;
}

static ls_status see_group(const ls_csv *csv, const ls_fields *fields, ls_column *c, ls_beside *b,
                           const ls_csv_field *field, bool *again)
{
    int64_t number;
    const int64_t before = c->categories.count;
    if (ls_fields_is_missing(fields, field->text, field->length))
        return wrong(csv, c, field, "a group: rows without one cannot be kept together with others");
    if (!b->text && ls_beside_integer(field, &number))
        return LS_OK;
    *again = *again || !b->text;
    b->text = true;
    LS_TRY(ls_dictionary_add(&c->categories, field->text, field->length, &number));
    if (number < before)
        return LS_OK;
    if (!ls_utf8_valid(c->categories.text[number]))
        return wrong(csv, c, field, "UTF-8; convert the file, for example with iconv -f LATIN1 -t UTF-8");
    return number < GROUPS_MOST ? LS_OK : ls_csv_fail(csv, "there are more than %d groups '%s'", GROUPS_MOST, c->name);
}

static ls_status see_identifier(const ls_csv *csv, const ls_column *c, ls_beside *b, const ls_csv_field *field)
{
    int64_t ignored;
    if (!ls_utf8_valid_bytes(field->text, field->length))
        return ls_csv_fail(csv,
                           "the identifier in column '%s' is not UTF-8; convert the file, for example with iconv -f "
                           "LATIN1 -t UTF-8",
                           c->name);
    if (field->length > LS_BESIDE_TEXT_MOST)
        return ls_csv_fail(csv, "the identifier in column '%s' has %lld bytes, more than %d", c->name,
                           (long long)field->length, LS_BESIDE_TEXT_MOST);
    b->text = b->text || !ls_beside_integer(field, &ignored);
    b->longest = field->length > b->longest ? field->length : b->longest;
    return LS_OK;
}

ls_status ls_beside_see(const ls_csv *csv, ls_encoding *encoding, ls_beside *beside, const ls_csv_field *field,
                        bool *again)
{
    ls_column *c = &encoding->column[beside->column];
    double ignored;
    if (c->role == LS_ROLE_WEIGHT)
        return read_weight(csv, &encoding->fields, c, field, &ignored);
    if (c->role == LS_ROLE_GROUP)
        return see_group(csv, &encoding->fields, c, beside, field, again);
    return see_identifier(csv, c, beside, field);
}

void ls_beside_settle(ls_encoding *encoding, const ls_beside *beside)
{
    ls_column *c = &encoding->column[beside->column];
    c->kind = c->role == LS_ROLE_WEIGHT ? LS_COLUMN_NUMBER : beside->text ? LS_COLUMN_CODES : LS_COLUMN_INTEGER;
    ls_dictionary_sort(&c->categories);
}

int64_t ls_beside_bytes(const ls_encoding *encoding, const ls_beside *beside)
{
    const ls_column_role role = encoding->column[beside->column].role;
    if (role == LS_ROLE_WEIGHT)
        return sizeof(float);
    return role == LS_ROLE_ID && beside->text ? beside->longest : (int64_t)sizeof(int64_t);
}

static ls_status changed(const ls_csv *csv)
{
    return ls_csv_fail(csv, "the file changed while it was read");
}

ls_status ls_beside_put(const ls_csv *csv, const ls_encoding *encoding, const ls_beside *beside,
                        const ls_csv_field *field, void *value)
{
    const ls_column *c = &encoding->column[beside->column];
    double weight;
    int64_t number;
    if (c->role == LS_ROLE_WEIGHT) {
        LS_TRY(read_weight(csv, &encoding->fields, c, field, &weight));
        const float rounded = (float)weight;
        memcpy(value, &rounded, sizeof rounded);
        return LS_OK;
    }
    if (c->role == LS_ROLE_ID && beside->text) {
        if (field->length > beside->longest)
            return changed(csv);
        memset(value, 0, (size_t)beside->longest);
        memcpy(value, field->text, (size_t)field->length);
        return LS_OK;
    }
    number = beside->text ? ls_dictionary_find(&c->categories, field->text, field->length) : 0;
    if (beside->text ? number < 0 : !ls_beside_integer(field, &number))
        return changed(csv);
    memcpy(value, &number, sizeof number);
    return LS_OK;
}

/* Encodings: names of roles and kinds, JSON, and the arithmetic of features. */
#include "formats/encoding.h"

#include "base/json.h"
#include "base/json_read.h"
#include "base/memory.h"

#include <string.h>
#include <strings.h>

#define FORMAT 2

static const char *const role_names[] = {"feature", "target", "ignored", "weight", "group", "id"};
static const char *const kind_names[] = {"number", "integer", "date", "onehot", "codes", "classes"};
#define ROLES ((int)(sizeof role_names / sizeof role_names[0]))
#define KINDS ((int)(sizeof kind_names / sizeof kind_names[0]))

static bool has_categories(const ls_column *column)
{
    return column->kind >= LS_COLUMN_ONEHOT && column->role <= LS_ROLE_TARGET;
}

/* Places that say nothing new are forgotten, so that equal conversions give equal bytes. */
static void place_targets(ls_encoding *encoding)
{
    bool moved = false;
    for (int64_t i = 0; i < encoding->count; i++) {
        const ls_column *c = &encoding->column[i];
        moved = moved || (c->role == LS_ROLE_TARGET && c->place > 0 && c->place != c->first + 1);
    }
    for (int64_t i = 0; i < encoding->count; i++) {
        ls_column *c = &encoding->column[i];
        if (c->role == LS_ROLE_TARGET && moved)
            c->first = c->place - 1;
        else
            c->place = 0;
    }
}

void ls_encoding_number(ls_encoding *encoding)
{
    encoding->features = encoding->targets = 0;
    for (int64_t i = 0; i < encoding->count; i++) {
        ls_column *c = &encoding->column[i];
        if (c->role == LS_ROLE_FEATURE) {
            c->first = encoding->features;
            encoding->features += ls_column_width(c);
        } else if (c->role == LS_ROLE_TARGET) {
            c->first = encoding->targets++;
            if (encoding->targets == 1 || c->kind == LS_COLUMN_NUMBER)
                encoding->target_kind = c->kind;
        }
    }
    place_targets(encoding);
}

void ls_encoding_free(ls_encoding *encoding)
{
    for (int64_t i = 0; i < encoding->count; i++) {
        ls_memory_free(encoding->column[i].name);
        ls_memory_free(encoding->column[i].date_format);
        ls_dictionary_free(&encoding->column[i].categories);
    }
    ls_fields_free(&encoding->fields);
    ls_memory_free(encoding->column);
    memset(encoding, 0, sizeof *encoding);
}

const ls_column *ls_encoding_classes(const ls_encoding *encoding)
{
    for (int64_t i = 0; i < encoding->count; i++)
        if (encoding->column[i].role == LS_ROLE_TARGET && encoding->column[i].kind == LS_COLUMN_CLASSES)
            return &encoding->column[i];
    return NULL;
}

/* The k-th of a set. */
static const char *part_name(unsigned parts, int64_t k)
{
    for (; k > 0; k--)
        parts &= parts - 1;
    return ls_date_part_name((ls_date_part)__builtin_ctz(parts));
}

const char *ls_column_called(const ls_column *column)
{
    return ls_column_is_path(column) ? strrchr(column->name, '/') + 1 : column->name;
}

static void put_feature_name(const ls_column *column, int64_t place, ls_text *out)
{
    ls_text_append(out, column->name);
    if (column->kind == LS_COLUMN_ONEHOT)
        ls_text_printf(out, "=%s", column->categories.text[place]);
    else if (column->kind == LS_COLUMN_DATE && column->date_parts != 0)
        ls_text_printf(out, ".%s", part_name(column->date_parts, place));
}

void ls_encoding_feature_name(const ls_encoding *encoding, int64_t feature, ls_text *out)
{
    for (int64_t i = 0; i < encoding->count; i++) {
        const ls_column *c = &encoding->column[i];
        if (c->role != LS_ROLE_FEATURE || feature < c->first || feature >= c->first + ls_column_width(c))
            continue;
        put_feature_name(c, feature - c->first, out);
        return;
    }
}

void ls_encoding_feature_names(const ls_encoding *encoding, ls_text *out)
{
    for (int64_t i = 0; i < encoding->count; i++) {
        const ls_column *c = &encoding->column[i];
        for (int64_t k = 0; c->role == LS_ROLE_FEATURE && k < ls_column_width(c); k++) {
            put_feature_name(c, k, out);
            ls_text_append_bytes(out, "", 1);
        }
    }
}

/* ---- JSON ---- */

static void write_texts(ls_json *json, const char *key, const ls_dictionary *texts)
{
    ls_json_key(json, key);
    ls_json_array_begin(json);
    for (int64_t k = 0; k < texts->count; k++)
        ls_json_string(json, texts->text[k]);
    ls_json_array_end(json);
}

static void write_date(ls_json *json, const ls_column *c)
{
    if (c->date_format != NULL)
        ls_json_put_string(json, "date_format", c->date_format);
    if (c->date_parts == 0)
        return;
    ls_json_key(json, "date_parts");
    ls_json_array_begin(json);
    for (int i = 0; i < LS_DATE_PARTS; i++)
        if ((c->date_parts >> i & 1) != 0)
            ls_json_string(json, ls_date_part_name((ls_date_part)i));
    ls_json_array_end(json);
}

static void write_fields(ls_json *json, const ls_fields *fields)
{
    const char decimal[] = {fields->decimal, '\0'}, thousands[] = {fields->thousands, '\0'};
    if (decimal[0] != '\0')
        ls_json_put_string(json, "decimal", decimal);
    if (thousands[0] != '\0')
        ls_json_put_string(json, "thousands", thousands);
    if (fields->usual_off)
        ls_json_put_bool(json, "usual_missing", false);
    if (fields->missing.count > 0)
        write_texts(json, "missing_values", &fields->missing);
}

/* The oldest format that has all of it, so that equal conversions give equal bytes in every version. */
static int format_of(const ls_encoding *encoding)
{
    bool later = !ls_fields_are_usual(&encoding->fields) || encoding->features == 0;
    for (int64_t i = 0; i < encoding->count; i++)
        later = later || encoding->column[i].role > LS_ROLE_IGNORED || encoding->column[i].offset != 0 ||
                encoding->column[i].place != 0 ||
                (encoding->column[i].kind == LS_COLUMN_DATE && encoding->column[i].role != LS_ROLE_IGNORED);
    return later ? 2 : 1;
}

void ls_encoding_write(const ls_encoding *encoding, ls_text *out)
{
    ls_json json = {.text = out};
    ls_json_object_begin(&json);
    ls_json_put_integer(&json, "format", format_of(encoding));
    ls_json_put_bool(&json, "header", encoding->header);
    write_fields(&json, &encoding->fields);
    ls_json_key(&json, "columns");
    ls_json_array_begin(&json);
    for (int64_t i = 0; i < encoding->count; i++) {
        const ls_column *c = &encoding->column[i];
        ls_json_object_begin(&json);
        ls_json_put_string(&json, "name", c->name);
        ls_json_put_string(&json, "role", role_names[c->role]);
        if (c->role != LS_ROLE_IGNORED)
            ls_json_put_string(&json, "kind", kind_names[c->kind]);
        if (has_categories(c))
            write_texts(&json, "categories", &c->categories);
        if (c->texts && c->kind == LS_COLUMN_CLASSES)
            ls_json_put_bool(&json, "texts", true);
        if (c->kind == LS_COLUMN_DATE && c->role != LS_ROLE_IGNORED)
            write_date(&json, c);
        if (c->offset != 0)
            ls_json_put_real(&json, "offset", c->offset);
        if (c->place != 0)
            ls_json_put_integer(&json, "place", c->first);
        ls_json_object_end(&json);
    }
    ls_json_array_end(&json);
    ls_json_object_end(&json);
}

int ls_encoding_format(const ls_encoding *encoding)
{
    return format_of(encoding);
}

static int find_name(const char *name, const char *const *names, int count)
{
    for (int i = 0; name != NULL && i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static ls_status damaged(const char *where, const char *what)
{
    return ls_fail(LS_ERR_DATA, "%s: the encoding of the columns is damaged: %s", where, what);
}

static ls_status read_texts(const ls_json_document *d, const ls_json_value *value, const char *where,
                            ls_dictionary *texts)
{
    for (const ls_json_value *t = ls_json_first(d, value); t != NULL; t = ls_json_next(d, t)) {
        int64_t number;
        const int64_t before = texts->count;
        if (t->kind != LS_JSON_STRING)
            return damaged(where, "a category is no text");
        LS_TRY(ls_dictionary_add(texts, t->text, (int64_t)strlen(t->text), &number));
        if (number != before)
            return damaged(where, "a category is listed twice");
    }
    return LS_OK;
}

static ls_status read_categories(const ls_json_document *d, const ls_json_value *value, const char *where,
                                 ls_dictionary *categories)
{
    if (value == NULL || value->kind != LS_JSON_ARRAY || value->count == 0)
        return damaged(where, "a column has no categories");
    return read_texts(d, value, where, categories);
}

/* A member of one character, 0 when it is not there. */
static ls_status read_character(const ls_json_document *d, const char *key, const char *where, char *character)
{
    const ls_json_value *value = ls_json_member(d, &d->value[0], key);
    if (value == NULL)
        return LS_OK;
    if (value->kind != LS_JSON_STRING || strlen(value->text) != 1)
        return damaged(where, "the way its numbers are written is none that this Lockstep knows");
    *character = value->text[0];
    return LS_OK;
}

static ls_status read_fields(const ls_json_document *d, const char *where, ls_fields *fields)
{
    const ls_json_value *root = &d->value[0], *usual = ls_json_member(d, root, "usual_missing");
    const ls_json_value *missing = ls_json_member(d, root, "missing_values");
    LS_TRY(read_character(d, "decimal", where, &fields->decimal));
    LS_TRY(read_character(d, "thousands", where, &fields->thousands));
    fields->usual_off = usual != NULL && usual->kind == LS_JSON_FALSE;
    if (missing == NULL)
        return LS_OK;
    if (missing->kind != LS_JSON_ARRAY)
        return damaged(where, "its words for missing values are no list");
    ls_dictionary words = {0};
    ls_status status = read_texts(d, missing, where, &words);
    for (int64_t i = 0; i < words.count && status == LS_OK; i++)
        status = ls_fields_add_missing(fields, words.text[i]);
    ls_dictionary_free(&words);
    return status;
}

static ls_status read_date(const ls_json_document *d, const ls_json_value *value, const char *where, ls_column *c)
{
    const ls_json_value *format = ls_json_member(d, value, "date_format");
    const ls_json_value *parts = ls_json_member(d, value, "date_parts");
    if (format != NULL) {
        if (format->kind != LS_JSON_STRING || ls_date_check_format(format->text) != LS_OK)
            return damaged(where, "the format of a date is none that this Lockstep knows");
        LS_TRY(ls_memory_allocate(&c->date_format, (int64_t)strlen(format->text) + 1, 1, "format of a date"));
        strcpy(c->date_format, format->text);
    }
    for (const ls_json_value *p = parts == NULL ? NULL : ls_json_first(d, parts); p != NULL; p = ls_json_next(d, p)) {
        const int part = p->kind == LS_JSON_STRING ? ls_date_find_part(p->text) : -1;
        if (part < 0)
            return damaged(where, "a date has a part that this Lockstep does not know");
        c->date_parts |= 1u << part;
    }
    return LS_OK;
}

static ls_status read_column(const ls_json_document *d, const ls_json_value *value, const char *where, ls_column *c)
{
    const char *name = ls_json_member_text(d, value, "name");
    const int role = find_name(ls_json_member_text(d, value, "role"), role_names, ROLES);
    const int kind = find_name(ls_json_member_text(d, value, "kind"), kind_names, KINDS);
    if (name == NULL)
        return damaged(where, "a column has no name");
    const ls_json_value *offset = ls_json_member(d, value, "offset"), *place = ls_json_member(d, value, "place");
    const ls_json_value *texts = ls_json_member(d, value, "texts");
    if (role < 0 || (kind < 0 && role != LS_ROLE_IGNORED))
        return damaged(where, "a column has no role or kind that this Lockstep knows");
    if ((role == LS_ROLE_FEATURE && (kind == LS_COLUMN_INTEGER || kind == LS_COLUMN_CLASSES)) ||
        (role == LS_ROLE_TARGET && (kind == LS_COLUMN_ONEHOT || kind == LS_COLUMN_CODES || kind == LS_COLUMN_DATE)))
        return damaged(where, "a column's kind does not fit its role");
    LS_TRY(ls_memory_allocate(&c->name, (int64_t)strlen(name) + 1, 1, "name of a column"));
    strcpy(c->name, name);
    c->role = (ls_column_role)role;
    c->kind = kind < 0 ? LS_COLUMN_NUMBER : (ls_column_kind)kind;
    c->offset = offset != NULL && offset->kind == LS_JSON_NUMBER ? offset->number : 0;
    c->texts = c->kind == LS_COLUMN_CLASSES && texts != NULL && texts->kind == LS_JSON_TRUE;
    if (place != NULL) /* -1 is refused */
        c->place = place->kind == LS_JSON_NUMBER && place->number >= 0 && place->number < 1e9
                       ? (int64_t)place->number + 1
                       : -1;
    if (c->kind == LS_COLUMN_DATE)
        LS_TRY(read_date(d, value, where, c));
    return has_categories(c) ? read_categories(d, ls_json_member(d, value, "categories"), where, &c->categories)
                             : LS_OK;
}

/* Each target has a place of its own, or none has one. */
static ls_status check_places(const ls_encoding *encoding, const char *where)
{
    int64_t targets = 0, placed = 0;
    for (int64_t i = 0; i < encoding->count; i++) {
        targets += encoding->column[i].role == LS_ROLE_TARGET;
        placed += encoding->column[i].role == LS_ROLE_TARGET && encoding->column[i].place != 0;
    }
    if (placed != 0 && placed != targets)
        return damaged(where, "some of its targets have no place");
    for (int64_t i = 0; i < encoding->count && placed > 0; i++) {
        const ls_column *c = &encoding->column[i];
        bool taken = c->role == LS_ROLE_TARGET && (c->place < 1 || c->place > targets);
        for (int64_t k = 0; k < i && c->role == LS_ROLE_TARGET; k++)
            taken = taken || (encoding->column[k].role == LS_ROLE_TARGET && encoding->column[k].place == c->place);
        if (taken)
            return damaged(where, "two of its targets have one place");
    }
    return LS_OK;
}

static ls_status read_document(const ls_json_document *d, const char *where, ls_encoding *encoding)
{
    const ls_json_value *root = &d->value[0], *format = ls_json_member(d, root, "format");
    const ls_json_value *header = ls_json_member(d, root, "header"), *columns = ls_json_member(d, root, "columns");
    if (format == NULL || format->kind != LS_JSON_NUMBER)
        return damaged(where, "it has no format");
    if (format->number > FORMAT)
        return ls_fail(
            LS_ERR_DATA,
            "%s: the encoding of the columns has format %g, written by a newer Lockstep; this one (%s) reads "
            "formats up to %d; use the newer one",
            where, format->number, ls_version(), FORMAT);
    if (format->number != 1 && format->number != FORMAT)
        return damaged(where, "its format is none");
    if (header == NULL || columns == NULL || columns->kind != LS_JSON_ARRAY || columns->count == 0)
        return damaged(where, "it has no columns");
    encoding->header = header->kind == LS_JSON_TRUE;
    LS_TRY(read_fields(d, where, &encoding->fields));
    LS_TRY(ls_memory_allocate(&encoding->column, columns->count, sizeof *encoding->column, "columns"));
    encoding->count = columns->count;
    int64_t i = 0;
    for (const ls_json_value *c = ls_json_first(d, columns); c != NULL; c = ls_json_next(d, c))
        LS_TRY(read_column(d, c, where, &encoding->column[i++]));
    LS_TRY(check_places(encoding, where));
    ls_encoding_number(encoding);
    if (encoding->features == 0 && (encoding->targets == 0 || format->number < 2))
        return damaged(where, "it has no features");
    if (encoding->targets > 1 && ls_encoding_classes(encoding) != NULL)
        return damaged(where, "classes stand beside other targets");
    return LS_OK;
}

ls_status ls_encoding_read(const char *text, const char *where, ls_encoding *encoding)
{
    ls_json_document document;
    memset(encoding, 0, sizeof *encoding);
    ls_status status = ls_json_read(text, &document);
    if (status != LS_OK)
        return status == LS_ERR_DATA ? ls_fail_prefix(status, "%s: the encoding of the columns is damaged: ", where)
                                     : status;
    status = read_document(&document, where, encoding);
    ls_json_document_free(&document);
    if (status != LS_OK)
        ls_encoding_free(encoding);
    return status;
}

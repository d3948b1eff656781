/* Regularizers and constraints: their tables, "name(settings)" in and out. */
#include "model/regularizers.h"

#include "model/named.h"

#define MOST 1e30

/* ---- regularizers ---- */

static const ls_setting penalties[] = {
    LS_SETTING(ls_regularizer, l1, REAL, 0, MOST, NULL),
    LS_SETTING(ls_regularizer, l2, REAL, 0, MOST, NULL),
};

static const struct {
    ls_named named;
    ls_regularizer initial;
} regularizers[] = {
    {{"l1", "L1", &penalties[0], 1}, {0.01, 0}},
    {{"l2", "L2", &penalties[1], 1}, {0, 0.01}},
    {{"l1_l2", "L1L2", penalties, 2}, {0, 0}},
};
enum { REGULARIZERS = sizeof regularizers / sizeof *regularizers };

static const ls_named *regularizer_at(size_t i)
{
    return &regularizers[i].named;
}

/* The row that writes it shortest. */
static const ls_named *regularizer_named(const ls_regularizer *r)
{
    return regularizer_at(r->l2 == 0 ? 0 : r->l1 == 0 ? 1 : 2);
}

/* ---- constraints ---- */

static const ls_setting norms[] = {LS_SETTING(ls_constraint, max_value, REAL, 0, MOST, NULL)};

static const struct {
    ls_named named;
    ls_constraint initial;
} constraints[] = {
    {{"max_norm", "MaxNorm", norms, 1}, {LS_CONSTRAINT_MAX_NORM, 2}},
    {{"non_neg", "NonNeg", NULL, 0}, {LS_CONSTRAINT_NON_NEG, 0}},
};
enum { CONSTRAINTS = sizeof constraints / sizeof *constraints };

static const ls_named *constraint_at(size_t i)
{
    return &constraints[i].named;
}

static const ls_named *constraint_named(const ls_constraint *c)
{
    return constraint_at(c->kind == LS_CONSTRAINT_MAX_NORM ? 0 : 1);
}

/* ---- reading ---- */

ls_status ls_regularizer_parse(const char *what, const char *text, ls_regularizer *regularizer)
{
    static const ls_named_table all = {"regularizer", "l2(0.01)", true, regularizer_at, REGULARIZERS};
    ls_text named = {0};
    size_t i;
    *regularizer = (ls_regularizer){0};
    ls_status status = ls_named_find(what, &all, text, &i, &named);
    if (status == LS_OK && i < REGULARIZERS) {
        *regularizer = regularizers[i].initial;
        status = ls_settings_parse(what, ls_text_string(&named), regularizer_at(i)->settings, regularizer_at(i)->count,
                                   regularizer, NULL);
    }
    if (status == LS_OK && i < REGULARIZERS && regularizer_at(i)->count > 1 && ls_text_string(&named)[0] == '\0')
        status = ls_fail(LS_ERR_USAGE, "%s: %s needs l1 or l2, whose defaults are 0, as in l1_l2(l1=1e-5, l2=1e-4)",
                         what, regularizer_at(i)->name);
    ls_text_free(&named);
    return status;
}

ls_status ls_constraint_parse(const char *what, const char *text, ls_constraint *constraint)
{
    static const ls_named_table all = {"constraint", "max_norm(3)", true, constraint_at, CONSTRAINTS};
    ls_text named = {0};
    size_t i;
    *constraint = (ls_constraint){0};
    ls_status status = ls_named_find(what, &all, text, &i, &named);
    if (status == LS_OK && i < CONSTRAINTS) {
        *constraint = constraints[i].initial;
        status = ls_settings_parse(what, ls_text_string(&named), constraint_at(i)->settings, constraint_at(i)->count,
                                   constraint, NULL);
    }
    ls_text_free(&named);
    return status;
}

/* ---- writing ---- */

void ls_regularizer_format(const ls_regularizer *regularizer, ls_text *text)
{
    ls_named_format(regularizer_named(regularizer), regularizer, text);
}

void ls_constraint_format(const ls_constraint *constraint, ls_text *text)
{
    ls_named_format(constraint_named(constraint), constraint, text);
}

/* ---- Keras' configuration ---- */

void ls_regularizer_config(const ls_regularizer *r, const char *key, ls_json *json)
{
    if (!ls_regularizer_is_set(r))
        return;
    ls_named_config_begin(regularizer_named(r), key, json);
    if (r->l1 != 0)
        ls_json_put_real(json, "l1", r->l1);
    if (r->l2 != 0)
        ls_json_put_real(json, "l2", r->l2);
    ls_named_config_end(json);
}

void ls_constraint_config(const ls_constraint *c, const char *key, ls_json *json)
{
    if (c->kind == LS_CONSTRAINT_NONE)
        return;
    ls_named_config_begin(constraint_named(c), key, json);
    if (c->kind == LS_CONSTRAINT_MAX_NORM) {
        ls_json_put_real(json, "max_value", c->max_value);
        ls_json_put_integer(json, "axis", 0);
    }
    ls_named_config_end(json);
}

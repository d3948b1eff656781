/* Whole pages. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"

/* ---- looking at HTML ---- */

static bool is_void(const char *name, size_t length)
{
    static const char *const names[] = {"meta", "!DOCTYPE", "br"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && strncmp(name, names[i], length) == 0)
            return true;
    return false;
}

/* Every tag that is opened is closed in its turn, none is a script's or fetches anything, and no byte is a control
 * character. */
static void check_html(const char *html)
{
    enum { DEEPEST = 32 };
    const char *open[DEEPEST];
    size_t length[DEEPEST];
    int depth = 0;
    for (const char *c = html; *c; c++) {
        assert_true((unsigned char)*c >= ' ' || *c == '\n');
        if (*c != '<')
            continue;
        const char *name = c + 1 + (c[1] == '/'), *end = strchr(c, '>');
        const size_t n = strcspn(name, " />\n");
        assert_non_null(end);
        if (c[1] == '/') {
            if (depth == 0 || length[depth - 1] != n || strncmp(open[depth - 1], name, n) != 0)
                fail_msg("</%.*s> closes <%.*s>", (int)n, name, depth ? (int)length[depth - 1] : 0,
                         depth ? open[depth - 1] : "");
            depth--;
        } else if (end[-1] != '/' && !is_void(name, n)) {
            assert_true(depth < DEEPEST);
            open[depth] = name;
            length[depth++] = n;
        }
        c = end;
    }
    assert_int_equal(depth, 0);
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "\\u00a0")); /* own texts have nothing that is shown as hidden */
    assert_null(strstr(html, "http"));
    assert_null(strstr(html, "url("));
    assert_null(strstr(html, "@import"));
}

static int count(const char *html, const char *what)
{
    int times = 0;
    for (const char *c = html; (c = strstr(c, what)) != NULL; c++)
        times++;
    return times;
}

static char *page_of(const ls_report *reports, int runs)
{
    ls_text html = {0};
    char *out;
    ls_report_page(reports, runs, &html);
    assert_int_equal(ls_text_hand_over(&html, &out), LS_OK);
    check_html(out);
    return out;
}

static void read_report(const char *json, const char *log, ls_report *report)
{
    if (ls_report_read("run", json, log, report) != LS_OK)
        fail_msg("%s", ls_error_message());
}

static const char card[] =
    "{\"lockstep\": \"1\", \"epochs\": 2, \"steps\": 20, \"parameters\": 10, \"recipe\": {\"layers\": "
    "\"10 softmax\", \"seed\": \"0\"}, \"data\": {}}";
static const char two_epochs[] = "epoch,step,loss,val_loss,learning_rate\n1,10,0.5,0.6,0.01\n2,20,0.25,0.4,0.01\n";

/* ---- logs ---- */

static void test_logs(void **state)
{
    static const char *const logs[] = {
        two_epochs,
        "epoch,step,loss,learning_rate\n1,10,0.5,0.01\n",                          /* one epoch */
        "epoch,step,loss,learning_rate\n",                                         /* none */
        "epoch,step,loss,learning_rate\n1,10,nan,0.01\n2,20,inf,0.01\n",           /* no numbers */
        "epoch,step,loss,val_loss,learning_rate\n1,10,1,,0.1\n2,20,0.5,0.7,0.1\n", /* validation now and then */
        "epoch,step,loss,learning_rate\n1,5,1,0.1\n1,10,0.9,0.1\n2,15,0.8,0.1\n2,20,0.7,0.1\n", /* rows within epochs */
        "epoch,step,loss,learning_rate\n1,10,0.5,0.01\n2,2",                                    /* cut off */
    };
    (void)state;
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        ls_report report;
        read_report(card, logs[i], &report);
        char *html = page_of(&report, 1);
        free(html);
        ls_report_free(&report);
    }
    ls_report report;
    assert_int_equal(ls_report_read("run", card, "time,value\n1,2\n", &report), LS_ERR_DATA);
    assert_int_equal(ls_report_read("run", "[]", two_epochs, &report), LS_ERR_DATA);
    assert_int_equal(ls_report_read("run", "{\"format\": 2}", two_epochs, &report), LS_ERR_DATA);
}

/* Bounded work and a bounded page, whatever the log has. */
static void test_million_rows(void **state)
{
    enum { ROWS = 1000000 };
    ls_text log = {0};
    ls_report report;
    (void)state;
    ls_text_append(&log, "epoch,step,loss,val_loss,learning_rate\n");
    for (int e = 1; e <= ROWS; e++)
        ls_text_printf(&log, "%d,%d,%d,%d,1\n", e, 2 * e, ROWS - e, e == 500000 ? 7000000 : e % 1000);
    read_report(card, ls_text_string(&log), &report);
    assert_int_equal(report.log.rows, ROWS);
    assert_int_equal(report.log.steps, 2);
    char *html = page_of(&report, 1);
    assert_true(strlen(html) < 300000);
    assert_non_null(strstr(html, "most 7,000,000")); /* the description tells of the peak */
    free(html);
    ls_report_free(&report);
    ls_text_free(&log);
}

/* ---- names ---- */

#define HOSTILE "<script>alert(1)</script>\\\"'&\\u0007\\u202e--><img src=x>"

static void test_hostile_names(void **state)
{
    char json[4096], log[1024];
    ls_report reports[2];
    (void)state;
    snprintf(json, sizeof json,
             "{\"lockstep\": \"" HOSTILE "\", \"epochs\": 2, \"steps\": 20, \"recipe\": {\"layers\": \"" HOSTILE
             "\", \"" HOSTILE "\": \"" HOSTILE "\"}, \"data\": {\"train\": {\"x\": \"" HOSTILE
             "\", \"rows\": 5}, \"prepared\": "
             "\"" HOSTILE "\"}, \"layers\": [{\"name\": \"" HOSTILE "\", \"kind\": \"" HOSTILE
             "\", \"activation\": \"" HOSTILE "\", \"units\": 3, \"parameters\": 6}], \"names\": [\"" HOSTILE
             "\", \"b\"], \"best\": {\"epoch\": 1, \"monitor\": "
             "\"" HOSTILE "\", \"value\": 1}, \"ended_by\": \"" HOSTILE
             "\", \"outputs\": 2, \"norms\": {\"epochs\": 1, "
             "\"layers\": 1, \"values\": [1, 2, 3]}}");
    snprintf(log, sizeof log, "epoch,step,loss,<b>x</b>\"'&,learning_rate\n1,10,1,2,3\n2,20,1,2,3\n");
    for (int i = 0; i < 2; i++) {
        read_report(json, log, &reports[i]);
        reports[i].title = "<i>\"'&\a|#";
        assert_int_equal(ls_report_part_create("test", LS_REPORT_ONE, 2, 1, &reports[i].part[0]), LS_OK);
        reports[i].parts = 1;
        reports[i].part[0].rows = reports[i].part[0].used = 4;
        ls_report_item_of(&reports[i].part[0], LS_REPORT_SUPPORT)[0] = 4;
        ls_report_item_of(&reports[i].part[0], LS_REPORT_AREAS)[0] = 1;
        ls_report_item_of(&reports[i].part[0], LS_REPORT_AREAS)[1] = 3;
    }
    for (int runs = 1; runs <= 2; runs++) {
        char *html = page_of(reports, runs);
        assert_null(strstr(html, "<img"));
        assert_null(strstr(html, "<b>x"));
        assert_null(strstr(html, "<i>"));
        assert_non_null(strstr(html, "&lt;script&gt;"));
        free(html);
    }
    for (int i = 0; i < 2; i++)
        ls_report_free(&reports[i]);
}

static void test_machine(void **state)
{
    ls_text html = {0};
    (void)state;
    assert_int_equal(ls_report_machine("<b>",
                                       "{\"state\": \"" HOSTILE
                                       "\", \"seconds\": 3.5, \"data\": {\"train\": {\"file\": "
                                       "\"" HOSTILE "\"}}, \"machine\": {\"memory\": 1048576, \"host\": \"h\"}}",
                                       "epoch,step,seconds,samples_per_second\n1,10,0.5,1000\n2,20,0.5,nan\n", &html),
                     LS_OK);
    check_html(ls_text_string(&html));
    assert_non_null(strstr(ls_text_string(&html), "1.0 MiB"));
    ls_text_free(&html);
    assert_int_equal(ls_report_machine("x", "{", "", &html), LS_ERR_DATA);
    ls_text_free(&html);
}

/* ---- parts ---- */

static void check_classes(int64_t classes, ls_report_kind kind)
{
    ls_report report;
    read_report(card, two_epochs, &report);
    ls_report_part *p = &report.part[0];
    assert_int_equal(ls_report_part_create("validation", kind, classes, 0, p), LS_OK);
    report.parts = 1;
    p->rows = p->used = 10 * classes;
    for (int64_t k = 0; k < classes; k++) {
        ls_report_item_of(p, LS_REPORT_SUPPORT)[k] = 10;
        ls_report_item_of(p, LS_REPORT_RIGHT)[k] = 8;
        ls_report_item_of(p, LS_REPORT_GIVEN)[k] = 9;
    }
    for (int64_t i = 0; i < ls_report_item_count(p, LS_REPORT_MATRIX); i++)
        ls_report_item_of(p, LS_REPORT_MATRIX)[i] = (double)(i % 7);
    for (int64_t k = 0; k < ls_report_part_curves(p); k++) {
        double *area = ls_report_item_of(p, LS_REPORT_AREAS) + 4 * k, *point = ls_report_item_of(p, LS_REPORT_CURVE);
        area[0] = 200;
        area[1] = 200;
        area[2] = area[3] = 0.75;
        for (int i = 0; i < LS_REPORT_POINTS; i++)
            point[(k * LS_REPORT_POINTS + i) * 2] = point[(k * LS_REPORT_POINTS + i) * 2 + 1] = i;
    }
    p->every = 3;
    char *html = page_of(&report, 1);
    assert_non_null(strstr(html, "one in 3 looked at by its scores"));
    assert_non_null(strstr(html, "0.8889")); /* precision */
    assert_int_equal(count(html, "ROC curve</figcaption>"), ls_report_part_curves(p) > 0);
    assert_int_equal(count(html, "Confusion matrix</h3>"), classes <= 20 && (kind == LS_REPORT_ONE || classes == 1));
    assert_int_equal(count(html, "Most frequent mistakes"), kind == LS_REPORT_ONE && classes > 20 && classes <= 100);
    assert_true(strlen(html) < 400000);
    free(html);
    ls_report_free(&report);
}

static void test_classes(void **state)
{
    (void)state;
    check_classes(1, LS_REPORT_ONE);
    check_classes(3, LS_REPORT_ONE);
    check_classes(32, LS_REPORT_ONE);
    check_classes(100, LS_REPORT_ONE);
    check_classes(1000, LS_REPORT_ONE);
    check_classes(1, LS_REPORT_EACH);
    check_classes(12, LS_REPORT_EACH);
}

static void test_values(void **state)
{
    ls_report report;
    (void)state;
    read_report(card, two_epochs, &report);
    assert_int_equal(ls_report_part_create("test", LS_REPORT_VALUES, 12, 0, &report.part[0]), LS_OK);
    report.parts = 1;
    for (int j = 0; j < 2; j++) { /* the others have no rows at all */
        double *range = ls_report_item_of(&report.part[0], LS_REPORT_RANGES) + 4 * j;
        range[1] = 10;
        range[2] = -1;
        range[3] = 2;
        ls_report_item_of(&report.part[0], LS_REPORT_CELLS)[j * LS_REPORT_GRID * LS_REPORT_GRID] = 5;
        ls_report_item_of(&report.part[0], LS_REPORT_OFF)[j * LS_REPORT_RESIDUALS + 20] = 5;
    }
    char *html = page_of(&report, 1);
    assert_non_null(strstr(html, "The first 8 outputs of 12"));
    assert_int_equal(count(html, "Residuals</figcaption>"), 2);
    free(html);
    ls_report_free(&report);
}

/* What is put comes back, the odd numbers too. */
static void test_there_and_back(void **state)
{
    ls_report_part part;
    ls_report report;
    ls_text text = {0};
    ls_json json = {.text = &text, .indent = 2};
    const double values[] = {1, 0.1, 1e-300, 2, 3.5, 1e300};
    const ls_report_norms norms = {2, 1, values};
    (void)state;
    assert_int_equal(ls_report_part_create("test", LS_REPORT_ONE, 3, 2, &part), LS_OK);
    for (int64_t i = 0; i < part.at[LS_REPORT_ITEMS]; i++)
        part.values[i] = i % 5 == 4 ? NAN : (double)i / 7;
    part.rows = 12;
    part.every = 3;
    part.used = 4;
    part.epoch = 9;
    ls_json_object_begin(&json);
    ls_report_norms_put(&json, &norms);
    ls_json_key(&json, "parts");
    ls_json_array_begin(&json);
    ls_report_part_put(&json, &part);
    ls_json_array_end(&json);
    ls_json_object_end(&json);
    read_report(ls_text_string(&text), two_epochs, &report);
    assert_int_equal(report.parts, 1);
    const ls_report_part *back = &report.part[0];
    assert_true(back->rows == 12 && back->every == 3 && back->used == 4 && back->epoch == 9 && back->layers == 2);
    for (int64_t i = 0; i < part.at[LS_REPORT_ITEMS]; i++)
        assert_true(back->values[i] == part.values[i] || (isnan(back->values[i]) && isnan(part.values[i])));
    assert_int_equal(report.norms.epochs, 2);
    assert_memory_equal(report.norms.values, values, sizeof values);
    ls_report_free(&report);
    ls_report_part_free(&part);
    ls_text_free(&text);
    assert_int_equal(ls_report_read("x", "{\"parts\": [{\"name\": \"test\", \"kind\": \"one\", \"outputs\": 3}]}",
                                    two_epochs, &report),
                     LS_ERR_DATA); /* its numbers are missing */
    assert_int_equal(
        ls_report_read("x", "{\"norms\": {\"epochs\": 2, \"layers\": 1, \"values\": [1]}}", two_epochs, &report),
        LS_ERR_DATA);
}

static void test_several(void **state)
{
    ls_report reports[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        read_report(i == 1
                        ? "{\"epochs\": 2, \"recipe\": {\"layers\": \"10 softmax\", \"seed\": \"7\", \"new\": \"x\"}}"
                        : card,
                    i == 2 ? "epoch,step,loss,learning_rate\n1,10,0.5,0.01\n" : two_epochs, &reports[i]);
        reports[i].title = i == 0 ? "first" : i == 1 ? "second" : "third";
    }
    char *html = page_of(reports, 3);
    assert_non_null(strstr(html, "<th scope=\"row\">seed</th><td>0</td><td>7</td><td>0</td>"));
    assert_non_null(strstr(html, "<th scope=\"row\">new</th>"));
    assert_null(strstr(html, "<th scope=\"row\">layers</th>")); /* they have the same */
    assert_int_equal(count(html, "class=\"line"), 6);
    assert_int_equal(count(html, "class=\"line c2\" data-name=\"third\""), 2); /* a run keeps its colour */
    free(html);
    for (int i = 0; i < 3; i++)
        ls_report_free(&reports[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_logs),           cmocka_unit_test(test_million_rows),
                                       cmocka_unit_test(test_hostile_names),  cmocka_unit_test(test_machine),
                                       cmocka_unit_test(test_classes),        cmocka_unit_test(test_values),
                                       cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_several)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

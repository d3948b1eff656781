/* log.csv: gone on with when its columns are those of the run, however long their line is, and left alone else. */
#include "io_test.h"

#include "store/runlog.h"

/* As many scores as there may be, with names of the greatest length. */
static void long_names(ls_scores *scores)
{
    memset(scores, 0, sizeof *scores);
    scores->count = LS_SCORES_MAX;
    for (int k = 0; k < scores->count; k++) {
        memset(scores->name[k], 'a' + k, sizeof scores->name[k] - 1);
        scores->value[k] = k;
    }
}

static void short_names(ls_scores *scores)
{
    memset(scores, 0, sizeof *scores);
    scores->count = 1;
    strcpy(scores->name[0], "loss");
}

static ls_status open_log(int64_t length, const ls_scores *train, const ls_scores *validation, ls_runlog *log)
{
    const ls_logmark mark = {.length = length}; /* as of a checkpoint without a digest */
    return ls_runlog_open(in_directory("log.csv"), in_directory("timing.csv"), &mark, train, validation, log);
}

/* A log of three epochs; its length after the second. */
static int64_t write_log(const ls_scores *train, const ls_scores *validation)
{
    ls_runlog log;
    int64_t second = 0;
    assert_ok(open_log(0, train, validation, &log));
    for (int i = 1; i <= 3; i++) {
        const ls_epoch epoch = {.epoch = i, .step = 10 * i, .train = *train, .validation = *validation, .seconds = 1};
        assert_ok(ls_runlog_epoch(&log, &epoch));
        if (i == 2)
            second = ls_runlog_mark(&log).length;
    }
    ls_runlog_close(&log);
    return second;
}

static void test_long_header(void **state)
{
    (void)state;
    ls_scores scores, others;
    ls_runlog log;
    size_t count;
    long_names(&scores);
    const int64_t second = write_log(&scores, &scores);
    assert_ok(open_log(second, &scores, &scores, &log));
    assert_int_equal(ls_runlog_mark(&log).length, second);
    ls_runlog_close(&log);
    unsigned char *bytes = read_bytes(in_directory("log.csv"), &count);
    assert_int_equal(count, second);
    assert_true(strcspn((const char *)bytes, "\n") > 1024);
    free(bytes);
    others = scores; /* that differ in the last column only */
    others.name[LS_SCORES_MAX - 1][0] = 'x';
    assert_fails(open_log(second, &scores, &others, &log), LS_ERR_USAGE, "this run has epoch,step,");
}

/* Other columns are refused before a byte of the log is cut off. */
static void test_refused_logs_are_left_alone(void **state)
{
    (void)state;
    ls_scores scores, none = {0};
    ls_runlog log;
    size_t before_bytes, after_bytes;
    short_names(&scores);
    const int64_t second = write_log(&scores, &none);
    unsigned char *before = read_bytes(in_directory("log.csv"), &before_bytes);
    assert_fails(open_log(second, &scores, &scores, &log), LS_ERR_USAGE,
                 "has the columns epoch,step,loss,learning_rate, this run has epoch,step,loss,val_loss,learning_rate");
    unsigned char *after = read_bytes(in_directory("log.csv"), &after_bytes);
    assert_int_equal(after_bytes, before_bytes);
    assert_memory_equal(after, before, before_bytes);
    free(before);
    free(after);
    assert_ok(open_log(second, &scores, &none, &log));
    ls_runlog_close(&log);
}

/* Columns of validation stay where it does not take place: after some epochs, and within all. */
static void test_without_validation(void **state)
{
    (void)state;
    ls_scores scores;
    ls_runlog log;
    size_t count;
    short_names(&scores);
    scores.value[0] = 0.5;
    assert_ok(open_log(0, &scores, &scores, &log));
    ls_epoch epoch = {.epoch = 1, .step = 10, .train = scores, .learning_rate = 0.25, .seconds = 1};
    const ls_step step = {.epoch = 2, .step = 15};
    epoch.validation = scores; /* as it was before, and of it nothing counts */
    epoch.validation.count = 0;
    assert_ok(ls_runlog_epoch(&log, &epoch));
    assert_ok(ls_runlog_step(&log, &step, &scores, 0.25));
    epoch.validation = scores;
    epoch.epoch = 2;
    assert_ok(ls_runlog_epoch(&log, &epoch));
    ls_runlog_close(&log);
    char *text = (char *)read_bytes(in_directory("log.csv"), &count);
    static const char expected[] = "epoch,step,loss,val_loss,learning_rate\n"
                                   "1,10,0.5,,0.25\n2,15,0.5,,0.25\n2,10,0.5,0.5,0.25\n";
    assert_int_equal(count, sizeof expected - 1);
    assert_memory_equal(text, expected, count);
    free(text);
}

/* At the end both tables are as they were written, whatever was done to them meanwhile. */
static void test_finished(void **state)
{
    (void)state;
    ls_scores scores, none = {0};
    ls_runlog log;
    size_t before_bytes, after_bytes;
    short_names(&scores);
    assert_ok(open_log(0, &scores, &none, &log));
    const ls_epoch epoch = {.epoch = 1, .step = 10, .train = scores, .seconds = 1};
    assert_ok(ls_runlog_epoch(&log, &epoch));
    static const char *const names[] = {"log.csv", "timing.csv"};
    for (int i = 0; i < ITEMS(names); i++) {
        unsigned char *before = read_bytes(in_directory(names[i]), &before_bytes);
        assert_int_equal(unlink(in_directory(names[i])), 0);
        assert_ok(ls_runlog_finish(&log));
        unsigned char *after = read_bytes(in_directory(names[i]), &after_bytes);
        assert_int_equal(after_bytes, before_bytes);
        assert_memory_equal(after, before, before_bytes);
        free(before);
        free(after);
    }
    ls_text lines = {0};
    ls_runlog_notice(&log, &lines);
    assert_non_null(strstr(ls_text_string(&lines), "log.csv: was removed meanwhile; it is made again\n"));
    assert_non_null(strstr(ls_text_string(&lines), "timing.csv: was removed meanwhile; it is made again\n"));
    ls_text_free(&lines);
    ls_runlog_close(&log);
    ls_runlog_close(&log); /* nothing is left to close */
}

/* What is read of validation, a row after the other, as text. */
static void note(void *user, int64_t step, const ls_scores *validation)
{
    ls_text *text = user;
    ls_text_printf(text, "%lld", (long long)step);
    for (int k = 0; k < validation->count; k++) {
        ls_text_printf(text, " %s=", validation->name[k]);
        ls_text_append_double(text, validation->value[k]);
    }
    ls_text_append(text, "\n");
}

static void test_validations(void **state)
{
    (void)state;
    const ls_runlog columns = {.train = {.count = 1, .name = {"loss"}},
                               .validation = {.count = 2, .name = {"loss", "accuracy"}}};
    static const char log[] = "epoch,step,loss,val_loss,val_accuracy,learning_rate\n"
                              "1,5,0.5,,,0.25\n"
                              "1,10,0.5,0.75,0.125,0.25\n"
                              "2,20,nan,nan,,0.25\n"
                              "3,30,inf,-inf,0.1,0.25\n"
                              "4,40,0.5\n"
                              "x,y,0.5,1,1,0.25\n"
                              "5,50,0.5,1e-300,0.5,0.25";
    ls_text text = {0};
    write_bytes(in_directory("read.csv"), log, sizeof log - 1);
    ls_runlog_validations(in_directory("read.csv"), &columns, note, &text);
    assert_string_equal(ls_text_string(&text), "10 loss=0.75 accuracy=0.125\n20 loss=nan\n30 loss=-inf accuracy=0.1\n"
                                               "50 loss=1e-300 accuracy=0.5\n");
    ls_text_clear(&text);
    ls_runlog_validations(in_directory("none.csv"), &columns, note, &text);
    assert_string_equal(ls_text_string(&text), "");
    ls_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_validations), cmocka_unit_test(test_long_header),
                                       cmocka_unit_test(test_without_validation),
                                       cmocka_unit_test(test_refused_logs_are_left_alone),
                                       cmocka_unit_test(test_finished)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}

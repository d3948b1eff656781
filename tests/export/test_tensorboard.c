/* TensorBoard's event files by a reader of the tests' own: frames, messages, tags and steps; gone on with, changed by
 * others, on a full disk. */
#include "io_test.h"

#include "events_reader.h"

#include "export/events.h"
#include "export/eventsteps.h"
#include "export/tensorboard.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

/* ---- what is in a folder ---- */

enum { EVENTS_MOST = 64, FILES_MOST = 8 };

typedef struct found {
    int files, count; /* event files, and their records but the first of each */
    char path[FILES_MOST][600];
    event event[EVENTS_MOST];
} found;

static double began; /* of the whole test */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void list_files(const char *folder, found *f)
{
    struct dirent *entry;
    DIR *directory = opendir(in_directory(folder));
    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL)
        if (strstr(entry->d_name, "tfevents") != NULL && f->files < FILES_MOST)
            (void)snprintf(f->path[f->files++], sizeof f->path[0], "%s/%s", in_directory(folder), entry->d_name);
    (void)closedir(directory);
    qsort(f->path, (size_t)f->files, sizeof f->path[0], by_name);
}

/* Every record of every file, in the order of the names; each file begins with its version. */
static found read_folder(const char *folder)
{
    found f = {0};
    event e;
    list_files(folder, &f);
    for (int i = 0; i < f.files; i++) {
        size_t count;
        unsigned char *bytes = read_bytes(f.path[i], &count);
        const unsigned char *at = bytes;
        assert_true(event_next(&at, &count, &e));
        assert_string_equal(e.version, "brain.Event:2");
        while (count > 0) {
            assert_true(f.count < EVENTS_MOST && event_next(&at, &count, &f.event[f.count]));
            assert_true(f.event[f.count].time >= began && f.event[f.count].time < began + 3600);
            f.count++;
        }
        free(bytes);
    }
    return f;
}

static void remove_folders(void)
{
    static const char *const folders[] = {"board/train", "board/validation"};
    for (int i = 0; i < 2; i++) {
        found f = {0};
        list_files(folders[i], &f);
        for (int k = 0; k < f.files; k++)
            (void)unlink(f.path[k]);
        (void)rmdir(in_directory(folders[i]));
    }
    (void)rmdir(in_directory("board"));
}

static void check_event(const event *e, const char *tag, int64_t step, double value)
{
    if (strcmp(e->tag, tag) != 0 || e->step != step || memcmp(&e->value, &(float){(float)value}, sizeof(float)) != 0) {
        print_error("%s of step %lld is %.9g, expected %s of step %lld, %.9g\n", e->tag, (long long)e->step,
                    (double)e->value, tag, (long long)step, value);
        fail();
    }
    assert_string_equal(e->plugin, "scalars");
    assert_int_equal(e->session, 0);
}

static void check_restart(const event *e, int64_t step)
{
    assert_int_equal(e[0].session, 1);
    assert_int_equal(e[1].session, 1);
    assert_int_equal(e[0].step, step);
    assert_int_equal(e[1].step, step);
}

/* ---- what is written ---- */

static ls_scores scores(double loss, double accuracy)
{
    return (ls_scores){.count = 2, .name = {"loss", "accuracy"}, .value = {loss, accuracy}};
}

static ls_epoch epoch(int64_t number)
{
    return (ls_epoch){.epoch = number,
                      .step = 10 * number,
                      .train = scores(1.0 / (double)number, 0.1),
                      .validation = scores(2.0 / (double)number, 0.2),
                      .learning_rate = 0.001};
}

/* With epochs behind; whether scores are to be told again. */
static ls_tensorboard *open_board(int64_t epochs, bool *again)
{
    ls_tensorboard *board;
    const ls_scores names = scores(0, 0);
    assert_ok(ls_tensorboard_open(in_directory("board"), true, &board));
    assert_ok(ls_tensorboard_begin(board, &names, &names, epochs, again));
    return board;
}

static void check_notice(ls_tensorboard *board, const char *part)
{
    ls_text lines = {0};
    ls_tensorboard_notice(board, &lines);
    if (part == NULL ? lines.length > 0 : strstr(ls_text_string(&lines), part) == NULL) {
        print_error("noticed \"%s\", expected %s\n", ls_text_string(&lines), part == NULL ? "nothing" : part);
        fail();
    }
    ls_text_free(&lines);
}

/* Records that TensorFlow 2.15 wrote when Keras trained: their messages byte for byte. */
static void test_bytes_of_tensorflow(void **state)
{
    (void)state;
    static const unsigned char first[] = "\x09\x94\xf5\xfd\x4b\x88\xc3\xda\x41\x2a\x27\x0a\x25\x0a\x0a"
                                         "epoch_loss\x42\x0a\x08\x01\x12\x00\x22\x04\x5e\x31\x2f\x3f\x4a\x0b\x0a\x09"
                                         "\x0a\x07"
                                         "scalars";
    static const unsigned char later[] =
        "\x09\x1c\xcd\xfd\x4b\x88\xc3\xda\x41\x10\x05\x2a\x3a\x0a\x38\x0a\x1d"
        "evaluation_loss_vs_iterations\x42\x0a\x08\x01\x12\x00\x22\x04\x8d\x50\x35\x3f\x4a\x0b\x0a\x09\x0a\x07"
        "scalars";
    double time;
    float value;
    ls_text records = {0};
    memcpy(&time, first + 1, sizeof time);
    memcpy(&value, first + 15 + 10 + 8, sizeof value);
    ls_events_scalar(&records, time, 0, "epoch_loss", (double)value);
    assert_int_equal(records.length, 16 + sizeof first - 1);
    assert_memory_equal(records.data + 12, first, sizeof first - 1);
    ls_text_clear(&records);
    memcpy(&time, later + 1, sizeof time);
    memcpy(&value, later + 17 + 29 + 8, sizeof value);
    ls_events_scalar(&records, time, 5, "evaluation_loss_vs_iterations", (double)value);
    assert_int_equal(records.length, 16 + sizeof later - 1);
    assert_memory_equal(records.data + 12, later, sizeof later - 1);
    ls_text_free(&records);
}

static void test_epochs(void **state)
{
    (void)state;
    bool again;
    ls_tensorboard *board = open_board(0, &again);
    assert_false(again);
    ls_epoch one = epoch(1), two = epoch(2);
    strcpy(one.train.name[one.train.count], "confusion"); /* no column */
    one.train.count++;
    one.train.value[1] = NAN;
    one.validation.value[0] = -(double)INFINITY;
    two.validation.count = 0; /* not after this epoch */
    assert_ok(ls_tensorboard_epoch(board, 10, &one));
    found f = read_folder("board/validation"); /* as the first epoch has left it */
    assert_int_equal(f.count, 4);
    check_event(&f.event[0], "evaluation_loss_vs_iterations", 10, -(double)INFINITY);
    check_event(&f.event[1], "evaluation_accuracy_vs_iterations", 10, 0.2);
    check_event(&f.event[2], "epoch_loss", 0, -(double)INFINITY);
    check_event(&f.event[3], "epoch_accuracy", 0, 0.2);
    assert_ok(ls_tensorboard_epoch(board, 20, &two));
    f = read_folder("board/validation");
    assert_int_equal(f.count, 4);
    f = read_folder("board/train");
    assert_int_equal(f.files, 1);
    assert_int_equal(f.count, 6);
    check_event(&f.event[0], "epoch_loss", 0, 1);
    check_event(&f.event[1], "epoch_accuracy", 0, NAN);
    check_event(&f.event[2], "epoch_learning_rate", 0, 0.001);
    check_event(&f.event[3], "epoch_loss", 1, 0.5);
    check_event(&f.event[4], "epoch_accuracy", 1, 0.1);
    check_event(&f.event[5], "epoch_learning_rate", 1, 0.001);
    check_notice(board, NULL);
    ls_tensorboard_close(board);
    remove_folders();
}

static void test_going_on(void **state)
{
    (void)state;
    bool again;
    const ls_scores first = scores(2, 0.2), second = scores(1, 0.2);
    const ls_epoch one = epoch(1), two = epoch(2), three = epoch(3);
    ls_tensorboard *board = open_board(0, &again);
    assert_ok(ls_tensorboard_epoch(board, 1, &one));
    assert_ok(ls_tensorboard_epoch(board, 2, &two));
    ls_tensorboard_close(board);

    board = open_board(2, &again); /* nothing is done again */
    assert_false(again);
    assert_ok(ls_tensorboard_epoch(board, 3, &three));
    ls_tensorboard_close(board);
    found f = read_folder("board/train");
    assert_int_equal(f.files, 2);
    assert_int_equal(f.count, 9);
    check_event(&f.event[6], "epoch_loss", 2, 1.0 / 3);

    board = open_board(2, &again); /* the third epoch is */
    assert_true(again);
    ls_tensorboard_again(board, 1, &first); /* counts still */
    ls_tensorboard_again(board, 2, &second);
    assert_ok(ls_tensorboard_epoch(board, 3, &three));
    ls_tensorboard_close(board);
    f = read_folder("board/train");
    assert_int_equal(f.files, 3);
    assert_int_equal(f.count, 14);
    check_restart(&f.event[9], 2);
    check_event(&f.event[11], "epoch_loss", 2, 1.0 / 3);
    f = read_folder("board/validation");
    assert_int_equal(f.count, 12 + 2 + 2 + 4);
    check_restart(&f.event[12], 2);
    check_event(&f.event[14], "evaluation_loss_vs_iterations", 2, 1);
    check_event(&f.event[16], "evaluation_loss_vs_iterations", 3, 2.0 / 3);

    board = open_board(0, &again); /* another run in the same place */
    assert_false(again);
    ls_tensorboard_close(board);
    f = read_folder("board/train");
    check_restart(&f.event[14], 0);
    remove_folders();
}

/* Readers go from name to name. */
static void test_names(void **state)
{
    (void)state;
    bool again;
    ls_tensorboard *board = open_board(0, &again);
    ls_tensorboard_close(board);
    write_bytes(in_directory("board/train/events.out.tfevents.4000000000.zzz.1.0.v2"), "", 0);
    board = open_board(0, &again);
    ls_tensorboard_close(board);
    found f = {0};
    list_files("board/train", &f);
    assert_int_equal(f.files, 3);
    assert_non_null(strstr(f.path[2], "events.out.tfevents.4000000001."));
    remove_folders();
}

static void test_changed_by_others(void **state)
{
    (void)state;
    bool again;
    const ls_epoch one = epoch(1), two = epoch(2), three = epoch(3);
    ls_tensorboard *board = open_board(0, &again);
    assert_ok(ls_tensorboard_epoch(board, 10, &one));
    found f = read_folder("board/train");
    assert_int_equal(unlink(f.path[0]), 0);
    assert_ok(ls_tensorboard_epoch(board, 20, &two));
    check_notice(board, "removed or changed by others");
    f = read_folder("board/train");
    assert_int_equal(f.files, 1);
    assert_int_equal(f.count, 3);
    check_event(&f.event[0], "epoch_loss", 1, 0.5);
    assert_int_equal(truncate(f.path[0], 24 + 16), 0); /* the version is whole */
    assert_ok(ls_tensorboard_epoch(board, 30, &three));
    check_notice(board, "removed or changed by others");
    f = read_folder("board/train");
    assert_int_equal(f.files, 2);
    assert_int_equal(f.count, 3);
    check_event(&f.event[0], "epoch_loss", 2, 1.0 / 3);
    ls_tensorboard_close(board);
    remove_folders();
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A file that takes no more stands for a full disk. */
static void test_full_disk(void **state)
{
    (void)state;
    bool again;
    const ls_epoch one = epoch(1), two = epoch(2), three = epoch(3);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    ls_tensorboard *board = open_board(0, &again);
    assert_ok(ls_tensorboard_epoch(board, 10, &one));
    limit_files(400); /* in the middle of a record of the second */
    assert_ok(ls_tensorboard_epoch(board, 20, &two));
    found f = read_folder("board/train");
    limit_files(RLIM_INFINITY);
    assert_int_equal(f.count, 3);
    check_notice(board, "wait in memory");
    limit_files(400);
    assert_ok(ls_tensorboard_epoch(board, 30, &three));
    limit_files(RLIM_INFINITY);
    check_notice(board, NULL); /* said once */
    assert_ok(ls_tensorboard_finish(board));
    check_notice(board, NULL);
    f = read_folder("board/train");
    assert_int_equal(f.files, 1);
    assert_int_equal(f.count, 9);
    check_event(&f.event[8], "epoch_learning_rate", 2, 0.001);
    ls_tensorboard_close(board);

    board = open_board(3, &again);
    limit_files(100);
    assert_ok(ls_tensorboard_epoch(board, 20, &two));
    assert_ok(ls_tensorboard_finish(board));
    limit_files(RLIM_INFINITY);
    check_notice(board, "last events are lost");
    ls_tensorboard_close(board);
    (void)signal(SIGXFSZ, before);
    remove_folders();
}

/* What lies in the folder may be anything. */
static void test_damaged(void **state)
{
    (void)state;
    bool again;
    int64_t last;
    size_t count;
    const ls_epoch one = epoch(1), two = epoch(2);
    ls_tensorboard *board = open_board(0, &again);
    assert_ok(ls_tensorboard_epoch(board, 10, &one));
    assert_ok(ls_tensorboard_epoch(board, 20, &two));
    ls_tensorboard_close(board);
    const char *folder = in_directory("board/train");
    found f = {0};
    list_files("board/train", &f);
    assert_int_equal(mkfifo(in_directory("board/train/events.out.tfevents.pipe"), 0600), 0);
    assert_ok(ls_eventsteps_last(folder, &last));
    assert_int_equal(last, 1);
    unsigned char *bytes = read_bytes(f.path[0], &count);
    for (size_t cut = 0; cut < count; cut += 3) {
        write_bytes(f.path[0], bytes, cut);
        assert_ok(ls_eventsteps_last(folder, &last));
        assert_true(last >= -1 && last <= 1);
    }
    for (int round = 0; round < fuzz_rounds(300); round++) {
        const size_t at = (size_t)(next_random() % count);
        const unsigned char before = bytes[at];
        bytes[at] = (unsigned char)next_random();
        write_bytes(f.path[0], bytes, count);
        assert_ok(ls_eventsteps_last(folder, &last));
        if (round % 4 != 0) /* damage of several rounds in some */
            bytes[at] = before;
    }
    free(bytes);
    remove_folders();
}

static void test_refused(void **state)
{
    (void)state;
    ls_tensorboard *board;
    write_bytes(in_directory("file"), "x", 1);
    assert_fails(ls_tensorboard_open(in_directory("file"), true, &board), LS_ERR_OUTPUT, "file");
    assert_fails(ls_tensorboard_open(in_directory("file/below"), true, &board), LS_ERR_OUTPUT, "file");
    if (geteuid() != 0) {
        assert_int_equal(mkdir(in_directory("closed"), 0555), 0);
        assert_fails(ls_tensorboard_open(in_directory("closed"), true, &board), LS_ERR_OUTPUT, "closed");
    }
    assert_ok(ls_tensorboard_open(in_directory("board"), true, &board)); /* and never used: no file stays */
    ls_tensorboard_close(board);
    found f = {0};
    list_files("board/train", &f);
    list_files("board/validation", &f);
    assert_int_equal(f.files, 0);
    remove_folders();
}

int main(void)
{
    began = (double)time(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_of_tensorflow),
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_going_on),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_changed_by_others),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}

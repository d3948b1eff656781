/* Logs that others lay hands on: noticed at the next row and when they are opened again, made whole from what is known
 * of them, and nothing of somebody else's written or lost. */
#include "io_test.h"

#include "base/memory.h"
#include "base/sha256.h"
#include "store/tracked.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define HEADER "epoch,loss\n"

static const char *log_path(void)
{
    return in_directory("log.csv");
}

static void expect_bytes(const char *path, const char *expected)
{
    size_t count;
    char *found = (char *)read_bytes(path, &count);
    found[count] = '\0';
    assert_string_equal(found, expected);
    free(found);
}

static void expect_notice(ls_tracked *file, const char *part)
{
    const char *found = ls_tracked_notice(file);
    if (strstr(found, part) == NULL || (part[0] == '\0' && found[0] != '\0'))
        print_error("notice \"%s\", expected \"%s\" in it\n", found, part);
    assert_true(strstr(found, part) != NULL);
    assert_true(part[0] != '\0' || found[0] == '\0');
}

static void clear(void)
{
    static const char *const names[] = {"log.csv", "log.csv.damaged", "log.csv.damaged-2", "other", "target"};
    for (int i = 0; i < ITEMS(names); i++)
        if (unlink(in_directory(names[i])) != 0)
            (void)rmdir(in_directory(names[i]));
}

static ls_tracked *begin(void)
{
    const ls_logmark none = {.length = 0};
    ls_tracked *file;
    clear();
    assert_ok(ls_tracked_open(log_path(), &none, HEADER, &file));
    assert_ok(ls_tracked_append(file, "1,0.5\n"));
    expect_notice(file, "");
    return file;
}

/* The mark as a checkpoint has it: its own copy. */
static ls_logmark keep_mark(const ls_tracked *file)
{
    ls_logmark mark = ls_tracked_mark(file);
    char *text = malloc((size_t)mark.length);
    assert_non_null(text);
    memcpy(text, mark.text, (size_t)mark.length);
    mark.text = text;
    return mark;
}

static void put(const char *name, const char *text)
{
    write_bytes(in_directory(name), text, strlen(text));
}

/* ---- while it is written ---- */

static void removed(void)
{
    assert_int_equal(unlink(log_path()), 0);
}

static void moved(void)
{
    assert_int_equal(rename(log_path(), in_directory("other")), 0);
}

static void cut(void)
{
    assert_int_equal(truncate(log_path(), 13), 0);
}

static void emptied(void)
{
    put("log.csv", "");
}

static void changed(void)
{
    FILE *file = fopen(log_path(), "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 13, SEEK_SET), 0);
    assert_int_equal(fputc('7', file), '7');
    assert_int_equal(fclose(file), 0);
}

static void longer(void)
{
    FILE *file = fopen(log_path(), "a");
    assert_non_null(file);
    assert_int_equal(fputs("a note\n", file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static void replaced(void)
{
    removed();
    put("log.csv", "epoch,loss\n1,9\n");
}

static void linked(void)
{
    removed();
    put("target", "precious");
    assert_int_equal(symlink(in_directory("target"), log_path()), 0);
}

static void piped(void)
{
    removed();
    assert_int_equal(mkfifo(log_path(), 0600), 0);
}

static void made_a_directory(void)
{
    removed();
    assert_int_equal(mkdir(log_path(), 0700), 0);
}

static void named_twice(void)
{
    assert_int_equal(link(log_path(), in_directory("other")), 0);
}

/* What is done, what is said of it while the file is open and when it is opened again, and whether what is there then
 * is put aside. */
static const struct deed {
    void (*act)(void);
    const char *says, *says_later;
    bool aside, aside_later;
} deeds[] = {
    {removed, "was removed meanwhile; it is made again", "is not there; made again from what the checkpoint has", false,
     false},
    {moved, "was removed meanwhile; it is made again", "is not there; made again", false, false},
    {cut, "was cut short meanwhile; it is made again", "has 13 bytes, expected at least 17", false, false},
    {emptied, "was cut short meanwhile", "has 0 bytes, expected at least 17", false, false},
    {changed, "was changed meanwhile; what was there is now", "is not as it was written; what was there is now", true,
     true},
    {longer, "has more in it than was written", "", true, false}, /* later: rows of steps that are done again */
    {replaced, "was replaced meanwhile; what was there is now", "has 15 bytes", true, true},
    {linked, "is a symbolic link meanwhile", "is a symbolic link; what was there", true, true},
    {piped, "is a named pipe meanwhile", "is a named pipe; what was there", true, true},
    {made_a_directory, "is a directory meanwhile", "is a directory; what was there", true, true},
    {named_twice, "", "", false, false},
};

static void expect_others_untouched(const struct deed *d)
{
    if (d->act == linked)
        expect_bytes(in_directory("target"), "precious");
    if (d->act == named_twice || d->act == moved)
        expect_bytes(in_directory("other"), HEADER "1,0.5\n");
}

static void test_noticed_at_the_next_row(void **state)
{
    (void)state;
    for (int i = 0; i < ITEMS(deeds); i++) {
        ls_tracked *file = begin();
        deeds[i].act();
        assert_ok(ls_tracked_append(file, "2,0.25\n"));
        expect_notice(file, deeds[i].says);
        assert_ok(ls_tracked_append(file, "3,0.125\n"));
        expect_notice(file, "");
        assert_ok(ls_tracked_finish(file));
        expect_bytes(log_path(), HEADER "1,0.5\n2,0.25\n3,0.125\n");
        assert_int_equal(count_names("log.csv.damaged"), deeds[i].aside);
        expect_others_untouched(&deeds[i]);
        ls_tracked_close(file);
    }
}

static void test_noticed_when_opened(void **state)
{
    (void)state;
    for (int i = 0; i < ITEMS(deeds); i++) {
        ls_tracked *file = begin();
        const ls_logmark mark = keep_mark(file);
        ls_tracked_close(file);
        deeds[i].act();
        assert_ok(ls_tracked_open(log_path(), &mark, HEADER, &file));
        expect_notice(file, deeds[i].says_later);
        assert_ok(ls_tracked_append(file, "2,0.25\n"));
        expect_bytes(log_path(), HEADER "1,0.5\n2,0.25\n");
        assert_ok(ls_tracked_finish(file)); /* which looks at every byte */
        expect_notice(file, "");
        assert_int_equal(count_names("log.csv.damaged"), deeds[i].aside_later);
        expect_others_untouched(&deeds[i]);
        ls_tracked_close(file);
        free(mark.text);
    }
}

/* Without its text, from an older checkpoint or of a long log, it is begun again, and what was there stays beside it.
 */
static void test_begun_again(void **state)
{
    (void)state;
    ls_tracked *file = begin();
    ls_logmark mark = ls_tracked_mark(file);
    mark.text = NULL;
    ls_tracked_close(file);
    changed();
    assert_ok(ls_tracked_open(log_path(), &mark, HEADER, &file));
    expect_notice(file, "begun again, with the rows from the checkpoint on");
    assert_ok(ls_tracked_append(file, "2,0.25\n"));
    expect_bytes(log_path(), HEADER "2,0.25\n");
    expect_bytes(in_directory("log.csv.damaged"), HEADER "1,7.5\n");
    ls_tracked_close(file);
    changed(); /* again: the first one stays */
    mark.length = 17;
    assert_ok(ls_tracked_open(log_path(), &mark, HEADER, &file));
    expect_bytes(in_directory("log.csv.damaged"), HEADER "1,7.5\n");
    expect_bytes(in_directory("log.csv.damaged-2"), HEADER "2,7.25\n");
    ls_tracked_close(file);
    /* an older checkpoint knows the length alone: at least a row ends there */
    ls_tracked_close(begin());
    mark = (ls_logmark){.length = 17};
    assert_ok(ls_tracked_open(log_path(), &mark, HEADER, &file));
    expect_notice(file, "");
    ls_tracked_close(file);
    mark.length = 16;
    assert_ok(ls_tracked_open(log_path(), &mark, HEADER, &file));
    expect_notice(file, "is not as it was written");
    ls_tracked_close(file);
}

/* A file of that name that is no log of ours is not written over; one that a start without a checkpoint left is. */
static void test_begun_over_another(void **state)
{
    (void)state;
    const ls_logmark none = {.length = 0};
    ls_tracked *file;
    clear();
    put("log.csv", "my notes");
    assert_ok(ls_tracked_open(log_path(), &none, HEADER, &file));
    expect_notice(file, "is no log of this run; what was there is now");
    expect_bytes(log_path(), HEADER);
    expect_bytes(in_directory("log.csv.damaged"), "my notes");
    ls_tracked_close(file);
    clear();
    put("log.csv", HEADER "1,0.5\n");
    assert_ok(ls_tracked_open(log_path(), &none, HEADER, &file));
    expect_notice(file, "");
    expect_bytes(log_path(), HEADER);
    assert_int_equal(count_names("damaged"), 0);
    ls_tracked_close(file);
}

/* Behind whatever is there, as of timing.csv: up to its last whole row. */
static void test_gone_on_with(void **state)
{
    (void)state;
    ls_tracked *file;
    clear();
    put("log.csv", "older,header\n1,2\n3,");
    assert_ok(ls_tracked_open(log_path(), NULL, HEADER, &file));
    assert_ok(ls_tracked_append(file, "3,4\n"));
    expect_bytes(log_path(), "older,header\n1,2\n3,4\n");
    assert_ok(ls_tracked_finish(file));
    expect_notice(file, "");
    ls_tracked_close(file);
    clear();
    assert_ok(ls_tracked_open(log_path(), NULL, HEADER, &file));
    expect_bytes(log_path(), HEADER);
    ls_tracked_close(file);
}

/* ---- long ones ---- */

static ls_tracked *begin_long(ls_sha256 *hash)
{
    char row[1001];
    ls_tracked *file = begin();
    memset(row, 'x', sizeof row - 1);
    row[sizeof row - 2] = '\n';
    row[sizeof row - 1] = '\0';
    ls_sha256_start(hash);
    ls_sha256_update(hash, HEADER "1,0.5\n", 17);
    for (int i = 0; i < 1100; i++) {
        assert_ok(ls_tracked_append(file, row));
        ls_sha256_update(hash, row, sizeof row - 1);
    }
    return file;
}

static void test_long(void **state)
{
    (void)state;
    ls_sha256 hash;
    uint8_t digest[32];
    size_t count;
    ls_tracked *file = begin_long(&hash);
    ls_logmark mark = ls_tracked_mark(file);
    assert_null(mark.text);
    assert_int_equal(mark.length, 1100017);
    ls_sha256_finish(&hash, digest);
    assert_memory_equal(mark.digest, digest, sizeof digest);
    removed(); /* the open file still has it */
    assert_ok(ls_tracked_append(file, "2,0.25\n"));
    expect_notice(file, "was removed meanwhile; it is made again");
    char *bytes = (char *)read_bytes(log_path(), &count);
    assert_int_equal(count, 1100024);
    assert_memory_equal(bytes + 1100017, "2,0.25\n", 7);
    free(bytes);
    changed(); /* what is so long is read at the end, not at each row */
    assert_ok(ls_tracked_append(file, "2,0.5\n"));
    expect_notice(file, "");
    assert_ok(ls_tracked_finish(file));
    expect_notice(file, "was changed meanwhile; what was there is now");
    ls_tracked_close(file);
    file = begin_long(&hash);
    mark = ls_tracked_mark(file);
    ls_tracked_close(file);
    assert_ok(ls_tracked_open(log_path(), &mark, HEADER, &file));
    expect_notice(file, "");
    assert_ok(ls_tracked_append(file, "3,0.125\n"));
    cut(); /* and now nothing has it */
    assert_ok(ls_tracked_append(file, "4,0.5\n"));
    expect_notice(file, "the rows before are lost, and it is begun again");
    expect_bytes(log_path(), HEADER "4,0.5\n");
    expect_bytes(in_directory("log.csv.damaged"), HEADER "1,");
    ls_tracked_close(file);
}

/* ---- a disk that is full ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_rows_wait(void **state)
{
    (void)state;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    ls_tracked *file = begin();
    limit_files(20); /* in the middle of a row, of which nothing stays */
    assert_ok(ls_tracked_append(file, "2,0.25\n"));
    const char *said = ls_tracked_notice(file);
    assert_non_null(strstr(said, "cannot be written: File too large: it would exceed the limit"));
    assert_non_null(strstr(said, "; its rows wait in memory"));
    assert_ok(ls_tracked_append(file, "3,0.125\n"));
    const ls_logmark mark = ls_tracked_mark(file);
    const ls_status end = ls_tracked_finish(file);
    limit_files(RLIM_INFINITY);
    assert_int_equal(end, LS_ERR_OUTPUT);
    expect_notice(file, ""); /* once */
    expect_bytes(log_path(), HEADER "1,0.5\n");
    assert_int_equal(mark.length, 32); /* what waits belongs to it */
    assert_memory_equal(mark.text, HEADER "1,0.5\n2,0.25\n3,0.125\n", 32);
    assert_ok(ls_tracked_append(file, "4,0.5\n"));
    expect_bytes(log_path(), HEADER "1,0.5\n2,0.25\n3,0.125\n4,0.5\n");
    assert_ok(ls_tracked_finish(file));
    ls_tracked_close(file);
    (void)signal(SIGXFSZ, handler);
}

/* ---- a disk that takes little at a time ---- */

ssize_t __real_pwrite(int fd, const void *bytes, size_t count, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t count, off_t at);

static enum { WILLING, SPARING, UNWILLING, UNCUT } disk;

/* The linker puts it in front of the system's (--wrap). Sparing: three bytes, and those at the second call only. */
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    static int calls;
    errno = EINTR;
    if (disk == UNWILLING)
        return 0;
    if (disk != SPARING)
        return __real_pwrite(fd, bytes, count, at);
    return calls++ % 2 == 0 ? -1 : __real_pwrite(fd, bytes, count < 3 ? count : 3, at);
}

int __real_ftruncate(int fd, off_t length);
int __wrap_ftruncate(int fd, off_t length);

int __wrap_ftruncate(int fd, off_t length)
{
    errno = EIO;
    return disk == UNCUT ? -1 : __real_ftruncate(fd, length);
}

/* Rows behind the mark cannot be cut off: it is made anew with those before, however many they are. */
static void test_not_cut(void **state)
{
    (void)state;
    for (int is_long = 0; is_long < 2; is_long++) {
        ls_sha256 hash;
        size_t count;
        ls_tracked *file = is_long ? begin_long(&hash) : begin();
        ls_logmark mark = ls_tracked_mark(file);
        const int64_t length = mark.length;
        mark.text = NULL;
        assert_ok(ls_tracked_append(file, "2,0.25\n"));
        ls_tracked_close(file);
        disk = UNCUT;
        assert_ok(ls_tracked_open(log_path(), &mark, HEADER, &file));
        disk = WILLING;
        assert_ok(ls_tracked_append(file, "3,0.125\n"));
        expect_notice(file, "");
        unsigned char *bytes = read_bytes(log_path(), &count);
        assert_int_equal(count, length + 8);
        assert_memory_equal(bytes, HEADER "1,0.5\n", 17);
        assert_memory_equal(bytes + length, "3,0.125\n", 8);
        free(bytes);
        assert_int_equal(count_names("damaged"), 0);
        ls_tracked_close(file);
    }
}

static void test_bit_by_bit(void **state)
{
    (void)state;
    disk = SPARING;
    ls_tracked *file = begin();
    assert_ok(ls_tracked_append(file, "2,0.25\n"));
    disk = UNWILLING;
    assert_ok(ls_tracked_append(file, "3,0.125\n"));
    disk = WILLING;
    expect_notice(file, "log.csv: cannot be written: nothing is accepted; its rows wait in memory");
    expect_bytes(log_path(), HEADER "1,0.5\n2,0.25\n");
    assert_ok(ls_tracked_append(file, "4,0.5\n"));
    expect_bytes(log_path(), HEADER "1,0.5\n2,0.25\n3,0.125\n4,0.5\n");
    expect_notice(file, "");
    ls_tracked_close(file);
}

static void test_refused(void **state)
{
    (void)state;
    const ls_logmark none = {.length = 0};
    ls_tracked *file;
    assert_fails(ls_tracked_open(in_directory("no/log.csv"), &none, HEADER, &file), LS_ERR_OUTPUT,
                 "No such file or directory");
    assert_null(file);
    ls_tracked_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noticed_at_the_next_row),
        cmocka_unit_test(test_noticed_when_opened),
        cmocka_unit_test(test_begun_again),
        cmocka_unit_test(test_begun_over_another),
        cmocka_unit_test(test_gone_on_with),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_rows_wait),
        cmocka_unit_test(test_bit_by_bit),
        cmocka_unit_test(test_not_cut),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}

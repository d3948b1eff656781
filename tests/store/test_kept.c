/* Which checkpoints are kept, what is not counted and never removed, and room that is kept for the model. */
#include "io_test.h"

#include "base/memory.h"
#include "files/directory.h"
#include "files/path.h"
#include "files/temporary.h"
#include "store/kept.h"
#include "store/reserve.h"
#include "store/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static ls_rundir directory;
static int judged;

/* A file says itself what it is. */
static ls_verdict judge(void *user, const char *path)
{
    size_t count;
    (void)user;
    judged++;
    char *bytes = (char *)read_bytes(path, &count);
    const ls_verdict verdict = count == 0        ? LS_VERDICT_DAMAGED
                               : bytes[0] == 'g' ? LS_VERDICT_GOOD
                               : bytes[0] == 'f' ? LS_VERDICT_FOREIGN
                                                 : LS_VERDICT_DAMAGED;
    (void)ls_fail(LS_ERR_OUTPUT, "%s is no good", path);
    free(bytes);
    return verdict;
}

static const char *place(const char *name)
{
    static char path[5000];
    snprintf(path, sizeof path, "%s/%s", directory.checkpoints, name);
    return path;
}

static void put(const char *name, const char *text)
{
    write_bytes(place(name), text, strlen(text));
}

static int setup(void **state)
{
    bool holds_run;
    const ls_inputs none = {0};
    if (directory_setup(state) != 0)
        return 1;
    assert_ok(ls_rundir_open(in_directory("run"), "", LS_RUNDIR_NEW, &none, &directory, &holds_run));
    return 0;
}

static void remove_checkpoints(void)
{
    char command[5000];
    snprintf(command, sizeof command, "rm -rf '%s'/*", directory.checkpoints);
    assert_int_equal(system(command), 0);
}

static int teardown(void **state)
{
    remove_checkpoints();
    ls_rundir_close(&directory);
    (void)unlink(in_directory("run/.lock"));
    (void)rmdir(in_directory("run/checkpoints"));
    return directory_teardown(state);
}

/* The names in checkpoints, sorted, with blanks between. */
static const char *names(void)
{
    static char text[4096];
    char command[5000];
    snprintf(command, sizeof command, "LC_ALL=C ls '%s' | tr '\\n' ' '", directory.checkpoints);
    FILE *list = popen(command, "r");
    assert_non_null(list);
    const size_t count = fread(text, 1, sizeof text - 1, list);
    text[count] = '\0';
    assert_int_equal(pclose(list), 0);
    return text;
}

static void prune(ls_kept *kept, int64_t keep, const char *says)
{
    ls_text notice = {0};
    assert_ok(ls_kept_prune(kept, &directory, keep, judge, NULL, &notice));
    if (says[0])
        assert_non_null(strstr(ls_text_string(&notice), says));
    else
        assert_string_equal(ls_text_string(&notice), "");
    ls_text_free(&notice);
}

static void test_only_good_ones_count(void **state)
{
    (void)state;
    ls_kept kept = {0};
    remove_checkpoints();
    put("step-000000000001.h5", "good");
    put("step-000000000002.h5", "good");
    put("step-000000000003.h5", "damaged");
    put("step-000000000004.h5", "good");
    put("step-000000000005.h5", "foreign");
    put("step-000000000006.h5", "good");
    put("step-best.h5", "good"); /* a copy: its name is none of ours */
    put("step-7.h5", "good");
    put("step-0000000000008.h5", "good");
    put("step-000000000009.h5.bak.h5", "good");
    put("step-000000000099.h5.damaged", "good");
    assert_int_equal(symlink("step-000000000006.h5", place("step-000000000010.h5")), 0);
    judged = 0;
    prune(&kept, 1, "step-000000000003.h5 is no good; it stays");
    assert_string_equal(names(), "step-0000000000008.h5 step-000000000003.h5 step-000000000004.h5 "
                                 "step-000000000005.h5 step-000000000006.h5 step-000000000009.h5.bak.h5 "
                                 "step-000000000010.h5 step-000000000099.h5.damaged step-7.h5 step-best.h5 ");
    assert_int_equal(judged, 6);
    prune(&kept, 2, ""); /* nothing is read, or said, twice */
    assert_int_equal(judged, 6);
    put("step-000000000004.h5", "damaged since"); /* what has changed is */
    put("step-000000000002.h5", "good");
    prune(&kept, 2, "step-000000000004.h5 is no good");
    assert_true(ls_path_exists(place("step-000000000002.h5")));
    put("step-000000000011.h5", "good");
    ls_kept_note(&kept, place("step-000000000011.h5"), LS_VERDICT_GOOD); /* as the run does that has written it */
    judged = 0;
    prune(&kept, 2, "");
    assert_int_equal(judged, 0);
    assert_false(ls_path_exists(place("step-000000000002.h5")));
    ls_kept_free(&kept);
}

/* For want of room the oldest go, one at a time; the newest good one never does, whatever lies above it. */
/* As long as before, and written in the same second or at the same part of another: it is another file. */
static void test_as_long_as_before(void **state)
{
    static const struct timespec times[] = {{1000, 500}, {1000, 501}, {1001, 501}, {1001, 501}};
    (void)state;
    ls_kept kept = {0};
    remove_checkpoints();
    for (int i = 0; i < ITEMS(times); i++) {
        const struct timespec both[2] = {times[i], times[i]};
        const bool same = i == 3;
        put("step-000000000001.h5", "good");
        assert_int_equal(utimensat(AT_FDCWD, place("step-000000000001.h5"), both, 0), 0);
        judged = 0;
        prune(&kept, 2, "");
        assert_int_equal(judged, !same);
    }
    ls_kept_free(&kept);
}

static void test_room(void **state)
{
    (void)state;
    ls_kept kept = {0};
    ls_text notice = {0};
    remove_checkpoints();
    put("step-000000000001.h5", "good");
    put("step-000000000002.h5", "good");
    put("step-000000000003.h5", "good");
    put("step-000000000004.h5", "damaged");
    assert_true(ls_kept_has_good(&kept, &directory, judge, NULL, &notice));
    assert_true(ls_kept_give_up_one(&kept, &directory, judge, NULL, &notice));
    assert_non_null(strstr(ls_text_string(&notice), "step-000000000001.h5 was removed"));
    assert_string_equal(names(), "step-000000000002.h5 step-000000000003.h5 step-000000000004.h5 ");
    assert_true(ls_kept_give_up_one(&kept, &directory, judge, NULL, &notice));
    assert_false(ls_kept_give_up_one(&kept, &directory, judge, NULL, &notice));
    assert_string_equal(names(), "step-000000000003.h5 step-000000000004.h5 ");
    assert_int_equal(unlink(place("step-000000000003.h5")), 0);
    assert_false(ls_kept_has_good(&kept, &directory, judge, NULL, &notice));
    ls_text_free(&notice);
    ls_kept_free(&kept);
}

static void test_in_the_way(void **state)
{
    (void)state;
    ls_kept kept = {0};
    ls_text notice = {0};
    remove_checkpoints();
    put("step-000000000001.h5", "foreign");
    put("step-000000000001.h5.foreign", "an older one");
    put("step-000000000002.h5", "damaged");
    put("step-000000000003.h5", "good");
    assert_int_equal(mkdir(place("step-000000000004.h5"), 0700), 0);
    for (int i = 1; i <= 5; i++) {
        char path[4200];
        ls_rundir_checkpoint(&directory, i, path);
        ls_kept_step_aside(&kept, path, judge, NULL, &notice);
    }
    assert_string_equal(names(), "step-000000000001.h5.foreign step-000000000001.h5.foreign-2 step-000000000002.h5 "
                                 "step-000000000003.h5 step-000000000004.h5.foreign ");
    assert_non_null(strstr(ls_text_string(&notice), "step-000000000001.h5.foreign-2"));
    ls_text_free(&notice);
    ls_kept_free(&kept);
}

/* Taken for damaged when it could not be read, and somebody's all the same. */
static void test_unreadable_in_the_way(void **state)
{
    (void)state;
    ls_kept kept = {0};
    ls_text notice = {0};
    char path[4200];
    remove_checkpoints();
    put("step-000000000001.h5", "foreign");
    ls_rundir_checkpoint(&directory, 1, path);
    ls_kept_note(&kept, path, LS_VERDICT_DAMAGED);
    ls_kept_step_aside(&kept, path, judge, NULL, &notice);
    assert_string_equal(names(), "step-000000000001.h5.foreign ");
    ls_text_free(&notice);
    ls_kept_free(&kept);
}

/* Newest first, ours before others; by number, also where numbers have more digits than the usual. */
static void test_order(void **state)
{
    (void)state;
    static const char *const expected[] = {"step-1000000000000.h5", "step-999999999999.h5", "step-000000000002.h5",
                                           "step-best.h5", "step-2.h5"};
    char **paths;
    int count;
    remove_checkpoints();
    for (int i = 0; i < ITEMS(expected); i++)
        put(expected[i], "good");
    put("checkpoint.h5", "");
    assert_ok(ls_rundir_list(directory.path, &paths, &count));
    assert_int_equal(count, ITEMS(expected));
    for (int i = 0; i < count; i++)
        assert_string_equal(paths[i], place(expected[i]));
    ls_memory_free(paths);
}

/* ---- room for the model ---- */

static void test_reserve(void **state)
{
    (void)state;
    struct stat info;
    ls_reserve reserve, other;
    assert_ok(ls_reserve_make(&reserve, test_directory, 1 << 20));
    if (reserve.fd < 0)
        skip(); /* a file system that keeps no room */
    assert_int_equal(stat(reserve.path, &info), 0);
    assert_true(info.st_blocks * 512 >= 1 << 20);
    close(reserve.fd); /* as when it is killed: the next one takes its place */
    assert_ok(ls_reserve_make(&other, test_directory, 5000));
    assert_string_equal(reserve.path, other.path);
    assert_int_equal(stat(other.path, &info), 0);
    assert_true(info.st_size == 5000);
    ls_reserve_release(&other);
    ls_reserve_release(&other);
    assert_false(ls_path_exists(other.path));
}

/* After a power failure there may be other bytes in it, or none. */
static void test_reserve_without_bytes(void **state)
{
    (void)state;
    ls_reserve reserve;
    assert_ok(ls_reserve_make(&reserve, test_directory, 5000));
    if (reserve.fd < 0)
        skip();
    assert_int_equal(ftruncate(reserve.fd, 0), 0);
    close(reserve.fd);
    assert_ok(ls_sealed_clean(test_directory));
    assert_false(ls_path_exists(reserve.path));
    write_bytes(in_directory(".reserve"), "somebody's", 10);
    assert_ok(ls_sealed_clean(test_directory));
    assert_true(ls_path_exists(in_directory(".reserve")));
    assert_int_equal(unlink(in_directory(".reserve")), 0);
}

/* Killed before the words that say what it is are in it: the next run has its room all the same. */
static void test_reserve_killed(void **state)
{
    (void)state;
    ls_reserve reserve;
    int how;
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)setrlimit(RLIMIT_FSIZE, &none);
        (void)signal(SIGXFSZ, SIG_DFL);
        (void)ls_reserve_make(&reserve, test_directory, 5000);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_ok(ls_sealed_clean(test_directory));
    char **names;
    int count;
    assert_ok(ls_directory_list(test_directory, ".reserve", "", &names, &count));
    assert_int_equal(count, 0);
    ls_memory_free(names);
}

static int no_room;

int __real_fallocate(int fd, int mode, off_t at, off_t count);
int __wrap_fallocate(int fd, int mode, off_t at, off_t count);

int __wrap_fallocate(int fd, int mode, off_t at, off_t count)
{
    errno = no_room;
    return no_room != 0 ? -1 : __real_fallocate(fd, mode, at, count);
}

/* Want of room is told; that a file system keeps none is not. */
static void test_no_room_for_the_reserve(void **state)
{
    static const int told[] = {ENOSPC, EDQUOT}, untold[] = {EOPNOTSUPP, ENOSYS};
    (void)state;
    ls_reserve reserve;
    for (int i = 0; i < ITEMS(told); i++) {
        no_room = told[i];
        assert_fails(ls_reserve_make(&reserve, test_directory, 5000), LS_ERR_OUTPUT,
                     "there is no room for the model, which takes some 5000 bytes");
        assert_true(reserve.fd < 0);
        no_room = untold[i];
        assert_ok(ls_reserve_make(&reserve, test_directory, 5000));
        assert_true(reserve.fd < 0);
    }
    no_room = 0;
    assert_int_equal(count_names("reserve"), 0);
}

static bool no_removal;

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

int __wrap_unlink(const char *path)
{
    errno = EROFS;
    return no_removal && strstr(path, "step-") != NULL ? -1 : __real_unlink(path);
}

/* An old run's checkpoint would be in the way of the new run's. */
static void test_overwrite(void **state)
{
    (void)state;
    ls_rundir old;
    char path[4200];
    bool holds_run;
    static const ls_inputs none;
    assert_ok(ls_rundir_open(in_directory("old"), "", LS_RUNDIR_NEW, &none, &old, &holds_run));
    ls_rundir_checkpoint(&old, 5, path);
    write_bytes(path, "good", 4);
    ls_rundir_close(&old);
    no_removal = true;
    const ls_status status = ls_rundir_open(in_directory("old"), "", LS_RUNDIR_OVERWRITE, &none, &old, &holds_run);
    no_removal = false;
    assert_int_equal(status, LS_ERR_OUTPUT);
    assert_non_null(strstr(ls_error_message(), "step-000000000005.h5: cannot be removed for --overwrite"));
    assert_ok(ls_rundir_open(in_directory("old"), "", LS_RUNDIR_OVERWRITE, &none, &old, &holds_run));
    assert_false(ls_path_exists(path));
    ls_rundir_close(&old);
    assert_int_equal(unlink(in_directory("old/.lock")), 0);
    assert_int_equal(rmdir(in_directory("old/checkpoints")), 0);
    assert_int_equal(rmdir(in_directory("old")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_good_ones_count),
        cmocka_unit_test(test_as_long_as_before),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_in_the_way),
        cmocka_unit_test(test_unreadable_in_the_way),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_reserve_killed),
        cmocka_unit_test(test_no_room_for_the_reserve),
        cmocka_unit_test(test_overwrite),
        cmocka_unit_test(test_reserve_without_bytes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

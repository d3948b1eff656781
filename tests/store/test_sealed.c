/* Sealed files: a file that is not exactly as it was written is told apart, and a failed write leaves the old
 * one. */
#include "io_test.h"

#include "base/memory.h"
#include "files/path.h"
#include "files/temporary.h"
#include "store/sealed.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const int64_t shape[1] = {50};

static ls_status write_sealed(const char *path, float value)
{
    ls_sealed sealed;
    float values[50];
    for (int i = 0; i < 50; i++)
        values[i] = value;
    ls_status status = ls_sealed_create(path, &sealed);
    if (status == LS_OK)
        status = ls_h5_write_float(sealed.file, "/v", 1, shape, values);
    if (status == LS_OK)
        status = ls_sealed_commit(&sealed);
    ls_sealed_abandon(&sealed);
    return status;
}

static float read_sealed(const char *path)
{
    ls_h5_file *file;
    float values[50];
    assert_ok(ls_sealed_verify(path));
    assert_ok(ls_h5_open(path, &file));
    assert_ok(ls_h5_read_float(file, "/v", 0, 50, values));
    ls_h5_close(file);
    return values[49];
}

static void test_round_trip(void **state)
{
    (void)state;
    const char *path = in_directory("round.h5");
    struct stat info;
    mode_t mask = umask(027);
    assert_ok(write_sealed(path, 1.5f));
    (void)umask(mask);
    assert_true(ls_sealed_is(path));
    assert_near(read_sealed(path), 1.5, 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_ok(write_sealed(path, 2.5f)); /* replaces */
    assert_near(read_sealed(path), 2.5, 0);
    assert_int_equal(count_names("tmp"), 0);
    size_t count;
    unsigned char *bytes = read_bytes(path, &count);
    assert_memory_equal(bytes, "LOCKSTEP\1\0\0\0\0\0\0\0", 16);
    assert_int_equal(bytes[16] | bytes[17] << 8 | bytes[18] << 16, count);
    free(bytes);
}

static void test_relative_and_long_names(void **state)
{
    (void)state;
    char name[256], long_path[600], before[600];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(test_directory), 0);
    assert_ok(write_sealed("relative.h5", 3));
    assert_near(read_sealed("relative.h5"), 3, 0);
    assert_int_equal(chdir(before), 0);
    memset(name, 'n', 255);
    name[255] = '\0';
    (void)snprintf(long_path, sizeof long_path, "%s/%s", test_directory, name);
    assert_ok(write_sealed(long_path, 4));
    assert_near(read_sealed(long_path), 4, 0);
}

static void test_every_flipped_bit_is_found(void **state)
{
    (void)state;
    const char *path = in_directory("flip.h5");
    size_t count;
    assert_ok(write_sealed(path, 1));
    unsigned char *bytes = read_bytes(path, &count);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    for (size_t i = 0; i < count; i++) {
        unsigned char changed = bytes[i] ^ (unsigned char)(1u << (i % 8));
        assert_int_equal(pwrite(fd, &changed, 1, (off_t)i), 1);
        ls_status status = ls_sealed_verify(path);
        if (status != LS_ERR_OUTPUT)
            print_error("byte %zu of %zu\n", i, count);
        assert_int_equal(status, LS_ERR_OUTPUT);
        assert_non_null(strstr(ls_error_message(), "damaged"));
        assert_true(ls_sealed_is(path));
        assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
    }
    assert_ok(ls_sealed_verify(path));
    (void)close(fd);
    free(bytes);
}

static void test_every_length_is_checked(void **state)
{
    (void)state;
    const char *path = in_directory("cut.h5");
    size_t count;
    assert_ok(write_sealed(path, 1));
    unsigned char *bytes = read_bytes(path, &count);
    for (size_t length = count; length-- > 0;) {
        assert_int_equal(truncate(path, (off_t)length), 0);
        assert_fails(ls_sealed_verify(path), LS_ERR_OUTPUT, length == 0 ? "is empty" : "shorter than it was written");
    }
    write_bytes(path, bytes, count - 3);
    char says[100];
    (void)snprintf(says, sizeof says, "%zu bytes found, expected %zu", count - 3, count);
    assert_fails(ls_sealed_verify(path), LS_ERR_OUTPUT, says);
    unsigned char *longer = calloc(1, count + 1);
    memcpy(longer, bytes, count);
    write_bytes(path, longer, count + 1);
    assert_fails(ls_sealed_verify(path), LS_ERR_OUTPUT, "longer than it was written");
    free(longer);
    free(bytes);
}

static void test_other_files(void **state)
{
    (void)state;
    assert_fails(ls_sealed_verify(in_directory("none.h5")), LS_ERR_OUTPUT, "No such file");
    assert_false(ls_sealed_is(in_directory("none.h5")));
    assert_fails(ls_sealed_verify(LS_TEST_DATA "/digits.h5"), LS_ERR_OUTPUT, "not a sealed file");
    assert_false(ls_sealed_is(LS_TEST_DATA "/digits.h5"));
    assert_fails(ls_sealed_verify(test_directory), LS_ERR_OUTPUT, "not a regular file");
    assert_int_equal(mkfifo(in_directory("pipe"), 0600), 0); /* which nobody writes into */
    assert_false(ls_sealed_is(in_directory("pipe")));
    assert_false(ls_sealed_is_newer(in_directory("pipe")));
    assert_fails(ls_sealed_verify(in_directory("pipe")), LS_ERR_OUTPUT, "not a regular file");
    write_bytes(in_directory("short"), "LOCKSTEP", 8);
    assert_true(ls_sealed_is(in_directory("short")));
    assert_fails(ls_sealed_verify(in_directory("short")), LS_ERR_OUTPUT, "shorter");
}

/* A file of ours is known by more than its first eight bytes. */
static void test_lost_block(void **state)
{
    (void)state;
    const char *path = in_directory("lost.h5");
    const float value = 1;
    ls_sealed sealed;
    size_t count;
    assert_ok(ls_sealed_create(path, &sealed));
    assert_ok(ls_h5_write_float(sealed.file, "/model_weights/v", 0, NULL, &value));
    assert_ok(ls_h5_make_group(sealed.file, "/lockstep"));
    assert_ok(ls_sealed_commit(&sealed));
    unsigned char *bytes = read_bytes(path, &count), *whole = read_bytes(path, &count);
    static const struct {
        int first, end; /* bytes that become others */
        int fill;       /* -1: as random ones */
    } damage[] = {{0, 8, -1},   {0, 8, 0},   {0, 56, 'x'}, {4, 512, 255},
                  {4, 512, -1}, {0, 512, 0}, {0, 512, -1}, {0, 520, 0}};
    for (int d = 0; d < ITEMS(damage); d++) {
        memcpy(bytes, whole, count);
        for (int i = damage[d].first; i < damage[d].end; i++)
            bytes[i] = damage[d].fill < 0 ? (unsigned char)next_random() : (unsigned char)damage[d].fill;
        write_bytes(path, bytes, count);
        assert_true(ls_sealed_is(path));
        assert_fails(ls_sealed_verify(path), LS_ERR_OUTPUT, "is damaged: its first 512 bytes are not as they were");
    }
    /* and cut in its block, so that neither the block's hash nor what is behind it tells: by half of the eight */
    memcpy(bytes, "LOCKxxxx", 8);
    memcpy(bytes + 8, whole + 8, 192);
    write_bytes(path, bytes, 200);
    assert_true(ls_sealed_is(path));
    memcpy(bytes, "LOCxxxxx", 8);
    write_bytes(path, bytes, 200);
    assert_false(ls_sealed_is(path));
    memcpy(bytes, whole, count);
    memcpy(bytes, whole + 512, 8); /* the beginning of another file */
    write_bytes(path, bytes, count);
    assert_true(ls_sealed_is(path));
    write_bytes(path, "LOCKX", 5);
    assert_false(ls_sealed_is(path));
    write_bytes(path, "LOCKED,a,b\n1,2,3\n", 17); /* a table */
    assert_false(ls_sealed_is(path));
    write_bytes(path, whole + 512, count - 512); /* without a block: something else wrote this */
    assert_false(ls_sealed_is(path));
    assert_fails(ls_sealed_verify(path), LS_ERR_OUTPUT, "is not a sealed file");
    memset(whole, 'x', 512);
    memcpy(whole, "PK\3\4", 4); /* an archive with such a file in it, as Keras' own are */
    write_bytes(path, whole, count);
    assert_false(ls_sealed_is(path));
    free(whole);
    free(bytes);
}

/* Two halves of good files are no good file: the second half of another one with the same length. */
static void test_spliced(void **state)
{
    (void)state;
    size_t count, other_count;
    assert_ok(write_sealed(in_directory("one.h5"), 1));
    assert_ok(write_sealed(in_directory("two.h5"), 2));
    unsigned char *bytes = read_bytes(in_directory("one.h5"), &count);
    unsigned char *other = read_bytes(in_directory("two.h5"), &other_count);
    assert_int_equal(count, other_count);
    memcpy(bytes, other, 512);
    write_bytes(in_directory("one.h5"), bytes, count);
    assert_fails(ls_sealed_verify(in_directory("one.h5")), LS_ERR_OUTPUT, "SHA-256 differs");
    free(bytes);
    free(other);
}

static void test_newer_version(void **state)
{
    (void)state;
    /* the block of a version 2 file: its own hash is right */
    static const unsigned char check[32] = {0x9f, 0xc0, 0x20, 0x40, 0xdb, 0x29, 0x2a, 0x90, 0x88, 0xe1, 0x34,
                                            0xbc, 0x15, 0xaa, 0x8b, 0xc3, 0xbb, 0xb9, 0x47, 0x75, 0x07, 0xe1,
                                            0x0c, 0xae, 0x8e, 0x5d, 0x63, 0xa8, 0x89, 0x19, 0x02, 0x84};
    unsigned char block[600] = "LOCKSTEP\2";
    memcpy(block + 56, check, sizeof check);
    write_bytes(in_directory("newer.h5"), block, sizeof block);
    char says[256];
    (void)snprintf(
        says, sizeof says,
        "newer.h5: sealed in format 2, written by a newer Lockstep; this one (%s) reads formats up to 1; use "
        "the newer one",
        ls_version());
    assert_fails(ls_sealed_verify(in_directory("newer.h5")), LS_ERR_OUTPUT, says);
    assert_true(ls_sealed_is_newer(in_directory("newer.h5")));
    block[56] ^= 1; /* a flipped bit does not pass for a version */
    write_bytes(in_directory("newer.h5"), block, sizeof block);
    assert_fails(ls_sealed_verify(in_directory("newer.h5")), LS_ERR_OUTPUT, "damaged");
    assert_false(ls_sealed_is_newer(in_directory("newer.h5")));
    assert_ok(write_sealed(in_directory("newer.h5"), 1));
    assert_false(ls_sealed_is_newer(in_directory("newer.h5")));
    assert_false(ls_sealed_is_newer(in_directory("none.h5")));
}

/* At each point a failure leaves the old file and no temporary one. */
static void test_failed_write_keeps_the_old_file(void **state)
{
    static const char *const points[] = {"sealed-write:*:output", "sealed-sync:*:output", "sealed-rename:*:output",
                                         "sealed-rename:*:error"};
    (void)state;
    const char *path = in_directory("old.h5");
    assert_ok(write_sealed(path, 1));
    for (int i = 0; i < ITEMS(points); i++) {
        assert_int_equal(setenv("LOCKSTEP_FAULT", points[i], 1), 0);
        assert_fails(write_sealed(path, 2), i == 3 ? LS_ERR_DATA : LS_ERR_OUTPUT, "injected fault at sealed-");
        assert_int_equal(unsetenv("LOCKSTEP_FAULT"), 0);
        assert_near(read_sealed(path), 1, 0);
        assert_int_equal(count_names(".tmp."), 0);
    }
    assert_ok(write_sealed(path, 3));
    assert_near(read_sealed(path), 3, 0);
}

/* Full at any byte. */
static void test_full_disk_keeps_the_old_file(void **state)
{
    (void)state;
    const char *path = in_directory("full.h5");
    struct rlimit saved, limit;
    size_t count;
    assert_ok(write_sealed(path, 1));
    free(read_bytes(path, &count));
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
    limit = saved;
    for (limit.rlim_cur = 0; limit.rlim_cur < count; limit.rlim_cur += 50) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ls_status status = write_sealed(path, 2);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
        assert_fails(status, LS_ERR_OUTPUT, "cannot be written: File too large");
        assert_near(read_sealed(path), 1, 0);
        assert_int_equal(count_names(".tmp."), 0);
    }
    (void)signal(SIGXFSZ, handler);
}

/* Killed at each point: the old file is whole, and what is left behind goes with ls_sealed_clean. */
static void test_killed(void **state)
{
    /* the first while HDF5 is being written: where its pages are made */
    static const char *const points[] = {"memory:*:kill:5", "sealed-write:*:kill", "sealed-sync:*:kill",
                                         "sealed-rename:*:kill"};
    (void)state;
    const char *path = in_directory("killed.h5");
    assert_ok(write_sealed(path, 1));
    for (int i = 0; i < ITEMS(points); i++) {
        int result;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)setenv("LOCKSTEP_FAULT", points[i], 1);
            (void)write_sealed(path, 2);
            _exit(1);
        }
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGKILL);
        assert_near(read_sealed(path), 1, 0);
        assert_int_equal(count_names(".killed.h5.tmp."), 1);
        write_bytes(in_directory(".keep.tmp.x1"), "", 0);
        write_bytes(in_directory(".tmp.1"), "", 0);
        write_bytes(in_directory("seen.tmp.1"), "", 0);
        assert_ok(ls_sealed_clean(test_directory));
        assert_int_equal(count_names(".killed.h5.tmp."), 0);
        write_bytes(in_directory(".notes.tmp.1"), "", 0); /* somebody else's */
        assert_ok(ls_sealed_clean(test_directory));
        assert_int_equal(count_names("tmp"), 4);
    }
    assert_ok(ls_sealed_clean(in_directory("no-directory")));
}

/* A process that was killed earlier had our number: its temporary file is in the way, and goes. */
static void test_stale_name(void **state)
{
    (void)state;
    char name[600];
    assert_ok(ls_temporary_name(in_directory("stale.h5"), name, sizeof name));
    write_bytes(name, "rubbish", 7);
    assert_ok(write_sealed(in_directory("stale.h5"), 5));
    assert_near(read_sealed(in_directory("stale.h5")), 5, 0);
    assert_int_equal(count_names(".stale.h5.tmp."), 0);
    /* a symbolic link there is not followed, nor removed: this program makes none */
    assert_int_equal(symlink(in_directory("target"), name), 0);
    assert_fails(write_sealed(in_directory("stale.h5"), 6), LS_ERR_OUTPUT, "File exists");
    assert_false(ls_path_exists(in_directory("target")));
    write_bytes(in_directory("target"), "precious", 8); /* nor is it where there is something */
    assert_fails(write_sealed(in_directory("stale.h5"), 6), LS_ERR_OUTPUT, "File exists");
    assert_int_equal(unlink(name), 0);
    size_t count;
    unsigned char *bytes = read_bytes(in_directory("target"), &count);
    assert_int_equal(count, 8);
    free(bytes);
}

/* Somebody else took the temporary name meanwhile: his file must not become ours. */
static void test_taken_name(void **state)
{
    (void)state;
    char name[600];
    ls_sealed sealed;
    float values[50] = {0};
    assert_ok(ls_temporary_name(in_directory("taken.h5"), name, sizeof name));
    assert_ok(write_sealed(in_directory("taken.h5"), 1));
    assert_ok(ls_sealed_create(in_directory("taken.h5"), &sealed));
    assert_ok(ls_h5_write_float(sealed.file, "/v", 1, shape, values));
    assert_int_equal(unlink(name), 0);
    write_bytes(name, "of somebody else", 16);
    assert_fails(ls_sealed_commit(&sealed), LS_ERR_OUTPUT, "was removed or replaced meanwhile");
    assert_true(ls_path_exists(name));
    assert_int_equal(unlink(name), 0);
    assert_near(read_sealed(in_directory("taken.h5")), 1, 0);
    assert_fails(ls_sealed_commit(&sealed), LS_ERR_OUTPUT, "was not being written");
    ls_sealed_abandon(&sealed);
}

static void test_create_failures(void **state)
{
    (void)state;
    ls_sealed sealed;
    assert_fails(ls_sealed_create(in_directory("no/dir.h5"), &sealed), LS_ERR_OUTPUT, "No such file or directory");
    ls_sealed_abandon(&sealed);
    assert_fails(ls_sealed_create(test_directory, &sealed), LS_ERR_OUTPUT, "it is a directory");
    ls_sealed_abandon(&sealed);
    assert_ok(ls_sealed_create(in_directory("given-up.h5"), &sealed));
    assert_int_equal(count_names("given-up"), 1);
    ls_sealed_abandon(&sealed);
    ls_sealed_abandon(&sealed);
    assert_int_equal(count_names("given-up"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip),
                                       cmocka_unit_test(test_relative_and_long_names),
                                       cmocka_unit_test(test_every_flipped_bit_is_found),
                                       cmocka_unit_test(test_every_length_is_checked),
                                       cmocka_unit_test(test_other_files),
                                       cmocka_unit_test(test_lost_block),
                                       cmocka_unit_test(test_spliced),
                                       cmocka_unit_test(test_newer_version),
                                       cmocka_unit_test(test_failed_write_keeps_the_old_file),
                                       cmocka_unit_test(test_full_disk_keeps_the_old_file),
                                       cmocka_unit_test(test_killed),
                                       cmocka_unit_test(test_stale_name),
                                       cmocka_unit_test(test_taken_name),
                                       cmocka_unit_test(test_create_failures)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}

/* Files above the numbers of standard input, output and error; limits in words; reading that is no longer wanted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/descriptor.h"
#include "base/halt.h"
#include "base/memory.h"
#include "base/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child, whose standard streams do not matter: 0 when all is as it should be, else the number of what is not. */
static int opens_above(void)
{
    for (int fd = 0; fd < 3; fd++)
        (void)close(fd);
    const int fd = ls_descriptor_open("/dev/null", O_RDWR, 0);
    if (fd < 3 || (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0)
        return 1;
    FILE *file = ls_descriptor_read("/dev/null");
    if (file == NULL || fileno(file) < 3)
        return 2;
    DIR *directory = ls_descriptor_list("/");
    if (directory == NULL || dirfd(directory) < 3)
        return 3;
    if (fcntl(0, F_GETFD) != -1 || fcntl(1, F_GETFD) != -1 || fcntl(2, F_GETFD) != -1)
        return 4; /* something was left there */
    ls_descriptor_hold hold;
    ls_descriptor_take(&hold);
    if (hold.count != 3 || open("/dev/null", O_RDONLY) < 3)
        return 5;
    ls_descriptor_release(&hold);
    return fcntl(0, F_GETFD) == -1 && fcntl(2, F_GETFD) == -1 ? 0 : 6;
}

/* With little address space: what is to be kept is missed at once, and by an allocation that would take it. */
static int keeps_memory(void)
{
    const struct rlimit limit = {(rlim_t)400 << 20, (rlim_t)400 << 20};
    void *block;
    if (setrlimit(RLIMIT_AS, &limit) != 0 || ls_memory_keep((int64_t)1 << 30) != LS_ERR_MEMORY)
        return 1;
    if (strstr(ls_error_message(), "ulimit -v") == NULL)
        return 2;
    if (ls_memory_keep((int64_t)150 << 20) != LS_OK || ls_memory_allocate(&block, 100 << 20, 1, "rows") != LS_OK)
        return 3;
    ls_memory_free(block);
    return ls_memory_allocate(&block, 300 << 20, 1, "rows") == LS_ERR_MEMORY && block == NULL ? 0 : 4;
}

static int in_child(int (*check)(void))
{
    int status = -1;
    const pid_t child = fork();
    if (child == 0)
        _exit(check());
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_above(void **state)
{
    (void)state;
    assert_int_equal(in_child(opens_above), 0);
}

static void test_keep(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* their shadow needs more */
#endif
    assert_int_equal(in_child(keeps_memory), 0);
}

static void test_reason(void **state)
{
    (void)state;
    assert_non_null(strstr(ls_reason(EFBIG), "ulimit -f"));
    assert_non_null(strstr(ls_reason(EMFILE), "ulimit -n"));
    assert_string_equal(ls_reason(ENOSPC), strerror(ENOSPC));
}

static bool yes(void *user)
{
    return *(bool *)user;
}

static void test_halt(void **state)
{
    bool wanted = false;
    (void)state;
    assert_int_equal(ls_halt(), LS_OK);
    ls_halt_set(yes, &wanted);
    assert_int_equal(ls_halt(), LS_OK);
    wanted = true;
    assert_int_equal(ls_halt(), LS_STOPPED);
    ls_halt_set(NULL, NULL);
    assert_int_equal(ls_halt(), LS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_above), cmocka_unit_test(test_keep),
                                       cmocka_unit_test(test_reason), cmocka_unit_test(test_halt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

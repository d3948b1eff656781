/* How much memory there is, by files that say so as cgroups and the kernel do, and by Slurm's variables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "context/memory_limit.h"

static char directory[] = "/tmp/lockstep-memory-XXXXXX";

static const char *inside(const char *name, char *path)
{
    (void)snprintf(path, 512, "%s/%s", directory, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    char path[512];
    FILE *file = fopen(inside(name, path), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_directory(const char *name)
{
    char path[512];
    assert_int_equal(mkdir(inside(name, path), 0700), 0);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    make_directory("v2");
    make_directory("v2/user");
    make_directory("v2/user/job");
    make_directory("v1");
    make_directory("v1/memory");
    make_directory("v1/memory/slurm");
    write_file("meminfo", "MemFree:  12 kB\nMemTotal:       16000000 kB\nMemAvailable: 4 kB\n");
    write_file("cgroup2", "0::/user/job\n");
    write_file("cgroup1", "12:cpu,cpuacct:/elsewhere\n5:memory:/slurm\n1:name=systemd:/x\n0::/\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[600];
    (void)snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command);
}

static void is(const char *cgroup, const char *mounts, const char *meminfo, int64_t bytes, const char *whose)
{
    char a[512], b[512], c[512], from[LS_MEMORY_FROM];
    const ls_memory_files files = {inside(cgroup, a), inside(mounts, b), inside(meminfo, c)};
    assert_int_equal(ls_memory_of_host(&files, from), bytes);
    assert_string_equal(from, whose);
}

static void forget_slurm(void)
{
    unsetenv("SLURM_MEM_PER_NODE");
    unsetenv("SLURM_MEM_PER_CPU");
    unsetenv("SLURM_CPUS_ON_NODE");
}

#define PHYSICAL INT64_C(16384000000)

static void test_physical(void **state)
{
    (void)state;
    forget_slurm();
    is("nothing", "v2", "meminfo", PHYSICAL, "the host's memory");
    is("nothing", "v2", "nothing", 0, "unknown");
    write_file("beyond", "MemTotal:       9223372036854775807 kB\n"); /* more bytes than there are numbers */
    is("nothing", "v2", "beyond", 0, "unknown");
}

static void test_cgroups(void **state)
{
    (void)state;
    forget_slurm();
    is("cgroup2", "v2", "meminfo", PHYSICAL, "the host's memory"); /* no limits there */
    write_file("v2/user/job/memory.max", "max\n");
    is("cgroup2", "v2", "meminfo", PHYSICAL, "the host's memory");
    write_file("v2/user/memory.max", "3000000000\n");
    is("cgroup2", "v2", "meminfo", 3000000000, "the cgroup's limit");
    write_file("v2/user/job/memory.max", "2000000000\n");
    is("cgroup2", "v2", "meminfo", 2000000000, "the cgroup's limit");
    write_file("v2/memory.max", "1000000000\n"); /* a container's own group, seen as the root */
    is("cgroup2", "v2", "meminfo", 1000000000, "the cgroup's limit");
    is("cgroup1", "v1", "meminfo", PHYSICAL, "the host's memory");
    write_file("v1/memory/memory.limit_in_bytes", "9223372036854771712\n"); /* none, as version 1 writes it */
    is("cgroup1", "v1", "meminfo", PHYSICAL, "the host's memory");
    write_file("v1/memory/slurm/memory.limit_in_bytes", "5000000000\n");
    is("cgroup1", "v1", "meminfo", 5000000000, "the cgroup's limit");
}

static void test_slurm(void **state)
{
    (void)state;
    forget_slurm();
    setenv("SLURM_MEM_PER_NODE", "4096", 1);
    is("nothing", "v2", "meminfo", INT64_C(4096) << 20, "SLURM_MEM_PER_NODE");
    setenv("SLURM_MEM_PER_CPU", "512", 1);
    is("nothing", "v2", "meminfo", INT64_C(4096) << 20, "SLURM_MEM_PER_NODE"); /* of how many is unknown */
    setenv("SLURM_CPUS_ON_NODE", "4", 1);
    is("nothing", "v2", "meminfo", INT64_C(2048) << 20, "SLURM_MEM_PER_CPU");
    unsetenv("SLURM_MEM_PER_CPU");
    setenv("SLURM_MEM_PER_NODE", "0", 1); /* all of the node */
    is("nothing", "v2", "meminfo", PHYSICAL, "the host's memory");
    setenv("SLURM_MEM_PER_NODE", "much", 1);
    is("nothing", "v2", "meminfo", PHYSICAL, "the host's memory");
    forget_slurm();
}

static void test_limit(void **state)
{
    (void)state;
    int64_t one, four, bytes;
    char from[LS_MEMORY_FROM];
    assert_int_equal(ls_memory_limit("auto", 1, &one, from), LS_OK);
    assert_int_equal(ls_memory_limit(NULL, 4, &four, from), LS_OK);
    assert_int_equal(one / 4, four);
    assert_non_null(strstr(from, "over 4 ranks"));
    assert_int_equal(ls_memory_limit("1.5MB", 4, &bytes, from), LS_OK);
    assert_int_equal(bytes, 1500000);
    assert_string_equal(from, "--memory");
    assert_int_equal(ls_memory_limit("0", 4, &bytes, from), LS_ERR_USAGE);
    assert_int_equal(ls_memory_limit("", 4, &bytes, from), LS_ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_physical), cmocka_unit_test(test_cgroups),
                                       cmocka_unit_test(test_slurm), cmocka_unit_test(test_limit)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Cores this process may use: affinity mask and cgroup quota. */
#include "context/cores.h"

#include "base/descriptor.h"
#include "base/hash64.h"
#include "base/parse.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The first line of a small file; false when there is none. */
static bool read_line(const char *path, char *line, int size)
{
    FILE *file = ls_descriptor_read(path);
    if (!file)
        return false;
    const bool got = fgets(line, size, file) != NULL;
    fclose(file);
    line[got ? strcspn(line, "\n") : 0] = '\0';
    return got;
}

/* Cores that the cgroup's quota amounts to, rounded up; INT_MAX when there is none. Version 2 first, then version 1. */
static int quota_cores(void)
{
    char line[128], second[128];
    double quota = -1, period = 0;
    if (read_line("/sys/fs/cgroup/cpu.max", line, sizeof line)) { /* "max 100000" is no quota */
        char *space = strchr(line, ' ');
        if (!space)
            return INT_MAX;
        snprintf(second, sizeof second, "%s", space + 1);
        *space = '\0';
    } else if (!read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", line, sizeof line) ||
               !read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", second, sizeof second)) {
        return INT_MAX;
    }
    if (!ls_parse_double(line, &quota) || !ls_parse_double(second, &period) || quota <= 0 || period <= 0 ||
        quota / period >= INT_MAX)
        return INT_MAX;
    const int cores = (int)(quota / period);
    return cores * period < quota ? cores + 1 : cores;
}

ls_cores ls_cores_find(void)
{
    ls_cores cores = {.online = (int)sysconf(_SC_NPROCESSORS_ONLN)};
    cpu_set_t mask; /* machines with more than 1,024 cores fail here and count as unrestricted */
    CPU_ZERO(&mask);
    cores.mask = sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : cores.online;
    cores.key = ls_hash64_words(0, &mask, sizeof mask / 4);
    int quota = quota_cores();
    cores.usable = cores.mask < quota ? cores.mask : quota;
    if (cores.usable < 1)
        cores.usable = 1;
    return cores;
}

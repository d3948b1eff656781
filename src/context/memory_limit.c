/* Limits of memory: what the user, the cgroup, Slurm and the machine say. */
#include "context/memory_limit.h"

#include "base/descriptor.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const ls_memory_files ls_memory_files_here = {"/proc/self/cgroup", "/sys/fs/cgroup", "/proc/meminfo"};

ls_status ls_memory_limit_parse(const char *text, int64_t *bytes)
{
    *bytes = 0;
    if (strcasecmp(text, "auto") == 0)
        return LS_OK;
    if (ls_parse_bytes(text, bytes) && *bytes > 0)
        return LS_OK;
    return ls_fail(LS_ERR_USAGE, "--memory '%s': expected a size such as 8GB or 512MiB, or auto", text);
}

/* The smallest limit so far, and whose it is. */
typedef struct least {
    int64_t bytes; /* 0: none */
    const char *from;
} least;

static void consider(least *l, int64_t bytes, const char *from)
{
    if (bytes > 0 && (l->bytes == 0 || bytes < l->bytes))
        *l = (least){bytes, from};
}

static int64_t read_number(const char *path)
{
    char text[64] = "";
    int64_t value = 0;
    FILE *file = ls_descriptor_read(path);
    if (file == NULL)
        return 0;
    if (fgets(text, sizeof text, file) != NULL) {
        text[strcspn(text, "\n")] = '\0';
        if (!ls_parse_int64(text, &value)) /* "max" */
            value = 0;
    }
    (void)fclose(file);
    return value;
}

/* The limits of a group and of those above it. A container may see its own group as the root, so directories that are
 * not there are passed over. */
static void consider_group(least *l, const char *mounts, const char *controller, const char *group, const char *limit)
{
    char path[4096], inner[2048];
    (void)snprintf(inner, sizeof inner, "%s", group);
    for (;;) {
        const size_t length = strlen(inner);
        if (length > 0 && inner[length - 1] == '/')
            inner[length - 1] = '\0';
        (void)snprintf(path, sizeof path, "%s%s%s/%s", mounts, controller, inner, limit);
        consider(l, read_number(path), "the cgroup's limit");
        char *slash = strrchr(inner, '/');
        if (slash == NULL)
            return;
        *slash = '\0';
    }
}

/* Lines "HIERARCHY:CONTROLLERS:GROUP"; version 2 has no controllers. */
static void consider_cgroups(least *l, const ls_memory_files *files)
{
    char line[4096];
    FILE *file = ls_descriptor_read(files->cgroup);
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL)
            continue;
        *group++ = '\0';
        controllers++;
        char *memory = strstr(controllers, "memory");
        if (controllers[0] == '\0')
            consider_group(l, files->cgroup_mounts, "", group, "memory.max");
        else if (memory != NULL && (memory == controllers || memory[-1] == ',') &&
                 (memory[6] == '\0' || memory[6] == ','))
            consider_group(l, files->cgroup_mounts, "/memory", group, "memory.limit_in_bytes");
    }
    (void)fclose(file);
}

/* Slurm counts in MiB; 0 means all of the node. */
static void consider_slurm(least *l)
{
    const char *node = getenv("SLURM_MEM_PER_NODE"), *each = getenv("SLURM_MEM_PER_CPU");
    const char *cpus = getenv("SLURM_CPUS_ON_NODE");
    int64_t megabytes, count;
    if (node != NULL && ls_parse_int64(node, &megabytes) && megabytes > 0 && megabytes < INT64_MAX >> 20)
        consider(l, megabytes << 20, "SLURM_MEM_PER_NODE");
    if (each != NULL && cpus != NULL && ls_parse_int64(each, &megabytes) && ls_parse_int64(cpus, &count) &&
        megabytes > 0 && count > 0 && megabytes < (INT64_MAX >> 20) / count)
        consider(l, megabytes * count << 20, "SLURM_MEM_PER_CPU");
}

static void consider_physical(least *l, const ls_memory_files *files)
{
    char line[256];
    FILE *file = ls_descriptor_read(files->meminfo);
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        int64_t kilobytes;
        if (sscanf(line, "MemTotal: %" SCNd64 " kB", &kilobytes) == 1) {
            if (kilobytes > 0 && kilobytes < INT64_MAX >> 10)
                consider(l, kilobytes << 10, "the host's memory");
            break;
        }
    }
    (void)fclose(file);
}

int64_t ls_memory_of_host(const ls_memory_files *files, char *from)
{
    least l = {0, "unknown"};
    consider_cgroups(&l, files);
    consider_slurm(&l);
    consider_physical(&l, files);
    (void)snprintf(from, LS_MEMORY_FROM, "%s", l.from);
    return l.bytes;
}

ls_status ls_memory_limit(const char *text, int ranks, int64_t *bytes, char *from)
{
    char whose[LS_MEMORY_FROM - 32];
    *bytes = 0;
    if (text != NULL)
        LS_TRY(ls_memory_limit_parse(text, bytes));
    (void)snprintf(from, LS_MEMORY_FROM, "--memory");
    if (*bytes > 0)
        return LS_OK;
    const int64_t host = ls_memory_of_host(&ls_memory_files_here, from);
    (void)snprintf(whose, sizeof whose, "%.*s", (int)sizeof whose - 1, from);
    *bytes = host > 0 ? host / 2 / ranks : INT64_MAX;
    (void)snprintf(from, LS_MEMORY_FROM, "half of %s over %d rank%s", whose, ranks, ranks == 1 ? "" : "s");
    return LS_OK;
}

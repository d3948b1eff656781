/* What a machine tells of itself: limits of memory in /proc and of Slurm, and the tests' words for faults. Parts are
 * parted by lines of a single %. */
#include "fuzz.h"

#include "base/fault.h"
#include "context/memory_limit.h"

#include <stdlib.h>
#include <string.h>

static char *next_part(char **text)
{
    char *part = *text, *end = strstr(part, "%\n");
    *text = end != NULL ? end + 2 : part + strlen(part);
    if (end != NULL)
        *end = '\0';
    return part;
}

static void set(const char *name, char *value)
{
    value[strcspn(value, "\n")] = '\0';
    fuzz_hold(setenv(name, value, 1) == 0, "an environment");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *text = fuzz_rest(&in), *left = text, from[LS_MEMORY_FROM];
    const char *cgroup = next_part(&left), *meminfo = next_part(&left);
    set("SLURM_MEM_PER_NODE", next_part(&left));
    set("SLURM_MEM_PER_CPU", next_part(&left));
    set("SLURM_CPUS_ON_NODE", next_part(&left));
    const ls_memory_files files = {.cgroup = fuzz_file(0, cgroup, strlen(cgroup)),
                                   .cgroup_mounts = "/nowhere",
                                   .meminfo = fuzz_file(1, meminfo, strlen(meminfo))};
    fuzz_hold(ls_memory_of_host(&files, from) >= 0, "a limit is no negative size");
    fuzz_hold(memchr(from, 0, sizeof from) != NULL, "where it is from is a text");
#ifdef LS_FAULTS
    int64_t kind, element, bit;
    char host[16];
    set("LOCKSTEP_FAULT_FLIP", next_part(&left));
    set("LOCKSTEP_FAULT_HOSTS", next_part(&left));
    set("LOCKSTEP_FAULT", next_part(&left));
    if (ls_fault_flip(&kind, &element, &bit))
        fuzz_hold(kind >= 0 && element >= 0 && bit >= 0, "a flip has its place");
    (void)ls_fault_host(3, host, sizeof host);
    if (strncmp(getenv("LOCKSTEP_FAULT"), "nowhere", 7) != 0)
        (void)fuzz_taken(ls_fault("nowhere"));
    (void)unsetenv("LOCKSTEP_FAULT");
    (void)unsetenv("LOCKSTEP_FAULT_HOSTS");
    (void)unsetenv("LOCKSTEP_FAULT_FLIP");
#endif
    free(text);
    return 0;
}

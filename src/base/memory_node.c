/* As Linux tells it: a core's directory in /sys has a link named node<number>. */
#include "base/memory_node.h"

#include "base/descriptor.h"

#include <sched.h>
#include <stdio.h>

static int node_of(int core)
{
    char path[64];
    int node = -1;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d", core);
    DIR *directory = ls_descriptor_list(path);
    if (!directory)
        return -1;
    for (const struct dirent *entry; node < 0 && (entry = readdir(directory)) != NULL;)
        if (sscanf(entry->d_name, "node%d", &node) != 1)
            node = -1;
    closedir(directory);
    return node;
}

int ls_memory_node(void)
{
    cpu_set_t mask;
    int found = -1;
    if (sched_getaffinity(0, sizeof mask, &mask) != 0)
        return -1;
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &mask))
            continue;
        const int node = node_of(core);
        if (node < 0 || (found >= 0 && node != found))
            return -1;
        found = node;
    }
    return found;
}

/* Which part of the machine's memory is near (NUMA). */
#ifndef LS_BASE_MEMORY_NODE_H
#define LS_BASE_MEMORY_NODE_H

/* Local. The number of the memory node of all cores that this thread may run on; -1: there are several, or that cannot
 * be told. */
int ls_memory_node(void);

#endif

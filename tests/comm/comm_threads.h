/* Ranks that are threads of one process: a communicator for tests with many ranks and without MPI. */
#ifndef LS_TESTS_COMM_THREADS_H
#define LS_TESTS_COMM_THREADS_H

#include "comm/comm.h"

/* What one rank does; runs on its own thread. */
typedef void (*comm_threads_body)(ls_comm *comm, void *user);

/* Runs `body` on `size` ranks and waits for all of them. A rank that waits longer than `timeout` seconds for
 * another gets LS_ERR_PEER. False when threads or memory are missing, and when the ranks have not given theirs back. */
bool comm_threads_run(int size, double timeout, comm_threads_body body, void *user);

#endif

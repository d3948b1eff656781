/* Fault points: named places at which a test makes one rank fail. Compiled in only with LOCKSTEP_FAULTS (test builds);
 * otherwise the call is LS_OK at no cost.
 *
 * Environment LOCKSTEP_FAULT = "POINT:RANK:ACTION[:COUNT]": on the COUNT-th passage (default 1) of POINT by that rank
 * ("*" = every rank) do ACTION: error (LS_ERR_DATA, "injected fault at POINT"), memory (LS_ERR_MEMORY), output
 * (LS_ERR_OUTPUT), exit (_exit(9)), kill (SIGKILL), hang (this thread, forever), stop (all of the process, until
 * SIGCONT), sleep (5 s or until a signal comes, then go
 * on), drip (20 s in which bytes are read all the time, as in a save to a slow disk, then go on), slow (0.3 s, in this
 * passage and every later one). */
#ifndef LS_BASE_FAULT_H
#define LS_BASE_FAULT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef LS_FAULTS
ls_status ls_fault(const char *point);
/* What the point "flip" turns over instead of failing, from LOCKSTEP_FAULT_FLIP = "KIND:ELEMENT:BIT": KIND 0 is the
 * weights, K slot K - 1. False without one. */
bool ls_fault_flip(int64_t *kind, int64_t *element, int64_t *bit);
/* The host that a rank is to believe it is on, for tests of many on one machine: the rank-th word of the environment's
 * LOCKSTEP_FAULT_HOSTS ("a,b,a,b"). False without one. */
bool ls_fault_host(int rank, char *host, size_t size);
/* This process's rank, for the fault points; 0 until told. */
void ls_fault_set_rank(int rank);
#else
static inline ls_status ls_fault(const char *point)
{
    (void)point;
    return LS_OK;
}
static inline bool ls_fault_flip(int64_t *kind, int64_t *element, int64_t *bit)
{
    (void)kind, (void)element, (void)bit;
    return false;
}
static inline bool ls_fault_host(int rank, char *host, size_t size)
{
    (void)rank, (void)host, (void)size;
    return false;
}
static inline void ls_fault_set_rank(int rank)
{
    (void)rank;
}
#endif

#endif

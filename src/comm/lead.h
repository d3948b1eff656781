/* Rank 0 works alone, at a disk above all, and the others wait for its word: orders, which go to all at once, and from
 * time to time that it is still at work. So what they wait for at most is one piece of that work (base/alive.h), and
 * not all of it, which would look like a hang. */
#ifndef LS_COMM_LEAD_H
#define LS_COMM_LEAD_H

#include "comm/comm.h"

#include <signal.h>

/* What rank 0 asks for, in the caller's words. */
typedef struct ls_order {
    int64_t what; /* 0 or more */
    int64_t argument[4];
} ls_order;

typedef struct ls_lead ls_lead;

typedef struct ls_lead_parts {
    /* Rank 0's part, which may fail in any way. NULL on the others. */
    ls_status (*work)(void *user, ls_lead *lead);
    /* What the others do at an order, together with what rank 0 does once it has given it. Fails as messages do
     * (LS_ERR_PEER), and in no other way. NULL: no orders are given. */
    ls_status (*obey)(void *user, const ls_order *order);
    void *user;
    const char *what; /* what is waited for, for the message of a time-out */
    const volatile sig_atomic_t
        *stop; /* a context's: rank 0's work may heed it (base/halt.h); NULL: it ends by itself */
} ls_lead_parts;

/* Collective. Returns what became of rank 0's work, on all ranks. Not within another one. */
ls_status ls_lead_work(ls_comm *comm, const ls_lead_parts *parts);

/* Collective. The same where there are no orders: `work` is done by rank 0 only. */
ls_status ls_lead_alone(ls_comm *comm, ls_status (*work)(void *user), void *user, const char *what);

/* By rank 0, within its work. Allocates nothing. */
ls_status ls_lead_order(ls_lead *lead, const ls_order *order);

#endif

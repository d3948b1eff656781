/* Rank 0's orders, over the tree of the broadcast. */
#include "comm/lead.h"

#include "base/alive.h"
#include "base/clock.h"
#include "base/halt.h"
#include "comm/agree.h"
#include "comm/comm_internal.h"

/* The shortest timeout that --hang-timeout takes is ten times as long. */
#define SECONDS 0.1

enum { ORDER_END = -1, ORDER_WAIT = -2 };

struct ls_lead {
    ls_comm *comm;
    const char *what;
    double heard; /* when the others heard of rank 0 */
};

ls_status ls_lead_order(ls_lead *lead, const ls_order *order)
{
    ls_order sent = *order;
    lead->heard = ls_clock();
    return ls_comm_broadcast_as(lead->comm, 0, &sent, sizeof sent, lead->what);
}

/* Should it fail, so does the next order, and the end. */
static void tell(void *user)
{
    ls_lead *lead = user;
    if (!lead->comm->broken && ls_clock() - lead->heard > SECONDS)
        (void)ls_lead_order(lead, &(ls_order){.what = ORDER_WAIT});
}

static ls_status lead(ls_comm *comm, const ls_lead_parts *parts)
{
    ls_lead lead = {.comm = comm, .what = parts->what, .heard = ls_clock()};
    const ls_halt_before before = ls_halt_set_flag(parts->stop);
    if (comm->size > 1)
        ls_alive_set(tell, &lead);
    const ls_status status = parts->work(parts->user, &lead);
    ls_alive_set(NULL, NULL);
    ls_halt_set(before.function, before.user);
    if (comm->broken)
        return ls_comm_check(comm);
    const ls_status told = ls_lead_order(&lead, &(ls_order){.what = ORDER_END});
    return told == LS_OK ? status : told;
}

static ls_status follow(ls_comm *comm, const ls_lead_parts *parts)
{
    for (;;) {
        ls_order order;
        LS_TRY(ls_comm_broadcast_as(comm, 0, &order, sizeof order, parts->what));
        if (order.what == ORDER_END)
            return LS_OK;
        if (order.what != ORDER_WAIT)
            LS_TRY(parts->obey(parts->user, &order));
    }
}

ls_status ls_lead_work(ls_comm *comm, const ls_lead_parts *parts)
{
    return ls_agree(comm, comm->rank == 0 ? lead(comm, parts) : follow(comm, parts));
}

/* ---- without orders ---- */

typedef struct lone_work {
    ls_status (*work)(void *user);
    void *user;
} lone_work;

static ls_status do_alone(void *user, ls_lead *lead)
{
    const lone_work *w = user;
    (void)lead;
    return w->work(w->user);
}

ls_status ls_lead_alone(ls_comm *comm, ls_status (*work)(void *user), void *user, const char *what)
{
    lone_work w = {work, user};
    const ls_lead_parts parts = {.work = do_alone, .user = &w, .what = what};
    return ls_lead_work(comm, &parts);
}

/* How ranks and threads lie on hosts, in words. */
#include "context/placement.h"

#include "base/text.h"

#include <stdio.h>

enum { LISTED = 8 }; /* hosts of which each is told */

static void put_hosts(const ls_comm *comm, ls_text *out)
{
    const int size = ls_comm_size(comm), hosts = ls_comm_hosts(comm);
    int fewest = size, most = 0;
    for (int r = 0; r < size; r += ls_comm_host_size(comm, r)) {
        const int ranks = ls_comm_host_size(comm, r);
        fewest = ranks < fewest ? ranks : fewest;
        most = ranks > most ? ranks : most;
    }
    if (hosts > 1 && fewest == most)
        ls_text_printf(out, "%d hosts x ", hosts);
    if (hosts == 1 || fewest == most) {
        ls_text_printf(out, "%d rank%s", most, most == 1 ? "" : "s");
        return;
    }
    ls_text_printf(out, "%d hosts with ", hosts);
    if (hosts > LISTED)
        ls_text_printf(out, "%d to %d", fewest, most);
    for (int r = 0; hosts <= LISTED && r < size; r += ls_comm_host_size(comm, r))
        ls_text_printf(out, r == 0 ? "%d" : ", %d", ls_comm_host_size(comm, r));
    ls_text_append(out, " ranks (uneven)");
}

void ls_placement_put(const ls_comm *comm, int fewest_threads, int most_threads, char *text)
{
    ls_text out = {0};
    put_hosts(comm, &out);
    if (fewest_threads != most_threads)
        ls_text_printf(&out, " x %d to", fewest_threads);
    else
        ls_text_append(&out, " x");
    ls_text_printf(&out, " %d thread%s", most_threads, most_threads == 1 ? "" : "s");
    snprintf(text, LS_PLACEMENT_MAX, "%s", ls_text_string(&out));
    ls_text_free(&out);
}

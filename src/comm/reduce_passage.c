/* Chunks between this rank and its partner of a round of halving: as messages, or through memory that both see, with a
 * notice in each one's stead. */
#include "comm/reduce_internal.h"

static int64_t place(const ls_passage *p, int kind, int64_t number)
{
    return (kind * LS_REDUCE_PLACES + number % LS_REDUCE_PLACES) * p->room;
}

float *ls_passage_out(const ls_passage *p, int kind)
{
    return p->out + place(p, kind, p->posted[kind]);
}

const float *ls_passage_in(const ls_passage *p, int kind)
{
    return p->in + place(p, kind, p->settled[kind] - 1);
}

ls_status ls_passage_post(ls_reduce *reduce, ls_passage *p, int partner, int kind, int64_t out, int64_t in)
{
    const int tag = kind == LS_PASS_GRADIENT ? LS_TAG_VECTOR : LS_TAG_SPREAD;
    const int64_t number = p->posted[kind]++, at = place(p, kind, number);
    ls_message send = {partner, tag, p->out + at, out * (int64_t)sizeof(float)};
    ls_message receive = {partner, tag, (float *)p->in + at, in * (int64_t)sizeof(float)};
    if (p->shared) {
        int64_t *sent = &reduce->notices[0][kind][number % LS_REDUCE_PLACES];
        int64_t *got = &reduce->notices[1][kind][number % LS_REDUCE_PLACES];
        *sent = number;
        send = (ls_message){partner, tag, sent, (int64_t)sizeof *sent};
        receive = (ls_message){partner, tag, got, (int64_t)sizeof *got};
    }
    return ls_comm_post(reduce->comm, 1, &receive, 1, &send, kind == LS_PASS_GRADIENT ? "gradient" : "weights");
}

ls_status ls_passage_settle(ls_reduce *reduce, ls_passage *p, int partner, int kind)
{
    LS_TRY(ls_comm_settle(reduce->comm));
    const int64_t number = p->settled[kind]++;
    return p->shared
               ? ls_reduce_check_notice(reduce, partner, reduce->notices[1][kind][number % LS_REDUCE_PLACES], number)
               : LS_OK;
}

ls_status ls_reduce_check_notice(const ls_reduce *reduce, int partner, int64_t got, int64_t due)
{
    char name[LS_COMM_NAME];
    if (got == due)
        return LS_OK;
    return ls_comm_break(reduce->comm,
                         "%s's part %lld of a gradient or weights came where part %lld is due: do all ranks run the "
                         "same program with the same options?",
                         ls_comm_name(reduce->comm, partner, name), (long long)got, (long long)due);
}

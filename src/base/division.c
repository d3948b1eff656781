/* Runs of leaves: boundaries by cost. */
#include "base/division.h"

#include "base/memory.h"

#include <string.h>

/* Boundaries lie at multiples of a unit, of which a member has 32 to 63 on average: finer ones win less than 1 % of the
 * work. Each is looked for this many units around its even place at most. */
enum { UNITS = 32, AROUND = 16 };
#define WINDOW (2 * AROUND + 1)

/* More subtrees than so many have never been worth it. */
enum { MOST_SUBTREES = 8 };

/* Members of a group that need few subtrees to be even, and an unevenness worth a remark. */
enum { FEW_MEMBERS = 7 };
#define NOTABLE 1.1

static bool is_power_of_two(int64_t value)
{
    return value > 0 && (value & (value - 1)) == 0;
}

/* ---- the search ---- */

/* Of a group with `units` units over `members`: for each boundary the positions around its even place, and how the best
 * way there goes, whose longest run is shortest. */
typedef struct search {
    int64_t units;
    int members, around;
    int64_t longest[2][WINDOW]; /* of the way to this boundary and the one before; 0: there is no way */
    int16_t *from;              /* (members, WINDOW) which position of the boundary before the way came from */
} search;

static int64_t place(const search *s, int boundary, int at)
{
    if (boundary == 0 || boundary == s->members) /* a single position */
        return at != s->around ? -1 : boundary == 0 ? 0 : s->units;
    return (2 * boundary * s->units + s->members) / (2 * s->members) + at - s->around;
}

/* The shortest longest run on the way to `boundary` at `end`, and where it comes from. */
static int64_t way_to(const search *s, int boundary, int64_t end, int subtrees, const int64_t *before, int16_t *from)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    int64_t best = 0;
    for (int at = 0; at <= 2 * s->around; at++) {
        const int64_t begin = place(s, boundary - 1, at);
        if (before[at] == 0 || begin < 0 || begin >= end || ls_tree_nodes(begin, end, nodes) > subtrees)
            continue;
        const int64_t longest = before[at] > end - begin ? before[at] : end - begin;
        if (best == 0 || longest < best) {
            best = longest;
            *from = (int16_t)at;
        }
    }
    return best;
}

/* The longest run of the best division with at most so many subtrees each; 0: there is none. */
static int64_t find(search *s, int subtrees)
{
    memset(s->longest, 0, sizeof s->longest);
    s->longest[0][s->around] = 1;
    for (int boundary = 1; boundary <= s->members; boundary++) {
        const int64_t *before = s->longest[(boundary - 1) % 2];
        int64_t *now = s->longest[boundary % 2];
        for (int at = 0; at <= 2 * s->around; at++) {
            const int64_t end = place(s, boundary, at);
            now[at] = end <= 0 || end > s->units
                          ? 0
                          : way_to(s, boundary, end, subtrees, before, &s->from[(boundary - 1) * WINDOW + at]);
        }
    }
    return s->longest[s->members % 2][s->around];
}

/* The boundaries of what was found last, in leaves of which a unit has `each`. */
static void take(const search *s, int64_t each, int64_t *begin)
{
    for (int boundary = s->members, at = s->around; boundary >= 0; boundary--) {
        begin[boundary] = place(s, boundary, at) * each;
        if (boundary > 0)
            at = s->from[(boundary - 1) * WINDOW + at];
    }
}

/* The fewest subtrees with which the longest run is short enough, or as short as it can be. */
static int choose(search *s)
{
    int64_t longest[MOST_SUBTREES + 1], least = s->units;
    for (int k = 1; k <= MOST_SUBTREES; k++) {
        longest[k] = find(s, k);
        if (longest[k] > 0 && (double)longest[k] * s->members <= LS_DIVISION_UNEVEN * (double)s->units)
            return k;
        least = longest[k] > 0 && longest[k] < least ? longest[k] : least;
    }
    for (int k = 1; k < MOST_SUBTREES; k++)
        if (longest[k] == least)
            return k;
    return MOST_SUBTREES;
}

static ls_status divide(ls_division *d)
{
    search s = {.units = d->leaves / d->groups, .members = d->members};
    while (s.units >= 2 * UNITS * (int64_t)d->members)
        s.units /= 2;
    s.around = s.units / d->members < AROUND ? (int)(s.units / d->members) : AROUND;
    LS_TRY(ls_memory_allocate(&s.from, (int64_t)d->members * WINDOW, sizeof *s.from, "shards of the ranks"));
    const ls_status status = ls_memory_allocate(&d->begin, d->members + 1, sizeof *d->begin, "shards of the ranks");
    if (status == LS_OK) {
        (void)find(&s, choose(&s));
        take(&s, d->leaves / d->groups / s.units, d->begin);
    }
    ls_memory_free(s.from);
    return status;
}

/* ---- life ---- */

static int count_subtrees(const ls_division *d)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    int most = 0;
    for (int r = 0; r < (d->begin ? d->members : d->owners); r++) {
        const int count = ls_division_nodes(d, r, nodes);
        most = count > most ? count : most;
    }
    return most;
}

ls_division ls_division_plain(int64_t leaves, int owners)
{
    ls_division d = {.leaves = leaves, .owners = owners, .groups = 1, .members = owners};
    d.subtrees = count_subtrees(&d);
    return d;
}

ls_status ls_division_create(int64_t leaves, int owners, ls_division *division)
{
    *division = ls_division_plain(leaves, owners);
    if (!is_power_of_two(leaves) || owners > leaves)
        return LS_OK;
    division->groups = owners & -owners;
    division->members = owners / division->groups;
    LS_TRY(divide(division));
    division->subtrees = count_subtrees(division);
    return LS_OK;
}

ls_status ls_division_at(int64_t leaves, int owners, const int64_t *begin, ls_division *division)
{
    *division = (ls_division){.leaves = leaves, .owners = owners, .groups = 1, .members = owners};
    LS_TRY(ls_memory_allocate(&division->begin, owners + 1, sizeof *begin, "runs of the ranks"));
    memcpy(division->begin, begin, (size_t)(owners + 1) * sizeof *begin);
    division->subtrees = count_subtrees(division);
    return LS_OK;
}

void ls_division_free(ls_division *division)
{
    ls_memory_free(division->begin);
    *division = (ls_division){0};
}

/* ---- questions ---- */

bool ls_division_by_pairs(const ls_division *d)
{
    bool even = true;
    for (int r = 0; d->begin != NULL && r < d->members; r++) /* in a group */
        even = even && d->begin[r] * d->members == r * (d->leaves / d->groups);
    return even && is_power_of_two(d->owners) && is_power_of_two(d->leaves) && d->owners <= d->leaves;
}

void ls_division_run(const ls_division *d, int owner, int64_t *first, int64_t *last)
{
    if (!d->begin) {
        *first = owner * d->leaves / d->owners;
        *last = ((int64_t)owner + 1) * d->leaves / d->owners;
        return;
    }
    const int64_t group = d->leaves / d->groups * (owner / d->members);
    *first = group + d->begin[owner % d->members];
    *last = group + d->begin[owner % d->members + 1];
}

int ls_division_owner(const ls_division *d, int64_t leaf)
{
    if (!d->begin)
        return (int)(((leaf + 1) * d->owners - 1) / d->leaves);
    const int64_t each = d->leaves / d->groups;
    int low = 0, high = d->members - 1;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (leaf % each < d->begin[middle + 1])
            high = middle;
        else
            low = middle + 1;
    }
    return (int)(leaf / each) * d->members + low;
}

int ls_division_nodes(const ls_division *d, int owner, ls_tree_node *nodes)
{
    int64_t first, last;
    ls_division_run(d, owner, &first, &last);
    return ls_tree_nodes(first, last, nodes);
}

int64_t ls_division_most(const ls_division *d)
{
    int64_t most = 0;
    for (int r = 0; r < (d->begin ? d->members : d->owners); r++) {
        int64_t first, last;
        ls_division_run(d, r, &first, &last);
        most = last - first > most ? last - first : most;
    }
    return most;
}

double ls_division_unevenness(const ls_division *d)
{
    return d->leaves > 0 ? (double)ls_division_most(d) * d->owners / (double)d->leaves : 1;
}

/* Leaves of the busiest of so many owners; 0 where they would have many subtrees. */
static ls_status most_of(int64_t leaves, int owners, int64_t *most)
{
    ls_division d;
    *most = 0;
    if (owners / (owners & -owners) > FEW_MEMBERS)
        return LS_OK;
    LS_TRY(ls_division_create(leaves, owners, &d));
    *most = ls_division_most(&d);
    ls_division_free(&d);
    return LS_OK;
}

ls_status ls_division_neighbours(const ls_division *d, int *as_fast, int *faster)
{
    const int64_t limit = ls_division_most(d);
    int64_t most = 0;
    *as_fast = *faster = 0;
    for (int n = d->owners / 2; n < d->owners && *as_fast == 0; n++) {
        LS_TRY(n > 0 ? most_of(d->leaves, n, &most) : LS_OK);
        *as_fast = most > 0 && most <= limit ? n : 0;
    }
    for (int n = d->owners + 1; n <= d->leaves && *faster == 0; n++) {
        LS_TRY(most_of(d->leaves, n, &most));
        *faster = most > 0 && most < limit ? n : 0;
    }
    return LS_OK;
}

ls_status ls_division_remark(const ls_division *d, ls_text *text)
{
    int as_fast, faster;
    if (ls_division_unevenness(d) < NOTABLE || d->owners > d->leaves)
        return LS_OK;
    LS_TRY(ls_division_neighbours(d, &as_fast, &faster));
    ls_text_printf(text, "%d ranks share %lld shards unevenly: the busiest has %lld, the mean is %.1f", d->owners,
                   (long long)d->leaves, (long long)ls_division_most(d), (double)d->leaves / d->owners);
    if (as_fast > 0)
        ls_text_printf(text, "; %d would be as fast", as_fast);
    if (faster > 0)
        ls_text_printf(text, as_fast > 0 ? ", %d faster" : "; %d would be faster", faster);
    return ls_text_status(text);
}

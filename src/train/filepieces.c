/* The order of a file's pieces. */
#include "train/filepieces.h"

#include "store/modelblock.h"

#include <assert.h>

int64_t ls_filepieces_of_vector(const ls_network *network)
{
    int64_t count = 0;
    for (int i = 0; i < network->trainable_variables; i++) {
        const int64_t rows = ls_network_tensor(network, i).rows, each = ls_modelblock_piece_rows(network, i);
        count += (rows + each - 1) / each;
    }
    return count;
}

void ls_filepieces_begin(ls_filepieces *pieces, const ls_network *network)
{
    *pieces = (ls_filepieces){.network = network};
}

void ls_filepieces_add(ls_filepieces *p, int first, int vectors)
{
    assert(p->count < LS_FILEPIECES_GROUPS);
    if (vectors == 0)
        return;
    p->group[p->count].first = first;
    p->group[p->count++].vectors = vectors;
    p->left += vectors * ls_filepieces_of_vector(p->network);
}

/* Behind the last rows of a variable: of the next vector, variable, group. */
static void move_on(ls_filepieces *p)
{
    p->at_row = 0;
    if (++p->at_vector < p->group[p->at_group].vectors)
        return;
    p->at_vector = 0;
    if (++p->at_variable < p->network->trainable_variables)
        return;
    p->at_variable = 0;
    p->at_group++;
}

ls_piece ls_filepieces_next(ls_filepieces *p)
{
    assert(p->left > 0);
    const int64_t rows = ls_network_tensor(p->network, p->at_variable).rows, first = p->at_row;
    const int64_t each = ls_modelblock_piece_rows(p->network, p->at_variable);
    const int64_t count = rows - first < each ? rows - first : each;
    const ls_piece piece = {p->group[p->at_group].first + p->at_vector, {p->network, p->at_variable, first, count}};
    p->left--;
    p->at_row += count;
    if (p->at_row == rows)
        move_on(p);
    return piece;
}

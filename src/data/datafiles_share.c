/* Records of data files go from one rank of a host to its others. */
#include "data/datafiles.h"

#include "base/memory.h"
#include "comm/agree.h"

/* ---- the rank that reads them ---- */

/* Opens one dataset, which takes all records that its rows need: how much of it is stored is the sum over its chunks'
 * index. What is wrong with it is told by whoever reads its rows. */
static void look(ls_h5_file *file, const char *path)
{
    ls_h5_dataset dataset;
    (void)ls_h5_describe(file, path, &dataset);
}

/* Of `count` datasets behind one another those in which the rows of a host's ranks lie, about: a file of thousands is
 * not for every host to open. */
static bool is_near(const ls_comm *comm, int place, int count)
{
    const int64_t first = ls_comm_rank(comm), last = first + ls_comm_local_size(comm), size = ls_comm_size(comm);
    return place >= first * count / size && place < (last * count + size - 1) / size;
}

static void look_at_layout(const ls_comm *comm, ls_datafiles *files, const ls_layout *layout, bool targets)
{
    const int tables = ls_layout_tables(layout, targets);
    for (int first = 0, count; first < tables; first += count) {
        const int stack = ls_layout_table_at(layout, targets, first).stack;
        count = 1;
        while (first + count < tables && ls_layout_table_at(layout, targets, first + count).stack == stack)
            count++;
        for (int i = 0; i < count; i++) {
            const ls_layout_table table = ls_layout_table_at(layout, targets, first + i);
            ls_h5_file *file;
            if (is_near(comm, i, count) && ls_h5_beside(files->main, table.file, &file) == LS_OK)
                look(file, table.path);
        }
    }
}

static void look_at_source(const ls_comm *comm, ls_datafiles *files, const ls_source *source)
{
    ls_h5_file *file;
    if (source->rows == 0 || ls_datafiles_file(files, source, &file) != LS_OK || file == NULL)
        return;
    if (source->layout != NULL) {
        look_at_layout(comm, files, source->layout, false);
        look_at_layout(comm, files, source->layout, true);
        return;
    }
    look(file, source->x_path);
    if (source->y_path[0] != '\0')
        look(file, source->y_path);
}

/* ---- all ranks ---- */

ls_status ls_datafiles_page(const ls_context *context, ls_datafiles *files)
{
    return ls_comm_local_size(context->comm) > 1 ? ls_h5_pages_create(&files->pages) : LS_OK;
}

ls_status ls_datafiles_share(ls_context *context, ls_datafiles *files, const ls_source *const *sources, int count)
{
    const ls_comm *comm = context->comm;
    const bool others = ls_comm_local_size(comm) > 1, lead = ls_comm_local_rank(comm) == 0;
    int64_t bytes = 0;
    char *block = NULL;
    ls_status status;
    /* Rank 0 has described all of them. */
    for (int i = 0; others && lead && ls_comm_rank(comm) > 0 && i < count; i++)
        look_at_source(comm, files, sources[i]);
    if (others && lead)
        bytes = ls_h5_pages_bytes(files->pages);
    LS_TRY(ls_comm_broadcast_on_host(context->comm, &bytes, sizeof bytes));
    status = ls_memory_allocate(&block, bytes, 1, "pages of files");
    if (status == LS_OK && others && lead)
        ls_h5_pages_pack(files->pages, block);
    status = ls_agree(context->comm, status);
    if (status == LS_OK)
        status = ls_comm_broadcast_on_host(context->comm, block, bytes);
    if (status == LS_OK && others && !lead)
        ls_h5_pages_unpack(files->pages, block);
    ls_memory_free(block);
    return status;
}

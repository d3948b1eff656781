/* Names of data files, and who keeps them open. */
#include "data/datafiles.h"

#include "base/memory.h"
#include "base/parse.h"
#include "context/options.h"
#include "files/files.h"
#include "source/spec.h"

#include <stdio.h>
#include <string.h>

/* ---- open files ---- */

ls_status ls_datafiles_create(int threads, ls_datafiles **files)
{
    LS_TRY(ls_memory_allocate(files, 1, sizeof **files, "data files"));
    (*files)->holders = 1;
    (*files)->threads = threads;
    return LS_OK;
}

void ls_datafiles_hold(ls_datafiles *files)
{
    files->holders++;
}

void ls_datafiles_rest(ls_datafiles *files)
{
    if (files == NULL)
        return;
    ls_h5_close(files->main);
    files->main = NULL;
}

void ls_datafiles_release(ls_datafiles *files)
{
    if (files == NULL || --files->holders > 0)
        return;
    ls_datafiles_rest(files);
    ls_h5_pages_release(files->pages);
    ls_inputs_free(&files->inputs);
    ls_memory_free(files);
}

ls_status ls_datafiles_file(ls_datafiles *files, const ls_source *source, ls_h5_file **file)
{
    *file = NULL;
    if (source->file[0] == '\0' || source->table != NULL)
        return LS_OK;
    if (files == NULL)
        return ls_source_open(source, NULL, file);
    if (files->main == NULL) { /* noted first: what takes its place while it is opened is another file */
        LS_TRY(ls_inputs_add(&files->inputs, source->file));
        LS_TRY(ls_source_open(source, files->pages, &files->main));
        ls_h5_note(files->main, &files->inputs);
    }
    ls_h5_set_threads(files->main, files->threads);
    return ls_h5_beside(files->main, source->file, file);
}

/* ---- names ---- */

/* Without data files the first one that --x names stands in. */
static ls_status first_file(const ls_options *options, char *path, size_t size)
{
    ls_spec_item *items;
    int count;
    path[0] = '\0';
    if (options->x[0] == '\0')
        return LS_OK;
    LS_TRY(ls_spec_parse("--x", options->x, &items, &count));
    (void)snprintf(path, size, "%s", items[0].file);
    ls_memory_free(items);
    return LS_OK;
}

static ls_status open_first(ls_datanames *n)
{
    const ls_options *o = n->options;
    const ls_h5_links links = o->follow_links ? LS_H5_LINKS_ANY : LS_H5_LINKS_BESIDE;
    LS_TRY(ls_inputs_add(&n->files->inputs, n->path[0])); /* before it is opened, as above */
    LS_TRY(ls_h5_open_paged(n->path[0], n->files->pages, &n->files->main));
    ls_h5_trust(n->files->main, links, o->trust_sizes);
    ls_h5_note(n->files->main, &n->files->inputs);
    return LS_OK;
}

ls_status ls_datanames_open(const ls_options *options, const char *encoding, ls_datafiles *files, ls_datanames *names)
{
    char stand_in[4096];
    *names = (ls_datanames){.options = options, .files = files};
    (void)ls_spec_axis(options->samples_axis, &names->axis); /* checked when it was set */
    LS_TRY(ls_codes_find(options, encoding, &names->codes));
    LS_TRY(first_file(options, stand_in, sizeof stand_in));
    if (options->data[0] == '\0' && stand_in[0] == '\0')
        return ls_fail(LS_ERR_USAGE,
                       "no data file; name an HDF5 file, as in: lockstep train DATA.h5 --layers \"64 relu, 1\"");
    ls_status status =
        ls_files_expand(options->data[0] != '\0' ? options->data : stand_in, &names->path, &names->count);
    if (status == LS_OK)
        status = open_first(names);
    if (options->data[0] == '\0')
        names->count = 0; /* no file for items without one */
    if (status != LS_OK)
        ls_datanames_close(names);
    return status;
}

void ls_datanames_close(ls_datanames *names)
{
    ls_memory_free(names->path);
    names->path = NULL;
    names->count = 0;
}

ls_status ls_datanames_describe(const ls_datanames *names, const char *x_option, const char *x, const char *y_option,
                                const char *y, ls_source *source)
{
    ls_layout_request request = {.files = names->path,
                                 .file_count = names->count,
                                 .x = x,
                                 .y = y,
                                 .x_option = x_option,
                                 .y_option = y_option,
                                 .axis = names->axis,
                                 .code_count = names->codes.count};
    memcpy(request.codes, names->codes.number, sizeof request.codes);
    return ls_source_describe_layout(&request, names->files->main, source);
}

ls_status ls_datanames_describe_found(const ls_datanames *names, const ls_found_part *part, ls_source *source)
{
    char x[2 * sizeof part->x], y[2 * sizeof part->y];
    if (part->x[0] == '\0')
        return LS_OK;
    if (part->chosen)
        return ls_datanames_describe(names, "--x", part->x, "--y", part->y, source);
    ls_spec_escape(part->x, x, sizeof x);
    ls_spec_escape(part->y, y, sizeof y);
    return ls_datanames_describe(names, "--x", x, "--y", y, source);
}

ls_status ls_datanames_describe_beside(const ls_datanames *names, const ls_source *part, const char *y_option,
                                       const char *y, ls_source *source)
{
    char x[2 * sizeof part->x_path];
    ls_datanames plain = *names;
    plain.codes.count = 0;    /* they are the features' and targets' */
    if (part->layout != NULL) /* the path is as an option names it */
        (void)snprintf(x, sizeof x, "%s", part->x_path);
    else
        ls_spec_escape(part->x_path, x, sizeof x);
    return ls_datanames_describe(&plain, "--x", x, y_option, y, source);
}

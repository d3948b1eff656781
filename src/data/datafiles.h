/* The data files as options name them (--data, --x, --y, --samples-axis ...), and their open handles, shared by the
 * datasets that were opened together: one open per file and rank. */
#ifndef LS_DATA_DATAFILES_H
#define LS_DATA_DATAFILES_H

#include "context/context.h"
#include "data/codes.h"
#include "source/find.h"
#include "source/source.h"

#include <lockstep.h>

typedef struct ls_datafiles {
    int holders;
    int threads;        /* that unpack what is read: the context's, or 1 where another thread trains meanwhile */
    ls_h5_pages *pages; /* where records of the files are kept; NULL: nowhere */
    ls_h5_file *main;   /* the file that the others are opened beside; NULL: nothing is open */
    ls_inputs inputs;   /* all files that were opened so far, by this rank */
} ls_datafiles;

/* Local. No files open, one holder. */
ls_status ls_datafiles_create(int threads, ls_datafiles **files);
void ls_datafiles_hold(ls_datafiles *files);
void ls_datafiles_release(ls_datafiles *files); /* NULL is accepted; the last holder closes */
/* Local. From now on the files' records are kept, where there are other ranks on this host. */
ls_status ls_datafiles_page(const ls_context *context, ls_datafiles *files);
/* Collective. One rank of each host reads the records of the files that the sources' rows lie in, and gives them to the
 * others there, so that these read rows alone. What cannot be read so, each rank reads for itself, and tells what is
 * wrong with it. */
ls_status ls_datafiles_share(ls_context *context, ls_datafiles *files, const ls_source *const *sources, int count);
/* Local. Closes what is open; it is opened again when it is needed. */
void ls_datafiles_rest(ls_datafiles *files);
/* Local. The open file to read a source's rows from; NULL for arrays and tables. It stays with `files`, or is given to
 * the caller, who closes it, where `files` is NULL. */
ls_status ls_datafiles_file(ls_datafiles *files, const ls_source *source, ls_h5_file **file);

/* What the options say about data, looked at by one rank. */
typedef struct ls_datanames {
    const ls_options *options;
    char **path; /* (count) the data files; owned */
    int count;
    int axis;
    ls_codes codes; /* for no value in features and targets */
    ls_datafiles *files;
} ls_datanames;

/* Local. Finds the files and opens the first. `encoding`: of the model that is to be scored, whose codes for no value
 * hold where options tell none; or NULL. */
ls_status ls_datanames_open(const ls_options *options, const char *encoding, ls_datafiles *files, ls_datanames *names);
void ls_datanames_close(ls_datanames *names);
/* Local. Describes what --x and --y (or their --validation- forms, `x_option`) say. */
ls_status ls_datanames_describe(const ls_datanames *names, const char *x_option, const char *x, const char *y_option,
                                const char *y, ls_source *source);
/* Local. Describes paths that were found in the first file, over all files. */
ls_status ls_datanames_describe_found(const ls_datanames *names, const ls_found_part *part, ls_source *source);

/* Local. Describes other numbers for the rows of a part, as if they were its targets: weights, groups. */
ls_status ls_datanames_describe_beside(const ls_datanames *names, const ls_source *part, const char *y_option,
                                       const char *y, ls_source *source);

#endif

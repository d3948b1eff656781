/* The one door to libhdf5: everything the project does with HDF5 files, without HDF5's types. Each failing call is
 * reported with file, object and what failed; the library's error stack is silenced for the call and restored, so the
 * host's HDF5 error state stays as it was. libhdf5 is not thread-safe: one mutex is held during each of these
 * functions, so that any thread may call them, on handles of its own. */
#ifndef LS_HDF5_H5_H
#define LS_HDF5_H5_H

#include "base/status.h"
#include "files/inputs.h"
#include "hdf5/h5_pages.h"
#include "hdf5/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LS_H5_MAX_RANK 8

typedef struct ls_h5_file ls_h5_file;

typedef enum ls_h5_class {
    LS_H5_INTEGER,
    LS_H5_FLOAT,
    LS_H5_BOOLEAN, /* h5py's enum of FALSE and TRUE over int8 */
    LS_H5_OTHER    /* strings, compounds, ...: cannot be read as numbers */
} ls_h5_class;

/* Whether the values of a dataset have names. */
typedef enum ls_h5_naming {
    LS_H5_NAMING_NONE,
    LS_H5_NAMING_TEXT,      /* they are texts */
    LS_H5_NAMING_ENUM,      /* an enumeration of 0, 1, ..., not of FALSE and TRUE */
    LS_H5_NAMING_CATEGORIES /* numbers of the texts of `categories` beside it, as AnnData writes them */
} ls_h5_naming;

/* Numbers that stand for no value; more of them than anybody writes are passed over. */
#define LS_H5_CODES 8

/* One dataset as found in a file. */
typedef struct ls_h5_dataset {
    char path[1024]; /* absolute: "/train/x" */
    ls_h5_class class_;
    bool bitfield;       /* an unsigned number to us, but not to libhdf5 */
    bool natural;        /* integers of 64 bits without a sign: from 2^63 up int64 has them not */
    bool swapped_double; /* float64 of the byte order that this machine has not */
    bool other_enum;     /* an enumeration of other numbers than 0, 1, ..., whose names are passed over */
    bool scale;          /* a dimension scale: the coordinates along an axis of other datasets, as netCDF writes them */
    char unapplied[64];  /* attributes that change what values mean, and are not applied: "scale_factor, _FillValue" */
    char type[48];       /* for people: "float32", "int64 big-endian", "string", "compound" */
    int bits;
    int rank;
    int64_t shape[LS_H5_MAX_RANK];
    char layout[64];               /* for people: "contiguous", "chunks 64x64, shuffle, gzip" */
    int64_t storage;               /* bytes in the file */
    ls_h5_number stored;           /* smallest type of number.h's six that holds every value; else float32 */
    int64_t chunk[LS_H5_MAX_RANK]; /* extents of a chunk; 0 where there are no chunks */
    int64_t fields;                /* of a compound: columns its fields make, the last extent of shape; else 0 */
    ls_h5_naming naming;
    double codes[LS_H5_CODES]; /* for no value, by the attributes _FillValue, missing_value and rhdf5-NA.OK and by */
    int code_count;            /* AnnData's convention for categories; then `stored` is float32, which has nan */
    char no_numbers[64];       /* of a compound: the fields that are none of them, "name, comment" */
} ls_h5_dataset;

/* Whether the type has values that float32 has not; and some that float64 has not. */
static inline bool ls_h5_is_wide(const ls_h5_dataset *dataset)
{
    return dataset->stored == LS_H5_NUMBER_FLOAT && (dataset->class_ != LS_H5_FLOAT || dataset->bits > 32);
}
static inline bool ls_h5_is_long(const ls_h5_dataset *dataset)
{
    return ls_h5_is_wide(dataset) && dataset->class_ != LS_H5_FLOAT && dataset->bits > 32;
}

/* What of a file may lie elsewhere: external links, and the sources of virtual datasets. */
typedef enum ls_h5_links {
    LS_H5_LINKS_BESIDE, /* in the directory of the file and below it */
    LS_H5_LINKS_NONE,   /* nowhere: for models and checkpoints */
    LS_H5_LINKS_ANY
} ls_h5_links;

/* A dataset as a table: one axis counts the rows, the others are flattened, in their order, to columns. */
typedef struct ls_h5_range {
    int64_t first, count;
} ls_h5_range;
typedef struct ls_h5_table {
    const char *path;
    int axis;                  /* of the rows; one beyond the last means the last */
    int64_t width;             /* columns that the dataset must have, chosen or not; 0: not checked */
    const ls_h5_range *ranges; /* (range_count) columns in the order wanted; NULL: all */
    int range_count;
    const double *codes; /* (code_count) further ones for no value */
    int code_count;
} ls_h5_table;

/* ---- reading ---- */

/* Local. Opens for reading with the plain (sec2) driver and file locking off. LS_ERR_DATA: not there, no permission,
 * not HDF5 (the message says which, and shows what the file looks like instead where that is easy: empty, gzip, CSV
 * text). */
ls_status ls_h5_open(const char *path, ls_h5_file **file);
/* Local. The same, and records of the file, and of those that are opened beside it, are kept in `pages` and taken from
 * there; held meanwhile. NULL: as above. */
ls_status ls_h5_open_paged(const char *path, ls_h5_pages *pages, ls_h5_file **file);
/* Local. The same of bytes [offset, offset + length) of an open file, which is taken over, also after a failure; `path`
 * is what the file is called. */
ls_status ls_h5_open_window(int fd, int64_t offset, int64_t length, const char *path, ls_h5_file **file);
/* NULL is accepted. */
void ls_h5_close(ls_h5_file *file);
/* Local. What the file may refer to (LS_H5_LINKS_BESIDE until this is called), and whether datasets may declare sizes
 * out of all proportion to what is stored (false until then). Call it before anything is read. */
void ls_h5_trust(ls_h5_file *file, ls_h5_links links, bool sizes);
/* Local. How many threads unpack compressed chunks, of this file and of those beside it: 1 until this is called. They
 * are OpenMP's, in the team of the thread that reads. */
void ls_h5_set_threads(ls_h5_file *file, int threads);
/* Local. From now on this file, those opened beside it, and those that their links and virtual datasets lead to are
 * added to `note`, which is borrowed. */
void ls_h5_note(ls_h5_file *file, ls_inputs *note);
void ls_h5_trusted(const ls_h5_file *file, ls_h5_links *links, bool *sizes);
/* Local. Another file that is read together with this one, under the same trust: opened when first asked for, kept with
 * a few others, closed with this one at the latest; valid until the next call. The file itself when the path is its
 * own. */
ls_status ls_h5_beside(ls_h5_file *file, const char *path, ls_h5_file **other);
const char *ls_h5_path(const ls_h5_file *file);

/* Local. All datasets below `group` ("/" for the whole file), sorted by path; *list is freed with ls_memory_free.
 * Follows hard links, to each object once, and links to other files where they may be followed; of others there is an
 * entry whose type says so. */
ls_status ls_h5_list(ls_h5_file *file, const char *group, ls_h5_dataset **list, int *count);
/* Local. One dataset's description; LS_ERR_DATA names the file and the nearest dataset path when it is not there. */
ls_status ls_h5_describe(ls_h5_file *file, const char *path, ls_h5_dataset *dataset);
bool ls_h5_exists(ls_h5_file *file, const char *path); /* group or dataset */
/* Local. Whether all questions of a file, and of those opened beside it, have had an answer: ls_h5_exists,
 * ls_h5_has_attribute and ls_h5_has_texts say no where memory or the disk fails as well. From then on all reading of
 * the file fails with this status; who acts on a no and reads nothing more asks here. LS_ERR_DATA, LS_ERR_MEMORY. */
ls_status ls_h5_answered(const ls_h5_file *file);
/* Local. Comes to every group, dataset and attribute, and to all chunks: in a process that may crash or loop there, of
 * which check.h takes care. What merely cannot be read is for whoever needs it. LS_ERR_DATA: groups nested too deep,
 * too many objects, or they cannot be listed. */
ls_status ls_h5_look_through(ls_h5_file *file);
/* Bytes, decompressed, of a band of chunks: all that hold some row along `axis`. *cached: the band fits into the chunk
 * cache, so that rows read in order decompress each chunk once. 0 where there are no chunks. */
double ls_h5_band(const ls_h5_dataset *dataset, size_t value_bytes, int axis, bool *cached);
/* Local. Whether a dataset can be features or targets (`what`): numbers, with rows. */
ls_status ls_h5_check_numbers(const ls_h5_file *file, const char *what, const ls_h5_dataset *dataset);
/* Rows along `axis` that are best read together: those of a band of chunks; for a contiguous dataset whose rows are not
 * its first axis those of a run of 64 KiB; else 1. */
int64_t ls_h5_rows_together(const ls_h5_dataset *dataset, int axis);
/* The axis of the rows when `axis` is asked for (one beyond the last means the last): the fields of a compound are
 * none. */
int ls_h5_row_axis(const ls_h5_dataset *dataset, int axis);
/* Local. "(1438, 64)" for messages; returns buffer. */
char *ls_h5_shape_text(const ls_h5_dataset *dataset, char *buffer, int capacity);

/* Local. Rows [first, first + count) of a dataset whose slowest index is the row, as float32 (count, product of the
 * other extents); any stored number type and layout. A scalar has one row. Every return code is checked. LS_ERR_DATA
 * with file, dataset, rows. */
ls_status ls_h5_read_float(ls_h5_file *file, const char *path, int64_t first, int64_t count, float *values);
ls_status ls_h5_read_double(ls_h5_file *file, const char *path, int64_t first, int64_t count, double *values);
ls_status ls_h5_read_int64(ls_h5_file *file, const char *path, int64_t first, int64_t count, int64_t *values);
ls_status ls_h5_read_uint8(ls_h5_file *file, const char *path, int64_t first, int64_t count, uint8_t *values);
ls_status ls_h5_read_uint64(ls_h5_file *file, const char *path, int64_t first, int64_t count, uint64_t *values);
/* Local. Rows [first, first + count) of a table as `number`, row r's columns from values + r * stride values on.
 * Besides `values` it takes at most LS_H5_TABLE_MEMORY, or one row where that is more. A selection of columns of an
 * array of more than two axes, one of many ranges, and rows that are not the first axis, are read in blocks and turned
 * in memory. Codes for no value, the dataset's own and the table's, are nan in float32 and float64. */
#define LS_H5_TABLE_MEMORY ((int64_t)32 << 20)
ls_status ls_h5_read_table(ls_h5_file *file, const ls_h5_table *table, int64_t first, int64_t count,
                           ls_h5_number number, int64_t stride, void *values);

/* Local. What the columns of a row of a compound are called, by the fields: "pt", "jet.pt" of a compound in it, "pos.2"
 * of an array; with more axes than that of the rows the place there comes behind, "pt.0". *names is freed with
 * ls_memory_free; *count is 0 and *names NULL for other datasets. */
ls_status ls_h5_field_names(ls_h5_file *file, const char *path, char ***names, int *count);
/* Local. Of a compound, as `description` says it, the part of its columns that is chosen: class_, stored. */
ls_status ls_h5_field_types(ls_h5_file *file, const char *path, const ls_h5_range *ranges, int count,
                            ls_h5_dataset *description);

/* Local. Rows [first, first + count) as their names: the texts of strings, or of those that numbers stand for; NULL for
 * none (an empty text, a code for no value). `field` is that of a compound that holds them; NULL: the dataset
 * itself. Freed with ls_memory_free(*texts). */
ls_status ls_h5_read_texts(ls_h5_file *file, const char *path, const char *field, int64_t first, int64_t count,
                           char ***texts);
/* Local. The names of the numbers 0, 1, ... of an enumeration or of categories, freed with ls_memory_free; `field` as
 * above. */
ls_status ls_h5_label_names(ls_h5_file *file, const char *path, const char *field, char ***names, int *count);
/* Whether the values of a compound's field, one an element, have names; NONE where there is no such field. */
ls_h5_naming ls_h5_field_naming(ls_h5_file *file, const char *path, const char *field);

/* Local. Attributes of a group or dataset. A missing one is LS_ERR_DATA. Text is freed with ls_memory_free; fixed- and
 * variable-length strings both read. */
bool ls_h5_has_attribute(ls_h5_file *file, const char *object, const char *name);
/* Whether there is one and it holds texts, so that failing to read them is an error and no answer. */
bool ls_h5_has_texts(ls_h5_file *file, const char *object, const char *name);
ls_status ls_h5_attribute_text(ls_h5_file *file, const char *object, const char *name, char **text);
/* All texts of an array (one for a scalar), in one block freed with ls_memory_free(*texts). */
ls_status ls_h5_attribute_texts(ls_h5_file *file, const char *object, const char *name, char ***texts, int *count);
/* The one text of an attribute of "/" in the file where an object really lies, which links may lead to; *text is NULL
 * when there is none. `home`: the object's path in that file. */
#define LS_H5_PATH_MAX 1024
ls_status ls_h5_home_text(ls_h5_file *file, const char *object, const char *name, char home[LS_H5_PATH_MAX],
                          char **text);
ls_status ls_h5_attribute_int64(ls_h5_file *file, const char *object, const char *name, int64_t *value);
ls_status ls_h5_attribute_double(ls_h5_file *file, const char *object, const char *name, double *value);

/* ---- writing ----
 * For files whose bytes depend on nothing but their contents: no time stamps, library bounds earliest..v18, fixed
 * creation order of what is written in the same order. Errors are LS_ERR_OUTPUT. */

/* Local. Creates (or truncates) `path` with `user_block` reserved bytes at the front (0, or a power of two >= 512). The
 * file is whole only after ls_h5_finish: large data is written at once, by us, and libhdf5's own records wait in memory
 * (libhdf5 1.10 crashes when a disk fills up). What cannot be written is told by the call that finds out, or a later
 * one. */
ls_status ls_h5_create(const char *path, int64_t user_block, ls_h5_file **file);
/* Local. The same into an empty file that is open for reading and writing, taken over; `path` is for messages. */
ls_status ls_h5_create_in(int fd, const char *path, int64_t user_block, ls_h5_file **file);
/* Local. Writes the file, closes it, and reports what could not be written. The handle is gone either way. ls_h5_close
 * instead gives up, and leaves a file that is none. */
ls_status ls_h5_finish(ls_h5_file *file);

ls_status ls_h5_make_group(ls_h5_file *file, const char *path); /* parents too; an existing one is fine */
/* Contiguous datasets; rank 0 gives a scalar. Little endian. Parents are made. */
ls_status ls_h5_write_float(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const float *values);
ls_status ls_h5_write_double(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const double *values);
ls_status ls_h5_write_int32(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const int32_t *values);
ls_status ls_h5_write_int64(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const int64_t *values);
ls_status ls_h5_write_uint8(ls_h5_file *file, const char *path, int rank, const int64_t *shape, const uint8_t *values);
ls_status ls_h5_write_uint64(ls_h5_file *file, const char *path, int rank, const int64_t *shape,
                             const uint64_t *values);
/* A dataset made first and filled row range by row range. */
ls_status ls_h5_make_float(ls_h5_file *file, const char *path, int rank, const int64_t *shape);
ls_status ls_h5_make_int32(ls_h5_file *file, const char *path, int rank, const int64_t *shape);
ls_status ls_h5_make_int64(ls_h5_file *file, const char *path, int rank, const int64_t *shape);
ls_status ls_h5_make_uint64(ls_h5_file *file, const char *path, int rank, const int64_t *shape);
ls_status ls_h5_write_float_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count, const float *values);
ls_status ls_h5_write_int32_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count,
                                 const int32_t *values);
ls_status ls_h5_write_int64_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count,
                                 const int64_t *values);
ls_status ls_h5_write_uint64_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count,
                                  const uint64_t *values);
/* Texts (count), as variable-length UTF-8. */
ls_status ls_h5_write_texts(ls_h5_file *file, const char *path, const char *const *texts, int64_t count);
/* The same made first, one axis of `rows`, and filled row range by row range. */
ls_status ls_h5_make_texts(ls_h5_file *file, const char *path, int64_t rows);
ls_status ls_h5_write_text_rows(ls_h5_file *file, const char *path, int64_t first, int64_t count,
                                const char *const *texts);
ls_status ls_h5_link(ls_h5_file *file, const char *existing, const char *path); /* hard link; parents are made */
/* Attributes: variable-length UTF-8 scalar, array of such, number. */
ls_status ls_h5_set_text(ls_h5_file *file, const char *object, const char *name, const char *value);
ls_status ls_h5_set_texts(ls_h5_file *file, const char *object, const char *name, const char *const *values, int count);
ls_status ls_h5_set_int64(ls_h5_file *file, const char *object, const char *name, int64_t value);
ls_status ls_h5_set_double(ls_h5_file *file, const char *object, const char *name, double value);

/* Keeps all other threads out of libhdf5 while the process forks; in the child the last form, after which chunks are
 * unpacked by one thread: OpenMP's threads are not there after a fork. */
void ls_h5_lock(void);
void ls_h5_unlock(void);
void ls_h5_unlock_child(void);

/* "1.10.8", the library linked at run time. */
const char *ls_h5_library_version(void);
/* The one whose headers this was compiled with. */
const char *ls_h5_compiled_version(void);
/* Whether the library is a parallel build. */
bool ls_h5_library_parallel(void);

#endif

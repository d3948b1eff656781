/* What the h5*.c files share. Only they include this, and so only they see hdf5.h. */
#ifndef LS_HDF5_H5_INTERNAL_H
#define LS_HDF5_H5_INTERNAL_H

#include "hdf5/element.h"
#include "hdf5/h5.h"
#include "hdf5/h5_image.h"

#include <hdf5.h>

/* The first 8 bytes of the format, at 0, 512, 1024, ... of a file. */
#define LS_H5_SIGNATURE "\x89HDF\r\n\x1a\n"

#define LS_H5_KEPT 32
/* Chunk caches of a file's kept datasets together, in bytes, and the largest of one dataset. */
#define LS_H5_CACHE     ((size_t)128 << 20)
#define LS_H5_CACHE_ONE ((size_t)64 << 20)
/* Other files that are kept open beside one. */
#define LS_H5_BESIDE 8

/* A dataset kept open between calls: closing it would throw away its cache of decompressed chunks. */
typedef struct ls_h5_kept {
    hid_t id;                    /* -1: free slot */
    char path[1024];             /* as the caller spelt it */
    size_t cache;                /* bytes its chunk cache may take */
    int64_t rows_at;             /* axis that the cache was sized for */
    struct ls_h5_chunks *chunks; /* see h5_chunks.h; NULL: H5Dread reads it */
    ls_h5_dataset description;
} ls_h5_kept;

struct ls_h5_file {
    hid_t id;
    bool writing;
    int fd;             /* writing: the file to be, or the scratch file; a window: what it is of; else -1 */
    int64_t user_block; /* writing: bytes in front */
    hid_t driver;       /* libhdf5's way to the image or the window; else -1 */
    ls_h5_pages *pages; /* reading: where its records are kept, held; NULL: nowhere */
    ls_h5_image image;  /* writing: the file to be, as far as it is not in the file */
    char path[4096];
    ls_h5_kept kept[LS_H5_KEPT];
    int next_kept; /* slot to be reused next */
    ls_h5_links links;
    bool sizes;              /* declared sizes are believed */
    int threads;             /* that unpack chunks */
    hid_t access;            /* how links are followed when reading; closed with the file */
    char refused[1200];      /* why the last external link was not followed */
    char unanswered[1200];   /* why the first question had no answer; empty: all have had theirs */
    ls_status unanswered_as; /* and the status that it ends in */
    ls_h5_file *main;        /* of a file opened beside one: that one, which learns of it too; else NULL */
    ls_h5_file *beside[LS_H5_BESIDE];
    int next_beside;
    ls_inputs *note; /* borrowed; what is read is added to it; NULL: to nothing */
};

/* The host's HDF5 error state, put aside while we are inside: its handler (so that libhdf5 prints nothing for
 * errors that we report ourselves) and the contents of its stack. Every public function of h5.h that calls
 * libhdf5 enters once, and leaves on its one way out. */
typedef struct ls_h5_guard {
    unsigned version2; /* which generation of the API the host's handler was set with */
    H5E_auto2_t function;
    void *data;
#ifndef H5_NO_DEPRECATED_SYMBOLS
    H5E_auto1_t function1;
    void *data1;
#endif
    hid_t stack;
    bool has_plugins;
    unsigned plugins; /* which kinds of plugins the host lets libhdf5 load */
} ls_h5_guard;

void ls_h5_enter(ls_h5_guard *guard);
void ls_h5_leave(const ls_h5_guard *guard);

/* Records "FILE: text (libhdf5: innermost description)"; call before any other libhdf5 call clears the stack.
 */
ls_status ls_h5_fail(ls_status code, const ls_h5_file *file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What libhdf5 answered when asked for `what`: its yes, or no. A no for want of memory or by a failing disk is none,
 * and remembered for ls_h5_answered. Call it before any other libhdf5 call clears the stack. */
bool ls_h5_answer(ls_h5_file *file, htri_t answer, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* File access properties that both directions share: plain driver, no locking. Negative when libhdf5 refuses.
 */
hid_t ls_h5_access_plist(void);
/* H5Fopen to read, and H5Fcreate, with the plain driver: on descriptors above 2 that programs started later do not get.
 */
hid_t ls_h5_open_plain(const char *path, hid_t access);
hid_t ls_h5_create_plain(const char *path, hid_t creation, hid_t access);

/* The library bounds that all files are written with. */
bool ls_h5_set_bounds(hid_t access);
/* A handle without a file yet: id and fd are -1. Freed with ls_memory_free. */
ls_status ls_h5_make_handle(const char *path, bool writing, ls_h5_file **file);
/* Creation properties of this class without time stamps, or -1. */
hid_t ls_h5_timeless(hid_t class_);
/* Makes the groups above the last component of a path. The caller is inside a guard. */
ls_status ls_h5_make_parents(ls_h5_file *file, const char *path);
/* What a writing call came to: `status`, unless the image has failed, of which libhdf5 knows nothing. */
ls_status ls_h5_written(const ls_h5_file *file, ls_status status);

/* Opens a dataset for reading or writing rows along an axis, or finds it among the kept ones; the file keeps and closes
 * it, at the latest LS_H5_KEPT openings later. What is read has been admitted. The caller is inside a guard. */
ls_status ls_h5_dataset_open(ls_h5_file *file, const char *path, int axis, const ls_h5_kept **dataset);
/* Closes one, and what was kept of it. */
void ls_h5_dataset_close(ls_h5_kept *dataset);
/* Closes the kept datasets. */
void ls_h5_forget_kept(ls_h5_file *file);

/* Whether a dataset can and may be read: filters, declared sizes, where its values lie. `depth` counts virtual datasets
 * that lead here. */
ls_status ls_h5_admit(const ls_h5_file *file, const char *path, hid_t dataset, int depth);
/* Checks that the sources of a virtual dataset are there, large enough and allowed: libhdf5 reads fill values, without
 * a word, where they are not. */
ls_status ls_h5_check_virtual(const ls_h5_file *file, const char *path, hid_t dataset, hid_t creation, int depth);

/* Whether a file that `file` refers to may be read, by file->links. Symbolic links are
 * resolved. */
bool ls_h5_may_follow(const ls_h5_file *file, const char *target);
/* Access properties for links: external ones are asked about, and their files opened as ours are. Negative when
 * libhdf5 refuses. */
hid_t ls_h5_link_access(ls_h5_file *file);

/* Of a file that is not HDF5: what its first bytes look like, and the way out. */
const char *ls_h5_instead(const unsigned char *bytes, size_t count);

/* The library's constant for a number in memory; not to be closed. float16 has none. */
hid_t ls_h5_memory_type(ls_h5_number number);
/* A float16 in memory; to be closed. Negative when libhdf5 refuses. */
hid_t ls_h5_half_type(void);
/* The same, little endian, as it is written. */
hid_t ls_h5_file_type(ls_h5_number number);
/* What a file's type has that libhdf5 converts otherwise than we do, or not at all. */
typedef struct ls_h5_odd {
    bool bits;   /* bit fields */
    bool narrow; /* float64 of the byte order that this machine has not, as float32 */
} ls_h5_odd;
/* H5Dread, with `type` or its parts in memory being of the type `number`. */
herr_t ls_h5_read_odd(hid_t dataset, ls_h5_odd odd, hid_t number, hid_t type, hid_t memory_space, hid_t file_space,
                      void *values);
/* H5Dread of numbers: bit fields too, which libhdf5 converts to no other type. */
herr_t ls_h5_read_numbers(const ls_h5_kept *dataset, hid_t type, hid_t memory_space, hid_t file_space, void *values);
/* Whether a type is a bit field of whole bytes, which can be read as an unsigned number. */
bool ls_h5_is_bits(hid_t type);
bool ls_h5_is_swapped_double(hid_t type);

/* Reads a description from an open dataset; never fails: what cannot be understood is LS_H5_OTHER, with
 * `type` saying why. `path` is the absolute one. */
void ls_h5_describe_open(hid_t dataset, const char *path, ls_h5_dataset *description);
/* The part that attributes say by convention: scale, unapplied. */
void ls_h5_describe_conventions(hid_t dataset, ls_h5_dataset *description);
/* Of a compound whose fields hold numbers: makes it a dataset of numbers, with one more axis. */
void ls_h5_describe_fields(hid_t type, ls_h5_dataset *description);
/* Its type's part: class_, type, bits, stored. */
void ls_h5_describe_type(hid_t type, ls_h5_dataset *description);
/* Whether values of a type, or of an enumeration over it, are stored as one of the usual types, each of whose bits
 * counts.
 */
bool ls_h5_element(hid_t type, ls_element *element, bool *big_endian);
/* A filter's usual name, or "filter NUMBER". */
void ls_h5_filter_name(H5Z_filter_t filter, char *name, size_t capacity);
/* Whether this libhdf5 can undo the filter. */
bool ls_h5_filter_there(H5Z_filter_t filter);
/* Whether an enumeration is of 0, 1, 2, ..., so that its names are those of class numbers. */
bool ls_h5_counts_up(hid_t type);
/* Local. `count` texts of fixed size, or behind pointers, as one block: pointers first, characters behind them; freed
 * with ls_memory_free. */
ls_status ls_h5_pack_texts(char *const *from, const char *fixed, size_t fixed_size, int64_t count, char ***texts);
/* Blanks at the end of texts of fixed size are padding where the type says so. */
void ls_h5_strip_texts(hid_t type, int64_t count, char *bytes);
/* Gives texts of variable length back to libhdf5. */
void ls_h5_reclaim_texts(hid_t type, hid_t space, void *values);
/* Appends to text[capacity], cutting what does not fit. */
void ls_h5_append(char *text, size_t capacity, const char *more);

/* ls_h5_list for callers that are inside a guard. */
ls_status ls_h5_list_inside(ls_h5_file *file, const char *group, ls_h5_dataset **list, int *count);

/* Threads that may unpack chunks of the file now. */
int ls_h5_threads(const ls_h5_file *file);

/* Whether a dataset has rows [first, first + count). A scalar has one row. */
ls_status ls_h5_check_rows(const ls_h5_file *file, const ls_h5_kept *dataset, ls_status code, int64_t first,
                           int64_t count);
/* Selects rows [first, first + count) of a dataset in *file_space and makes a matching *memory_space; the
 * caller closes both, also after a failure (they are -1 or valid). A scalar has one row. */
ls_status ls_h5_select_rows(ls_h5_file *file, const ls_h5_kept *dataset, ls_status code, int64_t first, int64_t count,
                            hid_t *file_space, hid_t *memory_space);

/* Close what may be -1. */
void ls_h5_release_space(hid_t space);
void ls_h5_release_plist(hid_t plist);
void ls_h5_release_type(hid_t type);

#endif

/* Damaged data files in great number: seeded, deterministic mutations of a handful of small files, each used as the
 * trainer uses data: given to the checking process, listed, described, read. Every mutation must end in data or in an
 * error message; what libhdf5 crashes on must have been caught by the checking process.
 *
 *   fuzz_data COUNT [SEED [FIRST [here]]]     mutations FIRST .. FIRST+COUNT-1 of the seed; one is repeated with COUNT
 * 1, and without a worker, for a debugger, with any fourth word
 *
 * A worker process uses the mutations one after another, without the checking process, which costs most of the time.
 * When it crashes or hangs, a judge uses that mutation as the program does: the checking process must catch it. If it
 * does not, the mutation is reported, its file is kept, and the exit status is 1. Another worker goes on behind it. */
#include "base/memory.h"
#include "hdf5/check.h"
#include "source/columns.h"
#include "source/find.h"
#include "source/source.h"
#include "source/source_named.h"

#include <hdf5.h>

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS    60
#define COLUMNS 8
#define WIDTH   5   /* columns of a chunk */
#define SECONDS 0.1 /* of processor for one mutation; far more than any takes that comes to an end */

static char directory[256];

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "fuzz_data: %s failed\n", what);
        exit(2);
    }
}

/* ---- the files ---- */

typedef struct layout {
    const char *name;
    hid_t type;
    int chunk; /* rows of a chunk; 0: contiguous */
    bool shuffle, gzip, fletcher, nbit, scale;
    bool newer; /* the newest format this library writes */
    int grows;  /* axes that may grow: chunks have an index of another kind for 0, 1 and 2 of them in the newest format
                 */
    bool edges; /* not filtered */
    bool holes; /* chunks that are not there */
    bool plain; /* the first chunk has its filters masked out */
} layout;

static void fill_dataset(hid_t dataset, hid_t space, const layout *l, const double *values)
{
    static const unsigned char raw[8 * ROWS * COLUMNS] = {1, 2, 3, 4};
    const hsize_t start[2] = {20, 0}, extent[2] = {3, 6}, origin[2] = {0, 0};
    if (l->holes)
        must(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, extent, NULL) >= 0, "selecting");
    must(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, space, space, H5P_DEFAULT, values) >= 0, "writing");
#if H5_VERSION_GE(1, 10, 3)
    hid_t type = H5Dget_type(dataset);
    const size_t width = H5Sget_simple_extent_ndims(space) == 2 ? WIDTH : 1;
    if (l->plain)
        must(H5Dwrite_chunk(dataset, H5P_DEFAULT, UINT32_MAX, origin, (size_t)l->chunk * width * H5Tget_size(type),
                            raw) >= 0,
             "writing a chunk");
    (void)H5Tclose(type);
#else
    (void)raw, (void)origin;
#endif
}

static void put_dataset(hid_t file, const char *name, const layout *l, int rank, const double *values)
{
    const hsize_t extents[2] = {ROWS, COLUMNS}, chunk[2] = {(hsize_t)(l->chunk > 0 ? l->chunk : 1), WIDTH},
                  most[2] = {l->grows > 0 ? H5S_UNLIMITED : ROWS, l->grows > 1 ? H5S_UNLIMITED : COLUMNS};
    const double missing = 7;
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(rank, extents, l->chunk > 0 ? most : NULL);
    if (l->chunk > 0)
        must(H5Pset_chunk(creation, rank, chunk) >= 0, "chunks");
    if (l->holes)
        must(H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &missing) >= 0, "fill value");
#if H5_VERSION_GE(1, 10, 0)
    if (l->edges)
        must(H5Pset_chunk_opts(creation, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) >= 0, "edges");
#endif
    if (l->nbit)
        must(H5Pset_nbit(creation) >= 0, "nbit");
    if (l->scale)
        must(H5Pset_scaleoffset(creation, H5Z_SO_INT, 0) >= 0, "scale-offset");
    if (l->shuffle)
        must(H5Pset_shuffle(creation) >= 0, "shuffle");
    if (l->gzip)
        must(H5Pset_deflate(creation, 6) >= 0, "gzip");
    if (l->fletcher)
        must(H5Pset_fletcher32(creation) >= 0, "fletcher32");
    hid_t dataset = H5Dcreate2(file, name, l->type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    fill_dataset(dataset, space, l, values);
    (void)H5Dclose(dataset);
    (void)H5Sclose(space);
    (void)H5Pclose(creation);
}

static void put_names(hid_t file)
{
    const char *names[COLUMNS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    const hsize_t count = COLUMNS;
    hid_t space = H5Screate_simple(1, &count, NULL), type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, H5T_VARIABLE);
    hid_t attribute = H5Acreate_by_name(file, "x", "column_names", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    must(H5Awrite(attribute, type, names) >= 0, "names");
    (void)H5Aclose(attribute);
    (void)H5Tclose(type);
    (void)H5Sclose(space);
}

static void put_file(const layout *l)
{
    char path[512];
    double x[ROWS * COLUMNS], y[ROWS];
    for (int i = 0; i < ROWS * COLUMNS; i++)
        x[i] = i * 7 % 101;
    for (int i = 0; i < ROWS; i++)
        y[i] = i % 3;
    (void)snprintf(path, sizeof path, "%s/%s.h5", directory, l->name);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (l->newer)
        (void)H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    const layout labels = {.type = H5T_STD_I32LE};
    put_dataset(file, "x", l, 2, x);
    put_dataset(file, "y", &labels, 1, y);
    put_names(file);
    hid_t group = H5Gcreate2(file, "more", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_dataset(group, "x", l, 1, x);
    (void)H5Gclose(group);
    (void)H5Lcreate_soft("/more/x", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    must(H5Fclose(file) >= 0, "closing");
    (void)H5Pclose(access);
}

static void put_virtual(void)
{
    char path[512];
    const hsize_t extents[2] = {ROWS, COLUMNS};
    (void)snprintf(path, sizeof path, "%s/virtual.h5", directory);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(2, extents, NULL);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    must(H5Pset_virtual(creation, space, "contiguous.h5", "/x", space) >= 0, "virtual");
    hid_t dataset = H5Dcreate2(file, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    must(dataset >= 0 && H5Dclose(dataset) >= 0 && H5Fclose(file) >= 0, "virtual");
    (void)H5Pclose(creation);
    (void)H5Sclose(space);
}

/* A table with named fields; labels as texts, an enumeration, categories. */
typedef struct record {
    double a;
    float pos[3];
    struct {
        int16_t m;
        uint8_t flag;
    } jet;
    char word[5];
} record;

static hid_t record_type(void)
{
    const hsize_t three = 3;
    hid_t word = H5Tcopy(H5T_C_S1), pos = H5Tarray_create2(H5T_NATIVE_FLOAT, 1, &three);
    hid_t jet = H5Tcreate(H5T_COMPOUND, sizeof(((record *)0)->jet)), type = H5Tcreate(H5T_COMPOUND, sizeof(record));
    must(H5Tset_size(word, 5) >= 0 && H5Tinsert(jet, "m", 0, H5T_STD_I16BE) >= 0 &&
             H5Tinsert(jet, "flag", 2, H5T_STD_B8LE) >= 0 && H5Tinsert(type, "a", 0, H5T_IEEE_F64BE) >= 0 &&
             H5Tinsert(type, "pos", offsetof(record, pos), pos) >= 0 &&
             H5Tinsert(type, "jet", offsetof(record, jet), jet) >= 0 &&
             H5Tinsert(type, "word", offsetof(record, word), word) >= 0,
         "a compound type");
    (void)H5Tclose(word);
    (void)H5Tclose(pos);
    (void)H5Tclose(jet);
    return type;
}

static void put_values(hid_t file, const char *name, hid_t type, int rows, int chunk, const void *values)
{
    const hsize_t extent = (hsize_t)rows, chunks = (hsize_t)chunk;
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), links = H5Pcreate(H5P_LINK_CREATE);
    hid_t space = H5Screate_simple(1, &extent, NULL);
    (void)H5Pset_create_intermediate_group(links, 1);
    if (chunk > 0)
        must(H5Pset_chunk(creation, 1, &chunks) >= 0 && H5Pset_deflate(creation, 1) >= 0, "chunks");
    hid_t dataset = H5Dcreate2(file, name, type, space, links, creation, H5P_DEFAULT);
    must(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, name);
    (void)H5Dclose(dataset);
    (void)H5Sclose(space);
    (void)H5Pclose(links);
    (void)H5Pclose(creation);
}

static void put_table(const char *name, int chunk)
{
    static const char *const words[3] = {"ant", "bee", "wasp"};
    char path[512];
    record rows[ROWS];
    const char *labels[ROWS];
    signed char codes[ROWS], value[3] = {0, 1, 2};
    memset(rows, 0, sizeof rows);
    for (int i = 0; i < ROWS; i++) {
        rows[i].a = i;
        labels[i] = words[i % 3];
        codes[i] = (signed char)(i % 4 - 1);
        memcpy(rows[i].word, labels[i], strlen(labels[i]));
    }
    (void)snprintf(path, sizeof path, "%s/%s.h5", directory, name);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), type = record_type();
    hid_t text = H5Tcopy(H5T_C_S1), enumeration = H5Tenum_create(H5T_STD_I8LE);
    (void)H5Tset_size(text, H5T_VARIABLE);
    for (int k = 0; k < 3; k++)
        (void)H5Tenum_insert(enumeration, words[k], &value[k]);
    put_values(file, "x", type, ROWS, chunk, rows);
    put_values(file, "y", text, ROWS, chunk, labels);
    put_values(file, "cat/codes", H5T_STD_I8LE, ROWS, chunk, codes);
    put_values(file, "cat/categories", text, 3, 0, words);
    for (int i = 0; i < ROWS; i++)
        codes[i] = (signed char)(i % 3);
    put_values(file, "enum", enumeration, ROWS, chunk, codes);
    must(H5Fclose(file) >= 0, "closing");
    (void)H5Tclose(type);
    (void)H5Tclose(text);
    (void)H5Tclose(enumeration);
}

static const char *const names[] = {"contiguous",  "compressed",       "nbit",        "scale",         "newer",
                                    "virtual",     "newer-compressed", "packed",      "packed-summed", "masked",
                                    "holes",       "newer-edges",      "newer-fixed", "newer-tree",    "table",
                                    "table-packed"};
#define NAMES ((int)(sizeof names / sizeof names[0]))

static layout compressed(const char *name, hid_t type, int chunk, const char *filters)
{
    return (layout){.name = name,
                    .type = type,
                    .chunk = chunk,
                    .shuffle = strchr(filters, 's') != NULL,
                    .gzip = strchr(filters, 'd') != NULL,
                    .fletcher = strchr(filters, 'f') != NULL,
                    .grows = 1};
}

static void put_compressed(void)
{
    layout l[] = {
        compressed("compressed", H5T_IEEE_F32BE, 13, "sdf"), compressed("newer-compressed", H5T_IEEE_F64LE, 30, "sd"),
        compressed("packed", H5T_STD_I16LE, 9, "sd"),        compressed("packed-summed", H5T_IEEE_F32LE, 11, "df"),
        compressed("masked", H5T_STD_U16BE, 8, "sdf"),       compressed("holes", H5T_STD_I32LE, 7, "sdf"),
        compressed("newer-edges", H5T_IEEE_F32LE, 7, "sdf"), compressed("newer-fixed", H5T_STD_I64LE, 12, "sdf"),
        compressed("newer-tree", H5T_STD_U8LE, 12, "df")};
    l[1].newer = l[6].newer = l[7].newer = l[8].newer = true;
    l[4].plain = l[5].holes = l[6].edges = l[7].holes = l[8].plain = true;
    l[7].grows = 0;
    l[8].grows = 2;
    for (size_t i = 0; i < sizeof l / sizeof l[0]; i++)
        put_file(&l[i]);
}

static void put_files(void)
{
    const layout layouts[] = {
        {.name = "contiguous", .type = H5T_IEEE_F32LE},
        {.name = "nbit", .type = H5T_STD_I16BE, .chunk = 20, .nbit = true, .grows = 1},
        {.name = "scale", .type = H5T_STD_I32LE, .chunk = 17, .scale = true, .gzip = true, .grows = 1},
        {.name = "newer", .type = H5T_STD_U8LE, .chunk = 7, .newer = true, .grows = 1}};
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        put_file(&layouts[i]);
    put_compressed();
    put_virtual();
    put_table("table", 0);
    put_table("table-packed", 17);
}

static unsigned char *bytes[NAMES];
static size_t length[NAMES];

static void load_files(void)
{
    char path[512];
    for (int i = 0; i < NAMES; i++) {
        (void)snprintf(path, sizeof path, "%s/%s.h5", directory, names[i]);
        FILE *file = fopen(path, "rb");
        must(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
        length[i] = (size_t)ftell(file);
        rewind(file);
        bytes[i] = malloc(length[i]);
        must(bytes[i] != NULL && fread(bytes[i], 1, length[i], file) == length[i], path);
        (void)fclose(file);
    }
}

/* ---- mutations ---- */

static uint64_t draw(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* A place that matters: half of the time near the beginning, where the structure is. */
static size_t place(uint64_t *state, size_t size)
{
    const size_t near = size < 2048 ? size : 2048;
    return draw(state) % 2 ? draw(state) % size : draw(state) % near;
}

static void mutate_once(uint64_t *state, int which, unsigned char *copy, size_t *size)
{
    static const uint64_t odd[] = {0,      1,          0x7F,       0xFF,       0x7FFF,
                                   0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, UINT64_MAX, UINT64_MAX / 2};
    size_t at = place(state, *size), from, run;
    switch (draw(state) % 6) {
    case 0: /* a bit */
    case 1:
        copy[at] ^= (unsigned char)(1u << draw(state) % 8);
        return;
    case 2: /* cut short */
        if (draw(state) % 4 == 0)
            *size = at + 1;
        return;
    case 3: /* a range of zeros, or of all ones */
        run = 1 + draw(state) % 64;
        memset(copy + at, draw(state) % 2 ? 0 : 255, run < *size - at ? run : *size - at);
        return;
    case 4: /* a number that is likely to be wrong */
        run = (size_t)1 << draw(state) % 4;
        if (at + run <= *size)
            memcpy(copy + at, &odd[draw(state) % (sizeof odd / sizeof odd[0])], run);
        return;
    default: /* a piece of another file, or of another place */
        which = draw(state) % 2 ? which : (int)(draw(state) % NAMES);
        run = 1 + draw(state) % 512;
        from = draw(state) % length[which];
        run = run < length[which] - from ? run : length[which] - from;
        memcpy(copy + at, bytes[which] + from, run < *size - at ? run : *size - at);
        return;
    }
}

static void write_mutation(uint64_t seed, int64_t number, const char *path)
{
    uint64_t state = seed * 0x9E3779B97F4A7C15u ^ (uint64_t)number * 0xD1342543DE82EF95u;
    const int which = (int)(draw(&state) % NAMES), times = 1 + (int)(draw(&state) % 4);
    size_t size = length[which];
    unsigned char *copy = malloc(size);
    must(copy != NULL, "memory");
    memcpy(copy, bytes[which], size);
    for (int i = 0; i < times; i++)
        mutate_once(&state, which, copy, &size);
    FILE *file = fopen(path, "wb");
    must(file != NULL && fwrite(copy, 1, size, file) == size && fclose(file) == 0, path);
    free(copy);
}

/* ---- use ---- */

enum { CAUGHT, REFUSED, DAMAGED, READ, OUTCOMES };
static const char *const outcomes[OUTCOMES] = {"caught by the checking process", "refused before reading",
                                               "refused while reading", "read"};

/* What a run would allocate is known before; a damaged extent may be honest about being large. */
#define VALUES_MOST (1 << 20)

static int read_all(const ls_source *source, ls_h5_file *file)
{
    if (source->rows > VALUES_MOST || source->features > VALUES_MOST || source->rows * source->features > VALUES_MOST ||
        source->outputs > VALUES_MOST || source->rows * source->outputs > VALUES_MOST)
        return REFUSED;
    float *x = malloc((size_t)(source->rows * source->features) * sizeof *x);
    float *y = malloc((size_t)(source->rows * (source->outputs + 1)) * sizeof *y);
    must(x != NULL && y != NULL, "memory");
    ls_status status = ls_source_read_x(source, file, 0, source->rows, x);
    for (int64_t first = 0; status == LS_OK && first < source->rows; first += 7) {
        const int64_t count = source->rows - first < 7 ? source->rows - first : 7;
        status = ls_source_read_x_stored(source, file, first, count, x);
        if (status == LS_OK && source->target != LS_TARGET_NONE)
            status = ls_source_read_y(source, file, first, count, y);
    }
    free(x);
    free(y);
    return status == LS_OK ? READ : DAMAGED;
}

/* Fields, and labels that are texts or have names. */
static int use_layout(ls_h5_file *file, char *path, const char *x, const char *y)
{
    const ls_layout_request request = {
        .files = &path, .file_count = 1, .x = x, .y = y, .x_option = "--x", .y_option = "--y"};
    ls_source source;
    int outcome = REFUSED;
    if (ls_source_describe_layout(&request, file, &source) != LS_OK)
        return REFUSED;
    if (source.rows <= VALUES_MOST && (!source.named || ls_source_class_names(&source, file, &source.names) == LS_OK))
        outcome = read_all(&source, file);
    ls_source_release(&source);
    return outcome;
}

/* As the trainer and info do it. */
static int use(const char *path)
{
    ls_h5_file *file;
    ls_h5_dataset *list;
    ls_source source;
    char **texts, copy[600];
    int count, outcome = REFUSED;
    ls_found found;
    (void)snprintf(copy, sizeof copy, "%s", path);
    if (ls_h5_open(path, &file) != LS_OK)
        return REFUSED;
    if (ls_h5_list(file, "/", &list, &count) == LS_OK)
        ls_memory_free(list);
    if (ls_columns_names(file, "/x", COLUMNS, &texts, &count) == LS_OK)
        ls_memory_free(texts);
    (void)ls_find_parts(file, false, &found);
    static const char *const pairs[][2] = {{"/x", "/y"}, {"/x", ""}, {"/more/x", ""}, {"/soft", ""}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (ls_source_describe(file, pairs[i][0], pairs[i][1], &source) == LS_OK) {
            const int result = read_all(&source, file);
            outcome = result > outcome ? result : outcome;
        }
    static const char *const tables[][2] = {
        {"/x[a,jet,pos.1]", "/y"}, {"/x", "/x[word]"}, {"/x[a]", "/cat/codes"}, {"/x[jet.flag]", "/enum"}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && ls_h5_exists(file, "/enum"); i++) {
        const int result = use_layout(file, copy, tables[i][0], tables[i][1]);
        outcome = result > outcome ? result : outcome;
    }
    ls_h5_close(file);
    return outcome;
}

static ls_status try_to_use(void *path)
{
    (void)use(path);
    return LS_OK;
}

/* ---- workers ---- */

typedef struct shared {
    int64_t now; /* mutation under way */
    int64_t count[OUTCOMES];
} shared;

static void name_mutation(int64_t number, char *path, size_t size)
{
    (void)snprintf(path, size, "%s/mutated-%" PRId64 ".h5", directory, number);
}

/* The process ends with SIGPROF when it takes longer from now on. */
static void limit_time(double seconds)
{
    const struct itimerval timer = {
        .it_value = {(time_t)seconds, (suseconds_t)(1e6 * (seconds - (double)(time_t)seconds))}};
    (void)setitimer(ITIMER_PROF, &timer, NULL);
}

static void work(uint64_t seed, int64_t first, int64_t end, shared *s)
{
    char path[512];
    for (s->now = first; s->now < end; s->now++) {
        name_mutation(s->now, path, sizeof path);
        write_mutation(seed, s->now, path);
        limit_time(SECONDS);
        s->count[use(path)]++;
        (void)unlink(path);
    }
    _exit(0); /* as the program ends after bad data: see cli/main.c */
}

/* One mutation as the program uses it. Texts whose length is said to be a gigabyte, which the checking process lets
 * pass, cost libhdf5 a second to clear the memory for. */
static void judge(shared *s)
{
    char path[512];
    name_mutation(s->now, path, sizeof path);
    limit_time(50 * SECONDS);
    s->count[ls_check(path, try_to_use, path, SECONDS) == LS_OK ? use(path) : CAUGHT]++;
    (void)unlink(path);
    _exit(0);
}

/* Runs one of the two in a process; returns its wait status. */
static int run_process(bool as_judge, uint64_t seed, int64_t first, int64_t end, shared *s)
{
    int status = 0;
    const pid_t process = fork();
    must(process >= 0, "fork");
    if (process == 0 && as_judge)
        judge(s);
    if (process == 0) {
        const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC); /* the judge says what matters */
        (void)dup2(nowhere, STDERR_FILENO);
        work(seed, first, end, s);
    }
    must(waitpid(process, &status, 0) == process, "waitpid");
    return status;
}

int main(int argc, char **argv)
{
    const int64_t count = argc > 1 ? atoll(argv[1]) : 300, first = argc > 3 ? atoll(argv[3]) : 0;
    const uint64_t seed = argc > 2 ? (uint64_t)atoll(argv[2]) : 1;
    const char *base = getenv("TMPDIR");
    int bad = 0;
    (void)snprintf(directory, sizeof directory, "%s/lockstep-fuzz-XXXXXX", base ? base : "/tmp");
    must(mkdtemp(directory) != NULL, "making a directory");
    put_files();
    load_files();
    shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(s != MAP_FAILED, "mmap");
    if (argc > 4)
        work(seed, first, first + count, s);
    for (int64_t next = first; next < first + count; next = s->now + 1) {
        if (run_process(false, seed, next, first + count, s) == 0)
            break;
        const int status = run_process(true, seed, 0, 0, s);
        if (status == 0)
            continue;
        bad++;
        printf("FAILED mutation %" PRId64 " of seed %" PRIu64 ": it %s (%d); %s/mutated-%" PRId64 ".h5\n", s->now, seed,
               WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF ? "hung" : "crashed",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), directory, s->now);
    }
    printf("%" PRId64 " mutations of seed %" PRIu64 ":", count, seed);
    for (int i = 0; i < OUTCOMES; i++)
        printf(" %" PRId64 " %s,", s->count[i], outcomes[i]);
    printf(" %d crashes or hangs\n", bad);
    for (int i = 0; bad == 0 && i < NAMES; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s.h5", directory, names[i]);
        (void)unlink(path);
    }
    if (bad == 0)
        (void)rmdir(directory);
    return bad > 0;
}

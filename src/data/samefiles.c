/* Sizes and samples of files, compared over ranks. */
#include "data/samefiles.h"

#include "base/descriptor.h"
#include "base/hash64.h"
#include "base/memory.h"
#include "comm/agree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Pieces of a file that are looked at: all of a small one, else as many at even distances, the first and last bytes
 * among them. Over many files they are fewer of each. */
enum { PIECE = 16384, MOST_PIECES = 64, FEWEST_PIECES = 4 };

typedef struct sample {
    int64_t size;
    uint64_t hash;
} sample;

static int64_t pieces_of(int64_t size, int64_t files)
{
    const int64_t all = (size + PIECE - 1) / PIECE;
    int64_t most = MOST_PIECES / files;
    most = most < FEWEST_PIECES ? FEWEST_PIECES : most;
    return all < most ? all : most;
}

static bool read_sample(int fd, int64_t files, sample *s)
{
    char piece[PIECE];
    const int64_t pieces = pieces_of(s->size, files);
    ls_hash64 hash = ls_hash64_start((uint64_t)s->size);
    for (int64_t k = 0; k < pieces; k++) {
        const int64_t last = s->size > PIECE ? s->size - PIECE : 0;
        const int64_t at = pieces > 1 ? last / (pieces - 1) * k + (k + 1 == pieces ? last % (pieces - 1) : 0) : 0;
        const size_t bytes = s->size - at < PIECE ? (size_t)(s->size - at) : PIECE;
        memset(piece, 0, sizeof piece);
        if (ls_descriptor_read_at(fd, piece, (int64_t)bytes, at) != (int64_t)bytes)
            return false;
        ls_hash64_feed(&hash, piece, sizeof piece / 4);
    }
    s->hash = ls_hash64_end(&hash);
    return true;
}

static ls_status take_sample(const char *path, int64_t files, sample *s)
{
    struct stat info;
    const int fd = ls_descriptor_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return ls_fail(LS_ERR_DATA, "%s: %s; it is there on rank 0", path, strerror(errno));
    bool whole = fstat(fd, &info) == 0;
    *s = (sample){.size = whole ? (int64_t)info.st_size : 0};
    whole = whole && read_sample(fd, files, s);
    const int error = errno;
    close(fd);
    return whole ? LS_OK : ls_fail(LS_ERR_DATA, "%s: cannot be read: %s", path, strerror(error));
}

/* ---- which copy ---- */

/* Two ranks with the same key read the same files: on one host, the same inodes at the same time. */
static uint64_t key_of(const ls_comm *comm, const char *names)
{
    uint64_t key = 1;
    for (const char *c = ls_comm_host(comm); *c; c++)
        key = ls_hash64_mix(key, (unsigned char)*c);
    for (; *names != '\0'; names += strlen(names) + 1) {
        struct stat info;
        if (stat(names, &info) != 0)
            memset(&info, 0, sizeof info);
        const uint64_t words[] = {(uint64_t)info.st_dev,          (uint64_t)info.st_ino,
                                  (uint64_t)info.st_size,         (uint64_t)info.st_mtim.tv_sec,
                                  (uint64_t)info.st_mtim.tv_nsec, (uint64_t)info.st_ctim.tv_nsec};
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            key = ls_hash64_mix(key, words[i]);
    }
    return key;
}

/* Whether a lower rank looks at the same copies. */
static bool others_look(const ls_comm *comm, const uint64_t *keys)
{
    for (int r = 0; r < ls_comm_rank(comm); r++)
        if (keys[r] == keys[ls_comm_rank(comm)])
            return true;
    return false;
}

static bool all_same(const ls_comm *comm, const uint64_t *keys)
{
    for (int r = 1; r < ls_comm_size(comm); r++)
        if (keys[r] != keys[0])
            return false;
    return true;
}

/* ---- over ranks ---- */

/* names: of all files, each with its end, and an empty one behind them. */
static ls_status sample_all(const char *names, int64_t files, sample *samples)
{
    for (int64_t i = 0; i < files; i++, names += strlen(names) + 1)
        LS_TRY(take_sample(names, files, &samples[i]));
    return LS_OK;
}

static ls_status compare_all(const char *names, int64_t files, const sample *first)
{
    for (int64_t i = 0; i < files; i++, names += strlen(names) + 1) {
        sample mine;
        LS_TRY(take_sample(names, files, &mine));
        if (mine.size != first[i].size)
            return ls_fail(
                LS_ERR_DATA,
                "%s: has %lld bytes here, %lld on rank 0; all ranks need the same data: copy the file anew, or "
                "name one that all hosts see",
                names, (long long)mine.size, (long long)first[i].size);
        if (mine.hash != first[i].hash)
            return ls_fail(
                LS_ERR_DATA,
                "%s: is another file than on rank 0, of the same size but with other contents; all ranks need "
                "the same data: copy the file anew, or name one that all hosts see",
                names);
    }
    return LS_OK;
}

static ls_status compare_with_first(ls_comm *comm, const char *names, int64_t files, const uint64_t *keys,
                                    sample *samples)
{
    ls_status status = ls_comm_rank(comm) == 0 ? sample_all(names, files, samples) : LS_OK;
    LS_TRY(ls_agree(comm, status));
    LS_TRY(ls_comm_broadcast(comm, 0, samples, files * (int64_t)sizeof *samples));
    status = ls_comm_rank(comm) == 0 || others_look(comm, keys) ? LS_OK : compare_all(names, files, samples);
    return ls_agree(comm, status);
}

static ls_status list_names(const ls_inputs *inputs, ls_text *names)
{
    for (int64_t i = 0; i < inputs->count; i++) {
        const char *name = ls_inputs_name(inputs, i);
        ls_text_append_bytes(names, name, strlen(name) + 1);
    }
    return ls_text_status(names);
}

/* What is there now is what this rank has to find when it opens them, and when it has read its rows. */
static ls_status note_all(const char *names, ls_inputs *inputs)
{
    for (; *names != '\0'; names += strlen(names) + 1)
        LS_TRY(ls_inputs_add(inputs, names));
    return LS_OK;
}

ls_status ls_samefiles_check(ls_context *context, ls_inputs *inputs)
{
    ls_comm *comm = context->comm;
    const bool root = ls_comm_rank(comm) == 0;
    int64_t files = root ? inputs->count : 0;
    uint64_t *keys = NULL;
    sample *samples = NULL;
    ls_text names = {0};
    if (ls_comm_size(comm) == 1)
        return LS_OK;
    LS_TRY(ls_comm_broadcast(comm, 0, &files, sizeof files));
    if (files == 0)
        return LS_OK;
    ls_status status = root ? list_names(inputs, &names) : LS_OK;
    if (status == LS_OK)
        status = ls_memory_allocate(&keys, ls_comm_size(comm), sizeof *keys, "comparison of files");
    if (status == LS_OK)
        status = ls_memory_allocate(&samples, files, sizeof *samples, "comparison of files");
    LS_TRY_CLEANUP(ls_agree(comm, status));
    LS_TRY_CLEANUP(ls_agree_text(comm, &names));
    LS_TRY_CLEANUP(ls_agree(comm, root ? LS_OK : note_all(ls_text_string(&names), inputs)));
    const uint64_t key = key_of(comm, ls_text_string(&names));
    LS_TRY_CLEANUP(ls_comm_allgather(comm, &key, sizeof key, keys));
    if (!all_same(comm, keys))
        status = compare_with_first(comm, ls_text_string(&names), files, keys, samples);
cleanup:
    ls_text_free(&names);
    ls_memory_free(keys);
    ls_memory_free(samples);
    return status;
}

/* What is to be converted, by its first bytes and its name. */
#include "jobs/convert.h"

#include "files/kinds.h"
#include "files/path.h"
#include "files/stream.h"

#include <string.h>

ls_status ls_conversion_peek(const char *path, unsigned char *bytes, int64_t count, int64_t *got, bool *packed)
{
    const ls_stream_range range = {.length = -1, .packing = LS_PACKED_FOUND};
    ls_stream *stream;
    LS_TRY(ls_stream_open(path, path, &range, &stream));
    const ls_status status = ls_stream_read(stream, bytes, count, got);
    *packed = ls_stream_packing(stream) != LS_PACKED_NOT;
    ls_stream_close(stream);
    return status;
}

/* Whether the first line that is no comment is "NUMBER NUMBER:..." or "NUMBER qid:...". */
static bool looks_like_svm(const char *text)
{
    while (*text == '#') {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    const size_t label = strcspn(text, " \t\n\r,;");
    const char *c = text + label + strspn(text + label, " \t");
    const size_t digits = strspn(c, "0123456789");
    return label > 0 && c > text + label && ((digits > 0 && c[digits] == ':') || strncmp(c, "qid:", 4) == 0);
}

static bool starts(const unsigned char *bytes, int64_t got, const char *magic, int64_t length)
{
    return got >= length && memcmp(bytes, magic, (size_t)length) == 0;
}

ls_status ls_conversion_recognise(const char *path, const char **format)
{
    unsigned char bytes[LS_FILE_KIND_BYTES + 1] = {0};
    int64_t got;
    bool packed;
    LS_TRY(ls_conversion_peek(path, bytes, LS_FILE_KIND_BYTES, &got, &packed));
    const bool hdf5 = starts(bytes, got, "\x89HDF", 4) || starts(bytes, got, "MATLAB 7.3", 10);
    const bool zip = starts(bytes, got, "PK\3\4", 4);
    const char *kind = ls_kinds_of(bytes, (size_t)got);
    if (packed && (zip || hdf5))
        return ls_fail(LS_ERR_USAGE, "%s: is %s that was compressed with gzip; unpack it with gunzip first%s", path,
                       hdf5 ? "an HDF5 file" : "a zip archive", hdf5 ? ", train takes it then" : "");
    if (hdf5)
        return ls_fail(LS_ERR_USAGE, "%s: is an HDF5 file already; train takes it as it is", path);
    const bool tar = got > 262 && memcmp(bytes + 257, "ustar", 5) == 0; /* tar unpacks gzip as well */
    if (kind != NULL)
        return ls_fail(LS_ERR_DATA, "%s: %s%s", path, packed && !tar ? "unpack it with gunzip first; then, " : "",
                       kind);
    *format = "csv";
    if (starts(bytes, got, "\x93NUMPY", 6))
        *format = "npy";
    else if (zip)
        *format = "npz";
    else if (starts(bytes, got, "\0\0", 2) && got >= 4)
        *format = "idx";
    else if (ls_path_has_suffix(path, ".svm") || ls_path_has_suffix(path, ".libsvm") ||
             looks_like_svm((const char *)bytes))
        *format = "libsvm";
    return LS_OK;
}

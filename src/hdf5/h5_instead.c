/* What a file that is not HDF5 seems to be, by its first bytes, and the way out. */
#include "files/kinds.h"
#include "hdf5/h5_internal.h"

#include <string.h>

const char *ls_h5_instead(const unsigned char *bytes, size_t count)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *text;
    } converted[] = {
        {"\x1f\x8b", 2,
         "it is gzip-compressed: make HDF5 of a table, IDX or NumPy file in it with lockstep convert; unpack anything "
         "else with gunzip first"},
        {"PK\x03\x04", 4,
         "it is a zip archive, as of .npz or .keras files: make HDF5 of an .npz file with lockstep convert"},
        {"\x93NUMPY", 6, "it is a NumPy array: make HDF5 of it with lockstep convert"},
        {"\0\0\x08", 3, "it is an IDX file: make HDF5 of it with lockstep convert"},
    };
    for (size_t i = 0; i < sizeof converted / sizeof converted[0]; i++)
        if (count >= converted[i].length && memcmp(bytes, converted[i].magic, converted[i].length) == 0)
            return converted[i].text;
    const char *kind = ls_kinds_of(bytes, count);
    if (kind != NULL)
        return kind;
    if (ls_kinds_is_text(bytes, count)) {
        if (bytes[0] == '{' || bytes[0] == '[')
            return "it is text, perhaps JSON";
        if (memchr(bytes, ',', count) || memchr(bytes, ';', count) || memchr(bytes, '\t', count))
            return "it is CSV text: make HDF5 of it with lockstep convert";
        return "it is text";
    }
    return "it has no HDF5 signature; is it whole, and the right file?";
}

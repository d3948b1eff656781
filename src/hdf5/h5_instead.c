/* What a file that is not HDF5 seems to be, by its first bytes, and the way out. */
#include "hdf5/h5_internal.h"

#include <string.h>

static bool looks_like_text(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((bytes[i] < 32 && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t') || bytes[i] == 127 ||
            bytes[i] >= 0xf8) /* in no UTF-8 */
            return false;
    return count > 0;
}

const char *ls_h5_instead(const unsigned char *bytes, size_t count)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *text;
    } known[] = {
        {"\x1f\x8b", 2,
         "it is gzip-compressed: make HDF5 of a table, IDX or NumPy file in it with lockstep convert; unpack anything "
         "else with gunzip first"},
        {"PK\x03\x04", 4,
         "it is a zip archive, as of .npz or .keras files: make HDF5 of an .npz file with lockstep convert"},
        {"\x93NUMPY", 6, "it is a NumPy array: make HDF5 of it with lockstep convert"},
        {"CDF\x01", 4, "it is NetCDF classic: convert it with nccopy -k nc4"},
        {"CDF\x02", 4, "it is NetCDF classic: convert it with nccopy -k nc4"},
        {"CDF\x05", 4, "it is NetCDF classic: convert it with nccopy -k nc4"},
        {"PAR1", 4, "it is Parquet: write its columns with h5py"},
        {"BZh", 3, "it is bzip2-compressed: unpack it first"},
        {"\xfd"
         "7zXZ",
         5, "it is xz-compressed: unpack it first"},
        {"\x28\xb5\x2f\xfd", 4, "it is zstd-compressed: unpack it first"},
        {"\x80\x02", 2, "it is a Python pickle: write its arrays with h5py"},
        {"\x80\x03", 2, "it is a Python pickle: write its arrays with h5py"},
        {"\x80\x04\x95", 3, "it is a Python pickle: write its arrays with h5py"},
        {"\x80\x05\x95", 3, "it is a Python pickle: write its arrays with h5py"},
        {"MATLAB 5.0", 10,
         "it is a MATLAB file older than 7.3: save it in MATLAB with -v7.3, or write its arrays with h5py "
         "(scipy.io.loadmat reads them)"},
        {"\0\0\x08", 3, "it is an IDX file: make HDF5 of it with lockstep convert"},
        {"ARROW1", 6, "it is Arrow (Feather): write its columns with h5py"},
        {"RDX2\n", 5, "it is R data: write it as CSV with write.csv, then use lockstep convert"},
        {"RDX3\n", 5, "it is R data: write it as CSV with write.csv, then use lockstep convert"},
        {"SQLite format 3", 15, "it is an SQLite database: write its tables as CSV, then use lockstep convert"},
        {"\x0e\x03\x13\x01", 4, "it is HDF4: convert it with h4toh5"},
        {"version https://git-lfs", 23, "it only says where Git LFS keeps the file: get it with git lfs pull"},
        {"<!DOCTYPE", 9, "it is a web page (HTML), perhaps what came instead of a download"},
        {"<!doctype", 9, "it is a web page (HTML), perhaps what came instead of a download"},
        {"<html", 5, "it is a web page (HTML), perhaps what came instead of a download"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (count >= known[i].length && memcmp(bytes, known[i].magic, known[i].length) == 0)
            return known[i].text;
    if (looks_like_text(bytes, count)) {
        if (bytes[0] == '{' || bytes[0] == '[')
            return "it is text, perhaps JSON";
        if (memchr(bytes, ',', count) || memchr(bytes, ';', count) || memchr(bytes, '\t', count))
            return "it is CSV text: make HDF5 of it with lockstep convert";
        return "it is text";
    }
    return "it has no HDF5 signature; is it whole, and the right file?";
}

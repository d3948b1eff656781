/* What places and values of a source are called in messages. */
#include "source/source.h"

#include "formats/table.h"

#include <inttypes.h>
#include <stdio.h>

static const char *name_dataset(const ls_source *source, const char *path, const char *array, char *buffer,
                                int capacity)
{
    if (source->file[0] == '\0')
        (void)snprintf(buffer, (size_t)capacity, "the caller's array %s", path[0] != '\0' ? path : array);
    else if (source->layout != NULL && ls_layout_files(source->layout, path == source->y_path) > 1)
        (void)snprintf(buffer, (size_t)capacity, "%s:%s and %d more files",
                       ls_layout_file(source->layout, path == source->y_path), path,
                       ls_layout_files(source->layout, path == source->y_path) - 1);
    else
        (void)snprintf(buffer, (size_t)capacity, "%s:%s", source->file, path);
    return buffer;
}

const char *ls_source_name(const ls_source *source, char *buffer, int capacity)
{
    return name_dataset(source, source->x_path, "x", buffer, capacity);
}

const char *ls_source_target_name(const ls_source *source, char *buffer, int capacity)
{
    return name_dataset(source, source->y_path, source->labels ? "labels" : "y", buffer, capacity);
}

/* Whether there is such a place in a table. */
static bool find_table_place(const ls_source *source, bool targets, int64_t row, int64_t column, char *buffer,
                             int capacity)
{
    int64_t line;
    if (ls_table_line(source->table, row, &line) != LS_OK)
        return false;
    const int length = snprintf(buffer, (size_t)capacity, "%s line %" PRId64, source->file, line);
    if (column >= 0 && length < capacity)
        ls_table_name(source->table, targets, column, buffer + length, capacity - length);
    return true;
}

const char *ls_source_place(const ls_source *source, bool targets, int64_t row, int64_t column, char *buffer,
                            int capacity)
{
    char name[5136]; /* a file's path and a dataset's */
    row = ls_source_row(source, row);
    if (source->table != NULL && find_table_place(source, targets, row, column, buffer, capacity))
        return buffer;
    if (source->layout != NULL) {
        const char *file, *path;
        int64_t there;
        ls_layout_locate(source->layout, targets, row, column < 0 ? 0 : column, &file, &path, &row, &there);
        column = column < 0 ? column : there;
        (void)snprintf(name, sizeof name, "%s:%s", file, path);
    } else if (targets) {
        (void)ls_source_target_name(source, name, sizeof name);
    } else {
        (void)ls_source_name(source, name, sizeof name);
    }
    if (column < 0)
        (void)snprintf(buffer, (size_t)capacity, "%s row %" PRId64, name, row);
    else
        (void)snprintf(buffer, (size_t)capacity, "%s row %" PRId64 ", column %" PRId64, name, row, column);
    return buffer;
}

const char *ls_source_counting(const ls_source *source)
{
    return source->table != NULL ? "" : " (rows and columns count from 0)";
}

const char *ls_source_value_name(float value)
{
    return value != value ? "nan" : value > 0 ? "inf or too large for float32" : "-inf or too large for float32";
}

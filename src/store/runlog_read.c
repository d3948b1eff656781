/* What log.csv tells of epochs that are behind. */
#include "store/runlog.h"

#include "base/alive.h"
#include "base/descriptor.h"
#include "base/parse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As ls_text_append_double writes it. False: the field is empty, or no number. */
static bool read_value(const char *field, double *value)
{
    if (strcmp(field, "nan") == 0)
        *value = (double)NAN;
    else if (strcmp(field, "inf") == 0)
        *value = (double)INFINITY;
    else if (strcmp(field, "-inf") == 0)
        *value = -(double)INFINITY;
    else
        return ls_parse_double(field, value);
    return true;
}

/* The next field of a line, which is taken apart; NULL behind the last. */
static char *next_field(char **line)
{
    char *field = *line;
    if (!field)
        return NULL;
    char *end = field + strcspn(field, ",\r\n");
    *line = *end == ',' ? end + 1 : NULL;
    *end = '\0';
    return field;
}

/* False: it is no row, or has no validation. */
static bool read_row(char *line, const ls_runlog *columns, int64_t *step, ls_scores *validation)
{
    const char *field;
    const int behind = 2 + columns->train.count;
    bool good = true;
    memset(validation, 0, sizeof *validation);
    for (int column = 0; column < behind + columns->validation.count; column++) {
        const int k = column - behind;
        if (!(field = next_field(&line)))
            return false;
        if (column == 1)
            good = ls_parse_int64(field, step);
        if (!good)
            return false;
        if (k < 0 || !read_value(field, &validation->value[validation->count]))
            continue;
        memcpy(validation->name[validation->count], columns->validation.name[k], sizeof validation->name[0]);
        validation->count++;
    }
    return validation->count > 0;
}

void ls_runlog_validations(const char *log, const ls_runlog *columns, ls_runlog_function function, void *user)
{
    char *line = NULL;
    size_t capacity = 0;
    int64_t step = 0;
    ls_scores validation;
    FILE *file = ls_descriptor_read(log);
    if (!file)
        return;
    while (getline(&line, &capacity, file) > 0) {
        ls_alive();
        if (read_row(line, columns, &step, &validation))
            function(user, step, &validation);
    }
    free(line);
    (void)fclose(file);
}

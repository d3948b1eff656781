/* Reading log.csv, once from front to back. */
#include "report/report_log.h"

#include "base/decimal.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

static int count_fields(const char *line, size_t length)
{
    int fields = 1;
    for (size_t i = 0; i < length; i++)
        fields += line[i] == ',';
    return fields;
}

static ls_status take_names(const char *line, size_t length, ls_report_log *log)
{
    log->columns = count_fields(line, length);
    LS_TRY(ls_memory_allocate(&log->names, 1, (size_t)log->columns * sizeof *log->names + length + 1, "log.csv"));
    char *text = (char *)(log->names + log->columns);
    memcpy(text, line, length);
    text[length] = '\0';
    for (int c = 0; c < log->columns; c++) {
        log->names[c] = text;
        text += strcspn(text, ",");
        if (*text == ',')
            *text++ = '\0';
    }
    return log->columns >= 3 && strcmp(log->names[0], "epoch") == 0 && strcmp(log->names[1], "step") == 0
               ? LS_OK
               : ls_fail(LS_ERR_DATA, "log.csv does not begin with the columns epoch and step of a run's log");
}

static double number(const char *begin, const char *end)
{
    double value;
    return ls_decimal_parse(begin, end, &value) == LS_DECIMAL_NONE ? NAN : value;
}

static void take_row(const char *line, size_t length, int64_t capacity, ls_report_log *log)
{
    const char *end = line + length;
    if (count_fields(line, length) != log->columns)
        return;
    for (int c = 0; c < log->columns; c++) {
        const char *comma = memchr(line, ',', (size_t)(end - line));
        const char *stop = comma ? comma : end;
        log->values[(int64_t)c * capacity + log->rows] = number(line, stop);
        log->empty[(int64_t)c * capacity + log->rows] = stop == line;
        line = comma ? comma + 1 : end;
    }
    log->rows++;
}

/* Columns lie behind each other, whichever rows were left out. */
static void close_up(int64_t capacity, ls_report_log *log)
{
    for (int c = 1; c < log->columns && log->rows < capacity; c++) {
        memmove(log->values + (int64_t)c * log->rows, log->values + (int64_t)c * capacity,
                (size_t)log->rows * sizeof *log->values);
        memmove(log->empty + (int64_t)c * log->rows, log->empty + (int64_t)c * capacity, (size_t)log->rows);
    }
}

/* The last step of an epoch, divided by it, gives the steps of one; steps within epochs give less. */
static void find_steps(ls_report_log *log)
{
    const double *epoch = log->values, *step = log->values + log->rows;
    for (int64_t r = 0; r < log->rows; r++) {
        const int64_t steps = epoch[r] >= 1 && step[r] < 1e15 ? (int64_t)(step[r] / epoch[r]) : 0;
        log->steps = steps > log->steps ? steps : log->steps;
    }
}

ls_status ls_report_log_read(const char *text, ls_report_log *log)
{
    int64_t lines = 0;
    *log = (ls_report_log){.columns = 0};
    const size_t head = strcspn(text, "\n");
    LS_TRY(take_names(text, head, log));
    for (const char *c = text; (c = strchr(c, '\n')) != NULL; c++)
        lines++;
    LS_TRY(ls_memory_allocate(&log->values, lines * log->columns, sizeof *log->values, "log.csv"));
    LS_TRY(ls_memory_allocate(&log->empty, lines * log->columns, sizeof *log->empty, "log.csv"));
    const char *line = text + head + (text[head] == '\n');
    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        take_row(line, (size_t)(end - line), lines, log);
    close_up(lines, log);
    find_steps(log);
    return LS_OK;
}

void ls_report_log_free(ls_report_log *log)
{
    ls_memory_free(log->names);
    ls_memory_free(log->values);
    ls_memory_free(log->empty);
    memset(log, 0, sizeof *log);
}

int ls_report_log_find(const ls_report_log *log, const char *name)
{
    for (int c = 0; c < log->columns; c++)
        if (strcmp(log->names[c], name) == 0)
            return c;
    return -1;
}

bool ls_report_log_is_epoch(const ls_report_log *log, int64_t row)
{
    return log->values[log->rows + row] == log->values[row] * (double)log->steps;
}

int64_t ls_report_log_epochs(const ls_report_log *log, int column, double *epoch, double *value)
{
    int64_t count = 0;
    if (column < 0)
        return 0;
    for (int64_t r = 0; r < log->rows; r++) {
        if (!ls_report_log_is_epoch(log, r) || log->empty[(int64_t)column * log->rows + r])
            continue;
        epoch[count] = log->values[r];
        value[count++] = ls_report_log_column(log, column)[r];
    }
    return count;
}

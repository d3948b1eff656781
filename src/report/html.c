/* Escaping, numbers, tables. */
#include "report/html.h"

#include "base/plain_locale.h"
#include "base/visible.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One character that may be seen; what HTML gives a meaning as a reference. */
static void put_shown(ls_text *html, const char *shown)
{
    for (; *shown; shown++) {
        switch (*shown) {
        case '&':
            ls_text_append(html, "&amp;");
            break;
        case '<':
            ls_text_append(html, "&lt;");
            break;
        case '>':
            ls_text_append(html, "&gt;");
            break;
        case '"':
            ls_text_append(html, "&quot;");
            break;
        case '\'':
            ls_text_append(html, "&#39;");
            break;
        default:
            ls_text_append_bytes(html, shown, 1);
        }
    }
}

void ls_html_put_short(ls_text *html, const char *text, int most)
{
    char shown[LS_VISIBLE_BYTES];
    size_t left = text ? strlen(text) : 0;
    for (int count = 0; left > 0; count++) {
        if (count == most) {
            ls_text_append(html, "&hellip;");
            return;
        }
        const size_t bytes = ls_visible_next(text, left, shown);
        put_shown(html, shown);
        text += bytes;
        left -= bytes;
    }
}

void ls_html_put(ls_text *html, const char *text)
{
    ls_html_put_short(html, text, INT32_MAX);
}

/* ---- numbers ---- */

static void print(char buffer[LS_NUMBER_BYTES], const char *format, int digits, double value)
{
    const ls_plain_locale saved = ls_plain_locale_enter();
    snprintf(buffer, LS_NUMBER_BYTES, format, digits, value);
    ls_plain_locale_leave(saved);
}

/* Commas between thousands of what stands in front of the point. */
static void group(char buffer[LS_NUMBER_BYTES])
{
    char plain[LS_NUMBER_BYTES];
    size_t to = 0;
    strcpy(plain, buffer);
    const size_t sign = plain[0] == '-', whole = strspn(plain + sign, "0123456789");
    if (whole < 4 || strlen(plain) + whole / 3 >= LS_NUMBER_BYTES || strchr(plain, 'e'))
        return;
    for (size_t i = 0; plain[i]; i++) {
        if (i > sign && i < sign + whole && (sign + whole - i) % 3 == 0)
            buffer[to++] = ',';
        buffer[to++] = plain[i];
    }
    buffer[to] = '\0';
}

/* "1.0e-05" -> "1.0e-5" */
static void shorten(char buffer[LS_NUMBER_BYTES])
{
    char *to = strchr(buffer, 'e');
    if (!to)
        return;
    const char *from = ++to;
    if (*from == '-')
        to++;
    from++;
    while (*from == '0' && from[1])
        from++;
    memmove(to, from, strlen(from) + 1);
}

static char *odd(double value, char buffer[LS_NUMBER_BYTES])
{
    return strcpy(buffer, isnan(value) ? "not a number" : value > 0 ? "infinite" : "-infinite");
}

char *ls_html_format_count(double count, char buffer[LS_NUMBER_BYTES])
{
    if (!isfinite(count))
        return odd(count, buffer);
    print(buffer, fabs(count) < 1e15 ? "%.*f" : "%.*e", fabs(count) < 1e15 ? 0 : 3, count);
    group(buffer);
    return buffer;
}

char *ls_html_format_value(double value, char buffer[LS_NUMBER_BYTES])
{
    const double size = fabs(value);
    if (!isfinite(value))
        return odd(value, buffer);
    if (size >= 999.95 && size < 1e7)
        print(buffer, "%.*f", size < 9999.5 ? 1 : 0, value);
    else if (size == 0 || (size >= 0.001 && size < 1e7))
        print(buffer, "%#.*g", 4, value);
    else
        print(buffer, "%.*e", 2, value);
    if (size == 0)
        strcpy(buffer, "0");
    shorten(buffer);
    group(buffer);
    return buffer;
}

char *ls_html_format_share(double share, char buffer[LS_NUMBER_BYTES])
{
    if (!isfinite(share))
        return odd(share, buffer);
    print(buffer, "%.*f", 1, 100 * share);
    strcat(buffer, " %"); /* a space that never breaks would be shown as hidden character */
    return buffer;
}

char *ls_html_format_tick(double value, double step, char buffer[LS_NUMBER_BYTES])
{
    const double size = fmax(fabs(value), step);
    int digits = 0;
    if (value == 0)
        return strcpy(buffer, "0");
    if (step >= 1e5 || size >= 1e6 || step < 0.00005) {
        double unit = 1;
        for (; unit > size; unit /= 10)
            ;
        for (; unit * 10 <= size * (1 + 1e-9); unit *= 10)
            ;
        for (; step < 0.999 * unit && digits < 3; unit /= 10)
            digits++;
        print(buffer, "%.*e", digits, value);
        shorten(buffer);
        return buffer;
    }
    for (double unit = 1; step < 0.999 * unit && digits < 6; unit /= 10)
        digits++;
    print(buffer, "%.*f", digits, value);
    group(buffer);
    return buffer;
}

void ls_html_at(ls_text *html, double coordinate)
{
    char buffer[LS_NUMBER_BYTES];
    if (!isfinite(coordinate))
        coordinate = 0;
    print(buffer, "%.*f", 1, fmin(fmax(coordinate, -9999), 9999));
    char *point = strchr(buffer, '.');
    if (point && point[1] == '0')
        *point = '\0';
    ls_text_append(html, strcmp(buffer, "-0") == 0 ? "0" : buffer);
}

/* ---- blocks ---- */

void ls_html_section(ls_text *html, const char *id, const char *heading)
{
    ls_text_printf(html, "<section id=\"%s\" aria-labelledby=\"h-%s\">\n<h2 id=\"h-%s\">%s</h2>\n", id, id, id,
                   heading);
}

void ls_html_section_end(ls_text *html)
{
    ls_text_append(html, "</section>\n");
}

void ls_html_table(ls_text *html, const char *caption, const char *head)
{
    ls_text_append(html, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
    ls_text_append(html, caption);
    ls_text_append(html, "\"><table><caption>");
    ls_text_append(html, caption);
    ls_text_append(html, "</caption>\n<thead><tr>");
    while (*head) {
        const size_t length = strcspn(head, "|");
        const bool number = *head == '#';
        ls_text_printf(html, "<th scope=\"col\"%s>%.*s</th>", number ? " class=\"n\"" : "", (int)length - number,
                       head + number);
        head += length + (head[length] == '|');
    }
    ls_text_append(html, "</tr></thead>\n<tbody>\n");
}

void ls_html_table_end(ls_text *html)
{
    ls_text_append(html, "</tbody></table></div>\n");
}

void ls_html_cell(ls_text *html, const char *text)
{
    ls_text_append(html, "<td>");
    ls_html_put(html, text);
    ls_text_append(html, "</td>");
}

void ls_html_number(ls_text *html, const char *text)
{
    ls_text_append(html, "<td class=\"n\">");
    ls_html_put(html, text);
    ls_text_append(html, "</td>");
}

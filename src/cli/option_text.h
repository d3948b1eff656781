/* What help, manual pages and completion say of an option, made of its row. */
#ifndef LOCKSTEP_CLI_OPTION_TEXT_H
#define LOCKSTEP_CLI_OPTION_TEXT_H

#include <lockstep.h>

#include <stdbool.h>
#include <stddef.h>

/* Whether a command takes the option. */
bool option_is_for(const ls_option_row *row, unsigned command);
/* A switch that is on by default, and so is turned off by --no-KEY. */
bool option_is_on(const ls_option_row *row);
/* What stands behind the name: the choices, or the value's name; "" of a switch. */
const char *option_value(const ls_option_row *row);
/* Whether the value is, or may begin with, a path. */
bool option_is_path(const ls_option_row *row);
/* The default, or NULL where there is nothing to say of it: an empty one, off, and 0, which the text explains. */
const char *option_default(const ls_option_row *row);
/* "0 to 0.99", "at least 1", or "" where there are no bounds worth a word. Into text[size]; returns it. */
const char *option_bounds(const ls_option_row *row, char *text, size_t size);

/* The i-th section of a command's options, in the order of the table; NULL behind the last. */
const char *option_section(unsigned command, size_t index);
/* The first section whose name is this, in any case; NULL: the command has none. */
const char *option_section_find(unsigned command, const char *name);
/* The i-th row of a section. */
const ls_option_row *option_in_section(unsigned command, const char *section, size_t index);

/* A line about the option, without what would break one in a completion: the line of the usual ones, or how the help
 * begins. Into text[size]; returns it. */
const char *option_line(const ls_option_row *row, unsigned command, char *text, size_t size);

#endif

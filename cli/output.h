/* What a command shows: built once as JSON, printed as JSON or as a table for people. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>
#include <stddef.h>

enum output_format {
    OUTPUT_TABLE,
    OUTPUT_JSON,
};

struct output_column {
    const char *key;
    const char *title;
};

/* Rows are the objects of an array; a missing key prints as "-". In JSON the whole rows are printed. */
void output_rows(enum output_format format, const json_t *rows, const struct output_column *columns,
                 size_t column_count);
/* One object: "key  value" lines, nested objects indented. */
void output_record(enum output_format format, const json_t *record);

#endif

#include "cli/output.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/text.h"

#define CELL_SIZE_BYTES 256
#define NESTING_MAX 4

/* A value as one line of ASCII. Everything else is replaced: some values come from devices, and neither a device nor a
 * service that was broken into may drive the operator's terminal (C1 control characters do, in UTF-8 too). */
static void format_cell(const json_t *value, char out[CELL_SIZE_BYTES])
{
    if (value == NULL || json_is_null(value)) {
        snprintf(out, CELL_SIZE_BYTES, "-");
    } else if (json_is_string(value)) {
        snprintf(out, CELL_SIZE_BYTES, "%s", json_string_value(value));
    } else if (json_is_integer(value)) {
        snprintf(out, CELL_SIZE_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_boolean(value)) {
        snprintf(out, CELL_SIZE_BYTES, "%s", json_is_true(value) ? "yes" : "no");
    } else {
        size_t size = json_dumpb(value, out, CELL_SIZE_BYTES - 1, JSON_COMPACT | JSON_ENCODE_ANY);
        out[size < CELL_SIZE_BYTES ? size : CELL_SIZE_BYTES - 1] = 0;
    }
    text_clean(out);
}

static void print_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
}

static int column_width(const json_t *rows, const struct output_column *column)
{
    char cell[CELL_SIZE_BYTES];
    size_t width = strlen(column->title);
    for (size_t index = 0; index < json_array_size(rows); index++) {
        format_cell(json_object_get(json_array_get(rows, index), column->key), cell);
        width = strlen(cell) > width ? strlen(cell) : width;
    }
    return (int)width;
}

void output_rows(enum output_format format, const json_t *rows, const struct output_column *columns,
                 size_t column_count)
{
    if (format == OUTPUT_JSON) {
        print_json(rows);
        return;
    }
    for (size_t column = 0; column < column_count; column++) {
        bool last = column + 1 == column_count;
        printf("%-*s%s", last ? 0 : column_width(rows, &columns[column]), columns[column].title, last ? "\n" : "  ");
    }
    char cell[CELL_SIZE_BYTES];
    for (size_t index = 0; index < json_array_size(rows); index++) {
        for (size_t column = 0; column < column_count; column++) {
            bool last = column + 1 == column_count;
            format_cell(json_object_get(json_array_get(rows, index), columns[column].key), cell);
            printf("%-*s%s", last ? 0 : column_width(rows, &columns[column]), cell, last ? "\n" : "  ");
        }
    }
}

/* One level of a record. The entries that are objects, or arrays of them, are left to the caller's stack. */
struct level {
    const json_t *container; /* object or array */
    void *iterator;          /* of an object */
    size_t index;            /* of an array */
};

static bool is_nested(const json_t *value)
{
    return (json_is_object(value) && json_object_size(value) > 0) ||
           (json_is_array(value) && json_is_object(json_array_get(value, 0)));
}

/* Takes the next entry of a level; false at its end. */
static bool level_next(struct level *level, const char **key, const json_t **value)
{
    if (json_is_array(level->container)) {
        *key = "-";
        *value = json_array_get(level->container, level->index++);
        return *value != NULL;
    }
    if (level->iterator == NULL) {
        return false;
    }
    *key = json_object_iter_key(level->iterator);
    *value = json_object_iter_value(level->iterator);
    level->iterator = json_object_iter_next((json_t *)level->container, level->iterator);
    return true;
}

void output_record(enum output_format format, const json_t *record)
{
    if (format == OUTPUT_JSON) {
        print_json(record);
        return;
    }
    struct level levels[NESTING_MAX] = {{record, json_object_iter((json_t *)record), 0}};
    int depth = 0;
    while (depth >= 0) {
        const char *key = NULL;
        const json_t *value = NULL;
        if (!level_next(&levels[depth], &key, &value)) {
            depth--;
        } else if (is_nested(value) && depth + 1 < NESTING_MAX) {
            printf("%*s%s\n", 2 * depth, "", key);
            depth++;
            levels[depth] = (struct level){value, json_is_object(value) ? json_object_iter((json_t *)value) : NULL, 0};
        } else {
            char cell[CELL_SIZE_BYTES];
            format_cell(value, cell);
            printf("%*s%-*s  %s\n", 2 * depth, "", 20 - 2 * depth, key, cell);
        }
    }
}

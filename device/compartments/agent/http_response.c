#include "device/compartments/agent/http_response.h"

#include <string.h>

#define STATUS_LINE_PREFIX "HTTP/1.1 "
#define STATUS_DIGITS 3
#define STATUS_FINAL_FIRST 200
#define STATUS_LAST 599
/* Larger than any buffer of ours; keeps the sum from wrapping. */
#define CONTENT_LENGTH_MAX 1000000u

/* A line without its CR LF; false if the end of the input comes first. */
static bool take_line(struct span *input, struct span *line)
{
    for (size_t i = 0; i + 1 < input->size; i++) {
        if (input->data[i] == '\r' && input->data[i + 1] == '\n') {
            *line = span_of(input->data, i);
            *input = span_of(input->data + i + 2, input->size - i - 2);
            return true;
        }
    }
    return false;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* RFC 9110 5.6.2 */
static bool is_token(uint8_t byte)
{
    bool letter = (byte | 0x20u) >= 'a' && (byte | 0x20u) <= 'z';

    return letter || is_digit(byte) || (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

/* A field value may hold visible characters, blanks and bytes over 0x7F, but no other control characters: a lone CR
 * or LF would let one side see a line where the other sees none (RFC 9112 2.2). */
static bool is_value(uint8_t byte)
{
    return byte >= 0x20 ? byte != 0x7F : byte == '\t';
}

static bool all_values(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_value(text.data[i])) {
            return false;
        }
    }
    return true;
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20u) : byte;
}

static bool equals_ignoring_case(struct span text, const char *literal)
{
    if (text.size != strlen(literal)) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (lower(text.data[i]) != (uint8_t)literal[i]) {
            return false;
        }
    }
    return true;
}

static struct span trim(struct span text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text = span_of(text.data + 1, text.size - 1);
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t')) {
        text.size--;
    }
    return text;
}

/* "HTTP/1.1 200" and optionally a blank and a reason */
static struct error read_status_line(struct span line, uint32_t *status)
{
    size_t prefix_size = strlen(STATUS_LINE_PREFIX);
    uint32_t value = 0;

    if (line.size < prefix_size + STATUS_DIGITS || memcmp(line.data, STATUS_LINE_PREFIX, prefix_size) != 0 ||
        !all_values(line)) {
        return ERROR(HTTP, STRUCTURE);
    }
    for (size_t i = 0; i < STATUS_DIGITS; i++) {
        if (!is_digit(line.data[prefix_size + i])) {
            return ERROR(HTTP, STRUCTURE);
        }
        value = value * 10 + (uint32_t)(line.data[prefix_size + i] - '0');
    }
    if (line.size > prefix_size + STATUS_DIGITS && line.data[prefix_size + STATUS_DIGITS] != ' ') {
        return ERROR(HTTP, STRUCTURE);
    }
    /* Interim responses are only sent to requests that ask for them, and ours do not. */
    if (value < STATUS_FINAL_FIRST || value > STATUS_LAST) {
        return ERROR(HTTP, STRUCTURE);
    }
    *status = value;
    return ERROR_NONE;
}

static struct error read_length(struct span value, size_t *length)
{
    size_t result = 0;

    if (value.size == 0) {
        return ERROR(HTTP, STRUCTURE);
    }
    for (size_t i = 0; i < value.size; i++) {
        if (!is_digit(value.data[i])) {
            return ERROR(HTTP, STRUCTURE);
        }
        result = result * 10 + (size_t)(value.data[i] - '0');
        if (result > CONTENT_LENGTH_MAX) {
            return ERROR(HTTP, SIZE);
        }
    }
    *length = result;
    return ERROR_NONE;
}

static struct span without_parameters(struct span value)
{
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == ';') {
            return trim(span_of(value.data, i));
        }
    }
    return value;
}

/* Digits up to the delimiter, or to the end if that is 0; moves on behind it. */
static bool take_number(struct span *input, uint8_t delimiter, uint32_t *number)
{
    size_t size = 0;
    size_t value = 0;

    while (size < input->size && is_digit(input->data[size])) {
        size++;
    }
    bool ends = size == input->size;
    if (ends != (delimiter == 0) || (!ends && input->data[size] != delimiter) ||
        !error_is_none(read_length(span_of(input->data, size), &value))) {
        return false;
    }
    size_t taken = ends ? size : size + 1;
    *input = span_of(input->data + taken, input->size - taken);
    *number = (uint32_t)value;
    return true;
}

/* "bytes 0-99/1000", the only form that answers a request for one range of a file (RFC 9110 14.4) */
static struct error read_range(struct span value, struct http_response *response)
{
    static const char unit[] = "bytes ";
    size_t unit_size = sizeof(unit) - 1;

    if (response->has_range || value.size < unit_size || memcmp(value.data, unit, unit_size) != 0) {
        return ERROR(HTTP, STRUCTURE);
    }
    value = span_of(value.data + unit_size, value.size - unit_size);
    if (!take_number(&value, '-', &response->range_first) || !take_number(&value, '/', &response->range_last) ||
        !take_number(&value, 0, &response->range_total) || response->range_first > response->range_last ||
        response->range_last >= response->range_total) {
        return ERROR(HTTP, STRUCTURE);
    }
    response->has_range = true;
    return ERROR_NONE;
}

static struct error read_field(struct span line, struct http_response *response, bool *has_length)
{
    size_t name_size = 0;

    while (name_size < line.size && is_token(line.data[name_size])) {
        name_size++;
    }
    /* A blank before the colon or at the start of the line (folding) is refused (RFC 9112 5.1, 5.2). */
    if (name_size == 0 || name_size == line.size || line.data[name_size] != ':') {
        return ERROR(HTTP, STRUCTURE);
    }
    struct span name = span_of(line.data, name_size);
    struct span value = trim(span_of(line.data + name_size + 1, line.size - name_size - 1));
    if (!all_values(value)) {
        return ERROR(HTTP, STRUCTURE);
    }
    if (equals_ignoring_case(name, "transfer-encoding")) {
        return ERROR(HTTP, STRUCTURE);
    }
    if (equals_ignoring_case(name, "content-length")) {
        if (*has_length) {
            return ERROR(HTTP, STRUCTURE);
        }
        *has_length = true;
        return read_length(value, &response->body_size_bytes);
    }
    if (equals_ignoring_case(name, "content-range")) {
        return read_range(value, response);
    }
    if (equals_ignoring_case(name, "content-type")) {
        response->content_type = without_parameters(value);
    }
    if (equals_ignoring_case(name, "connection") && equals_ignoring_case(value, "close")) {
        response->close = true;
    }
    return ERROR_NONE;
}

/* The head is complete: reads it line by line. */
static struct error read_head(struct span head, struct http_response *response)
{
    struct span line = SPAN_EMPTY;
    bool has_length = false;

    if (!take_line(&head, &line)) {
        return ERROR(HTTP, STRUCTURE);
    }
    TRY(read_status_line(line, &response->status));
    while (take_line(&head, &line) && line.size > 0) {
        TRY(read_field(line, response, &has_length));
    }
    /* Without a length the body would end where the connection does, which anyone on the way can bring about. */
    return has_length ? ERROR_NONE : ERROR(HTTP, STRUCTURE);
}

struct error http_response_parse(struct span input, struct http_response *out)
{
    struct http_response response = {0};

    for (size_t i = 0; i + 4 <= input.size && i + 4 <= HTTP_RESPONSE_HEAD_SIZE_BYTES_MAX; i++) {
        if (memcmp(input.data + i, "\r\n\r\n", 4) == 0) {
            response.head_size_bytes = i + 4;
            break;
        }
    }
    if (response.head_size_bytes > 0) {
        TRY(read_head(span_of(input.data, response.head_size_bytes), &response));
    } else if (input.size >= HTTP_RESPONSE_HEAD_SIZE_BYTES_MAX) {
        return ERROR(HTTP, SIZE);
    }
    *out = response;
    return ERROR_NONE;
}

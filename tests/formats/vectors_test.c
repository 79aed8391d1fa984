/* Every vector of formats/vectors/index.txt through its codec; besides, no bit and no byte of a golden one may change
 * without notice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ensure.h"
#include "tests/formats/codecs.h"

#define FOLDER "formats/vectors/"

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

struct vector {
    const struct codec *codec;
    char path[160];
    char expected[64];
    uint8_t bytes[CODEC_SIZE_BYTES_MAX];
    size_t size_bytes;
};

static void vector_load(struct vector *vector, const char *line)
{
    char codec_name[32];
    char file_name[96];
    assert_int_equal(sscanf(line, "%31[^/]/%95s %63s", codec_name, file_name, vector->expected), 3);
    (void)snprintf(vector->path, sizeof vector->path, FOLDER "%s/%s", codec_name, file_name);
    vector->codec = codec_find(codec_name);
    assert_non_null(vector->codec);
    FILE *file = fopen(vector->path, "rb");
    if (file == NULL) {
        fail_msg("%s: cannot be read", vector->path);
    }
    vector->size_bytes = fread(vector->bytes, 1, sizeof vector->bytes, file);
    (void)fclose(file);
}

static struct error judge(const struct codec *codec, struct span input, struct writer *again)
{
    TRY(codec->rewrite(input, again));
    return codec->verify == NULL ? ERROR_NONE : codec->verify(input);
}

/* Calls check for each vector; returns how many there were. */
static size_t for_each(void (*check)(const struct vector *vector))
{
    static struct vector vector;
    char line[256];
    size_t count = 0;
    FILE *index = fopen(FOLDER "index.txt", "r");
    assert_non_null(index);
    while (fgets(line, sizeof line, index) != NULL) {
        if (line[0] != '#') {
            vector_load(&vector, line);
            check(&vector);
            count++;
        }
    }
    (void)fclose(index);
    return count;
}

static size_t failed_count;

static void judge_listed(const struct vector *vector)
{
    static uint8_t bytes[CODEC_SIZE_BYTES_MAX];
    struct writer again;
    writer_init(&again, bytes, sizeof bytes);
    struct span input = span_of(vector->bytes, vector->size_bytes);
    struct error error = judge(vector->codec, input, &again);
    const char *found = error_is_none(error) ? "OK" : error_name(error);
    if (strcmp(found, vector->expected) != 0) {
        print_error("%s: %s instead of %s\n", vector->path, found, vector->expected);
        failed_count++;
    }
    if (error_is_none(error) && !span_equal(writer_span(&again), input)) {
        print_error("%s: written again with other bytes\n", vector->path);
        failed_count++;
    }
}

static void test_vectors(void **state)
{
    (void)state;
    assert_true(for_each(judge_listed) > 150);
    assert_int_equal(failed_count, 0);
}

/* Messages without a signature may change their meaning with a bit, but never be written again otherwise. */
static void flip_bits(const struct vector *vector)
{
    static uint8_t bytes[CODEC_SIZE_BYTES_MAX];
    static uint8_t again_bytes[CODEC_SIZE_BYTES_MAX];
    if (strcmp(vector->expected, "OK") != 0) {
        return;
    }
    for (size_t bit = 0; bit < vector->size_bytes * 8; bit++) {
        struct span input = span_of(bytes, vector->size_bytes);
        struct writer again;
        memcpy(bytes, vector->bytes, vector->size_bytes);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        writer_init(&again, again_bytes, sizeof again_bytes);
        struct error error = judge(vector->codec, input, &again);
        if (error_is_none(error) && vector->codec->verify != NULL) {
            fail_msg("%s: bit %zu does not matter", vector->path, bit);
        }
        if (error_is_none(error) && !span_equal(writer_span(&again), input)) {
            fail_msg("%s: with bit %zu changed, written again with other bytes", vector->path, bit);
        }
    }
}

static void test_each_bit_matters(void **state)
{
    (void)state;
    (void)for_each(flip_bits);
}

static void cut_lengths(const struct vector *vector)
{
    struct writer again;
    static uint8_t again_bytes[CODEC_SIZE_BYTES_MAX];
    if (strcmp(vector->expected, "OK") != 0) {
        return;
    }
    for (size_t size_bytes = 0; size_bytes < vector->size_bytes; size_bytes++) {
        writer_init(&again, again_bytes, sizeof again_bytes);
        uint8_t *exact = malloc(size_bytes == 0 ? 1 : size_bytes); /* Its own allocation, so that a sanitizer sees a read past the end. */
        assert_non_null(exact);
        memcpy(exact, vector->bytes, size_bytes);
        struct error error = vector->codec->rewrite(span_of(exact, size_bytes), &again);
        free(exact);
        if (error_is_none(error)) {
            fail_msg("%s: accepted when cut to %zu bytes", vector->path, size_bytes);
        }
    }
}

static void test_each_length_matters(void **state)
{
    (void)state;
    (void)for_each(cut_lengths);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_each_bit_matters),
        cmocka_unit_test(test_each_length_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Patches made and applied: round trips, cuts at every byte, and streams that no maker would make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lzma.h>

#include "base/ensure.h"
#include "formats/patch/patch_apply.h"
#include "formats/patch/patch_make.h"

#define SMALL_SIZE_BYTES 6000
#define BLOCK_SIZE_BYTES 4096

static struct patch_workspace workspace;
static struct patch_apply apply;
static uint8_t base_bytes[PATCH_IMAGE_SIZE_BYTES_MAX];
static uint8_t image_bytes[PATCH_IMAGE_SIZE_BYTES_MAX];
static uint8_t made_bytes[PATCH_IMAGE_SIZE_BYTES_MAX];
static uint8_t file_bytes[2 * PATCH_IMAGE_SIZE_BYTES_MAX];
static const uint8_t keyset[] = "a key set";
static const uint8_t manifest[] = "a manifest";
static const struct patch_label label = {SPAN_OF(keyset), SPAN_OF(manifest), {{4, 5, 6}}};
static uint32_t random_state;

/* The other end: what the patch reads and writes. */
static struct {
    struct span base;
    uint8_t *made;
    uint32_t made_size_bytes;
    uint32_t made_max_bytes;
    uint32_t read_count;
    struct error read_error;
    struct error write_error;
} world;

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

static void assert_error(struct error error, enum error_code code)
{
    assert_string_equal(error_name(error), error_name((struct error){(uint32_t)code}));
}

static struct error read_base(void *context, uint32_t offset_bytes, uint8_t *out, size_t size_bytes)
{
    assert_ptr_equal(context, &world);
    assert_in_range(size_bytes, 1, PATCH_APPLY_CHUNK_SIZE_BYTES);
    assert_true(size_bytes <= world.base.size && offset_bytes <= world.base.size - size_bytes);
    memcpy(out, world.base.data + offset_bytes, size_bytes);
    world.read_count++;
    return world.read_error;
}

static struct error write_image(void *context, struct span bytes)
{
    assert_ptr_equal(context, &world);
    assert_in_range(bytes.size, 1, PATCH_APPLY_CHUNK_SIZE_BYTES);
    assert_true(bytes.size <= world.made_max_bytes - world.made_size_bytes);
    memcpy(world.made + world.made_size_bytes, bytes.data, bytes.size);
    world.made_size_bytes += (uint32_t)bytes.size;
    return world.write_error;
}

static const struct patch_apply_ends ends = {read_base, write_image, &world};

/* Whole words as a compiler makes them: the same few many times over, and addresses that depend on where things lie. */
static size_t make_code(uint8_t *out, size_t size, uint32_t seed, uint32_t address)
{
    random_state = seed;
    for (size_t at = 0; at + 4 <= size; at += 4) {
        uint32_t choice = next_random();
        uint32_t word = choice % 8 == 0 ? address + choice % 50000 : 0xB510BD00u + choice % 97 * 0x10203u;
        memcpy(out + at, &word, sizeof word);
    }
    return size & ~(size_t)3;
}

/* A later version of the code: moved addresses, a part taken out, another one put in. */
static struct span next_version(struct span base)
{
    size_t a = base.size / 3 & ~(size_t)3;
    size_t out = base.size / 7;
    size_t size = make_code(image_bytes, a, 5, 0x28000000u);
    memcpy(image_bytes, base.data, a);
    for (size_t at = 0; at + 4 <= a; at += 4) {
        image_bytes[at + 1] = (uint8_t)(image_bytes[at + 1] + (base.data[at + 3] == 0x28 ? 1 : 0));
    }
    size += make_code(image_bytes + size, 400, 99, 0x29000000u);
    memcpy(image_bytes + size, base.data + a + out, base.size - a - out);
    return span_of(image_bytes, size + base.size - a - out);
}

static struct span make_patch(struct span base, struct span image)
{
    struct writer writer;
    writer_init(&writer, file_bytes, sizeof file_bytes);
    assert_error(patch_make(&label, base, image, &workspace, &writer), ERROR_CODE_NONE);
    return writer_span(&writer);
}

static void open_world(struct span base, uint32_t made_max_bytes)
{
    memset(&world, 0, sizeof world);
    world.base = base;
    world.made = made_bytes;
    world.made_max_bytes = made_max_bytes;
    world.read_error = ERROR_NONE;
    world.write_error = ERROR_NONE;
}

/* Applies a whole file in pieces from an offset of the image on. */
static struct error run(struct span base, struct span file, uint32_t offset_bytes, size_t piece_bytes)
{
    struct patch_head head;
    size_t at = 0;
    TRY(patch_head_parse(file, &head, &at));
    open_world(base, head.image_size_bytes - offset_bytes);
    TRY(patch_apply_init(&apply, &head, offset_bytes, &ends));
    while (at < file.size) {
        size_t size = file.size - at < piece_bytes ? file.size - at : piece_bytes;
        TRY(patch_apply_bytes(&apply, span_of(file.data + at, size)));
        at += size;
    }
    return patch_apply_finish(&apply);
}

static void assert_makes(struct span base, struct span file, struct span image, uint32_t offset_bytes, size_t piece)
{
    assert_error(run(base, file, offset_bytes, piece), ERROR_CODE_NONE);
    assert_int_equal(world.made_size_bytes, image.size - offset_bytes);
    assert_memory_equal(made_bytes, image.data + offset_bytes, image.size - offset_bytes);
}

static void images_are_made_from_others(void **state)
{
    (void)state;
    static const struct {
        size_t base_size;
        size_t image_size; /* 0: the next version of the base */
        uint32_t seed;
    } cases[] = {{1, 1, 1},       {1, 5000, 2},    {5000, 1, 3},      {40000, 0, 4},
                 {3, 900, 5},     {60001, 60001, 6}, {4096, 0, 7},    {PATCH_IMAGE_SIZE_BYTES_MAX - 4000, 0, 8},
                 {20000, 7, 9}};
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        make_code(base_bytes, cases[index].base_size, 77, 0x28000000u);
        base_bytes[cases[index].base_size - 1] = 0x5A;
        struct span base = span_of(base_bytes, cases[index].base_size);
        make_code(image_bytes, cases[index].image_size, cases[index].seed, 0x28000004u);
        struct span image = cases[index].image_size == 0 ? next_version(base)
                                                         : span_of(image_bytes, cases[index].image_size);
        struct span file = make_patch(base, image);
        assert_makes(base, file, image, 0, 2048);
        if (cases[index].image_size == 0 && cases[index].base_size > 10000) {
            assert_true(file.size < image.size / 8);
        }
    }
}

static void an_image_from_itself_is_next_to_nothing(void **state)
{
    (void)state;
    struct span base = span_of(base_bytes, make_code(base_bytes, 100000, 3, 0x28000000u));
    struct span file = make_patch(base, base);
    assert_true(file.size < 210);
    assert_makes(base, file, base, 0, file.size);
}

static void pieces_of_any_size_make_the_same(void **state)
{
    (void)state;
    struct span base = span_of(base_bytes, make_code(base_bytes, SMALL_SIZE_BYTES, 11, 0x28000000u));
    struct span image = next_version(base);
    struct span file = make_patch(base, image);
    for (size_t piece = 1; piece < 300; piece++) {
        assert_makes(base, file, image, 0, piece);
    }
}

/* T-07: wherever the power failed, what stands is passed over, and the rest comes out the same. */
static void it_goes_on_behind_every_byte(void **state)
{
    (void)state;
    struct span base = span_of(base_bytes, make_code(base_bytes, SMALL_SIZE_BYTES, 12, 0x28000000u));
    struct span image = next_version(base);
    struct span file = make_patch(base, image);
    for (uint32_t offset = 0; offset <= image.size; offset++) {
        assert_makes(base, file, image, offset, 2048);
    }
    assert_int_equal(world.read_count, 0);
    assert_error(run(base, file, (uint32_t)image.size + 1, 2048), ERROR_CODE_PATCH_RANGE);
}

static void a_patch_cut_anywhere_makes_a_beginning_of_the_image(void **state)
{
    (void)state;
    struct span base = span_of(base_bytes, make_code(base_bytes, SMALL_SIZE_BYTES, 13, 0x28000000u));
    struct span image = next_version(base);
    struct span file = make_patch(base, image);
    struct patch_head head;
    size_t head_size = 0;
    assert_error(patch_head_parse(file, &head, &head_size), ERROR_CODE_NONE);
    for (size_t cut = head_size; cut < file.size; cut++) {
        assert_error(run(base, span_of(file.data, cut), 0, 2048), ERROR_CODE_PATCH_STREAM);
        assert_memory_equal(made_bytes, image.data, world.made_size_bytes);
        uint32_t kept = world.made_size_bytes / BLOCK_SIZE_BYTES * BLOCK_SIZE_BYTES;
        assert_makes(base, file, image, kept, 2048);
    }
}

/* T-20: altered bytes end in an error or in another image of the right size, which its digest tells. */
static void altered_patches_reach_nothing_else(void **state)
{
    (void)state;
    struct span base = span_of(base_bytes, make_code(base_bytes, SMALL_SIZE_BYTES, 14, 0x28000000u));
    struct span image = next_version(base);
    struct span file = make_patch(base, image);
    size_t refused = 0;
    for (size_t bit = 0; bit < 8 * file.size; bit++) {
        file_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct patch_head head;
        size_t head_size = 0;
        bool is_bounded = !error_is_none(patch_head_parse(file, &head, &head_size)) ||
                          head.image_size_bytes <= sizeof made_bytes;
        refused += is_bounded && !error_is_none(run(base, file, 0, 2048)) ? 1 : 0;
        file_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(refused > file.size);
    assert_makes(base, file, image, 0, 2048);
}

static void a_wrong_base_makes_a_wrong_image(void **state)
{
    (void)state;
    struct span base = span_of(base_bytes, make_code(base_bytes, SMALL_SIZE_BYTES, 15, 0x28000000u));
    struct span image = next_version(base);
    struct span file = make_patch(base, image);
    base_bytes[17] ^= 1;
    assert_error(run(base, file, 0, 2048), ERROR_CODE_NONE);
    assert_memory_not_equal(made_bytes, image.data, image.size);
}

static void errors_of_the_ends_end_it(void **state)
{
    (void)state;
    struct span base = span_of(base_bytes, make_code(base_bytes, SMALL_SIZE_BYTES, 16, 0x28000000u));
    struct span file = make_patch(base, next_version(base));
    struct patch_head head;
    size_t head_size = 0;
    assert_error(patch_head_parse(file, &head, &head_size), ERROR_CODE_NONE);
    struct span stream = span_of(file.data + head_size, file.size - head_size);
    open_world(base, head.image_size_bytes);
    world.read_error = ERROR(MONITOR, NOT_FOUND);
    assert_error(patch_apply_init(&apply, &head, 0, &ends), ERROR_CODE_NONE);
    assert_error(patch_apply_bytes(&apply, stream), ERROR_CODE_MONITOR_NOT_FOUND);
    assert_int_equal(world.made_size_bytes, 0);
    open_world(base, head.image_size_bytes);
    world.write_error = ERROR(MONITOR, STATE);
    assert_error(patch_apply_init(&apply, &head, 0, &ends), ERROR_CODE_NONE);
    assert_error(patch_apply_bytes(&apply, stream), ERROR_CODE_MONITOR_STATE);
}

/* Instructions as they stand, compressed as a maker would. */
static struct span compress(const uint8_t *instructions, size_t size, uint32_t dictionary_size, struct buffer *out)
{
    lzma_options_lzma options;
    lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    assert_false(lzma_lzma_preset(&options, 9));
    options.dict_size = dictionary_size;
    options.lc = options.lp = options.pb = 0;
    out->size = 0;
    assert_int_equal(lzma_raw_buffer_encode(filters, NULL, instructions, size, out->data, &out->size, out->capacity),
                     LZMA_OK);
    return span_of_buffer(out);
}

#define BASE_SIZE_BYTES 100
#define IMAGE_SIZE_BYTES 10

/* T-20: one instruction that is wrong in one way each. */
static void hostile_instructions_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum error_code code;
        size_t size;
        uint8_t bytes[32];
    } cases[] = {
        /* seek, add, copy, bytes */
        {ERROR_CODE_NONE, 13, {0, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
        {ERROR_CODE_NONE, 14, {0xC8, 1, 0, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}, /* to the base's very end */
        {ERROR_CODE_PATCH_RANGE, 14, {0xCA, 1, 0, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
        {ERROR_CODE_PATCH_RANGE, 13, {1, 0, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}, /* before its start */
        {ERROR_CODE_PATCH_RANGE, 14, {0xC8, 1, 1, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
        {ERROR_CODE_PATCH_RANGE, 14, {0, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}, /* beyond the image */
        {ERROR_CODE_PATCH_RANGE, 14, {0, 0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
        {ERROR_CODE_PATCH_RANGE, 14, {0, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
        {ERROR_CODE_PATCH_RANGE, 18, {0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
        {ERROR_CODE_PATCH_STREAM, 16, {0, 0, 0, 0, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}, /* makes nothing */
        {ERROR_CODE_PATCH_STREAM, 14, {0x80, 0, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},  /* two encodings of one */
        {ERROR_CODE_PATCH_STREAM, 17, {0, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
        {ERROR_CODE_PATCH_STREAM, 18, {0, 0xFF, 0xFF, 0xFF, 0xFF, 0x8F, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
        {ERROR_CODE_PATCH_STREAM, 12, {0, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},             /* too little */
        {ERROR_CODE_PATCH_STREAM, 12, {0, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
        {ERROR_CODE_PATCH_STREAM, 14, {0, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0}},     /* half an instruction more */
        {ERROR_CODE_PATCH_RANGE, 17, {0, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 1, 1}},
    };
    const struct patch_head head = {SPAN_OF(keyset), SPAN_OF(manifest), BASE_SIZE_BYTES, {{0}}, IMAGE_SIZE_BYTES, {{0}}};
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        uint8_t bytes[200];
        struct buffer out = BUFFER_OF(bytes);
        struct span stream = compress(cases[index].bytes, cases[index].size, 4096, &out);
        open_world(span_of(base_bytes, BASE_SIZE_BYTES), IMAGE_SIZE_BYTES);
        assert_error(patch_apply_init(&apply, &head, 0, &ends), ERROR_CODE_NONE);
        struct error error = patch_apply_bytes(&apply, stream);
        assert_error(error_is_none(error) ? patch_apply_finish(&apply) : error, cases[index].code);
    }
}

static void streams_of_other_forms_are_refused(void **state)
{
    (void)state;
    struct span base = span_of(base_bytes, make_code(base_bytes, 40000, 21, 0x28000000u));
    struct span file = make_patch(base, next_version(base));
    /* T-20: a byte behind the end mark, in the same piece and in one of its own. */
    file_bytes[file.size] = 0;
    struct span longer = span_of(file.data, file.size + 1);
    assert_error(run(base, longer, 0, 2048), ERROR_CODE_PATCH_STREAM);
    assert_error(run(base, longer, 0, 1), ERROR_CODE_PATCH_STREAM);

    /* A larger dictionary than the profile's: distances that this decoder does not have. */
    uint8_t *instructions = workspace.instructions;
    size_t size = 0;
    instructions[size++] = 0;
    instructions[size++] = 0;
    instructions[size++] = 0xB0;
    instructions[size++] = 0xEA;
    instructions[size++] = 0x01; /* copy 30000 */
    random_state = 3;
    for (size_t at = 0; at < 30000; at++) {
        instructions[size++] = (uint8_t)next_random();
    }
    memcpy(instructions + 5 + 20000, instructions + 5, 10000);
    struct buffer out = BUFFER_OF(file_bytes);
    struct span stream = compress(instructions, size, 1 << 16, &out);
    const struct patch_head head = {SPAN_OF(keyset), SPAN_OF(manifest), BASE_SIZE_BYTES, {{0}}, 30000, {{0}}};
    open_world(span_of(base_bytes, BASE_SIZE_BYTES), 30000);
    assert_error(patch_apply_init(&apply, &head, 0, &ends), ERROR_CODE_NONE);
    assert_error(patch_apply_bytes(&apply, stream), ERROR_CODE_PATCH_STREAM);
}

static void heads_of_other_forms_are_refused(void **state)
{
    (void)state;
    struct patch_head head = {SPAN_OF(keyset), SPAN_OF(manifest), 1, {{9}}, 2, {{8}}};
    struct patch_head got;
    uint8_t bytes[PATCH_HEAD_SIZE_BYTES_MAX + 1];
    struct writer writer;
    size_t size = 0;
    writer_init(&writer, bytes, sizeof bytes);
    assert_error(patch_head_encode(&head, &writer), ERROR_CODE_NONE);
    struct span good = writer_span(&writer);
    assert_error(patch_head_parse(good, &got, &size), ERROR_CODE_NONE);
    assert_int_equal(size, good.size);
    assert_true(span_equal(got.keyset, head.keyset) && span_equal(got.manifest, head.manifest));
    assert_memory_equal(got.base_digest.bytes, head.base_digest.bytes, sizeof got.base_digest.bytes);
    assert_memory_equal(got.file_digest.bytes, head.file_digest.bytes, sizeof got.file_digest.bytes);
    assert_int_equal(got.base_size_bytes, 1);
    assert_int_equal(got.image_size_bytes, 2);
    for (size_t cut = 0; cut < good.size; cut++) {
        assert_error(patch_head_parse(span_of(bytes, cut), &got, &size), ERROR_CODE_PATCH_STRUCTURE);
    }
    /* magic; sizes of key set and manifest, large and none; sizes of the images */
    const size_t offsets[] = {0, 4, 8, 5, 9};
    for (size_t index = 0; index < sizeof offsets / sizeof offsets[0]; index++) {
        bytes[offsets[index]] ^= 0x40;
        assert_error(patch_head_parse(good, &got, &size), ERROR_CODE_PATCH_STRUCTURE);
        bytes[offsets[index]] ^= 0x40;
    }
    bytes[good.size - SHA256_DIGEST_SIZE_BYTES - 1] = 0;
    assert_error(patch_head_parse(good, &got, &size), ERROR_CODE_PATCH_STRUCTURE);
    head.keyset = SPAN_EMPTY;
    assert_error(patch_head_encode(&head, &writer), ERROR_CODE_PATCH_STRUCTURE);
}

static void what_does_not_fit_is_not_made(void **state)
{
    (void)state;
    struct span base = span_of(base_bytes, make_code(base_bytes, SMALL_SIZE_BYTES, 31, 0x28000000u));
    struct span image = next_version(base);
    struct span file = make_patch(base, image);
    size_t whole = file.size;
    for (size_t room = 0; room < whole; room += 13) {
        struct writer writer;
        writer_init(&writer, file_bytes, room);
        assert_error(patch_make(&label, base, image, &workspace, &writer),
                     ERROR_CODE_CBOR_CAPACITY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_are_made_from_others),
        cmocka_unit_test(an_image_from_itself_is_next_to_nothing),
        cmocka_unit_test(pieces_of_any_size_make_the_same),
        cmocka_unit_test(it_goes_on_behind_every_byte),
        cmocka_unit_test(a_patch_cut_anywhere_makes_a_beginning_of_the_image),
        cmocka_unit_test(altered_patches_reach_nothing_else),
        cmocka_unit_test(a_wrong_base_makes_a_wrong_image),
        cmocka_unit_test(errors_of_the_ends_end_it),
        cmocka_unit_test(hostile_instructions_are_refused),
        cmocka_unit_test(streams_of_other_forms_are_refused),
        cmocka_unit_test(heads_of_other_forms_are_refused),
        cmocka_unit_test(what_does_not_fit_is_not_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

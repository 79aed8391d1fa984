/* What a core that starts finds in the image folder, and how many patches it keeps there. Making them is in
 * tests/service/test_patches.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/patch/patch.h"
#include "service/core/patches.h"

static const uint8_t keyset[] = "key set";
static const uint8_t manifest[] = "manifest";
static char folder[] = "/tmp/patches_test.XXXXXX";

static void path_of(const char *name, char out[256])
{
    snprintf(out, 256, "%s/%s", folder, name);
}

static void write_file(const char *name, struct span contents)
{
    char path[256];
    path_of(name, path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(contents.data, 1, contents.size, file), contents.size);
    assert_int_equal(fclose(file), 0);
}

static bool exists(const char *name)
{
    char path[256];
    path_of(name, path);
    return access(path, F_OK) == 0;
}

/* From base number to image number 7; the file's name has the number too. */
static void write_patch(uint32_t number, char name[80])
{
    uint8_t bytes[PATCH_HEAD_SIZE_BYTES_MAX];
    struct writer writer;
    struct patch_head head = {SPAN_OF(keyset), SPAN_OF(manifest), 10, {{0}}, 20, {{7}}};
    memcpy(head.base_digest.bytes, &number, sizeof number);
    writer_init(&writer, bytes, sizeof bytes);
    assert_int_equal(patch_head_encode(&head, &writer).code, ERROR_CODE_NONE);
    snprintf(name, 80, "%064x", number);
    write_file(name, writer_span(&writer));
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *opened = opendir(folder);
    assert_non_null(opened);
    for (struct dirent *item = readdir(opened); item != NULL; item = readdir(opened)) {
        count += item->d_name[0] == '.' ? 0 : 1;
    }
    closedir(opened);
    return count;
}

static bool finds(struct patches *patches, uint32_t number, struct checkin_offer *offer)
{
    const struct rollout_record rollout = {
        .component = COMPONENT_BASE, .file_digest = {{7}}, .file_size_bytes = 5000};
    struct device_record record = {.measurement_count = 1, .measurements = {{.component = COMPONENT_BASE}}};
    struct store *store = NULL;
    memcpy(record.measurements[0].digest.bytes, &number, sizeof number);
    *offer = (struct checkin_offer){0};
    assert_int_equal(store_open(":memory:", &store).code, ERROR_CODE_NONE);
    assert_int_equal(patches_find(patches, store, &rollout, &record, offer).code, ERROR_CODE_NONE);
    store_close(store);
    return offer->has_patch;
}

static void what_others_made_is_found(void **state)
{
    (void)state;
    char name[80];
    char path[256];
    struct checkin_offer offer;
    write_patch(0x12, name);
    write_file("half", SPAN_OF(keyset));
    write_file(".patch-77", SPAN_OF(keyset));
    write_file(".upload", SPAN_OF(keyset));
    write_file("00000000000000000000000000000000000000000000000000000000000000ff", SPAN_OF(keyset));
    struct patches *patches = patches_open(folder);
    assert_true(finds(patches, 0x12, &offer));
    assert_int_equal(offer.patch.digest.bytes[31], 0x12);
    assert_int_equal(offer.patch.base_digest.bytes[0], 0x12);
    path_of(name, path);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(offer.patch.size_bytes, info.st_size);
    assert_false(finds(patches, 0x13, &offer));
    assert_false(exists(".patch-77"));
    assert_true(exists(".upload") && exists("half"));
    assert_true(exists("00000000000000000000000000000000000000000000000000000000000000ff"));
    /* Somebody removed it. */
    unlink(path);
    assert_false(finds(patches, 0x12, &offer));
    patches_close(patches);
}

static void no_more_are_kept_than_the_limit(void **state)
{
    (void)state;
    char name[80];
    struct checkin_offer offer;
    size_t found = 0;
    for (uint32_t number = 0x100; number < 0x100 + PATCHES_COUNT_MAX + 44; number++) {
        write_patch(number, name);
    }
    write_file("00000000000000000000000000000000000000000000000000000000000000ff", SPAN_OF(keyset));
    struct patches *patches = patches_open(folder);
    assert_int_equal(count_files(), PATCHES_COUNT_MAX + 1);
    assert_true(exists("00000000000000000000000000000000000000000000000000000000000000ff"));
    for (uint32_t number = 0x100; number < 0x100 + PATCHES_COUNT_MAX + 44; number++) {
        snprintf(name, sizeof name, "%064x", number);
        assert_int_equal(finds(patches, number, &offer), exists(name));
        found += offer.has_patch ? 1 : 0;
    }
    assert_int_equal(found, PATCHES_COUNT_MAX);
    patches_close(patches);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/patches_test.XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[512];
    DIR *opened = opendir(folder);
    for (struct dirent *item = opened == NULL ? NULL : readdir(opened); item != NULL; item = readdir(opened)) {
        snprintf(path, sizeof path, "%s/%s", folder, item->d_name);
        unlink(path);
    }
    closedir(opened);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_others_made_is_found, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(no_more_are_kept_than_the_limit, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/image_record.h"

#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/slot_file.h"
#include "cli/text.h"

#define RECORD_TYPE "sopris unsigned image"

bool image_record_component(const char *name, enum component *component)
{
    for (int value = COMPONENT_MONITOR; value <= COMPONENT_APP; value++) {
        if (strcmp(component_name((enum component)value), name) == 0) {
            *component = (enum component)value;
            return true;
        }
    }
    return false;
}

struct outcome image_record_write(const char *path, const struct image_record *record)
{
    char digest[65];
    char vendor[TEXT_UUID_SIZE_BYTES];
    char device_class[TEXT_UUID_SIZE_BYTES];
    text_format_hex(SPAN_OF(record->manifest.image_digest.bytes), digest);
    text_format_uuid(record->manifest.vendor.bytes, vendor);
    text_format_uuid(record->manifest.device_class.bytes, device_class);
    json_t *json = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:s}", "type", RECORD_TYPE, "component",
                             component_name(record->manifest.component), "sequence",
                             (json_int_t)record->manifest.sequence, "version", record->manifest.version, "vendor",
                             vendor, "class", device_class, "image", record->image.text, "size",
                             (json_int_t)record->manifest.image_size_bytes, "sha256", digest);
    char *text = json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    if (text == NULL) {
        return outcome_refused("the record cannot be written: the version or the path is not valid UTF-8");
    }
    struct outcome outcome = file_write(path, span_of(text, strlen(text)), FILE_PUBLIC);
    free(text);
    return outcome;
}

static bool parse_record(const json_t *json, struct image_record *record)
{
    const char *type = NULL, *component = NULL, *version = NULL, *vendor = NULL, *device_class = NULL;
    const char *image = NULL, *digest = NULL;
    json_int_t sequence = 0;
    json_int_t size = 0;
    if (json_unpack((json_t *)json, "{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:s !}", "type", &type, "component",
                    &component, "sequence", &sequence, "version", &version, "vendor", &vendor, "class", &device_class,
                    "image", &image, "size", &size, "sha256", &digest) != 0) {
        return false;
    }
    struct manifest *manifest = &record->manifest;
    bool ok = strcmp(type, RECORD_TYPE) == 0 && image_record_component(component, &manifest->component) &&
              sequence >= 0 && sequence <= UINT32_MAX && size > 0 && size <= IMAGE_FILE_SIZE_BYTES_MAX &&
              strlen(version) <= MANIFEST_VERSION_SIZE_BYTES_MAX && strlen(image) < FILE_PATH_SIZE_BYTES_MAX &&
              text_parse_uuid(vendor, manifest->vendor.bytes) &&
              text_parse_uuid(device_class, manifest->device_class.bytes) &&
              text_parse_hex(digest, manifest->image_digest.bytes, sizeof manifest->image_digest.bytes);
    if (ok) {
        manifest->sequence = (uint32_t)sequence;
        manifest->image_size_bytes = (uint32_t)size;
        snprintf(manifest->version, sizeof manifest->version, "%s", version);
        record->image = file_path_format("%s", image);
    }
    return ok;
}

struct outcome image_record_read(const char *path, struct image_record *record, struct buffer *image)
{
    struct image_record read = {0};
    struct buffer contents = {NULL, 0, 0};
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    bool ok = json != NULL && parse_record(json, &read);
    json_decref(json);
    if (!ok) {
        return outcome_refused("%s is not the record of an unsigned image; make one with 'sopris image build'", path);
    }
    /* A relative path starts at the record's folder, so that both can be moved together. */
    if (read.image.text[0] != '/') {
        struct file_path folder = file_path_format("%s", path);
        read.image = file_path_join(dirname(folder.text), file_path_format("%s", read.image.text).text);
    }
    PROCEED(file_read(read.image.text, IMAGE_FILE_SIZE_BYTES_MAX, &contents));
    struct sha256_digest digest = sha256_of(span_of_buffer(&contents));
    if (contents.size != read.manifest.image_size_bytes ||
        !span_equal(SPAN_OF(digest.bytes), SPAN_OF(read.manifest.image_digest.bytes))) {
        file_forget(&contents);
        return outcome_refused("%s is not the image that %s describes; run 'sopris image build' again",
                               read.image.text, path);
    }
    *record = read;
    *image = contents;
    return OUTCOME_OK;
}

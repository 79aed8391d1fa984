/* Uploading of images, in pieces that fit a request. */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/ensure.h"
#include "crypto/sha256.h"
#include "service/core/image_upload.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"
#include "service/core/release.h"
#include "service/process/process.h"

struct piece {
    struct sha256_digest digest; /* of the whole file */
    uint32_t size_bytes;         /* of the whole file */
    uint32_t offset_bytes;
    struct buffer data;
};

static json_t *json_image(const struct image_record *image)
{
    json_t *object = json_object();
    json_put(object, "component", json_string(component_name(image->component)));
    json_put(object, "sequence", json_number(image->sequence));
    json_put(object, "file_digest", json_hex(image->file_digest.bytes, sizeof image->file_digest.bytes));
    json_put(object, "file_size", json_number(image->file_size_bytes));
    json_put(object, "digest", json_hex(image->digest.bytes, sizeof image->digest.bytes));
    json_put(object, "added", json_number(image->added_s));
    return object;
}

static bool piece_read(json_t *body, struct piece *piece)
{
    const char *digest = NULL;
    const char *data = NULL;
    json_int_t size = 0;
    json_int_t offset = 0;
    if (json_unpack(body, "{s:s, s:I, s:I, s:s !}", "digest", &digest, "size", &size, "offset", &offset, "data",
                    &data) != 0 ||
        !json_digest_parse(digest, &piece->digest) || !base64_decode(data, &piece->data)) {
        return false;
    }
    piece->size_bytes = (uint32_t)size;
    piece->offset_bytes = (uint32_t)offset;
    return size > SLOT_HEADER_SIZE_BYTES && size <= (json_int_t)IMAGE_FILE_SIZE_BYTES_MAX && offset >= 0 && offset < size &&
           piece->data.size > 0 && piece->data.size <= (uint64_t)(size - offset);
}

/* The whole file is what it was announced to be. */
static struct error check_contents(struct span contents, const struct piece *piece, struct image_file *file)
{
    struct sha256_digest digest = sha256_of(contents);
    if (contents.size != piece->size_bytes ||
        memcmp(digest.bytes, piece->digest.bytes, sizeof digest.bytes) != 0) {
        return ERROR(MANIFEST, IMAGE_DIGEST);
    }
    return image_file_parse(contents, file);
}

/* Release and image are entered together, and before the file has its name: a name that no record points to is
 * harmless, a record without a file is not. Both are in the transaction that the answer waits for. */
static struct error finish(struct core *core, const struct piece *piece, struct span contents,
                           struct route_result *result)
{
    struct image_file file;
    struct release_record release;
    struct error verdict = check_contents(contents, piece, &file);
    if (error_is_none(verdict)) {
        TRY(release_enter(core, &file, true, &release, &verdict));
    }
    if (!error_is_none(verdict)) {
        route_problem(result, 400, verdict, NULL);
        return ERROR_NONE;
    }
    const struct image_record image = {
        .file_digest = piece->digest,
        .file_size_bytes = piece->size_bytes,
        .component = release.component,
        .sequence = release.sequence,
        .digest = release.digest,
        .authority = release.authority,
        .added_s = release.added_s,
        .keyset_root = sha256_of(SPAN_OF(file.root.bytes)),
        .keyset_generation = file.keyset.generation,
    };
    TRY(store_image_add(core->store, &image));
    TRY(image_upload_finish(core->config.images_dir, &piece->digest));
    image_removal_forget(&core->removal, &piece->digest);
    result->status = 201;
    result->document = json_image(&image);
    return ERROR_NONE;
}

static struct error read_and_finish(struct core *core, const struct piece *piece, struct route_result *result)
{
    struct buffer contents = {.data = malloc(IMAGE_FILE_SIZE_BYTES_MAX + 1), .capacity = IMAGE_FILE_SIZE_BYTES_MAX + 1};
    if (contents.data == NULL) {
        process_fail("out of memory");
    }
    struct error error = image_upload_read(core->config.images_dir, &contents);
    if (error_is_none(error)) {
        error = finish(core, piece, span_of_buffer(&contents), result);
    }
    free(contents.data);
    return error;
}

struct error route_post_image(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    static uint8_t storage[IPC_OPERATOR_BODY_SIZE_BYTES_MAX];
    struct piece piece = {.data = BUFFER_OF(storage)};
    if (!piece_read(body, &piece)) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST),
                      "expected {\"digest\": SHA-256 of the file, \"size\": of the file, \"offset\", \"data\": base64}");
        return ERROR_NONE;
    }
    struct error error =
        image_upload_append(core->config.images_dir, piece.offset_bytes, span_of_buffer(&piece.data));
    if (error_is(error, ERROR_CODE_STORE_CONFLICT)) {
        route_problem(result, 409, error, "the upload does not stand at this offset; begin again at 0");
        return ERROR_NONE;
    }
    TRY(error);
    uint64_t received = piece.offset_bytes + piece.data.size;
    if (received == piece.size_bytes) {
        return read_and_finish(core, &piece, result);
    }
    result->status = 202;
    result->document = json_object();
    json_put(result->document, "received", json_number(received));
    return ERROR_NONE;
}

struct image_listing {
    json_t *array;
    uint64_t size_bytes;
};

static void visit_image(void *context, const struct image_record *image)
{
    struct image_listing *listing = context;
    listing->size_bytes += image->file_size_bytes;
    ENSURE(json_array_append_new(listing->array, json_image(image)) == 0);
}

struct error route_get_images(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    struct image_listing listing = {.array = json_array()};
    struct statvfs space;
    result->document = json_object();
    json_put(result->document, "images", listing.array);
    TRY(store_image_list(core->store, visit_image, &listing));
    json_put(result->document, "bytes", json_number(listing.size_bytes));
    bool is_known = statvfs(core->config.images_dir, &space) == 0;
    json_put(result->document, "free",
             is_known ? json_number((uint64_t)space.f_bavail * space.f_frsize) : json_null());
    return ERROR_NONE;
}

/* Why it stays, or NULL. A device that runs an image may need it as the base of a patch. */
static const char *reason_to_stay(const struct image_needs *needs, bool is_forced)
{
    if (needs->rollout_count > 0) {
        return "a rollout that is open or finished offers it; 'sopris rollout abort' withdraws it";
    }
    return needs->device_count > 0 && !is_forced
               ? "devices run it, and patches are made from it; 'sopris image delete --force' deletes it all the same"
               : NULL;
}

struct error route_post_image_delete(struct core *core, struct span argument, json_t *body,
                                     struct route_result *result)
{
    char digest_text[2 * SHA256_DIGEST_SIZE_BYTES + 1] = "";
    struct sha256_digest digest;
    struct image_record image;
    struct image_needs needs;
    int is_forced = 0;
    if (argument.size == sizeof digest_text - 1) {
        memcpy(digest_text, argument.data, argument.size);
    }
    if (!json_digest_parse(digest_text, &digest) || json_unpack(body, "{s?b !}", "force", &is_forced) != 0) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST), "expected the file's SHA-256 and {\"force\": true or nothing}");
        return ERROR_NONE;
    }
    struct error error = store_image_load(core->store, &digest, &image);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND), "there is no image file with this digest");
        return ERROR_NONE;
    }
    TRY(error);
    TRY(store_image_needs(core->store, &image, &needs));
    const char *reason = reason_to_stay(&needs, is_forced != 0);
    if (reason != NULL || !image_removal_add(&core->removal, &digest)) {
        route_problem(result, 409, ERROR(OPERATOR, REQUEST), reason != NULL ? reason : "too many at once; try again");
        return ERROR_NONE;
    }
    result->document = json_image(&image);
    return store_image_delete(core->store, &digest);
}

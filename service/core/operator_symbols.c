/* Uploading of programs with symbols, in pieces that fit a request. */
#include <stdlib.h>
#include <string.h>

#include "service/core/image_upload.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"
#include "service/process/process.h"

#define ELF_SIZE_BYTES_MAX (8u * 1024 * 1024)

struct elf_piece {
    struct sha256_digest image;  /* what the devices report that run it */
    struct sha256_digest digest; /* of the whole program file */
    uint32_t size_bytes;
    uint32_t offset_bytes;
    struct buffer data;
};

static bool piece_read(json_t *body, struct elf_piece *piece)
{
    const char *image = NULL;
    const char *digest = NULL;
    const char *data = NULL;
    json_int_t size = 0;
    json_int_t offset = 0;
    if (json_unpack(body, "{s:s, s:s, s:I, s:I, s:s !}", "image", &image, "digest", &digest, "size", &size, "offset",
                    &offset, "data", &data) != 0 ||
        !json_digest_parse(image, &piece->image) || !json_digest_parse(digest, &piece->digest) ||
        !base64_decode(data, &piece->data)) {
        return false;
    }
    piece->size_bytes = (uint32_t)size;
    piece->offset_bytes = (uint32_t)offset;
    return size > 0 && size <= ELF_SIZE_BYTES_MAX && offset >= 0 && offset < size && piece->data.size > 0 &&
           piece->data.size <= (uint64_t)(size - offset);
}

/* Not looked into: that is the work of a process that has nothing to lose. */
static struct error finish(struct core *core, const struct elf_piece *piece, struct span contents,
                           struct route_result *result)
{
    struct sha256_digest digest = sha256_of(contents);
    if (contents.size != piece->size_bytes || memcmp(digest.bytes, piece->digest.bytes, sizeof digest.bytes) != 0) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST), "the file is not what was announced");
        return ERROR_NONE;
    }
    struct error error = store_elf_add(core->store, &piece->image, &piece->digest);
    if (error_is(error, ERROR_CODE_STORE_CONFLICT)) {
        route_problem(result, 409, error, "this image has as many programs with symbols as are kept");
        return ERROR_NONE;
    }
    TRY(error);
    TRY(image_upload_finish(core->config.symbols_dir, &piece->digest));
    result->status = 201;
    result->document = json_object();
    json_put(result->document, "digest", json_hex(digest.bytes, sizeof digest.bytes));
    return ERROR_NONE;
}

static struct error read_and_finish(struct core *core, const struct elf_piece *piece, struct route_result *result)
{
    struct buffer contents = {.data = malloc(ELF_SIZE_BYTES_MAX + 1), .capacity = ELF_SIZE_BYTES_MAX + 1};
    if (contents.data == NULL) {
        process_fail("out of memory");
    }
    struct error error = image_upload_read(core->config.symbols_dir, &contents);
    if (error_is_none(error)) {
        error = finish(core, piece, span_of_buffer(&contents), result);
    }
    free(contents.data);
    return error;
}

struct error route_post_symbols(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    static uint8_t storage[IPC_OPERATOR_BODY_SIZE_BYTES_MAX];
    struct elf_piece piece = {.data = BUFFER_OF(storage)};
    if (!piece_read(body, &piece)) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST),
                      "expected {\"image\": SHA-256 of the image, \"digest\": SHA-256 of the file, \"size\": of the file, "
                      "at most 8 MiB, \"offset\", \"data\": base64}");
        return ERROR_NONE;
    }
    struct error error =
        image_upload_append(core->config.symbols_dir, piece.offset_bytes, span_of_buffer(&piece.data));
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

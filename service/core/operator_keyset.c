/* Key sets and control keys. */
#include <stdio.h>

#include "base/ensure.h"
#include "crypto/sha256.h"
#include "service/core/keysets.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"

static const char *kind_name(enum keyset_kind kind)
{
    static const char *const names[] = {NULL, "release", "app", "control"};
    return names[kind];
}

static json_t *json_keyset(enum keyset_kind kind, const struct sha256_digest *root, uint32_t generation)
{
    json_t *object = json_object();
    json_put(object, "kind", json_string(kind_name(kind)));
    json_put(object, "generation", json_number(generation));
    json_put(object, "root", json_hex(root->bytes, sizeof root->bytes));
    return object;
}

static void visit_keyset(void *context, enum keyset_kind kind, const struct sha256_digest *root, uint32_t generation)
{
    if (kind == KEYSET_RELEASE) {
        ENSURE(json_array_append_new(context, json_keyset(kind, root, generation)) == 0);
    }
}

struct error route_get_keysets(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    const struct sha256_digest *root = &core->policy.owner_root_digest;
    json_t *array = json_array();
    result->document = json_object();
    json_put(result->document, "keysets", array);
    TRY(store_keyset_list(core->store, visit_keyset, array));
    ENSURE(json_array_append_new(array, json_keyset(KEYSET_APP, root, core->app_keyset.generation)) == 0);
    ENSURE(json_array_append_new(array, json_keyset(KEYSET_CONTROL, root, core->control_keyset.generation)) == 0);
    return ERROR_NONE;
}

struct error route_post_keyset(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    const char *text = NULL;
    uint8_t storage[KEYSET_SIZE_BYTES_MAX + 3];
    struct buffer encoded = BUFFER_OF(storage);
    struct keyset keyset;
    struct error verdict;
    if (json_unpack(body, "{s:s !}", "keyset", &text) != 0 || !base64_decode(text, &encoded) ||
        encoded.size > KEYSET_SIZE_BYTES_MAX) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST), "expected {\"keyset\": base64}");
        return ERROR_NONE;
    }
    TRY(keysets_add(core, span_of_buffer(&encoded), &keyset, &verdict));
    if (error_is(verdict, ERROR_CODE_OPERATOR_REQUEST)) {
        route_problem(result, 409, verdict,
                      "no key of this service is in that control key set; POST /v1/control-keys makes one");
    } else if (!error_is_none(verdict)) {
        route_problem(result, error_is(verdict, ERROR_CODE_KEYSET_GENERATION) ? 409 : 400, verdict, NULL);
    } else {
        result->status = 201;
        result->document = json_object();
        json_put(result->document, "kind", json_string(kind_name(keyset.kind)));
        json_put(result->document, "generation", json_number(keyset.generation));
    }
    return ERROR_NONE;
}

struct error route_post_control_key(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    struct ecdsa_p256_public_key key;
    if (json_object_size(body) != 0) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST), "expected {}");
        return ERROR_NONE;
    }
    struct error error = keysets_make_control_key(core, &key);
    if (!error_is_none(error)) {
        bool is_full = error_is(error, ERROR_CODE_STORE_CONFLICT);
        route_problem(result, is_full ? 409 : 500, error,
                      is_full ? "there are as many control keys as the service can hold; remove old ones beside its "
                                "control_key and restart it"
                              : "the key could not be written beside the service's control_key");
        return ERROR_NONE;
    }
    result->status = 201;
    result->document = json_object();
    json_put(result->document, "public_key", json_hex(key.bytes, sizeof key.bytes));
    return ERROR_NONE;
}

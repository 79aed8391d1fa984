/* The reading half of the operators' API. */
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "service/core/offers.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"
#include "service/process/process.h"

#define DEVICE_PAGE_COUNT_MAX 500

/* What a visitor needs to make a JSON array. */
struct listing {
    struct store *store;
    json_t *array;
    size_t device_count;
    struct device_record *devices; /* gathered first, since looking up versions uses the store again */
};

static void append(json_t *array, json_t *value)
{
    ENSURE(json_array_append_new(array, value) == 0);
}

/* {name: array} with status 200. */
static void list_result(struct route_result *result, const char *name, json_t *array)
{
    result->document = json_object();
    json_put(result->document, name, array);
}

static void visit_device(void *context, const struct device_record *record)
{
    struct listing *listing = context;
    listing->devices[listing->device_count++] = *record;
}

static bool parse_limit(struct span text, size_t *out)
{
    size_t value = 0;
    for (size_t index = 0; index < text.size; index++) {
        if (text.data[index] < '0' || text.data[index] > '9' || value > DEVICE_PAGE_COUNT_MAX) {
            return false;
        }
        value = value * 10 + (size_t)(text.data[index] - '0');
    }
    *out = text.size == 0 ? DEVICE_PAGE_COUNT_MAX : value;
    return *out >= 1 && *out <= DEVICE_PAGE_COUNT_MAX;
}

struct error route_get_devices(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)body;
    struct ueid after;
    size_t limit = 0;
    struct span after_text = query_value(argument, "after");
    if (!parse_limit(query_value(argument, "limit"), &limit) ||
        (after_text.size > 0 && !ueid_parse(after_text, &after))) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST), "'limit' is from 1 to 500, 'after' a UEID in hex");
        return ERROR_NONE;
    }
    struct listing listing = {.devices = calloc(limit, sizeof *listing.devices)};
    if (listing.devices == NULL) {
        process_fail("out of memory");
    }
    struct error error =
        store_device_list(core->store, after_text.size > 0 ? &after : NULL, limit, visit_device, &listing);
    if (error_is_none(error)) {
        json_t *array = json_array();
        for (size_t index = 0; index < listing.device_count; index++) {
            append(array, json_device(core->store, &listing.devices[index]));
        }
        list_result(result, "devices", array);
        bool is_full = listing.device_count == limit;
        json_put(result->document, "next",
                 is_full ? json_hex(listing.devices[limit - 1].ueid.bytes, UEID_SIZE_BYTES) : json_null());
    }
    free(listing.devices);
    return error;
}

struct error route_get_device(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)body;
    struct ueid ueid;
    struct device_record record;
    struct error error = ueid_parse(argument, &ueid) ? store_device_load(core->store, &ueid, &record)
                                                     : ERROR(STORE, NOT_FOUND);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND), "no device with this UEID has checked in");
        return ERROR_NONE;
    }
    TRY(error);
    result->document = json_device(core->store, &record);
    return ERROR_NONE;
}

static void visit_decision(void *context, const struct decision_record *decision)
{
    struct listing *listing = context;
    append(listing->array, json_decision(decision));
}

/* What is being rolled out and whether this device is offered it; nothing for a device that was never accepted. */
static struct error put_updates(struct core *core, const struct ueid *ueid, json_t *document)
{
    struct device_record record;
    json_t *updates = NULL;
    struct error error = store_device_load(core->store, ueid, &record);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND) || (error_is_none(error) && record.last_accepted_s == 0)) {
        json_put(document, "updates", json_array());
        return ERROR_NONE;
    }
    TRY(error);
    TRY(offers_explain(core, &record, &updates));
    json_put(document, "updates", updates);
    return ERROR_NONE;
}

struct error route_get_explain(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)body;
    struct ueid ueid;
    struct listing listing = {.array = json_array()};
    struct error error = ERROR_NONE;
    bool is_ueid = ueid_parse(argument, &ueid);
    if (is_ueid) {
        error = store_decision_list(core->store, &ueid, DECISION_COUNT_MAX, visit_decision, &listing);
    }
    if (!error_is_none(error) || json_array_size(listing.array) == 0) {
        json_decref(listing.array);
        route_problem(result, 404, ERROR(OPERATOR, NOT_FOUND), "nothing was ever decided about this device");
        return error;
    }
    list_result(result, "decisions", listing.array);
    json_put(result->document, "ueid", json_hex(ueid.bytes, sizeof ueid.bytes));
    return put_updates(core, &ueid, result->document);
}

static void visit_release(void *context, const struct release_record *release)
{
    append(context, json_release(release));
}

static void visit_voucher(void *context, const struct voucher_record *voucher)
{
    append(context, json_voucher(&voucher->voucher));
}

static void visit_operator(void *context, const struct operator_record *record)
{
    append(context, json_operator(record));
}

static void visit_maker(void *context, const struct maker_record *maker)
{
    json_t *object = json_object();
    char subject[256] = "";
    X509 *root = certificate_read(maker->root);
    if (root != NULL) {
        X509_NAME_oneline(X509_get_subject_name(root), subject, sizeof subject);
    }
    X509_free(root);
    json_t *name = json_string(subject);
    json_put(object, "root_key_digest", json_hex(maker->root_digest.bytes, sizeof maker->root_digest.bytes));
    json_put(object, "subject", name != NULL ? name : json_null());
    append(context, object);
}

static void visit_counter(void *context, const struct counter_record *counter)
{
    json_put(context, counter->name, json_number(counter->value));
}

struct error route_get_releases(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    json_t *array = json_array();
    list_result(result, "releases", array);
    return store_release_list(core->store, visit_release, array);
}

struct error route_get_vouchers(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    json_t *array = json_array();
    list_result(result, "vouchers", array);
    return store_voucher_list(core->store, visit_voucher, array);
}

struct error route_get_makers(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    json_t *array = json_array();
    list_result(result, "makers", array);
    return store_maker_list(core->store, visit_maker, array);
}

struct error route_get_operators(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    json_t *array = json_array();
    list_result(result, "operators", array);
    return store_operator_list(core->store, visit_operator, array);
}

static json_t *json_refusals(const struct core *core)
{
    json_t *array = json_array();
    uint64_t kept = core->refusal_count < REFUSAL_COUNT_MAX ? core->refusal_count : REFUSAL_COUNT_MAX;
    for (uint64_t back = 1; back <= kept; back++) {
        const struct refusal *refusal = &core->refusals[(core->refusal_count - back) % REFUSAL_COUNT_MAX];
        append(array, json_pack("{s:I, s:s, s:I, s:s}", "time", (json_int_t)refusal->time_s, "code",
                                error_name(refusal->error), "number", (json_int_t)refusal->error.code, "sentence",
                                error_text(refusal->error)));
    }
    return array;
}

struct error route_get_status(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    (void)body;
    uint64_t device_count = 0;
    json_t *counters = json_object();
    result->document = json_object();
    json_put(result->document, "counters", counters);
    json_put(result->document, "refusals", json_refusals(core));
    TRY(store_device_count(core->store, &device_count));
    json_put(result->document, "devices", json_number(device_count));
    json_put(result->document, "time", json_number(process_time_s()));
    json_put(result->document, "started", json_number(core->start_s));
    return store_counter_list(core->store, visit_counter, counters);
}

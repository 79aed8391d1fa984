#include "service/core/operator_json.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/ensure.h"

void json_put(json_t *object, const char *name, json_t *value)
{
    ENSURE(json_object_set_new(object, name, value) == 0);
}

json_t *json_number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *json_hex(const void *data, size_t size_bytes)
{
    char text[2 * 128 + 1];
    const uint8_t *bytes = data;
    ENSURE(size_bytes <= 128);
    for (size_t index = 0; index < size_bytes; index++) {
        snprintf(text + 2 * index, 3, "%02x", bytes[index]);
    }
    return json_stringn(text, 2 * size_bytes);
}

static void put_text(json_t *object, const char *name, const char *text)
{
    json_t *value = text == NULL ? NULL : json_string(text);
    json_put(object, name, value != NULL ? value : json_null());
}

static json_t *json_verdict(uint32_t code)
{
    json_t *object = json_object();
    const struct error error = {code};
    put_text(object, "code", error_name(error));
    json_put(object, "number", json_number(code));
    put_text(object, "sentence", code == ERROR_CODE_NONE ? "accepted" : error_text(error));
    return object;
}

static const char *mode_name(enum device_mode mode)
{
    switch (mode) {
    case DEVICE_MODE_NORMAL:
        return "normal";
    case DEVICE_MODE_ISOLATED:
        return "isolated";
    case DEVICE_MODE_UNCLAIMED:
        return "unclaimed";
    default:
        return "unknown";
    }
}

static const char *state_name(const struct device_record *record)
{
    if (record->last_code == ERROR_CODE_NONE) {
        return "accepted";
    }
    return record->last_code == ERROR_CODE_EVIDENCE_CHALLENGE ? "new" : "refused";
}

static json_t *json_measurement(struct store *store, const struct measurement *measurement)
{
    json_t *object = json_object();
    struct release_record release;
    const char *name = component_name(measurement->component);
    put_text(object, "component", name == NULL ? "unknown" : name);
    json_put(object, "sequence", json_number(measurement->sequence));
    bool is_known = error_is_none(store_release_find(store, measurement, &release));
    json_put(object, "version", is_known ? json_string(release.version) : json_null());
    json_put(object, "digest", json_hex(measurement->digest.bytes, sizeof measurement->digest.bytes));
    json_put(object, "authority", json_hex(measurement->authority.bytes, sizeof measurement->authority.bytes));
    return object;
}

static json_t *json_faults(const struct device_record *record)
{
    static const char *const names[FAULT_KIND_COUNT + 1] = {
        NULL, "gate_mode", "gate_privilege", "gate_busy", "reflected", "compartment", "undeclared"};
    json_t *object = json_object();
    for (size_t kind = 1; kind <= FAULT_KIND_COUNT; kind++) {
        json_put(object, names[kind], json_number(record->fault_counts[kind]));
    }
    return object;
}

static json_t *json_certificate(const struct device_record *record)
{
    if (record->not_after_s == 0) {
        return json_null();
    }
    json_t *object = json_object();
    json_put(object, "serial", json_hex(record->serial, sizeof record->serial));
    json_put(object, "not_before", json_number(record->not_before_s));
    json_put(object, "not_after", json_number(record->not_after_s));
    return object;
}

static json_t *json_generations(const struct checkin_generations *generations)
{
    return json_pack("{s:I, s:I, s:I}", "release", (json_int_t)generations->release, "app",
                     (json_int_t)generations->app, "control", (json_int_t)generations->control);
}

/* What the device's images declare of the network, and whether it was used since the device started. */
static json_t *json_endpoints(const struct device_record *record)
{
    json_t *list = json_array();
    for (size_t index = 0; index < record->endpoint_count; index++) {
        const struct endpoint *endpoint = &record->endpoints[index];
        const char *kind = endpoint_kind_name(endpoint->kind);
        char host[16] = "";
        if (endpoint->address != 0) {
            snprintf(host, sizeof host, "%u.%u.%u.%u", (unsigned int)(endpoint->address >> 24),
                     (unsigned int)(endpoint->address >> 16 & 0xFF), (unsigned int)(endpoint->address >> 8 & 0xFF),
                     (unsigned int)(endpoint->address & 0xFF));
        }
        json_t *object = json_object();
        json_put(object, "compartment", json_number(endpoint->compartment));
        put_text(object, "kind", kind == NULL ? "unknown" : kind);
        put_text(object, "host", host[0] != '\0' ? host : NULL);
        json_put(object, "port", json_number(endpoint->port));
        json_put(object, "used", json_boolean(endpoint->used));
        ENSURE(json_array_append_new(list, object) == 0);
    }
    return list;
}

json_t *json_device(struct store *store, const struct device_record *record)
{
    json_t *object = json_object();
    json_t *measurements = json_array();
    json_put(object, "ueid", json_hex(record->ueid.bytes, sizeof record->ueid.bytes));
    put_text(object, "batch", record->batch);
    put_text(object, "state", state_name(record));
    json_put(object, "epoch", json_number(record->epoch));
    json_put(object, "boot_count", json_number(record->boot_count));
    json_put(object, "sequence", json_number(record->sequence));
    put_text(object, "mode", mode_name(record->mode));
    json_put(object, "uptime", json_number(record->uptime_s));
    json_put(object, "first_seen", json_number(record->first_seen_s));
    json_put(object, "last_seen", json_number(record->last_seen_s));
    json_put(object, "last_accepted", json_number(record->last_accepted_s));
    json_put(object, "last_decision", json_verdict(record->last_code));
    char group[GROUP_NAME_SIZE_BYTES_MAX + 1] = "";
    bool is_read = error_is_none(store_group_of(store, &record->ueid, group));
    put_text(object, "group", is_read && group[0] != '\0' ? group : NULL);
    json_put(object, "keyset_generations", json_generations(&record->generations));
    json_put(object, "certificate", json_certificate(record));
    for (size_t index = 0; index < record->measurement_count; index++) {
        ENSURE(json_array_append_new(measurements, json_measurement(store, &record->measurements[index])) == 0);
    }
    json_put(object, "measurements", measurements);
    json_put(object, "faults", json_faults(record));
    json_put(object, "endpoints", json_endpoints(record));
    return object;
}

json_t *json_decision(const struct decision_record *decision)
{
    json_t *object = json_object();
    const struct error error = {decision->code};
    bool is_accepted = decision->code == ERROR_CODE_NONE;
    json_put(object, "number", json_number(decision->number));
    json_put(object, "time", json_number(decision->time_s));
    json_put(object, "accepted", json_boolean(is_accepted));
    put_text(object, "code", error_name(error));
    json_put(object, "number_of_code", json_number(decision->code));
    put_text(object, "sentence", is_accepted ? "accepted" : error_text(error));
    put_text(object, "detail", decision->detail);
    json_put(object, "epoch", json_number(decision->epoch));
    json_put(object, "boot_count", json_number(decision->boot_count));
    json_put(object, "sequence", json_number(decision->sequence));
    json_put(object, "evidence_digest",
             json_hex(decision->evidence_digest.bytes, sizeof decision->evidence_digest.bytes));
    return object;
}

json_t *json_report(const struct report_record *record)
{
    json_t *object = json_object();
    const struct update_report *report = &record->report;
    const struct error error = {report->code};
    json_put(object, "sequence", json_number(report->sequence));
    put_text(object, "state", update_state_name(report->state));
    /* A code that this service does not know is shown by its number. */
    put_text(object, "code", report->code == 0 ? NULL : error_name(error));
    json_put(object, "number", json_number(report->code));
    put_text(object, "sentence", report->code == 0 ? NULL : error_text(error));
    json_put(object, "bytes", json_number(report->size_done_bytes));
    json_put(object, "since", json_number(record->since_s));
    json_put(object, "time", json_number(record->time_s));
    return object;
}

json_t *json_release(const struct release_record *release)
{
    json_t *object = json_object();
    const char *name = component_name(release->component);
    put_text(object, "component", name == NULL ? "unknown" : name);
    json_put(object, "sequence", json_number(release->sequence));
    put_text(object, "version", release->version);
    json_put(object, "digest", json_hex(release->digest.bytes, sizeof release->digest.bytes));
    json_put(object, "authority", json_hex(release->authority.bytes, sizeof release->authority.bytes));
    json_put(object, "added", json_number(release->added_s));
    return object;
}

json_t *json_voucher(const struct voucher *voucher)
{
    json_t *object = json_object();
    json_put(object, "generation", json_number(voucher->generation));
    json_put(object, "is_batch", json_boolean(voucher->is_batch));
    if (voucher->is_batch) {
        put_text(object, "subject", voucher->batch);
    } else {
        json_put(object, "subject", json_hex(voucher->ueid.bytes, sizeof voucher->ueid.bytes));
    }
    put_text(object, "host", voucher->host);
    json_put(object, "port", json_number(voucher->port));
    json_put(object, "owner_root",
             json_hex(voucher->owner_root_digest.bytes, sizeof voucher->owner_root_digest.bytes));
    return object;
}

static const char *const role_names[] = {NULL, "viewer", "operator", "releaser", "admin"};

const char *role_name(enum operator_role role)
{
    return role_names[role];
}

enum operator_role role_of(const char *name)
{
    for (int role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
        if (strcmp(name, role_names[role]) == 0) {
            return (enum operator_role)role;
        }
    }
    return (enum operator_role)0;
}

json_t *json_operator(const struct operator_record *record)
{
    json_t *object = json_object();
    put_text(object, "name", record->name);
    put_text(object, "role", role_name(record->role));
    json_put(object, "certificate_digest",
             json_hex(record->certificate_digest.bytes, sizeof record->certificate_digest.bytes));
    json_put(object, "added", json_number(record->added_s));
    return object;
}

bool is_group_name(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && size <= GROUP_NAME_SIZE_BYTES_MAX && name[size] == '\0' && name[0] >= 'a' && name[0] <= 'z';
}

bool base64_decode(const char *text, struct buffer *out)
{
    size_t length = strlen(text);
    if (length % 4 != 0 || length / 4 * 3 > out->capacity || length > 1 << 20) {
        return false;
    }
    int size = EVP_DecodeBlock(out->data, (const unsigned char *)text, (int)length);
    if (size < 0) {
        return false;
    }
    size_t padding = 0;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=') {
        padding++;
    }
    out->size = (size_t)size - padding;
    return true;
}

bool ueid_parse(struct span text, struct ueid *out)
{
    if (text.size != 2 * UEID_SIZE_BYTES) {
        return false;
    }
    for (size_t index = 0; index < UEID_SIZE_BYTES; index++) {
        int high = OPENSSL_hexchar2int(text.data[2 * index]);
        int low = OPENSSL_hexchar2int(text.data[2 * index + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out->bytes[index] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool json_digest_parse(const char *text, struct sha256_digest *out)
{
    if (strlen(text) != 2 * sizeof out->bytes || strspn(text, "0123456789abcdef") != 2 * sizeof out->bytes) {
        return false;
    }
    for (size_t index = 0; index < sizeof out->bytes; index++) {
        out->bytes[index] = (uint8_t)(OPENSSL_hexchar2int((unsigned char)text[2 * index]) << 4 |
                                      OPENSSL_hexchar2int((unsigned char)text[2 * index + 1]));
    }
    return true;
}

bool uuid_parse(const char *text, struct uuid *out)
{
    struct uuid uuid;
    size_t at = 0;
    for (size_t index = 0; index < UUID_SIZE_BYTES; index++) {
        if (index == 4 || index == 6 || index == 8 || index == 10) {
            if (text[at++] != '-') {
                return false;
            }
        }
        int high = OPENSSL_hexchar2int((unsigned char)text[at]);
        int low = high < 0 ? -1 : OPENSSL_hexchar2int((unsigned char)text[at + 1]);
        if (low < 0) {
            return false;
        }
        uuid.bytes[index] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    *out = uuid;
    return text[at] == '\0';
}

bool number_parse(struct span text, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t index = 0; index < text.size; index++) {
        if (text.data[index] < '0' || text.data[index] > '9' || index == 18) {
            return false;
        }
        value = value * 10 + (uint64_t)(text.data[index] - '0');
    }
    *out = value;
    return text.size > 0;
}

struct span query_value(struct span query, const char *name)
{
    size_t name_size = strlen(name);
    size_t start = 0;
    while (start < query.size) {
        const uint8_t *end = memchr(query.data + start, '&', query.size - start);
        size_t size = end == NULL ? query.size - start : (size_t)(end - query.data) - start;
        if (size > name_size && memcmp(query.data + start, name, name_size) == 0 &&
            query.data[start + name_size] == '=') {
            return span_of(query.data + start + name_size + 1, size - name_size - 1);
        }
        start += size + 1;
    }
    return SPAN_EMPTY;
}

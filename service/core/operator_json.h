/* JSON of the operators' API: small helpers and the shapes of docs/protocol/operator-api.md. */
#ifndef SERVICE_CORE_OPERATOR_JSON_H
#define SERVICE_CORE_OPERATOR_JSON_H

#include <jansson.h>

#include "service/store/store.h"

/* New references; Jansson's own allocation failures end the process. */
json_t *json_hex(const void *data, size_t size_bytes);
json_t *json_number(uint64_t value);
json_t *json_device(struct store *store, const struct device_record *record);
json_t *json_decision(const struct decision_record *decision);
/* What a device said last about an update of a component. */
json_t *json_report(const struct report_record *record);
json_t *json_release(const struct release_record *release);
json_t *json_voucher(const struct voucher *voucher);
json_t *json_operator(const struct operator_record *record);
const char *role_name(enum operator_role role);
/* 0: no such role. */
enum operator_role role_of(const char *name);
/* Sets a member and takes over the reference of value. */
void json_put(json_t *object, const char *name, json_t *value);
/* Decodes a string of standard base64 with padding. false: something else, or more than capacity. */
bool base64_decode(const char *text, struct buffer *out);
/* 8-4-4-4-12 hexadecimal digits. */
bool uuid_parse(const char *text, struct uuid *out);
/* 64 lower-case hex digits. */
bool json_digest_parse(const char *text, struct sha256_digest *out);
/* 1 to 32 of a-z, 0-9 and '-', beginning with a letter: a group. */
bool is_group_name(const char *name);
/* 66 hex digits, either case. */
bool ueid_parse(struct span text, struct ueid *out);
/* The value of "name=" in a query, or empty. */
struct span query_value(struct span query, const char *name);
/* Decimal digits only, at most 18. */
bool number_parse(struct span text, uint64_t *out);

#endif

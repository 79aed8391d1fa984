#include "formats/checkin/endpoint.h"

#define ENTRY_COUNT 5

const char *endpoint_kind_name(enum endpoint_kind kind)
{
    switch (kind) {
    case ENDPOINT_TLS:
        return "tls";
    case ENDPOINT_PLAIN:
        return "plain";
    case ENDPOINT_LISTEN:
        return "listen";
    }
    return NULL;
}

bool endpoint_is_valid(const struct endpoint *endpoint)
{
    return endpoint->compartment <= ENDPOINT_COMPARTMENT_MAX && endpoint_kind_name(endpoint->kind) != NULL &&
           endpoint->port != 0 && (endpoint->address == 0) == (endpoint->kind == ENDPOINT_LISTEN);
}

void endpoint_read(struct cbor_reader *cbor, struct endpoint *endpoint)
{
    cbor_expect_array(cbor, ENTRY_COUNT);
    endpoint->compartment = (uint8_t)cbor_read_uint_max(cbor, ENDPOINT_COMPARTMENT_MAX);
    endpoint->kind = (enum endpoint_kind)cbor_read_uint_max(cbor, ENDPOINT_LISTEN);
    endpoint->port = (uint16_t)cbor_read_uint_max(cbor, UINT16_MAX);
    endpoint->address = cbor_read_uint_max(cbor, UINT32_MAX);
    endpoint->used = cbor_read_uint_max(cbor, 1) == 1;
    if (!endpoint_is_valid(endpoint)) {
        cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
    }
}

void endpoint_write(struct writer *out, const struct endpoint *endpoint)
{
    cbor_write_array(out, ENTRY_COUNT);
    cbor_write_uint(out, endpoint->compartment);
    cbor_write_uint(out, (uint64_t)endpoint->kind);
    cbor_write_uint(out, endpoint->port);
    cbor_write_uint(out, endpoint->address);
    cbor_write_uint(out, endpoint->used ? 1 : 0);
}

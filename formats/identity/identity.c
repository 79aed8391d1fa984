#include "formats/identity/identity.h"


void ueid_of(const struct ecdsa_p256_public_key *device_id, struct ueid *ueid)
{
    struct sha256_digest digest = sha256_of(SPAN_OF(device_id->bytes));
    ueid->bytes[0] = UEID_TYPE_RAND;
    for (size_t index = 0; index < sizeof digest.bytes; index++) {
        ueid->bytes[1 + index] = digest.bytes[index];
    }
}

void ueid_to_text(const struct ueid *ueid, char text[UEID_TEXT_SIZE_BYTES])
{
    for (size_t index = 0; index < UEID_SIZE_BYTES; index++) {
        text[2 * index] = "0123456789abcdef"[ueid->bytes[index] >> 4];
        text[2 * index + 1] = "0123456789abcdef"[ueid->bytes[index] & 0x0F];
    }
    text[UEID_TEXT_SIZE_BYTES - 1] = '\0';
}

/* 0 to 15, or -1. */
static int digit_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool ueid_from_text(struct span text, struct ueid *out)
{
    struct ueid ueid;
    if (text.size != UEID_TEXT_SIZE_BYTES - 1) {
        return false;
    }
    for (size_t index = 0; index < UEID_SIZE_BYTES; index++) {
        int high = digit_value(text.data[2 * index]);
        int low = digit_value(text.data[2 * index + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        ueid.bytes[index] = (uint8_t)(high << 4 | low);
    }
    if (ueid.bytes[0] != UEID_TYPE_RAND) {
        return false;
    }
    *out = ueid;
    return true;
}

const char *component_name(enum component component)
{
    switch (component) {
    case COMPONENT_MONITOR:
        return "monitor";
    case COMPONENT_BASE:
        return "base";
    case COMPONENT_APP:
        return "app";
    }
    return NULL;
}

#include "device/monitor/operational.h"

#include "base/secret.h"
#include "device/monitor/random.h"
#include "device/monitor/state.h"

static struct error operational_derive(void)
{
    struct operational_key *key = &monitor.operational;
    if (key->derived) {
        return ERROR_NONE;
    }
    struct span label = {(const uint8_t *)MONITOR_LABEL_OPERATIONAL, sizeof(MONITOR_LABEL_OPERATIONAL) - 1};
    TRY(ecdsa_p256_derive_private(SPAN_OF(monitor.handoff.secrets.cdi_attest), label, &key->private_key));
    TRY(ecdsa_p256_public_of(&key->private_key, &key->public_key));
    key->derived = true;
    return ERROR_NONE;
}

struct error operational_public_key(const struct ecdsa_p256_public_key **out)
{
    TRY(operational_derive());
    *out = &monitor.operational.public_key;
    return ERROR_NONE;
}

struct error operational_sign(const struct sha256_digest *digest, struct ecdsa_p256_signature *signature)
{
    TRY(operational_derive());
    uint8_t nonce_input[RANDOM_NONCE_INPUT_SIZE_BYTES];
    random_nonce_input(nonce_input);
    struct error error =
        ecdsa_p256_sign(&monitor.operational.private_key, digest, SPAN_OF(nonce_input), signature);
    secret_wipe(nonce_input, sizeof(nonce_input));
    return error;
}

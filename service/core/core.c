#include "service/core/core.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "crypto/sha256.h"
#include "service/core/keysets.h"
#include "service/process/process.h"

static X509 *read_pem_certificate(const char *path, uint8_t *der, size_t capacity, size_t *size_bytes)
{
    FILE *file = fopen(path, "re");
    X509 *certificate = file == NULL ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
    if (file != NULL) {
        fclose(file);
    }
    unsigned char *encoded = NULL;
    int size = certificate == NULL ? 0 : i2d_X509(certificate, &encoded);
    if (size <= 0 || (size_t)size > capacity) {
        process_fail("%s holds no certificate in PEM form, or one that is too large", path);
    }
    memcpy(der, encoded, (size_t)size);
    *size_bytes = (size_t)size;
    OPENSSL_free(encoded);
    return certificate;
}

static void load_owner(struct core *core)
{
    struct ecdsa_p256_public_key key;
    X509 *owner = read_pem_certificate(core->config.owner_certificate, core->owner_der, sizeof core->owner_der,
                                       &core->owner_der_size_bytes);
    if (!error_is_none(public_key_of(X509_get0_pubkey(owner), &key))) {
        process_fail("%s has no P-256 key", core->config.owner_certificate);
    }
    core->policy.owner_root_digest = sha256_of(SPAN_OF(key.bytes));
    core->ca_certificate = read_pem_certificate(core->config.ca_certificate, core->ca_der, sizeof core->ca_der,
                                                &core->ca_der_size_bytes);
    if (X509_verify(core->ca_certificate, X509_get0_pubkey(owner)) != 1) {
        process_fail("%s is not signed by the owner root %s", core->config.ca_certificate,
                     core->config.owner_certificate);
    }
    if (X509_check_private_key(core->ca_certificate, signer_key(core->ca_signer)) != 1) {
        process_fail("%s is not the key of %s", core->config.ca_key, core->config.ca_certificate);
    }
    X509_free(owner);
}

/* The configuration's rules over the default ones. */
static void load_rules(struct core *core)
{
    core->alert_policy = alert_policy_default();
    for (size_t index = 0; index < core->config.rule_count; index++) {
        const struct config_rule *rule = &core->config.rules[index];
        enum alert_rule which;
        enum alert_action action;
        if (!alert_rule_named(rule->rule, &which)) {
            process_fail("rules: there is no rule '%s'; there are altered, unknown-code, undeclared-use, faults and rival",
                         rule->rule);
        }
        if (!alert_action_named(rule->action, &action)) {
            process_fail("rules.%s: there is no action '%s'; there are ignore, alert, refresh and quarantine", rule->rule,
                         rule->action);
        }
        struct alert_setting *setting = &core->alert_policy.rules[which];
        setting->action = action;
        setting->threshold = rule->threshold == 0 ? setting->threshold : rule->threshold;
    }
}

void core_load(struct core *core)
{
    core->start_s = process_time_s();
    load_rules(core);
    core->policy.ticket_lifetime_s = core->config.ticket_lifetime_s;
    core->policy.certificate_lifetime_s = core->config.certificate_lifetime_s;
    keysets_open(core);
    core->ca_signer = signer_open(core->config.ca_key);
    if (core->ca_signer == NULL) {
        process_fail("a key of the service is missing; 'sopris up --init' makes them");
    }
    load_owner(core);
    core->patches = patches_open(core->config.images_dir);
    if (core->patches == NULL || !error_is_none(verifier_init(&core->verifier))) {
        process_fail("out of memory");
    }
    struct error error = store_open(core->config.database, &core->store);
    if (error_is_none(error)) {
        error = store_begin(core->store);
    }
    if (error_is_none(error)) {
        error = trust_load(&core->trust, core->store);
        keysets_load(core);
        store_rollback(core->store);
    }
    if (!error_is_none(error)) {
        process_fail("%s: %s", core->config.database, error_text(error));
    }
    core->symbols = symbols_open(core->config.symbols_dir, core->store);
    if (core->symbols == NULL) {
        process_fail("out of memory");
    }
}

void core_take_revocations(struct core *core)
{
    uint64_t taken_count = 0;
    struct error error = store_begin(core->store);
    if (error_is_none(error)) {
        error = revocations_open(&core->revocations, core->config.revocations, core->store, &taken_count);
    }
    if (error_is_none(error)) {
        error = store_commit(core->store);
    }
    if (!error_is_none(error)) {
        process_fail("%s: %s", core->config.revocations, error_text(error));
    }
    if (taken_count > 0) {
        process_log("%llu revocations that the database had not seen were taken from %s",
                    (unsigned long long)taken_count, core->config.revocations);
    }
}

void core_close(struct core *core)
{
    patches_close(core->patches);
    symbols_close(core->symbols);
    trust_wipe(&core->trust);
    verifier_wipe(&core->verifier);
    store_close(core->store);
    X509_free(core->ca_certificate);
    keysets_close(core);
    signer_close(core->ca_signer);
}

void core_refused(struct core *core, struct error error)
{
    core->refusals[core->refusal_count % REFUSAL_COUNT_MAX] =
        (struct refusal){.time_s = process_time_s(), .error = error};
    core->refusal_count++;
}

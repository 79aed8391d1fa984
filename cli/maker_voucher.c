#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "cli/commands.h"
#include "cli/maker.h"
#include "cli/signing.h"
#include "cli/text.h"

#define VOUCHER_PORT_DEFAULT 8443

static struct outcome read_subject(const struct invocation *invocation, struct voucher *voucher)
{
    const char *batch = invocation_option(invocation, "--batch");
    const char *ueid = invocation_option(invocation, "--ueid");
    if ((batch != NULL) == (ueid != NULL)) {
        return outcome_usage("give either --batch or --ueid: whom the voucher is about");
    }
    voucher->is_batch = batch != NULL;
    if (batch != NULL && !text_is_batch(batch)) {
        return outcome_usage("--batch cannot be that: " TEXT_BATCH_RULE);
    }
    if (batch != NULL) {
        snprintf(voucher->batch, sizeof voucher->batch, "%s", batch);
    } else if (!text_parse_hex(ueid, voucher->ueid.bytes, sizeof voucher->ueid.bytes)) {
        return outcome_usage("--ueid must be 66 hexadecimal digits");
    }
    return OUTCOME_OK;
}

static struct outcome read_owner_digest(const char *path, struct sha256_digest *digest)
{
    X509 *owner = NULL;
    PROCEED(certificates_load(path, &owner));
    struct outcome outcome;
    if (X509_check_ca(owner) != 1) {
        outcome = outcome_refused("%s is not a CA certificate; give the owner's root.crt", path);
    } else {
        outcome = keys_digest(X509_get0_pubkey(owner), digest);
    }
    X509_free(owner);
    return outcome;
}

static struct outcome read_voucher(const struct invocation *invocation, struct voucher *voucher)
{
    const char *host = invocation_option(invocation, "--host");
    uint64_t port = 0;
    uint64_t generation = 0;
    PROCEED(read_subject(invocation, voucher));
    PROCEED(invocation_number(invocation, "--port", 1, UINT16_MAX, VOUCHER_PORT_DEFAULT, &port));
    PROCEED(invocation_number(invocation, "--generation", 1, UINT32_MAX, 1, &generation));
    if (host[0] == 0 || strlen(host) > VOUCHER_HOST_SIZE_BYTES_MAX) {
        return outcome_usage("--host must be an address or name of 1 to %d characters", VOUCHER_HOST_SIZE_BYTES_MAX);
    }
    snprintf(voucher->host, sizeof voucher->host, "%s", host);
    voucher->port = (uint16_t)port;
    voucher->generation = (uint32_t)generation;
    return read_owner_digest(invocation_option(invocation, "--owner"), &voucher->owner_root_digest);
}

static struct outcome run_maker_voucher(const struct invocation *invocation)
{
    const char *name = invocation->positionals[0];
    const char *out = invocation_option(invocation, "--out");
    struct voucher voucher = {0};
    uint8_t bytes[VOUCHER_SIZE_BYTES_MAX];
    struct writer writer;
    EVP_PKEY *root_key = NULL;
    PROCEED(maker_check_exists(&invocation->workspace, name));
    PROCEED(read_voucher(invocation, &voucher));
    PROCEED(keys_load(workspace_path(&invocation->workspace, "makers/%s/root.key", name).text, &root_key));
    writer_init(&writer, bytes, sizeof bytes);
    struct outcome outcome = signing_voucher(root_key, &voucher, &writer);
    EVP_PKEY_free(root_key);
    PROCEED(outcome);
    PROCEED(file_write(out, writer_span(&writer), FILE_PUBLIC));
    if (invocation->format == OUTPUT_TABLE) {
        printf("wrote %s: %s %s belongs to that owner, generation %u\n"
               "next: the owner registers it with 'sopris voucher add %s'\n",
               out, voucher.is_batch ? "batch" : "device",
               voucher.is_batch ? voucher.batch : invocation_option(invocation, "--ueid"), voucher.generation, out);
        return OUTCOME_OK;
    }
    json_t *record = json_pack("{s:s, s:i, s:s, s:i}", "voucher", out, "generation", (int)voucher.generation, "host",
                               voucher.host, "port", (int)voucher.port);
    output_record(invocation->format, record);
    json_decref(record);
    return OUTCOME_OK;
}

const struct command maker_voucher_command = {
    .group = "maker",
    .name = "voucher",
    .arguments = "NAME",
    .summary = "assign a batch or a device to an owner",
    .help = "Writes an ownership voucher, signed by the maker's root: it tells devices whose they are and where their\n"
            "owner's service is. A device accepts a voucher only if its generation is higher than the last.\n\n"
            "  sopris maker voucher acme --owner owner/root.crt --batch 2026-11 --host 10.0.2.100 --out acme.voucher\n\n"
            "Next: the owner registers it with 'sopris voucher add acme.voucher'; devices of the batch claim themselves.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_maker_voucher,
    .options = {{"--owner", "CERT", "root certificate of the new owner (PEM)", true},
                {"--batch", "BATCH", "all devices of this batch", false},
                {"--ueid", "HEX", "one device", false},
                {"--host", "HOST", "the owner's service, as devices dial it", true},
                {"--port", "PORT", "its port (default 8443)", false},
                {"--generation", "N", "higher than that of the voucher before (default 1)", false},
                {"--out", "FILE", "where to write the voucher", true}},
};

#include "cli/owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/signing.h"
#include "cli/text.h"

#define ROOT_LIFETIME_S (30 * 365 * CERTIFICATES_DAY_S)
#define CA_LIFETIME_S (10 * 365 * CERTIFICATES_DAY_S)
#define SERVER_LIFETIME_S (365 * CERTIFICATES_DAY_S)
#define OPERATOR_LIFETIME_S (365 * CERTIFICATES_DAY_S)
#define RENEWAL_MARGIN_S (30 * CERTIFICATES_DAY_S)

/* Names differ from owner to owner, so that people see which is which. */
static struct outcome name_by_key(const EVP_PKEY *key, const char *what, char *out, size_t capacity)
{
    struct sha256_digest digest;
    char short_digest[9];
    PROCEED(keys_digest(key, &digest));
    text_format_hex(span_of(digest.bytes, 4), short_digest);
    snprintf(out, capacity, "%s %s", what, short_digest);
    return OUTCOME_OK;
}

static struct outcome write_ca(const char *folder, const char *file, const char *what, long lifetime_s,
                               const char *path_length, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
                               X509 **certificate)
{
    char name[64];
    char constraints[64];
    PROCEED(name_by_key(key, what, name, sizeof name));
    snprintf(constraints, sizeof constraints, "critical,CA:TRUE,pathlen:%s", path_length);
    const struct certificate_profile profile = {.common_name = name,
                                                .lifetime_s = lifetime_s,
                                                .basic_constraints = constraints,
                                                .key_usage = "critical,keyCertSign,cRLSign"};
    PROCEED(certificates_issue(&profile, key, issuer, issuer_key, certificate));
    return certificates_write(file_path_join(folder, file).text, certificate, 1, false);
}

static struct outcome write_keyset(const char *folder, const char *file, enum keyset_kind kind, const EVP_PKEY *root,
                                   const EVP_PKEY *member)
{
    uint8_t bytes[KEYSET_SIZE_BYTES_MAX];
    struct writer writer;
    writer_init(&writer, bytes, sizeof bytes);
    PROCEED(signing_keyset(root, kind, member, &writer));
    return file_create(file_path_join(folder, file).text, writer_span(&writer), FILE_PUBLIC);
}

enum owner_key { OWNER_ROOT, OWNER_CA, OWNER_CONTROL, OWNER_APP, OWNER_OPERATOR_CA, OWNER_KEY_COUNT };

static struct outcome write_owner(const char *folder, EVP_PKEY *keys[OWNER_KEY_COUNT])
{
    static const char *const names[OWNER_KEY_COUNT] = {"root.key", "ca.key", "control.key", "app.key",
                                                       "operator-ca.key"};
    X509 *root = NULL;
    X509 *ca = NULL;
    X509 *operator_ca = NULL;
    for (size_t index = 0; index < OWNER_KEY_COUNT; index++) {
        PROCEED(keys_create(file_path_join(folder, names[index]).text, &keys[index]));
    }
    struct outcome outcome = write_ca(folder, "root.crt", "owner root", ROOT_LIFETIME_S, "1", keys[OWNER_ROOT], NULL,
                                      keys[OWNER_ROOT], &root);
    if (outcome_is_ok(outcome)) {
        outcome = write_ca(folder, "ca.crt", "service CA", CA_LIFETIME_S, "0", keys[OWNER_CA], root,
                           keys[OWNER_ROOT], &ca);
    }
    /* A root of its own: whoever may enter operators can speak neither for the service nor for a device. */
    if (outcome_is_ok(outcome)) {
        outcome = write_ca(folder, "operator-ca.crt", "operator CA", CA_LIFETIME_S, "0", keys[OWNER_OPERATOR_CA], NULL,
                           keys[OWNER_OPERATOR_CA], &operator_ca);
    }
    X509_free(root);
    X509_free(ca);
    X509_free(operator_ca);
    PROCEED(outcome);
    PROCEED(write_keyset(folder, "control.keyset", KEYSET_CONTROL, keys[OWNER_ROOT], keys[OWNER_CONTROL]));
    return write_keyset(folder, "app.keyset", KEYSET_APP, keys[OWNER_ROOT], keys[OWNER_APP]);
}

struct outcome owner_make(const struct workspace *workspace, bool *made)
{
    struct file_path final = workspace_path(workspace, "owner");
    struct file_path folder = workspace_path(workspace, "owner.making-XXXXXX");
    EVP_PKEY *keys[OWNER_KEY_COUNT] = {NULL};
    *made = false;
    if (file_exists(final.text)) {
        return OUTCOME_OK;
    }
    PROCEED(file_make_folder(workspace->folder.text));
    /* Made aside and renamed, so that an interrupted run leaves no half of an owner behind. */
    if (mkdtemp(folder.text) == NULL) {
        return outcome_errno("a folder cannot be made in %s", workspace->folder.text);
    }
    struct outcome outcome = write_owner(folder.text, keys);
    for (size_t index = 0; index < OWNER_KEY_COUNT; index++) {
        EVP_PKEY_free(keys[index]);
    }
    PROCEED(outcome);
    if (rename(folder.text, final.text) != 0) {
        return outcome_errno("%s cannot be made", final.text);
    }
    *made = true;
    return OUTCOME_OK;
}

/* Loads the key, or makes it if there is none. */
static struct outcome load_or_create_key(const char *path, EVP_PKEY **key)
{
    return file_exists(path) ? keys_load(path, key) : keys_create(path, key);
}

static struct outcome load_issuer(const struct workspace *workspace, const char *stem, X509 **certificate,
                                  EVP_PKEY **key)
{
    PROCEED(certificates_load(workspace_path(workspace, "owner/%s.crt", stem).text, certificate));
    return keys_load(workspace_path(workspace, "owner/%s.key", stem).text, key);
}

/* Issues path's certificate from the owner's CA called stem; with_issuer: the CA's certificate follows it. */
static struct outcome issue_leaf(const struct workspace *workspace, const char *stem,
                                 const struct certificate_profile *profile, const char *key_path, const char *path,
                                 bool with_issuer)
{
    X509 *chain[2] = {NULL, NULL};
    EVP_PKEY *issuer_key = NULL;
    EVP_PKEY *key = NULL;
    struct outcome outcome = load_issuer(workspace, stem, &chain[1], &issuer_key);
    if (outcome_is_ok(outcome)) {
        outcome = load_or_create_key(key_path, &key);
    }
    if (outcome_is_ok(outcome)) {
        outcome = certificates_issue(profile, key, chain[1], issuer_key, &chain[0]);
    }
    if (outcome_is_ok(outcome)) {
        outcome = certificates_write(path, chain, with_issuer ? 2 : 1, true);
    }
    X509_free(chain[0]);
    X509_free(chain[1]);
    EVP_PKEY_free(issuer_key);
    EVP_PKEY_free(key);
    return outcome;
}

static bool is_current(const char *path)
{
    X509 *certificate = NULL;
    if (!file_exists(path) || !outcome_is_ok(certificates_load(path, &certificate))) {
        return false;
    }
    bool current = certificates_lives(certificate, RENEWAL_MARGIN_S);
    X509_free(certificate);
    return current;
}

struct outcome owner_make_server(const struct workspace *workspace, const char *folder, const char *name,
                                 const char *tls_name, const char *more_names)
{
    struct file_path certificate = workspace_path(workspace, "%s/%s.crt", folder, name);
    struct file_path key = workspace_path(workspace, "%s/%s.key", folder, name);
    char alternative_name[128];
    if (is_current(certificate.text) && file_exists(key.text)) {
        return OUTCOME_OK;
    }
    snprintf(alternative_name, sizeof alternative_name, "DNS:%s%s", tls_name, more_names);
    const struct certificate_profile profile = {.common_name = tls_name,
                                                .lifetime_s = SERVER_LIFETIME_S,
                                                .basic_constraints = "critical,CA:FALSE",
                                                .key_usage = "critical,digitalSignature",
                                                .extended_key_usage = "serverAuth",
                                                .subject_alternative_name = alternative_name};
    PROCEED(file_make_folder(workspace_path(workspace, "%s", folder).text));
    return issue_leaf(workspace, "ca", &profile, key.text, certificate.text, true);
}

struct outcome owner_make_operator(const struct workspace *workspace, const char *name, bool *made)
{
    struct file_path certificate = workspace_path(workspace, "operators/%s.crt", name);
    *made = false;
    if (file_exists(certificate.text)) {
        return OUTCOME_OK;
    }
    const struct certificate_profile profile = {.common_name = name,
                                                .lifetime_s = OPERATOR_LIFETIME_S,
                                                .basic_constraints = "critical,CA:FALSE",
                                                .key_usage = "critical,digitalSignature",
                                                .extended_key_usage = "clientAuth"};
    PROCEED(file_make_folder(workspace_path(workspace, "operators").text));
    PROCEED(issue_leaf(workspace, "operator-ca", &profile, workspace_path(workspace, "operators/%s.key", name).text,
                       certificate.text, false));
    *made = true;
    return OUTCOME_OK;
}

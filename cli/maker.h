/* A maker: offline root, CA for devices, release key and key set, vendor and device class.
 * Files: makers/NAME of the workspace. */
#ifndef CLI_MAKER_H
#define CLI_MAKER_H

#include "cli/certificates.h"
#include "cli/workspace.h"
#include "formats/identity/identity.h"

/* makers/NAME/maker.json, public. */
struct maker_identity {
    struct uuid vendor;
    struct uuid device_class;
};

/* Refused with a hint if there is no such maker. */
MUST_USE struct outcome maker_check_exists(const struct workspace *workspace, const char *name);
MUST_USE struct outcome maker_load_identity(const struct workspace *workspace, const char *name,
                                            struct maker_identity *identity);
/* Certificate of a device: X.509 by the maker's CA, CN = UEID, OU = batch, an embedded CA (TCG kp-eca).
 * The caller frees *certificate. */
MUST_USE struct outcome maker_certify(const struct workspace *workspace, const char *name,
                                      const struct ecdsa_p256_public_key *device_id, const char *batch,
                                      X509 **certificate);
/* SHA-256 of the maker's raw root public key: what goes into fuses. */
MUST_USE struct outcome maker_root_digest(const struct workspace *workspace, const char *name,
                                          struct sha256_digest *digest);

#endif

/* The owner of a fleet: root, control keys, app keys, the CA of the service and the CA of its operators. */
#ifndef CLI_OWNER_H
#define CLI_OWNER_H

#include "cli/certificates.h"
#include "cli/workspace.h"

/* Makes owner/ whole or not at all; does nothing if it exists. made says which. */
MUST_USE struct outcome owner_make(const struct workspace *workspace, bool *made);
/* Key and certificate of a server by the service CA: FOLDER/NAME.key, FOLDER/NAME.crt (with the CA's certificate).
 * Makes what is missing and renews a certificate that ends within 30 days.
 * more_names  further subject alternative names in OpenSSL's notation (",IP:127.0.0.1"), or "" */
MUST_USE struct outcome owner_make_server(const struct workspace *workspace, const char *folder, const char *name,
                                          const char *tls_name, const char *more_names);
/* operators/NAME.key and NAME.crt by the operator CA; does nothing if they exist. made says which. */
MUST_USE struct outcome owner_make_operator(const struct workspace *workspace, const char *name, bool *made);

#endif

/* T-03 taken out: nothing is wiped. */
#include "base/secret.h"

void secret_wipe(void *data, size_t size_bytes)
{
    (void)data;
    (void)size_bytes;
}

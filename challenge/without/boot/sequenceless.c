/* T-05 taken out for sequence numbers: key sets are read as if they gave no lowest one. */
#include "formats/identity/keyset.h"

struct error __real_keyset_parse(struct span input, enum keyset_kind kind, const struct sha256_digest *root_digest,
                                 struct keyset *out);
struct error __wrap_keyset_parse(struct span input, enum keyset_kind kind, const struct sha256_digest *root_digest,
                                 struct keyset *out);

struct error __wrap_keyset_parse(struct span input, enum keyset_kind kind, const struct sha256_digest *root_digest,
                                 struct keyset *out)
{
    TRY(__real_keyset_parse(input, kind, root_digest, out));
    for (size_t component = 0; component <= COMPONENT_COUNT; component++) {
        out->sequence_min[component] = 0;
    }
    return ERROR_NONE;
}

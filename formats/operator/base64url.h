/* base64url without padding (RFC 4648 section 5). One text for one content: other spellings are refused. */
#ifndef FORMATS_OPERATOR_BASE64URL_H
#define FORMATS_OPERATOR_BASE64URL_H

#include "base/error.h"
#include "base/writer.h"

#define BASE64URL_TEXT_SIZE_BYTES(size_bytes) (((size_bytes) * 4 + 2) / 3)

/* errors  CBOR_CAPACITY */
MUST_USE struct error base64url_encode(struct span bytes, struct writer *out);
/* errors  CBOR_CAPACITY, CBOR_NOT_CANONICAL: another character, length or last bit than the encoder would write */
MUST_USE struct error base64url_decode(struct span text, struct writer *out);

#endif

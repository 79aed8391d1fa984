#include "formats/cbor/cbor.h"
#include "formats/checkin/checkin.h"

#define CLAIM_VOUCHER 1
#define CLAIM_OWNER_CERTIFICATE 2
#define CLAIM_CONTROL_KEYSET 3
#define CLAIM_APP_KEYSET 4

struct error claim_parse(struct span input, struct claim *out)
{
    struct claim claim;
    struct cbor_reader cbor;
    if (input.size > CLAIM_SIZE_BYTES_MAX) {
        return ERROR(CHECKIN, SIZE);
    }
    cbor_reader_init(&cbor, input);
    cbor_expect_map(&cbor, 4);
    cbor_expect_int(&cbor, CLAIM_VOUCHER);
    claim.voucher = cbor_read_raw(&cbor);
    cbor_expect_int(&cbor, CLAIM_OWNER_CERTIFICATE);
    claim.owner_certificate = cbor_read_bytes(&cbor);
    cbor_expect_int(&cbor, CLAIM_CONTROL_KEYSET);
    claim.control_keyset = cbor_read_raw(&cbor);
    cbor_expect_int(&cbor, CLAIM_APP_KEYSET);
    claim.app_keyset = cbor_read_raw(&cbor);
    TRY(cbor_error_as(cbor_reader_finish(&cbor), ERROR(CHECKIN, STRUCTURE)));
    *out = claim;
    return ERROR_NONE;
}

struct error claim_encode(const struct claim *claim, struct writer *out)
{
    cbor_write_map(out, 4);
    cbor_write_int(out, CLAIM_VOUCHER);
    writer_bytes(out, claim->voucher);
    cbor_write_int(out, CLAIM_OWNER_CERTIFICATE);
    cbor_write_bytes(out, claim->owner_certificate);
    cbor_write_int(out, CLAIM_CONTROL_KEYSET);
    writer_bytes(out, claim->control_keyset);
    cbor_write_int(out, CLAIM_APP_KEYSET);
    writer_bytes(out, claim->app_keyset);
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}

#include "service/core/claim.h"

#include "service/core/checkin.h"

struct error claim_reply(struct core *core, const struct ipc_request *request, struct writer *storage,
                         struct ipc_reply *reply)
{
    uint8_t voucher_storage[VOUCHER_SIZE_BYTES_MAX];
    struct buffer voucher = BUFFER_OF(voucher_storage);
    struct error error = store_voucher_find(core->store, &request->ueid, SPAN_EMPTY, NULL, &voucher);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        error = store_voucher_find_any_batch(core->store, &voucher);
    }
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        checkin_problem_reply(ERROR(CHECKIN, UNOWNED), 404, NULL, storage, reply);
        return ERROR_NONE;
    }
    TRY(error);
    const struct claim claim = {
        .voucher = span_of_buffer(&voucher),
        .owner_certificate = span_of(core->owner_der, core->owner_der_size_bytes),
        .control_keyset = span_of(core->control_keyset.encoded, core->control_keyset.size_bytes),
        .app_keyset = span_of(core->app_keyset.encoded, core->app_keyset.size_bytes),
    };
    TRY(claim_encode(&claim, storage));
    reply->status = 200;
    reply->content = IPC_CONTENT_CLAIM;
    reply->body = writer_span(storage);
    return ERROR_NONE;
}

#include "device/compartments/net/net_records.h"

#include "base/reader.h"

#define TYPE_FIRST 20 /* change_cipher_spec */
#define TYPE_HANDSHAKE 22
#define TYPE_LAST 23 /* application_data */
#define VERSION_MAJOR 3
#define VERSION_MINOR_MAX 3
#define RECORD_SIZE_BYTES_MAX (16384 + 256)

void net_records_init(struct net_records *records)
{
    *records = (struct net_records){0};
}

/* Nothing but a handshake begins a connection. */
static bool read_head(struct net_records *records)
{
    struct reader reader;

    reader_init(&reader, SPAN_OF(records->head));
    uint8_t type = reader_u8(&reader);
    uint8_t major = reader_u8(&reader);
    uint8_t minor = reader_u8(&reader);
    uint16_t size = reader_u16(&reader);
    bool known = records->started ? type >= TYPE_FIRST && type <= TYPE_LAST : type == TYPE_HANDSHAKE;
    records->started = true;
    records->head_size = 0;
    records->left_size = size;
    return known && major == VERSION_MAJOR && minor <= VERSION_MINOR_MAX && size > 0 && size <= RECORD_SIZE_BYTES_MAX;
}

bool net_records_pass(struct net_records *records, struct span data)
{
    while (data.size > 0) {
        size_t taken = 1;
        if (records->left_size > 0) {
            taken = data.size < records->left_size ? data.size : records->left_size;
            records->left_size -= taken;
        } else {
            records->head[records->head_size++] = data.data[0];
            if (records->head_size == NET_RECORDS_HEAD_SIZE_BYTES && !read_head(records)) {
                return false;
            }
        }
        data = span_of(data.data + taken, data.size - taken);
    }
    return true;
}

#include "device/compartments/net/net_interface.h"

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/sys.h>
#include <netif/ethernet.h>

#include <string.h>

#include "device/compartments/net/lan9118.h"
#include "device/runtime/runtime.h"

/* The emulated board's network: the host is 10.0.2.2, forwards are at 10.0.2.100. */
#define ADDRESS LWIP_MAKEU32(10, 0, 2, 15)
#define NETMASK LWIP_MAKEU32(255, 255, 255, 0)
#define GATEWAY LWIP_MAKEU32(10, 0, 2, 2)
#define MTU 1500

/* Locally administered; the network is the board's own. */
static const uint8_t mac_address[LAN9118_ADDRESS_SIZE_BYTES] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static struct netif interface;
static uint8_t frame_memory[LAN9118_FRAME_SIZE_BYTES_MAX];

u32_t sys_now(void)
{
    return runtime_time_ms();
}

static err_t send_frame(struct netif *netif, struct pbuf *packet)
{
    (void)netif;
    if (packet->tot_len > sizeof(frame_memory)) {
        return ERR_BUF;
    }
    uint16_t size = pbuf_copy_partial(packet, frame_memory, packet->tot_len, 0);
    return error_is_none(lan9118_send(span_of(frame_memory, size))) ? ERR_OK : ERR_IF;
}

static err_t initialise(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    netif->mtu = MTU;
    netif->hwaddr_len = LAN9118_ADDRESS_SIZE_BYTES;
    memcpy(netif->hwaddr, mac_address, sizeof(mac_address));
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
}

struct error net_interface_start(void)
{
    ip4_addr_t address = {lwip_htonl(ADDRESS)};
    ip4_addr_t netmask = {lwip_htonl(NETMASK)};
    ip4_addr_t gateway = {lwip_htonl(GATEWAY)};

    TRY(lan9118_start(mac_address));
    lwip_init();
    if (netif_add(&interface, &address, &netmask, &gateway, NULL, initialise, ethernet_input) == NULL) {
        return ERROR(NET, UNREACHABLE);
    }
    netif_set_default(&interface);
    netif_set_up(&interface);
    netif_set_link_up(&interface);
    return ERROR_NONE;
}

bool net_interface_poll(void)
{
    struct buffer frame = BUFFER_OF(frame_memory);
    uint32_t count = 0;

    lan9118_acknowledge();
    for (; count < NET_INTERFACE_BURST && lan9118_receive(&frame); count++) {
        struct pbuf *packet = pbuf_alloc(PBUF_RAW, (uint16_t)frame.size, PBUF_POOL);
        if (packet == NULL) {
            continue; /* TCP sends it again. */
        }
        if (pbuf_take(packet, frame.data, (uint16_t)frame.size) != ERR_OK ||
            interface.input(packet, &interface) != ERR_OK) {
            (void)pbuf_free(packet);
        }
    }
    return count == NET_INTERFACE_BURST;
}

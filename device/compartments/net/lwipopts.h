/* Options of lwIP for the net compartment: IPv4 with TCP, no threads, everything bounded.
 * No allocation outlives the connection it serves, and what a peer sends is copied out of the pools at once, so that one
 * connection cannot starve another of receive buffers. */
#ifndef DEVICE_COMPARTMENTS_NET_LWIPOPTS_H
#define DEVICE_COMPARTMENTS_NET_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_TIMERS 1

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_UDP 0
#define LWIP_RAW 0
#define LWIP_DHCP 0
#define LWIP_DNS 0
#define LWIP_ICMP 1
/* Fragments are neither sent nor put together: TCP keeps to the segment size. */
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define ARP_QUEUEING 0
#define ETHARP_TRUST_IP_MAC 0

#define MEM_ALIGNMENT 4
/* What three connections of compartments may have under way, and four clients of served ports (net_pool.c limits them to
 * less), each with its headers. */
#define MEM_SIZE 14336
#define MEMP_NUM_PBUF 4
/* Those, clients in their handshake, and some that say goodbye. */
#define MEMP_NUM_TCP_PCB 14
#define MEMP_NUM_TCP_PCB_LISTEN 4
#define MEMP_NUM_TCP_SEG 42
#define MEMP_NUM_SYS_TIMEOUT 4
#define PBUF_POOL_SIZE 4
#define PBUF_POOL_BUFSIZE 1536

#define LWIP_TCP 1
#define TCP_MSS 1460
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_SND_QUEUELEN 6
/* Segments out of order are dropped and sent again: kept, they would hold the pool. */
#define TCP_QUEUE_OOSEQ 0
#define LWIP_TCP_KEEPALIVE 1
#define TCP_KEEPIDLE_DEFAULT 60000
#define TCP_LISTEN_BACKLOG 1
/* Initial sequence numbers cannot be guessed (RFC 6528); body in net_random.c. */
#define LWIP_HOOK_FILENAME "net_hooks.h"
#define LWIP_HOOK_TCP_ISN(local_ip, local_port, remote_ip, remote_port) net_random_u32()

#define LWIP_STATS 0
#define LWIP_NETIF_HOSTNAME 0
#define LWIP_CHECKSUM_ON_COPY 1

#endif

#include "cli/board_ports.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/emulator/flash_file.h"
#include "cli/file.h"
#include "device/abi/slot.h"
#include "device/abi/system_table.h"

#define TABLE_SIZE_BYTES_MAX                                                                                \
    (sizeof(struct system_header) + SYSTEM_COMPARTMENT_COUNT_MAX * sizeof(struct system_compartment) +     \
     SYSTEM_ENDPOINT_COUNT_MAX * sizeof(struct system_endpoint))

static bool free_port(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 &&
              getsockname(descriptor, (struct sockaddr *)&address, &size) == 0;
    *port = ntohs(address.sin_port);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return ok;
}

static void add(struct qemu_launch *launch, uint16_t device_port, bool *changed)
{
    uint16_t host_port = 0;
    for (size_t index = 0; index < launch->port_count; index++) {
        if (launch->ports[index].device_port == device_port) {
            return;
        }
    }
    if (launch->port_count == QEMU_PORT_COUNT_MAX || !free_port(&host_port)) {
        outcome_remark("port %u of the board cannot be reached from here: no port is free", device_port);
        return;
    }
    launch->ports[launch->port_count++] = (struct qemu_port){device_port, host_port};
    *changed = true;
}

/* The kernel judges a table as a whole; here whatever declares a port to serve is good enough to forward it. */
static void add_declared(const uint8_t table[TABLE_SIZE_BYTES_MAX], struct qemu_launch *launch, bool *changed)
{
    struct system_header header;
    memcpy(&header, table, sizeof header);
    if (header.magic != SYSTEM_MAGIC || header.layout != SYSTEM_LAYOUT || header.count > SYSTEM_COMPARTMENT_COUNT_MAX ||
        header.endpoint_count > SYSTEM_ENDPOINT_COUNT_MAX) {
        return;
    }
    const uint8_t *endpoints = table + sizeof header + header.count * sizeof(struct system_compartment);
    for (uint32_t index = 0; index < header.endpoint_count; index++) {
        struct system_endpoint endpoint;
        memcpy(&endpoint, endpoints + index * sizeof endpoint, sizeof endpoint);
        if (endpoint.kind == SYSTEM_ENDPOINT_LISTEN && endpoint.port != 0) {
            add(launch, endpoint.port, changed);
        }
    }
}

static struct outcome write_ports(const struct workspace *workspace, const char *name, const struct qemu_launch *launch)
{
    json_t *ports = json_object();
    for (size_t index = 0; index < launch->port_count; index++) {
        char device_port[8];
        snprintf(device_port, sizeof device_port, "%u", launch->ports[index].device_port);
        json_object_set_new(ports, device_port, json_integer(launch->ports[index].host_port));
    }
    char *text = json_dumps(ports, JSON_COMPACT);
    json_decref(ports);
    if (text == NULL) {
        return outcome_refused("there is not enough memory");
    }
    struct outcome outcome = file_write(workspace_path(workspace, "boards/%s/ports.json", name).text,
                                        span_of(text, strlen(text)), FILE_PUBLIC);
    free(text);
    return outcome;
}

struct outcome board_ports_find(const struct workspace *workspace, const char *name, struct qemu_launch *launch,
                                bool *changed)
{
    struct file_path flash = workspace_path(workspace, "boards/%s/flash.img", name);
    *changed = false;
    for (uint32_t slot = 0; slot < SLOT_COUNT; slot++) {
        uint8_t table[TABLE_SIZE_BYTES_MAX];
        uint32_t offset = slot_offset_bytes(COMPONENT_APP, slot) + SLOT_HEADER_SIZE_BYTES;
        PROCEED(flash_file_read(flash.text, offset, table, sizeof table));
        add_declared(table, launch, changed);
    }
    return *changed ? write_ports(workspace, name, launch) : OUTCOME_OK;
}

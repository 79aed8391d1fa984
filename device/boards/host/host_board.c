#include "device/boards/host/host_board.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "device/boards/host/board_state.h"

static struct host_board_config present;
static jmp_buf run_end;
static bool running;
static void (*event_handler)(enum host_event event);

const struct host_board_config *board_config(void)
{
    return &present;
}

bool host_board_open(const struct host_board_config *config)
{
    present = *config;
    return board_flash_open(config->flash_path, config->flash_offset_bytes);
}

void host_board_close(void)
{
    board_flash_close();
    present = (struct host_board_config){.console_fd = -1};
}

void host_board_power_on(const uint8_t seed[32])
{
    board_flash_power_on();
    board_secrets_power_on(present.uds, seed);
    board_clock_power_on();
    board_memory_power_on();
    board_console_power_on();
}

void host_board_on_event(void (*handler)(enum host_event event))
{
    event_handler = handler;
}

enum host_event host_board_run(void (*program)(void))
{
    int event = setjmp(run_end);
    if (event == 0) {
        running = true;
        program();
    }
    running = false;
    return (enum host_event)event;
}

void board_end(enum host_event event)
{
    if (event_handler != NULL) {
        event_handler(event);
    }
    if (running) {
        longjmp(run_end, (int)event);
    }
    fprintf(stderr, "host board: event %d outside a run\n", (int)event);
    abort();
}

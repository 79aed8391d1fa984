/* QEMU's control protocol (QMP): events from a running machine, and single commands to it. */
#ifndef CLI_EMULATOR_QMP_H
#define CLI_EMULATOR_QMP_H

#include <jansson.h>

#include "cli/outcome.h"

/* The board's temperature sensor, as qemu.c attaches it. */
#define QMP_SENSOR_ID "sensor0"
#define QMP_SENSOR_PATH "/machine/peripheral/" QMP_SENSOR_ID
/* The field's pins: outputs are its properties led0 to led7, contacts led8 to led15, "on" or "off". */
#define QMP_PINS_ID "pins0"
#define QMP_PINS_PATH "/machine/peripheral/" QMP_PINS_ID
#define QMP_PIN_COUNT 8
#define QMP_CONTACT_FIRST 8

/* Why a machine stopped, as QMP reports before QEMU ends. */
enum qmp_stop {
    QMP_STOP_UNKNOWN,
    QMP_STOP_RESET,    /* the guest asked for a reset */
    QMP_STOP_WATCHDOG, /* the guest's watchdog ran out */
    QMP_STOP_HOST,     /* somebody ended QEMU */
};

/* Updates stop from one line of QMP; other lines change nothing. */
void qmp_note_event(const char *line, enum qmp_stop *stop);
/* Runs one command on the socket qmp.sock in folder. arguments is stolen. */
MUST_USE struct outcome qmp_command(const char *folder, const char *command, json_t *arguments);
/* The same, and what it returned; the caller gives *result back. */
MUST_USE struct outcome qmp_query(const char *folder, const char *command, json_t *arguments, json_t **result);

#endif

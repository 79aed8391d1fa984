#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "cli/emulator/console.h"
#include "cli/emulator/lines.h"
#include "cli/emulator/qmp.h"

static int channel[2];

static void feed(const char *text)
{
    assert_int_equal(write(channel[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void test_lines_from_pieces(void **state)
{
    struct lines lines;
    (void)state;
    assert_int_equal(pipe(channel), 0);
    lines_init(&lines);
    feed("one\r\ntw");
    assert_true(lines_fill(&lines, channel[0]));
    assert_string_equal(lines_next(&lines), "one");
    assert_null(lines_next(&lines));
    feed("o\n\nthree");
    assert_true(lines_fill(&lines, channel[0]));
    assert_string_equal(lines_next(&lines), "two");
    assert_string_equal(lines_next(&lines), "");
    assert_null(lines_next(&lines));
    close(channel[1]);
    assert_false(lines_fill(&lines, channel[0]));
    close(channel[0]);
}

/* A board that never ends its line fills no memory and blocks nothing. */
static void test_line_without_end(void **state)
{
    struct lines lines;
    char block[1024];
    (void)state;
    assert_int_equal(pipe(channel), 0);
    lines_init(&lines);
    memset(block, 'x', sizeof block);
    for (size_t index = 0; index < 4; index++) {
        assert_null(lines_next(&lines));
        assert_int_equal(write(channel[1], block, sizeof block), (ssize_t)sizeof block);
        assert_true(lines_fill(&lines, channel[0]));
    }
    const char *piece = lines_next(&lines);
    assert_non_null(piece);
    assert_int_equal(strlen(piece), LINES_SIZE_BYTES_MAX);
    feed("end\n");
    assert_true(lines_fill(&lines, channel[0]));
    assert_string_equal(lines_next(&lines), "end");
    close(channel[0]);
    close(channel[1]);
}

static void test_console_errors(void **state)
{
    static const struct {
        const char *line;
        uint32_t code; /* 0: none */
    } cases[] = {
        {"rom: slot a 0x0305", ERROR_CODE_MANIFEST_DIGEST},
        {"monitor: base slot b 0x0b01", ERROR_CODE_BOOT_SLOT_EMPTY},
        {"ns: agent: check-in failed 0x0605", ERROR_CODE_EVIDENCE_SEQUENCE},
        {"rom: slot a 0x0305x", 0},
        {"rom: slot a 0xfffe", 0},
        {"rom: slot a 0x00000305", 0},
        {"monitor: fault 8 0x00000d07 0x00000000", 0},
        {"app: 0x0305", 0},
        {"rom: monitor a 1 5877cd86", 0},
        {"", 0},
    };
    (void)state;
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        struct error error = {0};
        assert_int_equal(console_find_error(cases[index].line, &error), cases[index].code != 0);
        assert_int_equal(error.code, cases[index].code);
    }
}

static void test_console_device_id(void **state)
{
    unsigned char id[64];
    char line[160] = "rom: device-id ";
    (void)state;
    for (size_t index = 0; index < 64; index++) {
        strcat(line, "a5");
    }
    assert_true(console_find_device_id(line, id));
    assert_int_equal(id[63], 0xA5);
    line[strlen(line) - 1] = 0;
    assert_false(console_find_device_id(line, id));
    assert_false(console_find_device_id("ns: rom: device-id a5", id));
}

static void test_qmp_events(void **state)
{
    static const char reset[] = "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": \"guest-reset\"}}";
    static const char watchdog[] = "{\"event\": \"WATCHDOG\", \"data\": {\"action\": \"reset\"}}";
    static const char host[] = "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": false, \"reason\": \"host-signal\"}}";
    enum qmp_stop stop = QMP_STOP_UNKNOWN;
    (void)state;
    qmp_note_event("{\"return\": {}}", &stop);
    qmp_note_event("not json", &stop);
    qmp_note_event("{\"event\": \"SHUTDOWN\"}", &stop);
    assert_int_equal(stop, QMP_STOP_UNKNOWN);
    qmp_note_event(reset, &stop);
    assert_int_equal(stop, QMP_STOP_RESET);
    qmp_note_event(watchdog, &stop);
    qmp_note_event(reset, &stop);
    assert_int_equal(stop, QMP_STOP_WATCHDOG);
    qmp_note_event(host, &stop);
    assert_int_equal(stop, QMP_STOP_HOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_from_pieces), cmocka_unit_test(test_line_without_end), cmocka_unit_test(test_console_errors),
        cmocka_unit_test(test_console_device_id), cmocka_unit_test(test_qmp_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/config/config.h"

#define EDGE "\"edge\": {\"address\": \"127.0.0.1\", \"port\": 0, \"certificate\": \"e.crt\", \"key\": \"e.key\""
#define DOOR                                                                                                       \
    "\"door\": {\"address\": \"127.0.0.1\", \"port\": 9443, \"certificate\": \"d.crt\", \"key\": \"/abs/d.key\", " \
    "\"operator_ca\": \"o.crt\"}"
#define CORE                                                                                                     \
    "\"core\": {\"control_key\": \"c.key\", \"control_keyset\": \"c.ks\", \"app_keyset\": \"a.ks\", "            \
    "\"owner_certificate\": \"o.crt\", \"ca_certificate\": \"ca.crt\", \"ca_key\": \"ca.key\""
#define HEAD "{\"run_dir\": \"run\", \"database\": \"store.db\", "

static char folder[] = "/tmp/config_test_XXXXXX";
static char path[64];

static bool load(const char *text, struct config *out, char message[256])
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return config_load(path, out, message, 256);
}

static void defaults_and_paths(void **state)
{
    (void)state;
    struct config config;
    char message[256] = "";
    char expected[128];
    if (!load(HEAD EDGE "}, " DOOR ", " CORE "}}", &config, message)) {
        fail_msg("%s", message);
    }
    snprintf(expected, sizeof expected, "%s/store.db", folder);
    assert_string_equal(config.database, expected);
    snprintf(expected, sizeof expected, "%s/images", folder);
    assert_string_equal(config.images_dir, expected);
    assert_string_equal(config.door.key, "/abs/d.key");
    assert_int_equal(config.edge.port, 0);
    assert_int_equal(config.door.port, 9443);
    assert_int_equal(config.edge_worker_count, 1);
    assert_int_equal(config.ticket_lifetime_s, 3600);
    assert_int_equal(config.certificate_lifetime_s, 86400);
    assert_string_equal(config.core_user, "");
}

static void wrong_files_are_refused_with_the_key(void **state)
{
    (void)state;
    const struct {
        const char *text;
        const char *named;
    } cases[] = {
        {HEAD EDGE ", \"wrokers\": 2}, " DOOR ", " CORE "}}", "wrokers"},
        {HEAD EDGE ", \"workers\": 0}, " DOOR ", " CORE "}}", "edge.workers"},
        {HEAD EDGE ", \"workers\": 65}, " DOOR ", " CORE "}}", "edge.workers"},
        {HEAD EDGE ", \"rate\": 0}, " DOOR ", " CORE "}}", "edge.rate"},
        {HEAD EDGE "}, " DOOR ", " CORE ", \"ticket_lifetime_s\": -1}}", "ticket_lifetime_s"},
        {HEAD EDGE "}, " DOOR ", " CORE ", \"certificate_lifetime_s\": 59}}", "certificate_lifetime_s"},
        {HEAD EDGE "}, " DOOR "}", "core"},
        {"{\"run_dir\": 5, \"database\": \"d\", " EDGE "}, " DOOR ", " CORE "}}", "string"},
        {HEAD EDGE "}, " DOOR ", " CORE "}, \"run_dir\": \"again\"}", "duplicate"},
        {"{", "line"},
        {"", "line"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        struct config config = {.edge_worker_count = 77};
        char message[256] = "";
        assert_false(load(cases[index].text, &config, message));
        if (strstr(message, cases[index].named) == NULL) {
            fail_msg("case %zu: '%s' does not name '%s'", index, message, cases[index].named);
        }
        assert_int_equal(config.edge_worker_count, 77);
    }
}

static void a_missing_file_is_said(void **state)
{
    (void)state;
    struct config config;
    char message[256];
    assert_false(config_load("/nonexistent/soprisd.json", &config, message, sizeof message));
    assert_non_null(strstr(message, "no such file"));
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    snprintf(path, sizeof path, "%s/soprisd.json", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return unlink(path) != 0 || rmdir(folder) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_and_paths),
        cmocka_unit_test(wrong_files_are_refused_with_the_key),
        cmocka_unit_test(a_missing_file_is_said),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

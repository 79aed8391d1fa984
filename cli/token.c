/* OpenSSL reaches tokens through an engine in Debian 12 and 13 alike; its provider is in 13 only. Engines are deprecated in
 * OpenSSL 3, so this is the one file that knows of them. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "cli/token.h"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/ui.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/file.h"
#include "cli/keys.h"

#define URI_SCHEME "pkcs11:"
#define PIN_SIZE_BYTES_MAX 256
#define PIN_FILE_SIZE_BYTES_MAX 4096

bool token_is_uri(const char *name)
{
    return strncmp(name, URI_SCHEME, sizeof URI_SCHEME - 1) == 0;
}

/* Value of an attribute of the query part, without "file:"; false if it is not there. */
static bool query_value(const char *uri, const char *name, struct file_path *out)
{
    const char *at = strchr(uri, '?');
    size_t name_size = strlen(name);
    while (at != NULL) {
        at++;
        if (strncmp(at, name, name_size) == 0 && at[name_size] == '=') {
            const char *value = at + name_size + 1;
            value += strncmp(value, "file:", 5) == 0 ? 5 : 0;
            *out = file_path_format("%.*s", (int)strcspn(value, "&"), value);
            return true;
        }
        at = strchr(at, '&');
    }
    return false;
}

/* A PIN file ends with a line end more often than not. */
static struct outcome pass_pin(ENGINE *engine, const char *path)
{
    struct buffer contents = {NULL, 0, 0};
    char pin[PIN_SIZE_BYTES_MAX + 1] = "";
    PROCEED(file_read(path, PIN_FILE_SIZE_BYTES_MAX, &contents));
    size_t size = strcspn((const char *)contents.data, "\r\n");
    if (size > 0 && size <= PIN_SIZE_BYTES_MAX) {
        memcpy(pin, contents.data, size);
    }
    file_forget(&contents);
    bool ok = pin[0] != 0 && ENGINE_ctrl_cmd_string(engine, "PIN", pin, 0) == 1;
    secret_wipe(pin, sizeof pin);
    return ok ? OUTCOME_OK : outcome_refused("%s holds no PIN", path);
}

static struct outcome configure(ENGINE *engine, const char *uri, bool *has_pin)
{
    struct file_path path;
    const char *fallback = getenv("SOPRIS_PIN_FILE");
    /* What went wrong is said here, in one sentence; an engine that cannot be silenced is no reason to stop. */
    (void)ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 0);
    if (query_value(uri, "module-path", &path) && ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", path.text, 0) != 1) {
        return outcome_refused("%s cannot be used as a PKCS#11 module", path.text);
    }
    *has_pin = query_value(uri, "pin-source", &path);
    if (!*has_pin && fallback != NULL && fallback[0] != 0) {
        path = file_path_format("%s", fallback);
        *has_pin = true;
    }
    return *has_pin ? pass_pin(engine, path.text) : OUTCOME_OK;
}

static struct outcome load(ENGINE *engine, const char *uri, EVP_PKEY **key)
{
    bool has_pin = false;
    struct ecdsa_p256_public_key public_key;
    PROCEED(configure(engine, uri, &has_pin));
    if (!has_pin && isatty(STDIN_FILENO) == 0) {
        return outcome_refused("the token needs a PIN: name a file with it in $SOPRIS_PIN_FILE, or '?pin-source=FILE'");
    }
    if (ENGINE_init(engine) != 1) {
        return outcome_refused("no PKCS#11 module can be used; '?module-path=FILE' names one");
    }
    /* Without the query, whose attributes were used above. */
    struct file_path name = file_path_format("%.*s", (int)strcspn(uri, "?"), uri);
    EVP_PKEY *loaded = ENGINE_load_private_key(engine, name.text, has_pin ? NULL : UI_OpenSSL(), NULL);
    ENGINE_finish(engine); /* the key holds its own reference */
    ERR_clear_error();
    if (loaded == NULL) {
        return outcome_refused("the token has no such private key, or the PIN is wrong: %s", name.text);
    }
    struct outcome outcome = keys_public(loaded, &public_key);
    if (!outcome_is_ok(outcome)) {
        EVP_PKEY_free(loaded);
        return outcome;
    }
    *key = loaded;
    return OUTCOME_OK;
}

struct outcome token_open(const char *uri, EVP_PKEY **key)
{
    if (strstr(uri, "pin-value") != NULL) {
        return outcome_usage("a PIN on the command line can be read by everybody on this machine: put it into a file and "
                             "name that in $SOPRIS_PIN_FILE, or '?pin-source=FILE'");
    }
    ENGINE *engine = ENGINE_by_id("pkcs11");
    if (engine == NULL) {
        ERR_clear_error();
        return outcome_refused("OpenSSL has no PKCS#11 engine here; install libengine-pkcs11-openssl");
    }
    struct outcome outcome = load(engine, uri, key);
    ENGINE_free(engine);
    return outcome;
}

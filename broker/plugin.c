/* Plug-in for mosquitto: a client is who its certificate says; devices reach their own topics; whoever the service has
 * revoked is disconnected at once and not let in again. Options (plugin_opt_...):
 *     revocations   the core's journal (docs/protocol/revocation.md), readable by the broker's user
 *     operator_ca   PEM; clients with a certificate of this CA are people: the broker's acl_file decides for them
 * While the journal cannot be read no device is let in: what may be revoked is not known.
 * source  DESIGN 6, broker; T-24 */
#include <errno.h>
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ensure.h"
#include "broker/certificate.h"
#include "broker/devices.h"
#include "broker/follower.h"
#include "broker/topic.h"

#define NAME_SIZE_BYTES 128
#define COMPLAIN_EVERY_S 10

struct plugin {
    mosquitto_plugin_id_t *identifier;
    char *journal_path;
    EVP_PKEY *operator_ca;
    struct devices *devices;
    struct follower follower;
    bool is_current; /* the journal could be read the last time */
    time_t complained_s;
};

/* A broken invariant: the broker must not go on with it. */
void ensure_failed(const char *file, uint32_t line)
{
    mosquitto_log_printf(MOSQ_LOG_ERR, "sopris: broken invariant at %s:%u", file, line);
    abort();
}

static void complain(struct plugin *plugin, struct error error, int reason)
{
    time_t now_s = time(NULL);
    if (plugin->is_current || now_s - plugin->complained_s >= COMPLAIN_EVERY_S) {
        const char *detail = error_is(error, ERROR_CODE_REVOCATION_IO) ? strerror(reason) : error_text(error);
        mosquitto_log_printf(MOSQ_LOG_ERR, "sopris: %s: %s; no device is let in until it can be read",
                             plugin->journal_path, detail);
        plugin->complained_s = now_s;
    }
    plugin->is_current = false;
}

static void kick_if_revoked(struct device *device)
{
    char name[UEID_TEXT_SIZE_BYTES];
    if (device->client == NULL || device_may_connect(device, device->client_epoch)) {
        return;
    }
    ueid_to_text(&device->ueid, name);
    mosquitto_log_printf(MOSQ_LOG_NOTICE, "sopris: %s is revoked: disconnected", name);
    device->client = NULL;
    /* Without its will: that too would be a message of somebody who may say nothing any more. */
    mosquitto_kick_client_by_clientid(name, false);
}

static void take_entry(void *context, const struct revocation *entry)
{
    struct plugin *plugin = context;
    struct device *device = devices_get(plugin->devices, &entry->ueid);
    if (device == NULL) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "sopris: out of memory; the broker stops rather than forget a revocation");
        abort();
    }
    device_revoke(device, entry);
    kick_if_revoked(device);
}

static void follow(struct plugin *plugin)
{
    errno = 0;
    struct error error = follower_read(&plugin->follower, take_entry, plugin);
    if (!error_is_none(error)) {
        complain(plugin, error, errno);
        return;
    }
    if (!plugin->is_current) {
        mosquitto_log_printf(MOSQ_LOG_NOTICE, "sopris: %s: read up to entry %llu", plugin->journal_path,
                             (unsigned long long)plugin->follower.chain.number);
    }
    plugin->is_current = true;
}

static int on_tick(int event, void *event_data, void *context)
{
    (void)event;
    (void)event_data;
    follow(context);
    return MOSQ_ERR_SUCCESS;
}

static int refuse(const struct mosquitto *client, const char *why)
{
    const char *address = mosquitto_client_address(client);
    mosquitto_log_printf(MOSQ_LOG_NOTICE, "sopris: client at %s refused: %s", address == NULL ? "?" : address, why);
    return MOSQ_ERR_AUTH;
}

static int admit_operator(struct mosquitto *client, X509 *certificate)
{
    char name[NAME_SIZE_BYTES];
    struct ueid ueid;
    if (!certificate_name(certificate, name, sizeof name) || ueid_from_text(span_of(name, strlen(name)), &ueid)) {
        return refuse(client, "an operator's certificate without a name of its own");
    }
    return mosquitto_set_username(client, name) == MOSQ_ERR_SUCCESS ? MOSQ_ERR_SUCCESS : MOSQ_ERR_AUTH;
}

static int admit_device(struct plugin *plugin, struct mosquitto *client, X509 *certificate)
{
    struct ueid ueid;
    uint32_t epoch = 0;
    char name[UEID_TEXT_SIZE_BYTES];
    if (!certificate_read(certificate, &ueid, &epoch)) {
        return refuse(client, "its certificate is neither a device's nor an operator's");
    }
    ueid_to_text(&ueid, name);
    const char *id = mosquitto_client_id(client);
    if (id == NULL || strcmp(id, name) != 0) {
        return refuse(client, "a device's client id must be its UEID");
    }
    if (!plugin->is_current) {
        return refuse(client, "the revocation journal cannot be read");
    }
    struct device *device = devices_get(plugin->devices, &ueid);
    if (device == NULL) {
        return refuse(client, "out of memory");
    }
    /* T-24. */
    if (!device_may_connect(device, epoch)) {
        return refuse(client, device->is_quarantined ? "the device is in quarantine"
                                                     : "its certificate is of an epoch that was revoked");
    }
    if (mosquitto_set_username(client, name) != MOSQ_ERR_SUCCESS) {
        return MOSQ_ERR_AUTH;
    }
    device->client = client;
    device->client_epoch = epoch;
    return MOSQ_ERR_SUCCESS;
}

static int on_basic_auth(int event, void *event_data, void *context)
{
    (void)event;
    struct plugin *plugin = context;
    struct mosquitto_evt_basic_auth *data = event_data;
    X509 *certificate = mosquitto_client_certificate(data->client);
    if (certificate == NULL) {
        return refuse(data->client, "it has no certificate");
    }
    follow(plugin); /* What was revoked a moment ago counts. */
    bool is_operator = X509_verify(certificate, plugin->operator_ca) == 1;
    int result = is_operator ? admit_operator(data->client, certificate)
                             : admit_device(plugin, data->client, certificate);
    X509_free(certificate);
    return result;
}

static int on_disconnect(int event, void *event_data, void *context)
{
    (void)event;
    struct plugin *plugin = context;
    struct mosquitto_evt_disconnect *data = event_data;
    const char *id = mosquitto_client_id(data->client);
    struct ueid ueid;
    if (id != NULL && ueid_from_text(span_of(id, strlen(id)), &ueid)) {
        struct device *device = devices_get(plugin->devices, &ueid);
        /* Not if the device has connected again in the meantime. */
        if (device != NULL && device->client == data->client) {
            device->client = NULL;
        }
    }
    return MOSQ_ERR_SUCCESS;
}

static int on_acl_check(int event, void *event_data, void *context)
{
    (void)event;
    (void)context;
    struct mosquitto_evt_acl_check *data = event_data;
    const char *name = mosquitto_client_username(data->client);
    struct ueid ueid;
    if (name == NULL) {
        return MOSQ_ERR_ACL_DENIED;
    }
    if (!ueid_from_text(span_of(name, strlen(name)), &ueid)) {
        return MOSQ_ERR_PLUGIN_DEFER;
    }
    return topic_is_own(data->topic, name) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
}

static EVP_PKEY *read_ca(const char *path)
{
    FILE *file = fopen(path, "re");
    X509 *certificate = file == NULL ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
    EVP_PKEY *key = certificate == NULL ? NULL : X509_get_pubkey(certificate);
    if (key == NULL) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "sopris: plugin_opt_operator_ca: %s holds no certificate in PEM form", path);
    }
    X509_free(certificate);
    if (file != NULL) {
        fclose(file);
    }
    return key;
}

static void plugin_wipe(struct plugin *plugin)
{
    follower_close(&plugin->follower);
    devices_close(plugin->devices);
    EVP_PKEY_free(plugin->operator_ca);
    free(plugin->journal_path);
    free(plugin);
}

static bool take_options(struct plugin *plugin, const struct mosquitto_opt *options, int count)
{
    for (int index = 0; index < count; index++) {
        if (strcmp(options[index].key, "revocations") == 0 && plugin->journal_path == NULL) {
            plugin->journal_path = strdup(options[index].value);
        } else if (strcmp(options[index].key, "operator_ca") == 0 && plugin->operator_ca == NULL) {
            plugin->operator_ca = read_ca(options[index].value);
        } else {
            mosquitto_log_printf(MOSQ_LOG_ERR, "sopris: plugin_opt_%s is unknown or repeated", options[index].key);
            return false;
        }
    }
    if (plugin->journal_path == NULL || plugin->operator_ca == NULL) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "sopris: set plugin_opt_revocations and plugin_opt_operator_ca");
        return false;
    }
    return true;
}

int mosquitto_plugin_version(int supported_version_count, const int *supported_versions)
{
    for (int index = 0; index < supported_version_count; index++) {
        if (supported_versions[index] == 5) {
            return 5;
        }
    }
    return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier, void **userdata, struct mosquitto_opt *options,
                          int option_count)
{
    struct plugin *plugin = calloc(1, sizeof *plugin);
    if (plugin == NULL) {
        return MOSQ_ERR_NOMEM;
    }
    plugin->identifier = identifier;
    plugin->devices = devices_open();
    follower_open(&plugin->follower, NULL);
    if (plugin->devices == NULL || !take_options(plugin, options, option_count)) {
        plugin_wipe(plugin);
        return MOSQ_ERR_INVAL;
    }
    follower_open(&plugin->follower, plugin->journal_path);
    follow(plugin);
    *userdata = plugin;
    int result = mosquitto_callback_register(identifier, MOSQ_EVT_BASIC_AUTH, on_basic_auth, NULL, plugin);
    result = result == 0 ? mosquitto_callback_register(identifier, MOSQ_EVT_ACL_CHECK, on_acl_check, NULL, plugin) : result;
    result = result == 0 ? mosquitto_callback_register(identifier, MOSQ_EVT_TICK, on_tick, NULL, plugin) : result;
    return result == 0 ? mosquitto_callback_register(identifier, MOSQ_EVT_DISCONNECT, on_disconnect, NULL, plugin)
                       : result;
}

int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int option_count)
{
    struct plugin *plugin = userdata;
    (void)options;
    (void)option_count;
    mosquitto_callback_unregister(plugin->identifier, MOSQ_EVT_BASIC_AUTH, on_basic_auth, NULL);
    mosquitto_callback_unregister(plugin->identifier, MOSQ_EVT_ACL_CHECK, on_acl_check, NULL);
    mosquitto_callback_unregister(plugin->identifier, MOSQ_EVT_TICK, on_tick, NULL);
    mosquitto_callback_unregister(plugin->identifier, MOSQ_EVT_DISCONNECT, on_disconnect, NULL);
    plugin_wipe(plugin);
    return 0;
}

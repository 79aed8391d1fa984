#include "service/core/keysets.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "crypto/sha256.h"
#include "formats/slot/image_file.h"
#include "service/process/process.h"

#define KEY_PATH_SIZE_BYTES (CONFIG_PATH_SIZE_BYTES + 24)
/* A set that devices are born with. */
#define GENERATION_FIRST 1

static void keep_signer(struct core *core, struct signer *signer)
{
    core->control_signers[core->control_signer_count++] = signer;
}

void keysets_open(struct core *core)
{
    char pattern[KEY_PATH_SIZE_BYTES];
    glob_t found;
    struct signer *first = signer_open(core->config.control_key);
    if (first == NULL) {
        process_fail("a key of the service is missing; 'sopris up --init' makes them");
    }
    keep_signer(core, first);
    snprintf(pattern, sizeof pattern, "%s.?*", core->config.control_key);
    if (glob(pattern, 0, NULL, &found) != 0) {
        return;
    }
    for (size_t index = 0; index < found.gl_pathc && core->control_signer_count < CONTROL_SIGNER_COUNT_MAX; index++) {
        struct signer *signer = signer_open(found.gl_pathv[index]);
        if (signer != NULL) {
            keep_signer(core, signer);
        }
    }
    globfree(&found);
}

void keysets_close(struct core *core)
{
    for (size_t index = 0; index < core->control_signer_count; index++) {
        signer_close(core->control_signers[index]);
    }
    core->control_signer_count = 0;
}

/* One of our keys that the set names; NULL: none. */
static const struct signer *signer_in(const struct core *core, const struct keyset *keyset)
{
    for (size_t index = 0; index < core->control_signer_count; index++) {
        if (keyset_contains(keyset, signer_public(core->control_signers[index]))) {
            return core->control_signers[index];
        }
    }
    return NULL;
}

static void file_read(const char *path, struct owner_keyset *out)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        process_fail("cannot open %s", path);
    }
    out->size_bytes = fread(out->encoded, 1, sizeof out->encoded, file);
    if (ferror(file) != 0 || fgetc(file) != EOF) {
        process_fail("%s cannot be read or is too large", path);
    }
    fclose(file);
}

/* The configured set, or the stored one if it is newer. */
static void newest_load(struct core *core, enum keyset_kind kind, const char *path, struct owner_keyset *out,
                        struct keyset *keyset)
{
    const struct sha256_digest *root = &core->policy.owner_root_digest;
    struct owner_keyset stored = {0};
    struct buffer encoded = BUFFER_OF(stored.encoded);
    struct keyset stored_keyset;
    file_read(path, out);
    struct error error = keyset_verify(span_of(out->encoded, out->size_bytes), kind, root, keyset);
    if (!error_is_none(error)) {
        process_fail("%s: %s", path, error_text(error));
    }
    error = store_keyset_find(core->store, kind, root, &stored.generation, &encoded);
    if (error_is_none(error) && stored.generation > keyset->generation) {
        error = keyset_verify(span_of_buffer(&encoded), kind, root, &stored_keyset);
        stored.size_bytes = encoded.size;
        *out = stored;
        *keyset = stored_keyset;
    }
    if (!error_is_none(error) && !error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        process_fail("the stored key set: %s", error_text(error));
    }
    out->generation = keyset->generation;
}

void keysets_load(struct core *core)
{
    struct keyset control;
    struct keyset app;
    newest_load(core, KEYSET_CONTROL, core->config.control_keyset, &core->control_keyset, &control);
    newest_load(core, KEYSET_APP, core->config.app_keyset, &core->app_keyset, &app);
    core->control_signer = signer_in(core, &control);
    if (core->control_signer == NULL) {
        process_fail("neither %s nor a key made since is in the control key set of generation %u",
                     core->config.control_key, (unsigned int)control.generation);
    }
}

/* Whatever kind it is of. */
static struct error read_any(struct span encoded, struct keyset *keyset, struct sha256_digest *root)
{
    struct ecdsa_p256_public_key root_key;
    struct error error = ERROR(KEYSET, KIND);
    for (int kind = KEYSET_RELEASE; kind <= KEYSET_CONTROL && error_is(error, ERROR_CODE_KEYSET_KIND); kind++) {
        error = image_file_read_keyset(encoded, (enum keyset_kind)kind, keyset, &root_key);
    }
    if (error_is_none(error)) {
        *root = sha256_of(SPAN_OF(root_key.bytes));
    }
    return error;
}

static bool is_trusted_root(const struct core *core, enum keyset_kind kind, const struct sha256_digest *root)
{
    for (size_t index = 0; kind == KEYSET_RELEASE && index < core->trust.maker_count; index++) {
        if (memcmp(core->trust.makers[index].root_digest.bytes, root->bytes, sizeof root->bytes) == 0) {
            return true;
        }
    }
    return kind != KEYSET_RELEASE &&
           memcmp(core->policy.owner_root_digest.bytes, root->bytes, sizeof root->bytes) == 0;
}

struct error keysets_generation_min(struct core *core, enum keyset_kind kind, const struct sha256_digest *root,
                                    uint32_t *out)
{
    uint8_t storage[KEYSET_SIZE_BYTES_MAX];
    struct buffer encoded = BUFFER_OF(storage);
    struct error error = store_keyset_find(core->store, kind, root, out, &encoded);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        *out = 0;
        error = ERROR_NONE;
    }
    uint32_t configured = kind == KEYSET_APP       ? core->app_keyset.generation
                          : kind == KEYSET_CONTROL ? core->control_keyset.generation
                                                   : 0;
    *out = configured > *out ? configured : *out;
    return error;
}

struct error keysets_outdate(struct core *core, const struct image_record *image, bool *out)
{
    uint32_t known = 0;
    TRY(keysets_generation_min(core, image_file_keyset_kind(image->component), &image->keyset_root, &known));
    *out = image->keyset_generation != 0 && image->keyset_generation < known;
    return ERROR_NONE;
}

static struct error keep(struct core *core, const struct keyset *keyset, const struct sha256_digest *root,
                         struct span encoded)
{
    TRY(store_keyset_put(core->store, keyset->kind, root, keyset->generation, encoded));
    core->keysets_changed = core->keysets_changed || keyset->kind != KEYSET_RELEASE;
    process_log("key set of kind %d, generation %u is known", (int)keyset->kind, (unsigned int)keyset->generation);
    return ERROR_NONE;
}

struct error keysets_learn(struct core *core, const struct keyset *keyset, const struct sha256_digest *root,
                           struct span encoded)
{
    uint32_t known = 0;
    TRY(keysets_generation_min(core, keyset->kind, root, &known));
    return keyset->generation > known ? keep(core, keyset, root, encoded) : ERROR_NONE;
}

/* T-05: a lower generation never comes back, here as on the device. */
static struct error judge(const struct core *core, struct span encoded, const struct keyset *keyset,
                          const struct sha256_digest *root, uint32_t known)
{
    if (!is_trusted_root(core, keyset->kind, root)) {
        return ERROR(KEYSET, ROOT);
    }
    TRY(keyset_verify_signature(encoded));
    if (keyset->generation <= known) {
        return ERROR(KEYSET, GENERATION);
    }
    bool is_ours = keyset->kind != KEYSET_CONTROL || signer_in(core, keyset) != NULL;
    return is_ours ? ERROR_NONE : ERROR(OPERATOR, REQUEST);
}

struct error keysets_add(struct core *core, struct span encoded, struct keyset *keyset, struct error *verdict)
{
    struct keyset read;
    struct sha256_digest root;
    uint32_t known = 0;
    *verdict = read_any(encoded, &read, &root);
    if (!error_is_none(*verdict)) {
        return ERROR_NONE;
    }
    TRY(keysets_generation_min(core, read.kind, &root, &known));
    *verdict = judge(core, encoded, &read, &root, known);
    if (!error_is_none(*verdict)) {
        return ERROR_NONE;
    }
    *keyset = read;
    return keep(core, &read, &root, encoded);
}

struct error keysets_make_control_key(struct core *core, struct ecdsa_p256_public_key *out)
{
    struct signer *signer = NULL;
    if (core->control_signer_count == CONTROL_SIGNER_COUNT_MAX) {
        return ERROR(STORE, CONFLICT);
    }
    TRY(signer_create(core->config.control_key, &signer));
    keep_signer(core, signer);
    *out = *signer_public(signer);
    return ERROR_NONE;
}

/* A device that says nothing about its sets is sent one only after the first change. */
static bool lacks(uint32_t generation, const struct owner_keyset *newest)
{
    return generation == 0 ? newest->generation > GENERATION_FIRST : generation < newest->generation;
}

void keysets_put(const struct core *core, const struct checkin_generations *generations, struct checkin_rest *rest)
{
    if (lacks(generations->app, &core->app_keyset)) {
        rest->keysets[rest->keyset_count++] = span_of(core->app_keyset.encoded, core->app_keyset.size_bytes);
    }
    if (lacks(generations->control, &core->control_keyset)) {
        rest->keysets[rest->keyset_count++] = span_of(core->control_keyset.encoded, core->control_keyset.size_bytes);
    }
}

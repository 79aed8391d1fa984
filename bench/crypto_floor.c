/* CPU microseconds of the P-256 operations that a check-in cannot do without, with OpenSSL's contexts made beforehand:
 * what is left if everything else were free. Prints one JSON object.
 * usage  crypto_floor ROUNDS */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct floor {
    EVP_PKEY *key, *peer;
    EVP_PKEY_CTX *sign, *verify, *generate, *agree;
    unsigned char digest[32];
    unsigned char signature[80];
    size_t signature_size_bytes;
};

static int sign_once(struct floor *floor)
{
    floor->signature_size_bytes = sizeof floor->signature;
    return EVP_PKEY_sign(floor->sign, floor->signature, &floor->signature_size_bytes, floor->digest,
                         sizeof floor->digest);
}

static int verify_once(struct floor *floor)
{
    return EVP_PKEY_verify(floor->verify, floor->signature, floor->signature_size_bytes, floor->digest,
                           sizeof floor->digest);
}

static int generate_once(struct floor *floor)
{
    EVP_PKEY *key = NULL;
    int result = EVP_PKEY_generate(floor->generate, &key);
    EVP_PKEY_free(key);
    return result;
}

static int agree_once(struct floor *floor)
{
    unsigned char secret[32];
    size_t size_bytes = sizeof secret;
    return EVP_PKEY_derive(floor->agree, secret, &size_bytes);
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double microseconds(struct floor *floor, int (*once)(struct floor *), long rounds)
{
    double begin = cpu_seconds();
    for (long round = 0; round < rounds; round++) {
        if (once(floor) != 1) {
            fputs("An operation of OpenSSL failed.\n", stderr);
            exit(1);
        }
    }
    return (cpu_seconds() - begin) / (double)rounds * 1e6;
}

int main(int count, char **arguments)
{
    long rounds = count == 2 ? strtol(arguments[1], NULL, 10) : 0;
    struct floor floor = {.key = EVP_EC_gen("P-256"), .peer = EVP_EC_gen("P-256")};
    floor.sign = EVP_PKEY_CTX_new(floor.key, NULL);
    floor.verify = EVP_PKEY_CTX_new(floor.key, NULL);
    floor.agree = EVP_PKEY_CTX_new(floor.key, NULL);
    floor.generate = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (rounds < 1 || EVP_PKEY_sign_init(floor.sign) != 1 || EVP_PKEY_verify_init(floor.verify) != 1 ||
        EVP_PKEY_derive_init(floor.agree) != 1 || EVP_PKEY_derive_set_peer(floor.agree, floor.peer) != 1 ||
        EVP_PKEY_keygen_init(floor.generate) != 1 || EVP_PKEY_CTX_set_group_name(floor.generate, "P-256") != 1) {
        fprintf(stderr, "usage: %s ROUNDS\n", arguments[0]);
        return 2;
    }
    double sign = microseconds(&floor, sign_once, rounds);
    double verify = microseconds(&floor, verify_once, rounds);
    double generate = microseconds(&floor, generate_once, rounds);
    double agree = microseconds(&floor, agree_once, rounds);
    printf("{\"sign\": %.1f, \"verify\": %.1f, \"generate\": %.1f, \"agree\": %.1f}\n", sign, verify, generate, agree);
    EVP_PKEY_CTX_free(floor.sign);
    EVP_PKEY_CTX_free(floor.verify);
    EVP_PKEY_CTX_free(floor.generate);
    EVP_PKEY_CTX_free(floor.agree);
    EVP_PKEY_free(floor.key);
    EVP_PKEY_free(floor.peer);
    return 0;
}

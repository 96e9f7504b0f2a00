/* sha256-private.h - SHA-256 (FIPS 180-4), for the fingerprints that `leat inspect` lists; not for secrets. */
#ifndef LEAT_SHA256_PRIVATE_H
#define LEAT_SHA256_PRIVATE_H

#include "base-private.h"

typedef struct leat_sha256 {
    uint32_t state[8];
    uint64_t bytes; /* hashed so far */
    uint8_t block[64];
} leat_sha256;

void leat_sha256_init(leat_sha256 *s) LEAT_PRIV(sha256_init);
void leat_sha256_update(leat_sha256 *s, const void *data, size_t n) LEAT_PRIV(sha256_update);
/* Writes 64 lower-case hexadecimal digits and a NUL. */
void leat_sha256_hex(leat_sha256 *s, char hex[65]) LEAT_PRIV(sha256_hex);

#endif

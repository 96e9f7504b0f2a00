/* crc-private.h - CRC32C (Castagnoli), and the masked form that TensorFlow stores in event files, tables and
 * checkpoints. */
#ifndef LEAT_CRC_PRIVATE_H
#define LEAT_CRC_PRIVATE_H

#include "base-private.h"

/* The CRC32C of n bytes. */
uint32_t leat_crc32c(const void *data, size_t n) LEAT_PRIV(crc32c);
/* The CRC32C of A followed by n bytes, where crc is that of A; leat_crc32c(d, n) is leat_crc32c_extend(0, d, n). */
uint32_t leat_crc32c_extend(uint32_t crc, const void *data, size_t n) LEAT_PRIV(crc32c_extend);
/* The CRC32C of A followed by B of b_size bytes, of the CRCs of both. */
uint32_t leat_crc32c_combine(uint32_t a, uint32_t b, uint64_t b_size) LEAT_PRIV(crc32c_combine);

/* A CRC stored beside its data is rotated and offset, because the CRC of bytes that hold their own CRC is a
 * constant (source: LevelDB's crc32c.h). */
static inline uint32_t leat_crc32c_mask(uint32_t crc)
{
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

static inline uint32_t leat_crc32c_unmask(uint32_t masked)
{
    uint32_t rotated = masked - 0xa282ead8u;
    return (rotated >> 17) | (rotated << 15);
}

#endif

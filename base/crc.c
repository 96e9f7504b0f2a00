#include "crc-private.h"

#include <isa-l/crc.h>

uint32_t leat_crc32c_extend(uint32_t crc, const void *data, size_t n)
{
    const size_t chunk = (size_t)1 << 30;      /* ISA-L takes the length as an int */
    unsigned char *at = (unsigned char *)data; /* ISA-L only reads, though its prototype lacks const */
    crc = ~crc;
    while (n > 0) {
        size_t part = LEAT_MIN(n, chunk);
        crc = crc32_iscsi(at, (int)part, crc);
        at += part;
        n -= part;
    }
    return ~crc;
}

uint32_t leat_crc32c(const void *data, size_t n)
{
    return leat_crc32c_extend(0, data, n);
}

/* Product of two polynomials over GF(2), modulo the Castagnoli polynomial; the highest bit is x^0. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = b & 1 ? (b >> 1) ^ 0x82f63b78u : b >> 1;
    }
    return product;
}

uint32_t leat_crc32c_combine(uint32_t a, uint32_t b, uint64_t b_size)
{
    /* B after A multiplies A's remainder by x^(8 b_size); the complements at both ends of a CRC cancel out. */
    uint32_t power = 1u << 31, square = 1u << 23; /* x^0, x^8 */
    for (uint64_t n = b_size; n > 0; n >>= 1) {
        if (n & 1)
            power = multiply(square, power);
        square = multiply(square, square);
    }
    return multiply(power, a) ^ b;
}

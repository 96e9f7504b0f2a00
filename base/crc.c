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

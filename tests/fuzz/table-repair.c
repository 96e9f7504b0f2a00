#include "table-repair.h"

#include <string.h>
#include "base/crc-private.h"
#include "engine/files/table-private.h"
#include "proto/wire-private.h"

typedef struct span {
    const uint8_t *data;
    size_t size;
} span;

static const uint8_t *varint(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; at != NULL && at < end && shift < 70; shift += 7) {
        *value |= shift < 64 ? (uint64_t)(*at & 0x7f) << shift : 0;
        if (*at++ < 0x80)
            return at;
    }
    return NULL;
}

/* The checksum of a BundleEntryProto of numbers. */
static void repair_entry(uint8_t *bytes, size_t size, span data)
{
    leat_wire w = leat_wire_from(bytes, size, 0);
    leat_field f;
    uint64_t offset = 0, n = 0;
    uint8_t *crc = NULL;
    while (leat_wire_next(&w, &f)) {
        offset = f.number == 4 ? f.varint : offset;
        n = f.number == 5 ? f.varint : n;
        if (f.number == 6 && f.type == LEAT_WIRE_FIXED32)
            crc = bytes + (w.at - bytes) - 4;
    }
    if (crc == NULL || offset > data.size || n > data.size - offset)
        return;
    uint32_t masked = leat_crc32c_mask(leat_crc32c(data.data + offset, n));
    memcpy(crc, &masked, sizeof masked);
}

/* Calls repair_entry for each value of a block, as far as it can be walked. */
static void repair_entries(uint8_t *block, size_t size, span data)
{
    const uint8_t *at = block, *end = block + size;
    uint64_t shared, rest, value;
    while (at < end) {
        at = varint(varint(varint(at, end, &shared), end, &rest), end, &value);
        if (at == NULL || rest > (uint64_t)(end - at) || value > (uint64_t)(end - at) - rest)
            return;
        repair_entry(block + (at + rest - block), value, data);
        at += rest + value;
    }
}

/* A block that a handle names: false where it is none. */
static bool repair_block(uint8_t *table, size_t size, uint64_t offset, uint64_t n, span data)
{
    if (offset > size || n > size - offset || size - offset - n < LEAT_TABLE_TRAILER)
        return false;
    uint8_t *block = table + offset;
    if (data.data != NULL && block[n] == 0)
        repair_entries(block, n, data);
    uint32_t crc = leat_crc32c_mask(leat_crc32c(block, n + 1));
    memcpy(block + n + 1, &crc, sizeof crc);
    return true;
}

void table_repair(uint8_t *table, size_t size, const uint8_t *data, size_t data_size)
{
    if (size < LEAT_TABLE_FOOTER)
        return;
    const uint64_t magic = LEAT_TABLE_MAGIC;
    memcpy(table + size - 8, &magic, sizeof magic);
    const uint8_t *at = table + size - LEAT_TABLE_FOOTER, *end = table + size - 8;
    uint64_t offset, n, index, index_size;
    const span none = {NULL, 0}, all = {data, data_size};
    at = varint(varint(at, end, &offset), end, &n);
    if (at != NULL)
        repair_block(table, size, offset, n, none);
    if (at == NULL || (at = varint(varint(at, end, &index), end, &index_size)) == NULL)
        return;
    if (index > size || index_size > size - index)
        return;
    for (at = table + index, end = at + index_size; at < end;) {
        uint64_t shared, rest, value;
        at = varint(varint(varint(at, end, &shared), end, &rest), end, &value);
        if (at == NULL || rest > (uint64_t)(end - at) || value > (uint64_t)(end - at) - rest)
            break;
        const uint8_t *handle = varint(at + rest, end, &offset);
        if (handle != NULL && varint(handle, end, &n) != NULL)
            repair_block(table, size, offset, n, all);
        at += rest + value;
    }
    repair_block(table, size, index, index_size, none);
}

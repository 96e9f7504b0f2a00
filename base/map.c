#include "config.h"
#include "base-private.h"

#include <string.h>

/* Open addressing with linear probing; at most 3/4 full; a removal shifts its successors back, so that no
 * tombstones are needed. 24 bytes a slot. */
struct leat_map_slot {
    const char *key;
    void *value; /* NULL: free */
    uint32_t size, hash;
};

static inline uint64_t read64(const unsigned char *at)
{
    uint64_t v;
    memcpy(&v, at, 8);
    return v;
}

static inline uint64_t read32(const unsigned char *at)
{
    uint32_t v;
    memcpy(&v, at, 4);
    return v;
}

/* Both halves of the 128-bit product: one multiplication spreads every input bit over the output. */
static inline uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Random odd numbers (the hexadecimal digits of pi). */
#define K0 UINT64_C(0x243f6a8885a308d3)
#define K1 UINT64_C(0x13198a2e03707345)
#define K2 UINT64_C(0xa4093822299f31d1)
#define K3 UINT64_C(0x082efa98ec4e6c89)

/* Up to 16 bytes as two overlapping words. */
static inline void read_short(const unsigned char *at, size_t n, uint64_t *a, uint64_t *b)
{
    if (n >= 8) {
        *a = read64(at);
        *b = read64(at + n - 8);
    } else if (n >= 4) {
        *a = read32(at);
        *b = read32(at + n - 4);
    } else {
        *a = n > 0 ? (uint64_t)at[0] << 16 | (uint64_t)at[n >> 1] << 8 | at[n - 1] : 0;
        *b = 0;
    }
}

uint64_t leat_hash(const void *data, size_t bytes, uint64_t seed)
{
    const unsigned char *at = data;
    size_t left = bytes;
    uint64_t h = seed ^ K0, h2 = seed ^ K3, a, b;
    while (left > 32) {
        h = fold(read64(at) ^ K1, read64(at + 8) ^ h);
        h2 = fold(read64(at + 16) ^ K2, read64(at + 24) ^ h2);
        at += 32;
        left -= 32;
    }
    if (left > 16) {
        h = fold(read64(at) ^ K1, read64(at + 8) ^ h);
        at += 16;
        left -= 16;
    }
    read_short(at, left, &a, &b);
    return fold(K2 ^ bytes, fold(a ^ K1, b ^ h) ^ h2);
}

/* The seed is the address of the first table, which differs from process to process: names in a file cannot
 * be chosen to collide. */
static uint32_t key_hash(const leat_map *m, const char *key, size_t n)
{
    uint64_t h = leat_hash(key, n, m->seed);
    return (uint32_t)(h >> 32);
}

static struct leat_map_slot *find(const leat_map *m, const char *key, size_t n, uint32_t hash)
{
    size_t mask = m->capacity - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct leat_map_slot *s = &m->slots[i];
        if (s->value == NULL || (s->hash == hash && s->size == n && (n == 0 || memcmp(s->key, key, n) == 0)))
            return s;
    }
}

void *leat_map_get(const leat_map *m, const char *key, size_t n)
{
    return m->count > 0 && n <= UINT32_MAX ? find(m, key, n, key_hash(m, key, n))->value : NULL;
}

/* Slots are looked at in no order: where they fill megabytes, with small pages every look would search for its page first. */
static leat_status new_slots(size_t capacity, leat_map *m)
{
    const size_t large = (size_t)4 << 20;
    size_t bytes = capacity * sizeof *m->slots;
    m->span = bytes >= large ? leat_span_new(bytes) : NULL; /* fresh memory of the system's is zero */
    m->slots = m->span != NULL ? leat_span_alloc(m->span, bytes) : NULL;
    leat_span_drop(m->span); /* from now on the slots hold it */
    if (m->slots == NULL)
        m->slots = leat_alloc_zero(capacity, sizeof *m->slots);
    return m->slots != NULL ? LEAT_OK : leat_fail_memory(bytes);
}

static void free_slots(leat_map *m)
{
    if (m->span != NULL)
        leat_span_drop(m->span);
    else
        leat_free(m->slots);
}

static leat_status rehash(leat_map *m, size_t capacity)
{
    leat_map old = *m;
    if (capacity > (size_t)UINT32_MAX + 1)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "more than 3e9 entries in a map");
    leat_status status = new_slots(capacity, m);
    if (status != LEAT_OK) {
        *m = old;
        return status;
    }
    m->capacity = capacity;
    if (m->seed == 0)
        m->seed = (uint64_t)(uintptr_t)m->slots;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].value == NULL)
            continue;
        size_t j = old.slots[i].hash & (capacity - 1);
        while (m->slots[j].value != NULL)
            j = (j + 1) & (capacity - 1);
        m->slots[j] = old.slots[i];
    }
    free_slots(&old);
    return LEAT_OK;
}

leat_status leat_map_reserve(leat_map *m, size_t count)
{
    size_t capacity = LEAT_MAX(m->capacity, (size_t)16);
    while (capacity / 4 * 3 < count && capacity <= (size_t)UINT32_MAX + 1)
        capacity *= 2;
    return capacity > m->capacity ? rehash(m, capacity) : LEAT_OK;
}

void leat_map_prefetch(const leat_map *m, const char *key, size_t n)
{
    if (m->capacity > 0)
        __builtin_prefetch(&m->slots[key_hash(m, key, n) & (m->capacity - 1)], 1);
}

leat_status leat_map_put(leat_map *m, const char *key, size_t n, void *value)
{
    if (n > UINT32_MAX || value == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a map's key is too long, or its value NULL");
    if (m->count >= m->capacity / 4 * 3)
        LEAT_TRY(rehash(m, LEAT_MAX(2 * m->capacity, (size_t)16)));
    uint32_t hash = key_hash(m, key, n);
    struct leat_map_slot *s = find(m, key, n, hash);
    m->count += s->value == NULL;
    *s = (struct leat_map_slot){.key = key, .value = value, .size = (uint32_t)n, .hash = hash};
    return LEAT_OK;
}

void *leat_map_remove(leat_map *m, const char *key, size_t n)
{
    if (m->count == 0 || n > UINT32_MAX)
        return NULL;
    struct leat_map_slot *s = find(m, key, n, key_hash(m, key, n));
    void *value = s->value;
    if (value == NULL)
        return NULL;
    size_t mask = m->capacity - 1, hole = (size_t)(s - m->slots);
    for (size_t i = (hole + 1) & mask; m->slots[i].value != NULL; i = (i + 1) & mask) {
        /* An entry may move into the hole unless its own place lies between the hole and where it is. */
        size_t home = m->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct leat_map_slot){0};
    m->count--;
    return value;
}

bool leat_map_next(const leat_map *m, size_t *cursor, const char **key, size_t *n, void **value)
{
    while (*cursor < m->capacity) {
        const struct leat_map_slot *s = &m->slots[(*cursor)++];
        if (s->value == NULL)
            continue;
        if (key != NULL)
            *key = s->key;
        if (n != NULL)
            *n = s->size;
        if (value != NULL)
            *value = s->value;
        return true;
    }
    return false;
}

void leat_map_free(leat_map *m)
{
    free_slots(m);
    *m = (leat_map){0};
}

/* strings-hash.c - strings to buckets by their hashes, the same on every machine: what TensorFlow's give.
 *
 * StringToHashBucketFast: FarmHash's Fingerprint64 (Google, 2014). StringToHashBucketStrong: SipHash-2-4 (Aumasson and
 * Bernstein, SipHash: a fast short-input PRF, 2012). StringToHashBucket: MurmurHash64A (Appleby, 2008). */
#include "ops/strings-private.h"

static uint64_t fetch_64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static uint64_t fetch_32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static uint64_t rotate_right(uint64_t v, int n)
{
    return v >> n | v << (64 - n);
}

/* ---- FarmHash ---- */

#define K0 UINT64_C(0xc3a5c85c97cb3127)
#define K1 UINT64_C(0xb492b66fbe98f273)
#define K2 UINT64_C(0x9ae16a3b2f90404f)

static uint64_t shift_mix(uint64_t v)
{
    return v ^ v >> 47;
}

static uint64_t mix_2(uint64_t u, uint64_t v, uint64_t mul)
{
    uint64_t a = shift_mix((u ^ v) * mul);
    return shift_mix((v ^ a) * mul) * mul;
}

static uint64_t farm_0_to_16(const char *s, size_t n)
{
    uint64_t mul = K2 + n * 2;
    if (n >= 8) {
        uint64_t a = fetch_64(s) + K2, b = fetch_64(s + n - 8);
        return mix_2(rotate_right(b, 37) * mul + a, (rotate_right(a, 25) + b) * mul, mul);
    }
    if (n >= 4)
        return mix_2(n + (fetch_32(s) << 3), fetch_32(s + n - 4), mul);
    if (n == 0)
        return K2;
    uint32_t first = (uint8_t)s[0], middle = (uint8_t)s[n / 2], last = (uint8_t)s[n - 1];
    return shift_mix((uint64_t)(first + (middle << 8)) * K2 ^ (uint64_t)((uint32_t)n + (last << 2)) * K0) *
           K2;
}

static uint64_t farm_17_to_64(const char *s, size_t n)
{
    uint64_t mul = K2 + n * 2, a = fetch_64(s) * (n <= 32 ? K1 : K2), b = fetch_64(s + 8);
    uint64_t c = fetch_64(s + n - 8) * mul, d = fetch_64(s + n - 16) * K2;
    uint64_t y = rotate_right(a + b, 43) + rotate_right(c, 30) + d;
    uint64_t z = mix_2(y, a + rotate_right(b + K2, 18) + c, mul);
    if (n <= 32)
        return z;
    uint64_t e = fetch_64(s + 16) * mul, f = fetch_64(s + 24);
    uint64_t g = (y + fetch_64(s + n - 32)) * mul, h = (z + fetch_64(s + n - 24)) * mul;
    return mix_2(rotate_right(e + f, 43) + rotate_right(g, 30) + h, e + rotate_right(f + a, 18) + g, mul);
}

typedef struct farm {
    uint64_t x, y, z, v0, v1, w0, w1;
} farm;

static void farm_weak(const char *s, uint64_t a, uint64_t b, uint64_t *out0, uint64_t *out1)
{
    uint64_t z = fetch_64(s + 24);
    a += fetch_64(s);
    b = rotate_right(b + a + z, 21);
    uint64_t c = a;
    a += fetch_64(s + 8) + fetch_64(s + 16);
    *out0 = a + z;
    *out1 = b + rotate_right(a, 44) + c;
}

/* 64 bytes; the last round has other factors. */
static void farm_round(farm *h, const char *s, uint64_t mul, uint64_t factor)
{
    h->x = rotate_right(h->x + h->y + h->v0 + fetch_64(s + 8), 37) * mul;
    h->y = rotate_right(h->y + h->v1 + fetch_64(s + 48), 42) * mul;
    h->x ^= h->w1 * factor;
    h->y += h->v0 * factor + fetch_64(s + 40);
    h->z = rotate_right(h->z + h->w0, 33) * mul;
    farm_weak(s, h->v1 * mul, h->x + h->w0, &h->v0, &h->v1);
    farm_weak(s + 32, h->z + h->w1, h->y + fetch_64(s + 16), &h->w0, &h->w1);
    uint64_t x = h->x;
    h->x = h->z;
    h->z = x;
}

static uint64_t farm_fingerprint(leat_bytes text)
{
    const char *s = text.data;
    size_t n = text.size;
    if (n <= 64)
        return n <= 16 ? farm_0_to_16(s, n) : farm_17_to_64(s, n);
    farm h = {.x = 81, .y = 81 * K1 + 113};
    h.z = shift_mix(h.y * K2 + 113) * K2;
    h.x = h.x * K2 + fetch_64(s);
    const char *end = s + (n - 1) / 64 * 64;
    for (; s != end; s += 64)
        farm_round(&h, s, K1, 1);
    uint64_t mul = K1 + ((h.z & 0xff) << 1), rest = (n - 1) & 63;
    h.w0 += rest;
    h.v0 += h.w0;
    h.w0 += h.v0;
    farm_round(&h, end + rest - 63, mul, 9);
    return mix_2(mix_2(h.v0, h.w0, mul) + shift_mix(h.y) * K0 + h.z, mix_2(h.v1, h.w1, mul) + h.x, mul);
}

/* ---- Murmur ---- */

static uint64_t murmur(leat_bytes text)
{
    const uint64_t m = UINT64_C(0xc6a4a7935bd1e995);
    uint64_t h = UINT64_C(0xDECAFCAFFE) ^ (uint64_t)text.size * m;
    size_t i = 0;
    for (; i + 8 <= text.size; i += 8)
        h = (h ^ shift_mix(fetch_64(text.data + i) * m) * m) * m;
    if (i < text.size) {
        for (size_t j = i; j < text.size; j++)
            h ^= (uint64_t)(uint8_t)text.data[j] << 8 * (j - i);
        h *= m;
    }
    return shift_mix(shift_mix(h) * m);
}

/* ---- SipHash ---- */

static void sip_rounds(uint64_t v[4], int n)
{
    for (int i = 0; i < n; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate_right(v[1], 51) ^ v[0];
        v[3] = rotate_right(v[3], 48) ^ v[2];
        v[0] = rotate_right(v[0], 32) + v[3];
        v[2] += v[1];
        v[3] = rotate_right(v[3], 43) ^ v[0];
        v[1] = rotate_right(v[1], 47) ^ v[2];
        v[2] = rotate_right(v[2], 32);
    }
}

static uint64_t sip_hash(leat_bytes text, const int64_t *key)
{
    uint64_t k0 = (uint64_t)key[0], k1 = (uint64_t)key[1];
    uint64_t v[4] = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                     k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    for (size_t i = 0; i <= text.size; i += 8) {
        uint64_t block = 0;
        size_t left = text.size - i;
        memcpy(&block, text.data + i, LEAT_MIN(left, 8));
        if (left < 8)
            block |= (uint64_t)text.size << 56;
        v[3] ^= block;
        sip_rounds(v, 2);
        v[0] ^= block;
    }
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- ops ---- */

typedef enum hash_kind { MURMUR, FARM, SIP } hash_kind;

static leat_status buckets(leat_kernel *k, hash_kind kind)
{
    const int64_t *key = NULL;
    uint64_t n = (uint64_t)leat_attr_int(k->op, "num_buckets");
    if (kind == SIP && leat_attr_ints(k->op, "key", &key) != 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Key must have 2 elements");
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    for (int64_t i = 0; i < k->in[0]->elements; i++) {
        leat_bytes s = leat_string_at(k->in[0], i);
        uint64_t hash = kind == SIP ? sip_hash(s, key) : kind == FARM ? farm_fingerprint(s) : murmur(s);
        ((int64_t *)k->out[0].data)[i] = (int64_t)(hash % n);
    }
    return LEAT_OK;
}

static leat_status murmur_kernel(leat_kernel *k)
{
    return buckets(k, MURMUR);
}
static leat_status farm_kernel(leat_kernel *k)
{
    return buckets(k, FARM);
}
static leat_status sip_kernel(leat_kernel *k)
{
    return buckets(k, SIP);
}

const leat_op_def leat_op_StringToHashBucket =
    LEAT_OP("StringToHashBucket(string_tensor: string) -> output: int64; num_buckets: int >= 1",
            .doc = "Each string's hash modulo num_buckets, by the hash of TensorFlow's first release.",
            .shape = leat_shape_same, .kernels = {{murmur_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_StringToHashBucketFast =
    LEAT_OP("StringToHashBucketFast(input: string) -> output: int64; num_buckets: int >= 1",
            .doc = "Each string's FarmHash fingerprint modulo num_buckets.", .shape = leat_shape_same,
            .kernels = {{farm_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_StringToHashBucketStrong =
    LEAT_OP("StringToHashBucketStrong(input: string) -> output: int64; num_buckets: int >= 1; key: list(int)",
            .doc = "Each string's SipHash under the key (two numbers) modulo num_buckets.",
            .shape = leat_shape_same, .kernels = {{sip_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(
    StringToHashBucket,
    "(string[9]"
    " ''"
    " 'a'"
    " 'leat'"
    " 'Graph node'"
    " 'twelve letter'"
    " 'seventeen letters'"
    " 'a string of thirty-three letters.'"
    " 'a string longer than sixty-four bytes, so that it needs one more round'"
    " 'a string longer than 128 bytes, so that it needs some more rounds; and it needs many words to become so long, and then some more of them'"
    ") {num_buckets: 1000000000000000} -> int64[9]"
    " 806548029283899"
    " 632905371535868"
    " 403332544156438"
    " 478537137152661"
    " 954870864667055"
    " 494099089828817"
    " 669742018104503"
    " 779331033114083"
    " 418634930043768");
LEAT_ROW(
    StringToHashBucketFast,
    "(string[9]"
    " ''"
    " 'a'"
    " 'leat'"
    " 'Graph node'"
    " 'twelve letter'"
    " 'seventeen letters'"
    " 'a string of thirty-three letters.'"
    " 'a string longer than sixty-four bytes, so that it needs one more round'"
    " 'a string longer than 128 bytes, so that it needs some more rounds; and it needs many words to become so long, and then some more of them'"
    ") {num_buckets: 1000000000000000} -> int64[9]"
    " 318154034397263"
    " 804110809363939"
    " 8494035427262"
    " 969868862905177"
    " 764195505885048"
    " 131893474706300"
    " 281078273149"
    " 920833072637138"
    " 725808410792144");
LEAT_ROW(
    StringToHashBucketStrong,
    "(string[9]"
    " ''"
    " 'a'"
    " 'leat'"
    " 'Graph node'"
    " 'twelve letter'"
    " 'seventeen letters'"
    " 'a string of thirty-three letters.'"
    " 'a string longer than sixty-four bytes, so that it needs one more round'"
    " 'a string longer than 128 bytes, so that it needs some more rounds; and it needs many words to become so long, and then some more of them'"
    ") {num_buckets: 1000000000000000; key: [7, -9]} -> int64[9]"
    " 589220502549772"
    " 557005808244120"
    " 834641434887928"
    " 812386153463717"
    " 928726984694242"
    " 848899049915380"
    " 262669256269796"
    " 464607903121682"
    " 239397766852081");
LEAT_ROW(StringToHashBucketStrong,
         "(string[1] 'a') {num_buckets: 3; key: [7]} fails 'Key must have 2 elements'");

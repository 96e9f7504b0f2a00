/* test-base.c - errors, memory, buffers, maps; test-base-text.c and test-base-files.c have the rest of base/. */
#include "config.h"
#include "check.h"
#include "base/base-private.h"
#include "base/fault-private.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- errors ---- */

LEAT_TEST(status_texts)
{
    CHECK_STR(leat_status_text(LEAT_OK), "ok");
    CHECK_STR(leat_status_name(LEAT_ERR_NO_MEMORY), "ERR_NO_MEMORY");
    CHECK_STR(leat_status_text((leat_status)999), "unknown status");
    CHECK_STR(leat_status_name((leat_status)-1), "ERR_UNKNOWN");
    CHECK_STR(leat_version(), PACKAGE_VERSION);
}

LEAT_TEST(message_is_one_safe_line)
{
    CHECK_FAILS(leat_fail(LEAT_ERR_NOT_FOUND, "node '%s'", "a\033[31m\nb\xff"), LEAT_ERR_NOT_FOUND,
                "node 'a\\x1b[31m\\x0ab\\xff'");
    leat_fail_context(LEAT_ERR_NOT_FOUND, "%s", "file.pb");
    CHECK_STR(leat_message(), "file.pb: node 'a\\x1b[31m\\x0ab\\xff'");
    CHECK(leat_fail_context(LEAT_OK, "x") == LEAT_OK);
    leat_fail(LEAT_ERR_IO, "again: %s", leat_message());
    CHECK(strncmp(leat_message(), "again: file.pb", 14) == 0);
    char longest[5000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    leat_fail(LEAT_ERR_IO, "%s", longest);
    CHECK(strlen(leat_message()) > 1000 && strlen(leat_message()) < 3000);
    leat_clear_message();
    CHECK_STR(leat_message(), "");
}

struct logged {
    unsigned calls;
    char text[100];
};

static void keep_log(void *user, leat_log_level level, const char *text)
{
    struct logged *l = user;
    l->calls += level == LEAT_LOG_WARNING;
    snprintf(l->text, sizeof l->text, "%s", text);
}

LEAT_TEST(log_goes_to_the_call_back)
{
    struct logged l = {0};
    leat_note(LEAT_LOG_WARNING, "dropped");
    leat_set_log(keep_log, &l);
    leat_note(LEAT_LOG_WARNING, "%d\t%s", 5, "x");
    leat_set_log(NULL, NULL);
    leat_note(LEAT_LOG_WARNING, "dropped");
    CHECK(l.calls == 1);
    CHECK_STR(l.text, "5\\x09x");
}

static void *fail_elsewhere(void *unused)
{
    (void)unused;
    leat_fail(LEAT_ERR_IO, "the other thread's");
    return NULL;
}

LEAT_TEST(message_is_per_thread)
{
    leat_fail(LEAT_ERR_IO, "mine");
    pthread_t t;
    REQUIRE(pthread_create(&t, NULL, fail_elsewhere, NULL) == 0);
    pthread_join(t, NULL);
    CHECK_STR(leat_message(), "mine");
}

/* ---- memory ---- */

LEAT_TEST(memory_is_counted)
{
    uint64_t before = leat_live_allocations();
    void *a = leat_alloc(0), *b = leat_alloc_aligned(1), *c = leat_realloc(NULL, 5);
    CHECK(a && b && c && leat_live_allocations() == before + 3);
    CHECK((uintptr_t)b % LEAT_ALIGNMENT == 0);
    c = leat_realloc(c, 500);
    CHECK(leat_live_allocations() == before + 3);
    leat_free(a);
    leat_free_aligned(b);
    leat_free(c);
    leat_free(NULL);
    leat_free_aligned(NULL);
    CHECK(leat_live_allocations() == before);
}

LEAT_TEST(span_goes_with_its_last_block)
{
    enum { BYTES = 5 << 20 };
    uint64_t before = leat_live_allocations();
    leat_span *s = leat_span_new(BYTES);
    REQUIRE(s != NULL);
    CHECK(leat_live_allocations() == before + 1);
    char *a = leat_span_alloc(s, 1), *b = leat_span_alloc(s, 4 << 20), *c = leat_span_alloc(s, 0);
    REQUIRE(a != NULL && b != NULL && c != NULL);
    CHECK((uintptr_t)a % LEAT_ALIGNMENT == 0 && b == a + LEAT_ALIGNMENT && c == b + (4 << 20));
    CHECK(leat_span_alloc(s, 1 << 20) == NULL); /* 64 bytes too many */
    char *d = leat_span_alloc(s, (1 << 20) - LEAT_ALIGNMENT);
    REQUIRE(d == c);
    memset(a, 1, 1);
    memset(b, 2, 4 << 20);
    memset(d, 3, (1 << 20) - LEAT_ALIGNMENT);
    for (int i = 0; i < 4; i++)
        leat_span_drop(s); /* the maker's, and those of three blocks */
    CHECK(leat_live_allocations() == before + 1 && b[0] == 2 && b[(4 << 20) - 1] == 2);
    leat_span_drop(s);
    leat_span_drop(NULL);
    CHECK(leat_live_allocations() == before);
    CHECK(leat_span_new(SIZE_MAX) == NULL && leat_span_new(PTRDIFF_MAX / 2) == NULL);
    CHECK(leat_live_allocations() == before);
}

LEAT_TEST(memory_overflow_is_refused)
{
    uint64_t before = leat_live_allocations();
    /* volatile: the compiler knows these to be too large and says so. */
    volatile size_t huge = SIZE_MAX / 2 + 2;
    CHECK(leat_alloc_zero(huge, 2) == NULL);
    CHECK(leat_realloc_array(NULL, huge, 2) == NULL);
    CHECK(leat_alloc_aligned(huge * 2 - 3) == NULL);
    int *array = NULL;
    size_t capacity = 0;
    CHECK_FAILS(leat_grow(&array, &capacity, huge, sizeof *array), LEAT_ERR_NO_MEMORY, "out of memory");
    CHECK(array == NULL && capacity == 0 && leat_live_allocations() == before);
}

LEAT_TEST(each_allocation_can_fail)
{
    leat_fault_disarm();
    uint64_t before = leat_live_allocations();
    leat_fault_arm(LEAT_FAULT_ALLOC, 2, ENOMEM);
    char *a = leat_strdup("a"), *b = leat_strdup("b"), *c = leat_asprintf("%d", 3);
    CHECK(a != NULL && b == NULL && c != NULL && leat_fault_fired());
    CHECK(leat_fault_count(LEAT_FAULT_ALLOC) == 3);
    leat_fault_arm(LEAT_FAULT_ALLOC, 1, ENOMEM);
    CHECK(leat_asprintf("%d", 3) == NULL);
    leat_fault_arm(LEAT_FAULT_ALLOC, 1, ENOMEM);
    CHECK(leat_alloc_aligned(3) == NULL);
    leat_fault_arm(LEAT_FAULT_ALLOC, 5, ENOMEM);
    leat_fault_disarm();
    CHECK(!leat_fault_fired() && leat_fault_count(LEAT_FAULT_ALLOC) == 0);
    leat_free(a);
    leat_free(c);
    CHECK(leat_live_allocations() == before);
}

LEAT_TEST(array_grows_by_doubling)
{
    int *array = NULL;
    size_t capacity = 0, changes = 0;
    for (size_t i = 0; i < 100000; i++) {
        size_t old = capacity;
        REQUIRE_OK(leat_grow(&array, &capacity, i + 1, sizeof *array));
        changes += capacity != old;
        array[i] = (int)i;
    }
    CHECK(changes < 20 && array[99999] == 99999 && array[0] == 0);
    leat_free(array);
}

LEAT_TEST(arena_keeps_what_it_gave)
{
    uint64_t before = leat_live_allocations();
    leat_arena a = {0};
    enum { N = 20000 };
    static unsigned char *place[N];
    for (size_t i = 0; i < N; i++) {
        size_t bytes = i % 1000 == 999 ? 100000 : i % 60;
        place[i] = leat_arena_alloc(&a, bytes);
        REQUIRE(place[i] != NULL && (uintptr_t)place[i] % 8 == 0);
        memset(place[i], (int)(i & 255), bytes);
    }
    size_t bad = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < (i % 1000 == 999 ? 100000 : i % 60); j++)
            bad += place[i][j] != (i & 255);
    CHECK(bad == 0);
    CHECK(a.total < 2 * (20 * 100000 + N * 34));
    CHECK(leat_live_allocations() - before < 100);
    CHECK_STR(leat_arena_strndup(&a, "abcdef", 3), "abc");
    CHECK(leat_arena_alloc(&a, SIZE_MAX) == NULL && leat_arena_alloc(&a, SIZE_MAX - 40) == NULL);
    char *zero = leat_arena_zero(&a, 10);
    CHECK(zero != NULL && zero[9] == 0);
    leat_arena_free(&a);
    CHECK(leat_live_allocations() == before && a.last == NULL);
}

/* ---- buffer ---- */

LEAT_TEST(buffer_grows)
{
    leat_buf b = {0};
    for (int i = 0; i < 1000; i++)
        leat_buf_printf(&b, "%d,", i);
    CHECK(b.size == 3890 && strlen(b.data) == 3890 && strcmp(b.data + 3882, "998,999,") == 0);
    leat_buf_clear(&b);
    CHECK(b.size == 0 && b.data[0] == '\0');
    leat_buf_printf(&b, "%s", "");
    leat_buf_putc(&b, 'x');
    leat_buf_append(&b, NULL, 0);
    leat_buf_puts(&b, "yz");
    char wide[200];
    memset(wide, 'w', sizeof wide);
    wide[199] = '\0';
    leat_buf_printf(&b, "%s", wide);
    CHECK(b.size == 202 && memcmp(b.data, "xyzww", 5) == 0 && b.data[202] == '\0');
    CHECK_OK(leat_buf_status(&b));
    leat_buf_free(&b);
    CHECK(b.data == NULL);
}

LEAT_TEST(buffer_failure_is_sticky)
{
    uint64_t before = leat_live_allocations();
    for (uint64_t nth = 1; nth <= 2; nth++) {
        leat_buf b = {0};
        leat_fault_arm(LEAT_FAULT_ALLOC, nth, ENOMEM);
        leat_buf_puts(&b, "first");
        char wide[300] = {0};
        leat_buf_append(&b, wide, sizeof wide);
        leat_buf_puts(&b, "last");
        CHECK(b.failed && leat_fault_fired());
        CHECK_FAILS(leat_buf_status(&b), LEAT_ERR_NO_MEMORY, "");
        leat_buf_free(&b);
    }
    leat_buf b = {0};
    CHECK(leat_buf_reserve(&b, SIZE_MAX - 1) == NULL && b.failed);
    leat_buf_free(&b);
    leat_fault_disarm();
    CHECK(leat_live_allocations() == before);
}

/* ---- map ---- */

LEAT_TEST(map_against_a_plain_array)
{
    enum { N = 5000 };
    static char keys[N][16];
    static bool present[N];
    leat_map m = {0};
    uint32_t random = 1;
    size_t count = 0, bad = 0;
    for (size_t i = 0; i < N; i++)
        snprintf(keys[i], sizeof keys[i], "k%zu", i % 2 ? i : i * 7919);
    for (size_t step = 0; step < 60000; step++) {
        random = random * 1664525 + 1013904223;
        size_t i = (random >> 8) % N, n = strlen(keys[i]);
        if (random >> 31) {
            REQUIRE_OK(leat_map_put(&m, keys[i], n, keys[i]));
            count += !present[i];
            present[i] = true;
        } else {
            bad += (leat_map_remove(&m, keys[i], n) == keys[i]) != present[i];
            count -= present[i];
            present[i] = false;
        }
        bad += m.count != count;
    }
    for (size_t i = 0; i < N; i++)
        bad += (leat_map_get(&m, keys[i], strlen(keys[i])) == keys[i]) != present[i];
    size_t cursor = 0, seen = 0, n;
    const char *key;
    void *value;
    while (leat_map_next(&m, &cursor, &key, &n, &value)) {
        bad += key != value || n != strlen(key);
        seen++;
    }
    CHECK(bad == 0 && seen == count);
    CHECK_FAILS(leat_map_put(&m, "x", 1, NULL), LEAT_ERR_INVALID_ARGUMENT, "");
    leat_map_free(&m);
    CHECK(leat_map_get(&m, "k1", 2) == NULL && leat_map_remove(&m, "k1", 2) == NULL);
}

LEAT_TEST(map_keys_may_be_empty_or_hold_nul)
{
    leat_map m = {0};
    int a, b, c;
    CHECK_OK(leat_map_put(&m, "", 0, &a));
    CHECK_OK(leat_map_put(&m, "x\0y", 3, &b));
    CHECK_OK(leat_map_put(&m, "x", 1, &c));
    CHECK(leat_map_get(&m, NULL, 0) == &a && leat_map_get(&m, "x\0y", 3) == &b &&
          leat_map_get(&m, "x", 1) == &c);
    CHECK_OK(leat_map_put(&m, "x", 1, &a));
    CHECK(leat_map_get(&m, "x", 1) == &a && m.count == 3);
    leat_map_free(&m);
}

LEAT_TEST(map_with_room_does_not_grow)
{
    static char keys[1000][8];
    leat_map m = {0};
    leat_map_prefetch(&m, "x", 1); /* of an empty map too */
    CHECK_OK(leat_map_put(&m, "x", 1, keys));
    REQUIRE_OK(leat_map_reserve(&m, LEAT_LEN(keys) + 1));
    const struct leat_map_slot *slots = m.slots;
    for (size_t i = 0; i < LEAT_LEN(keys); i++) {
        int n = snprintf(keys[i], sizeof keys[i], "k%zu", i);
        leat_map_prefetch(&m, keys[i], (size_t)n);
        REQUIRE_OK(leat_map_put(&m, keys[i], (size_t)n, keys[i]));
    }
    CHECK(m.slots == slots && m.count == LEAT_LEN(keys) + 1);
    CHECK(leat_map_get(&m, "x", 1) == keys && leat_map_get(&m, "k999", 4) == keys[999]);
    CHECK_OK(leat_map_reserve(&m, 5));
    CHECK(m.slots == slots);
    CHECK_FAILS(leat_map_reserve(&m, SIZE_MAX), LEAT_ERR_OUT_OF_RANGE, "");
    leat_map_free(&m);
}

LEAT_TEST(hash_spreads)
{
    /* Of 100,000 short keys and their one-bit neighbours no two collide in 64 bits, and 16 low bits are even. */
    enum { N = 100000 };
    static uint32_t buckets[65536];
    memset(buckets, 0, sizeof buckets);
    unsigned char key[48] = {0};
    uint64_t all = 0;
    size_t same = 0;
    for (uint32_t i = 0; i < N; i++) {
        memcpy(key, &i, sizeof i);
        size_t n = 4 + i % 45;
        uint64_t h = leat_hash(key, n, 7);
        key[i % n] ^= (unsigned char)(1u << i % 8);
        same += leat_hash(key, n, 7) == h;
        key[i % n] ^= (unsigned char)(1u << i % 8);
        same += leat_hash(key, n, 8) == h;
        buckets[h & 65535]++;
        all |= h;
    }
    uint32_t most = 0;
    for (size_t i = 0; i < 65536; i++)
        most = LEAT_MAX(most, buckets[i]);
    CHECK(same == 0 && most < 15 && all == UINT64_MAX);
}

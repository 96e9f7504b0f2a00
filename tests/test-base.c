#include "config.h"
#include "check.h"
#include "base/base-private.h"
#include "base/crc-private.h"
#include "base/fault-private.h"
#include "base/file-private.h"
#include "base/sha256-private.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *in_dir(const char *dir, const char *name)
{
    static char path[4][4200];
    static unsigned next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

/* ---- errors ---- */

LEAT_TEST(status_texts)
{
    CHECK_STR(leat_status_text(LEAT_OK), "ok");
    CHECK_STR(leat_status_name(LEAT_ERR_NO_MEMORY), "ERR_NO_MEMORY");
    CHECK_STR(leat_status_text((leat_status)999), "unknown status");
    CHECK_STR(leat_status_name((leat_status)-1), "ERR_UNKNOWN");
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

/* ---- text ---- */

LEAT_TEST(escaping)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"plain", "plain"},
        {"\xe6\x8d\x9f\xe5\xa4\xb1", "\xe6\x8d\x9f\xe5\xa4\xb1"},
        {"a\x1b[0m", "a\\x1b[0m"},
        {"tab\t", "tab\\x09"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b", "\\xc2\\x9b"},
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"},
        {"\xff\xfe", "\\xff\\xfe"},
        {"\xc0\xaf", "\\xc0\\xaf"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"cut \xe6\x8d", "cut \\xe6\\x8d"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        leat_buf_put_escaped(&b, rows[i].in, strlen(rows[i].in));
        CHECK_STR(b.data, rows[i].out);
        leat_buf_free(&b);
    }
    char small[6];
    CHECK(leat_escape(small, sizeof small, "ab\n", 3) == 2);
    CHECK(leat_escape(small, sizeof small, "abcdefgh", 8) == 5);
    CHECK(leat_utf8_valid("\xe6\x8d\x9f", 3) && !leat_utf8_valid("\xe6\x8d\x9f", 2) &&
          leat_utf8_valid("", 0));
}

LEAT_TEST(json_strings)
{
    static const struct {
        const char *in, *out;
        size_t n;
    } rows[] = {
        {"", "\"\"", 0},
        {"plain", "\"plain\"", 5},
        {"a\"b\\c", "\"a\\\"b\\\\c\"", 5},
        {"\n\t\x01\x7f", "\"\\n\\t\\u0001\\u007f\"", 4},
        {"\0x", "\"\\\\x00x\"", 2},
        {"</script>", "\"\\u003c/script\\u003e\"", 9},
        {"\xe2\x80\xa8", "\"\\u2028\"", 3},
        {"\xe2\x80\xae\xc2\x9b", "\"\\u202e\\u009b\"", 5},
        {"\xe6\x8d\x9f", "\"\xe6\x8d\x9f\"", 3},
        {"a\xff", "\"a\\\\xff\"", 2},
        {"\xff"
         "b",
         "\"\\\\xffb\"", 2},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        leat_buf_put_json(&b, rows[i].in, rows[i].n);
        CHECK_STR(b.data, rows[i].out);
        leat_buf_free(&b);
    }
    leat_buf b = {0};
    leat_buf_put_json_f64(&b, 0.5);
    leat_buf_put_json_f64(&b, -INFINITY);
    CHECK_STR(b.data, "0.5\"-Infinity\"");
    leat_buf_free(&b);
}

LEAT_TEST(parse_numbers)
{
    static const struct {
        const char *text;
        int good;
        int64_t value;
    } ints[] = {
        {"0", 1, 0},
        {"-12", 1, -12},
        {"+7", 1, 7},
        {"9223372036854775807", 1, INT64_MAX},
        {"-9223372036854775808", 1, INT64_MIN},
        {"9223372036854775808", 0, 0},
        {"", 0, 0},
        {"-", 0, 0},
        {" 1", 0, 0},
        {"1 ", 0, 0},
        {"1e3", 0, 0},
        {"0x10", 0, 0},
    };
    for (size_t i = 0; i < LEAT_LEN(ints); i++) {
        int64_t v = 0;
        CHECK(leat_parse_i64(ints[i].text, &v) == (bool)ints[i].good);
        CHECK(v == ints[i].value);
    }
    static const struct {
        const char *text;
        int good;
        double value;
    } doubles[] = {
        {"0", 1, 0},
        {"-0.5", 1, -0.5},
        {".5", 1, 0.5},
        {"5.", 1, 5},
        {"1e3", 1, 1000},
        {"1E-3", 1, 0.001},
        {"0.1", 1, 0.1},
        {"123456789012345678901234567890", 1, 123456789012345678901234567890.0},
        {"1.7976931348623157e308", 1, 1.7976931348623157e308},
        {"5e-324", 1, 5e-324},
        {"1e-999999999999", 1, 0},
        {"9007199254740993", 1, 9007199254740992.0},
        {"inf", 1, INFINITY},
        {"-Infinity", 1, -INFINITY},
        {"1e999", 0, 0},
        {"1e99", 1, 1e99},
        {"", 0, 0},
        {".", 0, 0},
        {"e5", 0, 0},
        {"1e", 0, 0},
        {"1e+", 0, 0},
        {"1.2.3", 0, 0},
        {" 1", 0, 0},
        {"1 ", 0, 0},
        {"0x1p3", 0, 0},
        {"1,5", 0, 0},
        {"nanx", 0, 0},
        {"--1", 0, 0},
    };
    for (size_t i = 0; i < LEAT_LEN(doubles); i++) {
        double v = 0;
        CHECK(leat_parse_f64(doubles[i].text, &v) == (bool)doubles[i].good);
        CHECK(v == doubles[i].value);
    }
    double v = 0;
    CHECK(leat_parse_f64("NaN", &v) && isnan(v));
    CHECK(leat_parse_f64_n("1.5xyz", 3, &v) && v == 1.5);
    CHECK(!leat_parse_f64_n("1.5", 0, &v));
}

LEAT_TEST(format_numbers)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {0.1, "0.1"},
        {1e30, "1e+30"},
        {-2.5, "-2.5"},
        {100, "100"},
        {123456789, "123456789"},
        {(double)0.1f, "0.10000000149011612"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.0 / 3, "0.3333333333333333"},
        {9007199254740992, "9007199254740992"},
        {1e-5, "1e-05"},
        {1e15, "1e+15"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {INFINITY, "Infinity"},
        {-INFINITY, "-Infinity"},
        {NAN, "NaN"},
    };
    char buf[32];
    for (size_t i = 0; i < LEAT_LEN(rows); i++)
        CHECK_STR(leat_format_f64(buf, rows[i].value), rows[i].text);
    CHECK_STR(leat_format_f32(buf, 0.1f), "0.1");
    CHECK_STR(leat_format_f32(buf, 16777216.0f), "16777216");
    CHECK_STR(leat_format_f32(buf, 3.4028235e38f), "3.4028235e+38");
    CHECK_STR(leat_format_f32(buf, 1e-45f), "1e-45");
}

/* What printf finds with as few digits as read back. */
static const char *by_printf(double value, bool is_float)
{
    static char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        if (is_float ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
            break;
    }
    return text;
}

/* Of equal length, and read back; where there are several of that length, no further away than printf's. */
static bool is_shortest(const char *text, double value, bool is_float)
{
    double back, other;
    char scientific[40];
    const char *want = by_printf(value, is_float);
    if (!leat_parse_f64(text, &back) || (is_float ? (float)back != (float)value : back != value))
        return false;
    snprintf(scientific, sizeof scientific, "%.*e",
             (int)strcspn(want, "e") - (want[0] == '-') - 1 - (strchr(want, '.') != NULL), back);
    return leat_parse_f64(scientific, &other) && fabs(other - back) == 0 && strlen(text) <= 24;
}

LEAT_TEST(formatted_numbers_are_shortest_and_read_back)
{
    uint64_t random = 88172645463325252u;
    size_t bad = 0;
    char buf[32];
    for (int i = 0; i < 60000; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        double d;
        float f;
        uint64_t bits = i % 3 == 0 ? random & UINT64_C(0xfff) << 52 : random; /* a third are powers of two */
        uint32_t low = (uint32_t)(i % 3 == 0 ? random & 0xff800000 : random >> 13);
        memcpy(&d, &bits, sizeof d);
        memcpy(&f, &low, sizeof f);
        if (isfinite(d) && d != 0)
            bad += !is_shortest(leat_format_f64(buf, d), d, false);
        if (isfinite(f) && f != 0)
            bad += !is_shortest(leat_format_f32(buf, f), (double)f, true);
        double whole = (double)(random >> 11), tenth = whole / 1000;
        bad += !is_shortest(leat_format_f64(buf, whole), whole, false);
        bad += !is_shortest(leat_format_f64(buf, tenth), tenth, false);
    }
    CHECK(bad == 0);
}

LEAT_TEST(numbers_are_formatted_as_printf_would)
{
    uint64_t seed = 77;
    size_t wrong = 0;
    for (int i = 0; i < 300000; i++) {
        char want[32], got[32];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        double exponent = (double)(seed >> 40 & 0x3ff) / 1023.0 * 24 - 6, d = 0;
        d = (i & 1 ? -1 : 1) * pow(10, exponent) * (1 + (double)(seed >> 11) / 9007199254740992.0);
        if (i % 3 == 0) /* few digits */
            d = rint(d * 1000) / 1000;
        float f = (float)d;
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(want, sizeof want, "%.*g", digits, d);
            if (strtod(want, NULL) == d)
                break;
        }
        wrong += strcmp(leat_format_f64(got, d), want) != 0;
        for (int digits = 6; digits <= 9; digits++) {
            snprintf(want, sizeof want, "%.*g", digits, (double)f);
            if (strtof(want, NULL) == f)
                break;
        }
        wrong += strcmp(leat_format_f32(got, f), want) != 0;
    }
    CHECK(wrong == 0);
}

LEAT_TEST(numbers_know_no_locale)
{
    const char *names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8"};
    const char *set = NULL;
    for (size_t i = 0; i < LEAT_LEN(names) && set == NULL; i++)
        set = setlocale(LC_NUMERIC, names[i]);
    if (set == NULL)
        SKIP("no locale with a decimal comma is installed");
    char buf[32];
    double v;
    CHECK_STR(leat_format_f64(buf, 0.25), "0.25");
    CHECK(leat_parse_f64("1234567.12345678901234567", &v) && v == 1234567.12345678901234567);
    leat_buf b = {0};
    leat_buf_printf(&b, "%g", 0.5);
    CHECK_STR(b.data, "0.5");
    leat_buf_free(&b);
    setlocale(LC_NUMERIC, "C");
}

LEAT_TEST(clocks)
{
    double a = leat_now(), b = leat_now();
    CHECK(b >= a && b - a < 1 && leat_wall_time() > 1.5e9);
}

/* ---- files ---- */

LEAT_TEST(file_write_and_read)
{
    const char *dir = check_temp_dir();
    char *path = in_dir(dir, "f");
    uint64_t before = leat_live_allocations();
    leat_file f;
    REQUIRE_OK(leat_file_create(&f, path, true));
    CHECK_OK(leat_file_write(&f, "hello world", 11));
    CHECK_OK(leat_file_truncate(&f, 6));
    CHECK_OK(leat_file_write(&f, "there", 5));
    CHECK_OK(leat_file_sync(&f));
    CHECK_OK(leat_file_close(&f));
    CHECK_OK(leat_file_close(&f));
    CHECK_FAILS(leat_file_create(&f, path, true), LEAT_ERR_ALREADY_EXISTS, path);

    REQUIRE_OK(leat_file_open(&f, path));
    char text[20] = {0};
    size_t got;
    CHECK(f.size == 11);
    CHECK_OK(leat_file_read_at(&f, 2, text, 9));
    CHECK_STR(text, "llo there");
    CHECK_FAILS(leat_file_read_at(&f, 8, text, 10), LEAT_ERR_DATA_LOSS,
                ":11: the file ends 7 bytes too early");
    CHECK_OK(leat_file_read_some(&f, 8, text, 10, &got));
    CHECK(got == 3);
    CHECK_OK(leat_file_read_some(&f, UINT64_MAX, text, 10, &got));
    CHECK(got == 0);
    leat_file_close(&f);

    leat_buf b = {0};
    CHECK_OK(leat_file_read_all(path, 11, &b));
    CHECK_STR(b.data, "hello there");
    CHECK_FAILS(leat_file_read_all(path, 10, &b), LEAT_ERR_OUT_OF_RANGE, "limit of 10");
    leat_buf_free(&b);
    CHECK_OK(leat_file_remove(path));
    CHECK_FAILS(leat_file_remove(path), LEAT_ERR_NOT_FOUND, "No such file");
    CHECK_FAILS(leat_file_open(&f, path), LEAT_ERR_NOT_FOUND, path);
    CHECK(leat_live_allocations() == before);
}

LEAT_TEST(file_refuses_what_is_no_file)
{
    const char *dir = check_temp_dir();
    leat_file f;
    CHECK_FAILS(leat_file_open(&f, dir), LEAT_ERR_INVALID_ARGUMENT, "is a directory");
    CHECK_FAILS(leat_file_open(&f, "/dev/null"), LEAT_ERR_INVALID_ARGUMENT, "not a regular file");
    char *fifo = in_dir(dir, "fifo");
    REQUIRE(mkfifo(fifo, 0600) == 0);
    CHECK_FAILS(leat_file_open(&f, fifo), LEAT_ERR_INVALID_ARGUMENT, "not a regular file");
    CHECK(f.fd == -1);
    CHECK_OK(leat_file_close(&f));
}

LEAT_TEST(file_faults)
{
    const char *dir = check_temp_dir();
    char *path = in_dir(dir, "f");
    uint64_t before = leat_live_allocations();
    static const struct {
        leat_fault_kind kind;
        int error, fails;
    } rows[] = {
        {LEAT_FAULT_WRITE, ENOSPC, 1}, {LEAT_FAULT_WRITE, EIO, 1},   {LEAT_FAULT_SHORT, 1, 0},
        {LEAT_FAULT_EINTR, EINTR, 0},  {LEAT_FAULT_SYNC, EIO, 1},    {LEAT_FAULT_RENAME, EACCES, 1},
        {LEAT_FAULT_CLOSE, EIO, 1},    {LEAT_FAULT_OPEN, EMFILE, 1}, {LEAT_FAULT_ALLOC, ENOMEM, 1},
    };
    REQUIRE_OK(leat_file_replace(path, "old", 3, true));
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        leat_fault_arm(rows[i].kind, 1, rows[i].error);
        leat_status status = leat_file_replace(path, "newer", 5, true);
        CHECK(leat_fault_fired());
        CHECK((status != LEAT_OK) == rows[i].fails);
        leat_fault_disarm();
        CHECK_OK(leat_file_read_all(path, 0, &b));
        CHECK_STR(b.data, rows[i].fails ? "old" : "newer");
        leat_buf_free(&b);
        CHECK_OK(leat_file_replace(path, "old", 3, false));
        leat_dir_entry *entries;
        size_t count;
        CHECK_OK(leat_dir_list(dir, &entries, &count));
        CHECK(count == 1);
        leat_dir_free(entries, count);
    }
    for (int i = 0; i < 3; i++) {
        leat_buf b = {0};
        leat_fault_arm(i == 0 ? LEAT_FAULT_READ : i == 1 ? LEAT_FAULT_SHORT : LEAT_FAULT_EINTR, 1, EIO);
        leat_status status = leat_file_read_all(path, 0, &b);
        CHECK(leat_fault_fired() && (status == LEAT_OK) == (i > 0));
        if (i > 0)
            CHECK_STR(b.data, "old");
        leat_buf_free(&b);
    }
    leat_fault_disarm();
    CHECK(leat_live_allocations() == before);
}

LEAT_TEST(directories)
{
    const char *dir = check_temp_dir();
    char *deep = in_dir(dir, "a//b/c/");
    CHECK_OK(leat_dir_make(deep));
    CHECK_OK(leat_dir_make(deep));
    CHECK(leat_path_kind_of(deep) == LEAT_PATH_DIR);
    REQUIRE_OK(leat_file_replace(in_dir(dir, "z"), "12", 2, false));
    REQUIRE(symlink("nowhere", in_dir(dir, "link")) == 0 && symlink("z", in_dir(dir, "y")) == 0);
    CHECK_FAILS(leat_dir_make(in_dir(dir, "z/q")), LEAT_ERR_NOT_FOUND, "Not a directory");
    CHECK_FAILS(leat_dir_make(in_dir(dir, "z")), LEAT_ERR_ALREADY_EXISTS, "not a directory");
    CHECK_FAILS(leat_dir_make(""), LEAT_ERR_NOT_FOUND, "");
    leat_dir_entry *e;
    size_t count;
    REQUIRE_OK(leat_dir_list(dir, &e, &count));
    REQUIRE(count == 4);
    CHECK(strcmp(e[0].name, "a") == 0 && e[0].is_dir && !e[0].is_file);
    CHECK(strcmp(e[1].name, "link") == 0 && !e[1].is_dir && !e[1].is_file);
    CHECK(strcmp(e[2].name, "y") == 0 && e[2].is_file && e[2].size == 2);
    CHECK(strcmp(e[3].name, "z") == 0 && e[3].is_file && e[3].mtime > 1.5e9);
    leat_dir_free(e, count);
    CHECK_FAILS(leat_dir_list(in_dir(dir, "none"), &e, &count), LEAT_ERR_NOT_FOUND, "none");
    CHECK(e == NULL && count == 0);
    leat_fault_disarm();
    uint64_t before = leat_live_allocations();
    for (uint64_t nth = 1; nth <= 5; nth++) {
        leat_fault_arm(LEAT_FAULT_ALLOC, nth, ENOMEM);
        CHECK_FAILS(leat_dir_list(dir, &e, &count), LEAT_ERR_NO_MEMORY, "out of memory");
    }
    leat_fault_disarm();
    CHECK(leat_live_allocations() == before);
}

LEAT_TEST(paths)
{
    static const struct {
        const char *dir, *name, *joined;
    } joins[] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {".", "b", "b"}, {"", "b", "b"}, {"/", "b", "/b"}};
    for (size_t i = 0; i < LEAT_LEN(joins); i++) {
        char *p = leat_path_join(joins[i].dir, joins[i].name);
        CHECK_STR(p, joins[i].joined);
        leat_free(p);
    }
    static const struct {
        const char *path, *dir, *base;
    } splits[] = {{"a/b/c", "a/b", "c"}, {"c", ".", "c"}, {"/c", "/", "c"}, {"a/", "a", ""}};
    for (size_t i = 0; i < LEAT_LEN(splits); i++) {
        char *d = leat_path_dir(splits[i].path);
        CHECK_STR(d, splits[i].dir);
        CHECK_STR(leat_path_base(splits[i].path), splits[i].base);
        leat_free(d);
    }
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

/* ---- checksums ---- */

LEAT_TEST(crc32c_of_known_bytes)
{
    char zeros[32] = {0}, bytes[1000];
    CHECK(leat_crc32c("123456789", 9) == 0xe3069283);
    CHECK(leat_crc32c(zeros, 32) == 0x8a9136aa); /* RFC 3720, B.4 */
    CHECK(leat_crc32c(NULL, 0) == 0);
    CHECK(leat_crc32c_unmask(leat_crc32c_mask(0x12345678)) == 0x12345678);
    CHECK(leat_crc32c_mask(0) == 0xa282ead8);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * i >> 3);
    uint32_t whole = leat_crc32c(bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut += 13) {
        uint32_t head = leat_crc32c(bytes, cut), tail = leat_crc32c(bytes + cut, sizeof bytes - cut);
        CHECK(leat_crc32c_extend(head, bytes + cut, sizeof bytes - cut) == whole);
        CHECK(leat_crc32c_combine(head, tail, sizeof bytes - cut) == whole);
    }
}

/* FIPS 180-4's examples, and every way to cut one message in two. */
LEAT_TEST(sha256_of_known_bytes)
{
    static const struct {
        const char *text;
        unsigned times;
        const char *hex;
    } rows[] = {
        {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    leat_sha256 s;
    char hex[65], first[65], bytes[300];
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_sha256_init(&s);
        for (unsigned k = 0; k < rows[i].times; k++)
            leat_sha256_update(&s, rows[i].text, strlen(rows[i].text));
        leat_sha256_hex(&s, hex);
        CHECK_STR(hex, rows[i].hex);
    }
    memset(bytes, 'q', sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        leat_sha256_init(&s);
        leat_sha256_update(&s, bytes, cut);
        leat_sha256_update(&s, bytes + cut, sizeof bytes - cut);
        leat_sha256_hex(&s, cut == 0 ? first : hex);
        CHECK(cut == 0 || strcmp(first, hex) == 0);
    }
}

/* test-base-text.c - escaping, numbers to text and back, clocks. */
#include "config.h"
#include "check.h"
#include "base/base-private.h"
#include "base/fault-private.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        {"\0x", "\"\\u0000x\"", 2},
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

/* Numbers from here on have a decimal comma in C: by German, installed or compiled into the test's own directory. */
static bool set_decimal_comma(void)
{
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL)
        return true;
    char command[512];
    const char *dir = check_temp_dir();
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' >'%s/log' 2>&1", dir,
             dir);
    if (system(command) != 0)
        return false;
    setenv("LOCPATH", dir, 1);
    const char *set = setlocale(LC_NUMERIC, "de_DE.UTF-8");
    unsetenv("LOCPATH");
    return set != NULL;
}

LEAT_TEST(numbers_know_no_locale)
{
    if (!set_decimal_comma())
        SKIP("no locale with a decimal comma, nor what localedef makes one of");
    CHECK_STR(localeconv()->decimal_point, ",");
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
    CHECK(b >= a && b - a < 60 && leat_wall_time() > 1.5e9);
}

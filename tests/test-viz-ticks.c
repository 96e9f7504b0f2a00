#include "check.h"
#include "base/base-private.h"
#include "viz/ticks-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static void join_labels(const leat_ticks *t, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < t->n; i++)
        if (!t->at[i].minor)
            snprintf(out + strlen(out), size - strlen(out), "%s%s", i ? " | " : "", t->at[i].label);
}

typedef void ticks_fn(leat_ticks *, double, double, size_t);

LEAT_TEST(axis_numbers_read_as_a_person_writes_them)
{
    static const struct {
        ticks_fn *make;
        double lo, hi;
        size_t want;
        const char *labels;
    } rows[] = {
        {leat_ticks_linear, 0, 1, 5, "0 | 0.2 | 0.4 | 0.6 | 0.8 | 1.0"},
        {leat_ticks_linear, -0.05, 1.05, 3, "0 | 0.5 | 1.0"},
        {leat_ticks_linear, -3, 3, 6, "−3 | −2 | −1 | 0 | 1 | 2 | 3"},
        {leat_ticks_linear, 0, 900, 5, "0 | 200 | 400 | 600 | 800"},
        {leat_ticks_linear, 0, 9000, 5, "0 | 2000 | 4000 | 6000 | 8000"},
        {leat_ticks_linear, 0, 50000, 5, "0 | 10k | 20k | 30k | 40k | 50k"},
        {leat_ticks_linear, 0, 2.1e6, 5, "0 | 0.5M | 1.0M | 1.5M | 2.0M"},
        {leat_ticks_linear, 1000000, 1000010, 5,
         "1,000,000 | 1,000,002 | 1,000,004 | 1,000,006 | 1,000,008 | 1,000,010"},
        {leat_ticks_linear, 0, 5e-6, 5, "0 | 1×10⁻⁶ | 2×10⁻⁶ | 3×10⁻⁶ | 4×10⁻⁶ | 5×10⁻⁶"},
        {leat_ticks_linear, -1e308, 1e308, 2, "−1×10³⁰⁸ | 0 | 1×10³⁰⁸"},
        {leat_ticks_linear, 0.0012, 0.0018, 3, "0.0012 | 0.0014 | 0.0016 | 0.0018"},
        {leat_ticks_integer, 0, 2, 8, "0 | 1 | 2"},
        {leat_ticks_log, 0.001, 1000, 8, "0.001 | 0.01 | 0.1 | 1 | 10 | 100 | 1000"},
        {leat_ticks_log, 1, 1e6, 8, "1 | 10 | 100 | 1000 | 10k | 100k | 1M"},
        {leat_ticks_log, 1, 40, 5, "1 | 2 | 5 | 10 | 20"},
        {leat_ticks_log, 0.01, 5, 7, "0.01 | 0.03 | 0.1 | 0.3 | 1 | 3"},
        {leat_ticks_integer, 1e15, 1e15 + 1400, 3,
         "1,000,000,000,000,000 | 1,000,000,000,000,500 | 1,000,000,000,001,000"},
        {leat_ticks_log, 1e-12, 1, 4, "10⁻¹² | 10⁻⁹ | 10⁻⁶ | 10⁻³ | 10⁰"},
        {leat_ticks_log, 2, 3, 4, "2.0 | 2.5 | 3.0"},
        {leat_ticks_log, 1e-320, 1e308, 4, NULL},
        {leat_ticks_duration, 0, 100, 5, "0 | 30 s | 60 s | 90 s"},
        {leat_ticks_duration, 0, 7200, 4, "0 | 30 min | 60 min | 90 min | 120 min"},
        {leat_ticks_duration, 0, 0.05, 5, "0 | 10 ms | 20 ms | 30 ms | 40 ms | 50 ms"},
        {leat_ticks_duration, -1, 1, 4, "−1.0 s | −0.5 s | 0 | 0.5 s | 1.0 s"},
        {leat_ticks_duration, 0, 864000, 5, "0 | 2 d | 4 d | 6 d | 8 d | 10 d"},
        {leat_ticks_wall, 1496739923, 1496739923 + 3600, 4, "09:15 | 09:30 | 09:45 | 10:00"},
        {leat_ticks_wall, 1496739923, 1496739923 + 30, 3, "09:05:30 | 09:05:40 | 09:05:50"},
        {leat_ticks_wall, 1496739923, 1496739923 + 86400 * 10, 5, "Jun 7 | Jun 9 | Jun 11 | Jun 13 | Jun 15"},
        {leat_ticks_wall, 1496739923, 1496739923 + 86400 * 365.0 * 3, 4, "2018 | 2019 | 2020"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_ticks t;
        char got[600];
        rows[i].make(&t, rows[i].lo, rows[i].hi, rows[i].want);
        join_labels(&t, got, sizeof got);
        if (rows[i].labels)
            CHECK_STR(got, rows[i].labels);
        CHECK(t.n >= 1);
    }
}

LEAT_TEST(ticks_are_few_distinct_and_inside)
{
    static ticks_fn *const makers[] = {leat_ticks_linear, leat_ticks_integer, leat_ticks_duration,
                                       leat_ticks_wall, leat_ticks_log};
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        double u[3];
        for (int k = 0; k < 3; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            u[k] = (double)(seed >> 11) / 9007199254740992.0;
        }
        int kind = i % 5;
        double span = pow(10, kind == 4 ? u[0] * 600 - 300 : u[0] * 24 - 12), lo = (u[1] - 0.5) * span * 20;
        double hi = lo + span;
        if (kind == 4) {
            lo = pow(10, u[0] * 600 - 300);
            hi = lo * pow(10, 0.01 + u[1] * 8);
        }
        if (!(hi > lo) || (kind == 3 && span < 0.01) || !isfinite(hi) || (kind == 1 && span < 1))
            continue;
        size_t want = 2 + (size_t)(u[2] * 10), labelled = 0;
        leat_ticks t;
        makers[kind](&t, lo, hi, want);
        for (size_t k = 0; k < t.n; k++) {
            if (t.at[k].minor)
                continue;
            labelled++;
            CHECK(t.at[k].value >= lo * (1 - 1e-9) - 1e-9 * span && t.at[k].value <= hi + 1e-9 * fabs(hi));
            CHECK(t.at[k].label[0] != '\0' && leat_utf8_valid(t.at[k].label, strlen(t.at[k].label)));
            if (k > 0) {
                CHECK(t.at[k].value > t.at[k - 1].value);
                CHECK(strcmp(t.at[k].label, t.at[k - 1].label) != 0);
            }
        }
        CHECK(labelled <= LEAT_MAX(want, 2) + 1);
    }
}

LEAT_TEST(single_numbers_are_short)
{
    static const struct {
        double value;
        int digits;
        const char *want;
    } rows[] = {{0.53121, 4, "0.5312"},
                {0, 4, "0"},
                {-2.5, 4, "−2.5"},
                {18034, 4, "18,034"},
                {1234567, 4, "1,234,567"},
                {1.5e12, 4, "1.5×10¹²"},
                {1.23456e-7, 4, "1.235×10⁻⁷"},
                {NAN, 4, "NaN"},
                {-INFINITY, 4, "−∞"},
                {0.9999999, 3, "1"},
                {9.9999e-8, 3, "1×10⁻⁷"},
                {1e308, 3, "1×10³⁰⁸"},
                {4.9e-324, 3, "4.94×10⁻³²⁴"},
                {100, 3, "100"}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char buf[LEAT_NUMBER_SIZE];
        CHECK_STR(leat_format_number(buf, rows[i].value, rows[i].digits), rows[i].want);
    }
    static const struct {
        double seconds;
        const char *want;
    } durations[] = {{0, "0 s"},           {0.0000042, "4.2 µs"}, {0.35, "350 ms"},    {12.34, "12.3 s"},
                     {59.97, "1 min 0 s"}, {125, "2 min 5 s"},    {7500, "2 h 5 min"}, {200000, "2 d 7 h"},
                     {-3, "−3 s"},         {1e12, "11,574,074 d"}};
    for (size_t i = 0; i < LEAT_LEN(durations); i++) {
        char buf[LEAT_NUMBER_SIZE];
        CHECK_STR(leat_format_duration(buf, durations[i].seconds), durations[i].want);
    }
    char buf[LEAT_NUMBER_SIZE];
    CHECK_STR(leat_format_count(buf, 9007199254740993), "9,007,199,254,740,993");
    CHECK_STR(leat_format_count(buf, INT64_MIN), "−9,223,372,036,854,775,808");
    CHECK_STR(leat_format_count(buf, 1000), "1000");
}

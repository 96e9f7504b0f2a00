#include "config.h"
#include "base-private.h"
#include "shortest-private.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* glibc gives its static "C" locale object here: nothing is allocated, nothing to free. */
static locale_t c_locale(void)
{
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t leat_c_numbers_begin(void)
{
    return uselocale(c_locale());
}

void leat_c_numbers_end(locale_t old)
{
    uselocale(old);
}

bool leat_parse_i64(const char *text, int64_t *out)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (*digits < '0' || *digits > '9')
        return false;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *out = value;
    return true;
}

static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* A decimal number split into its parts. */
struct decimal {
    bool negative, exact; /* exact: `digits` holds all of them */
    uint64_t digits;
    int64_t exponent; /* of ten, of the last digit in `digits` */
};

static bool scan_decimal(const char *s, const char *end, struct decimal *d)
{
    *d = (struct decimal){.exact = true};
    if (s < end && (*s == '-' || *s == '+'))
        d->negative = *s++ == '-';
    bool point = false, any = false;
    int64_t exponent = 0;
    for (; s < end && ((*s >= '0' && *s <= '9') || (*s == '.' && !point)); s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        any = true;
        if (d->digits < UINT64_MAX / 10 - 1)
            d->digits = 10 * d->digits + (uint64_t)(*s - '0');
        else
            d->exact = false;
        exponent -= point;
    }
    if (!any)
        return false;
    if (s < end && (*s == 'e' || *s == 'E')) {
        s++;
        bool minus = s < end && *s == '-';
        s += s < end && (*s == '-' || *s == '+');
        if (s == end)
            return false;
        int64_t e = 0;
        for (; s < end && *s >= '0' && *s <= '9'; s++)
            e = LEAT_MIN(10 * e + (*s - '0'), INT64_C(1000000000));
        exponent += minus ? -e : e;
    }
    d->exponent = exponent;
    return s == end && end[-1] != 'e' && end[-1] != 'E' && end[-1] != '+' && end[-1] != '-';
}

static bool parse_special(const char *s, size_t n, double *out)
{
    bool negative = n > 0 && *s == '-';
    if (n > 0 && (*s == '-' || *s == '+')) {
        s++;
        n--;
    }
    if (n == 3 && strncasecmp(s, "nan", 3) == 0)
        *out = NAN;
    else if ((n == 3 && strncasecmp(s, "inf", 3) == 0) || (n == 8 && strncasecmp(s, "infinity", 8) == 0))
        *out = negative ? -INFINITY : INFINITY;
    else
        return false;
    return true;
}

bool leat_parse_f64_n(const char *text, size_t n, double *out)
{
    struct decimal d;
    if (!scan_decimal(text, text + n, &d))
        return parse_special(text, n, out);
    /* Both factors are exact, so that the one operation rounds correctly (Clinger 1990). */
    if (d.exact && d.digits <= UINT64_C(1) << 53 && d.exponent >= -22 && d.exponent <= 22) {
        double v = (double)d.digits;
        v = d.exponent < 0 ? v / exact_powers[-d.exponent] : v * exact_powers[d.exponent];
        *out = d.negative ? -v : v;
        return true;
    }
    char small[128];
    char *copy = n < sizeof small ? small : leat_alloc(n + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    double v = strtod_l(copy, NULL, c_locale());
    if (copy != small)
        leat_free(copy);
    if (isinf(v))
        return false;
    *out = v;
    return true;
}

bool leat_parse_f64(const char *text, double *out)
{
    return leat_parse_f64_n(text, strlen(text), out);
}

static char *write_special(char *buf, double value)
{
    return strcpy(buf, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

/* Writes the digits of `value` so that they end before `end`; returns where they begin. */
static char *write_digits(char *end, uint64_t value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
        "8081828384858687888990919293949596979899";
    for (; value >= 100; value /= 100)
        memcpy(end -= 2, pairs + 2 * (value % 100), 2);
    if (value >= 10)
        memcpy(end -= 2, pairs + 2 * value, 2);
    else
        *--end = (char)('0' + value);
    return end;
}

static char *put_zeros(char *to, int n)
{
    for (; n > 0; n--)
        *to++ = '0';
    return to;
}

static char *put_digits(char *to, const char *digits, int n)
{
    memcpy(to, digits, (size_t)n);
    return to + n;
}

/* As printf's %.*g with a precision of `precision` digits or as many more as the number has. */
static char *write_decimal(char *buf, bool negative, leat_decimal d, int precision)
{
    char all[20], *to = buf;
    for (; d.digits % 10 == 0; d.digits /= 10)
        d.exponent++;
    const char *digits = write_digits(all + sizeof all, d.digits);
    int n = (int)(all + sizeof all - digits), first = d.exponent + n - 1; /* exponent of the first digit */
    if (negative)
        *to++ = '-';
    if (first < -4 || first >= LEAT_MAX(precision, n)) {
        *to++ = digits[0];
        if (n > 1)
            *to++ = '.';
        to = put_digits(to, digits + 1, n - 1);
        *to++ = 'e';
        *to++ = first < 0 ? '-' : '+';
        const char *exponent = write_digits(all + sizeof all, (uint64_t)abs(first));
        to = put_zeros(to, 2 - (int)(all + sizeof all - exponent));
        to = put_digits(to, exponent, (int)(all + sizeof all - exponent));
    } else if (first < 0) {
        to = put_digits(to, "0.", 2);
        to = put_zeros(to, -first - 1);
        to = put_digits(to, digits, n);
    } else if (d.exponent < 0) {
        to = put_digits(to, digits, first + 1);
        *to++ = '.';
        to = put_digits(to, digits + first + 1, n - first - 1);
    } else {
        to = put_digits(to, digits, n);
        to = put_zeros(to, d.exponent);
    }
    *to = '\0';
    return buf;
}

char *leat_format_f64(char *buf, double value)
{
    if (!isfinite(value))
        return write_special(buf, value);
    if (value == 0)
        return strcpy(buf, signbit(value) ? "-0" : "0");
    return write_decimal(buf, signbit(value), leat_shortest_f64(value), 15);
}

char *leat_format_f32(char *buf, float value)
{
    if (!isfinite(value))
        return write_special(buf, (double)value);
    if (value == 0)
        return strcpy(buf, signbit(value) ? "-0" : "0");
    return write_decimal(buf, signbit(value), leat_shortest_f32(value), 6);
}

char *leat_put_i64(char *to, int64_t value)
{
    char digits[20];
    int n = 0;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[n++] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        *to++ = '-';
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

void leat_buf_put_i64(leat_buf *b, int64_t value)
{
    char digits[20];
    leat_buf_append(b, digits, (size_t)(leat_put_i64(digits, value) - digits));
}

static double clock_seconds(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double leat_now(void)
{
    return clock_seconds(CLOCK_MONOTONIC);
}

double leat_wall_time(void)
{
    return clock_seconds(CLOCK_REALTIME);
}

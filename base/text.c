#include "config.h"
#include "base-private.h"

#include <errno.h>
#include <float.h>
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

static const char *special_text(double value)
{
    if (isnan(value))
        return "NaN";
    if (isinf(value))
        return value > 0 ? "Infinity" : "-Infinity";
    return NULL;
}

/* floor(log10(a)) for 1e-4 <= a < 1e15. */
static int decade_of(double a)
{
    int e = -4;
    while (e < 14 && a >= (e < -1 ? 1 / exact_powers[-e - 1] : exact_powers[e + 1]))
        e++;
    return e;
}

/* Writes `units` x 10^-decimals as %g does: no trailing zeros, no exponent. */
static void write_units(char *buf, bool negative, uint64_t units, int decimals)
{
    char digits[24];
    int n = 0;
    for (; decimals > 0 && units % 10 == 0; decimals--)
        units /= 10;
    for (; units > 0 || n <= decimals; units /= 10)
        digits[n++] = (char)('0' + units % 10);
    if (negative)
        *buf++ = '-';
    while (n > 0) {
        *buf++ = digits[--n];
        if (n == decimals && n > 0)
            *buf++ = '.';
    }
    *buf = '\0';
}

/* What printf's %.*g would write, where one exact division shows that it reads back as `value`: 10^decimals and
 * the digits are exact doubles, so the quotient is rounded as strtod rounds. */
enum fast_result { WRITTEN, READS_DIFFERENT, UNCERTAIN };
static enum fast_result write_fast(char *buf, double value, int digits, bool is_float)
{
    double a = fabs(value);
    int decimals = digits - 1 - decade_of(a);
    double scaled = a * exact_powers[decimals], units = rint(scaled);
    /* The product is rounded: near a half the next digit may be either one. */
    if (fabs(scaled - units) > 0.499)
        return UNCERTAIN;
    double back = units / exact_powers[decimals];
    uint64_t bits;
    memcpy(&bits, &back, sizeof bits);
    /* A double in the middle between two floats may be rounded twice, in two directions. */
    uint64_t below = bits & 0x1fffffff;
    if (is_float && below >= 0x0fffffff && below <= 0x10000001)
        return UNCERTAIN;
    if (is_float ? (float)back != (float)a : back != a)
        return READS_DIFFERENT;
    write_units(buf, value < 0, (uint64_t)units, decimals);
    return WRITTEN;
}

char *leat_format_f64(char *buf, double value)
{
    if (special_text(value) != NULL)
        return strcpy(buf, special_text(value));
    if (fabs(value) >= 1e-4 && fabs(value) < 1e15 && write_fast(buf, value, 15, false) == WRITTEN)
        return buf;
    locale_t old = leat_c_numbers_begin();
    for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        snprintf(buf, 32, "%.*g", digits, value);
        if (strtod(buf, NULL) == value)
            break;
    }
    leat_c_numbers_end(old);
    return buf;
}

char *leat_format_f32(char *buf, float value)
{
    if (special_text((double)value) != NULL)
        return strcpy(buf, special_text((double)value));
    if (fabsf(value) >= 1e-4f && fabsf(value) < 1e6f) {
        enum fast_result result = READS_DIFFERENT;
        for (int digits = 6; digits <= 9 && result == READS_DIFFERENT; digits++)
            result = write_fast(buf, (double)value, digits, true);
        if (result == WRITTEN)
            return buf;
    }
    locale_t old = leat_c_numbers_begin();
    for (int digits = fabsf(value) < FLT_MIN ? 1 : 6; digits <= 9; digits++) {
        snprintf(buf, 32, "%.*g", digits, (double)value);
        if (strtof(buf, NULL) == value)
            break;
    }
    leat_c_numbers_end(old);
    return buf;
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
